package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/edge"
	"asue/metering/clock"
)

// lineClient talks to a process that has the role collector.
type lineClient struct {
	base string // its http address
}

// newLines are the commands that look into a collector while it runs.
func newLines() *cobra.Command {
	c := &lineClient{}
	cmd := &cobra.Command{
		Use:   "lines",
		Short: "Look into the lines of a collector that runs: state, frames, registers",
		Long: `Asks a collector that runs what its lines and meters are at. The frames of a line can be
watched, and single registers read, without stopping it: they are read between two polls.`,
		Example: "  asue lines\n  asue lines trace gw-1 --follow\n  asue lines dump gw-1 --unit 3 --address 2999 --count 10",
		Args:    cobra.NoArgs,
	}
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return c.list(cmd.Context(), cmd.OutOrStdout(), *asJSON) }
	cmd.PersistentFlags().StringVar(&c.base, "url", "http://127.0.0.1:8080", "http address of the process that polls the lines")
	cmd.AddCommand(c.newTrace(), c.newDump())
	return cmd
}

func (c *lineClient) newTrace() *cobra.Command {
	var frames int
	var off, follow bool
	cmd := &cobra.Command{
		Use:   "trace LINE",
		Short: "Show the last frames on the wire of a line",
		Long: `Shows the frames that went over a line: questions, answers, and what was thrown away because
nobody had asked for it. The first call switches the trace on and --off switches it
off; between the two the collector keeps the last frames in memory.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.trace(cmd.Context(), cmd.OutOrStdout(), args[0], frames, off, follow)
		},
	}
	cmd.Flags().IntVar(&frames, "frames", 200, "how many frames are kept, at most 10000")
	cmd.Flags().BoolVar(&off, "off", false, "switch the trace off")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "show new frames as they come, until Ctrl-C")
	return cmd
}

func (c *lineClient) newDump() *cobra.Command {
	var unit, function, address, count string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "dump LINE",
		Short: "Read registers of a meter between two polls",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := url.Values{"unit": {unit}, "function": {function}, "address": {address}, "count": {count}}
			var v edge.WordsView
			if err := c.get(cmd.Context(), "/api/v1/lines/"+url.PathEscape(args[0])+"/registers?"+q.Encode(), &v); err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), v)
			}
			return dumpWords(cmd.OutOrStdout(), v)
		},
	}
	cmd.Flags().StringVarP(&unit, "unit", "u", "1", "unit id")
	cmd.Flags().StringVar(&function, "function", "3", "function code: 3 holding, 4 input registers")
	cmd.Flags().StringVar(&address, "address", "0", "address of the first register on the wire, decimal or 0x…")
	cmd.Flags().StringVar(&count, "count", "10", "number of registers, 1 to 125")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// dumpWords prints eight registers a line, as numbers and in hexadecimal.
func dumpWords(out io.Writer, v edge.WordsView) error {
	for i := 0; i < len(v.Words); i += 8 {
		row := v.Words[i:min(i+8, len(v.Words))]
		var hex, plain []string
		for _, w := range row {
			hex, plain = append(hex, fmt.Sprintf("%04X", w)), append(plain, fmt.Sprintf("%5d", w))
		}
		if _, err := fmt.Fprintf(out, "%5d  %-39s  %s\n", v.Address+i, strings.Join(hex, " "), strings.Join(plain, " ")); err != nil {
			return err
		}
	}
	return nil
}

func (c *lineClient) list(ctx context.Context, out io.Writer, asJSON bool) error {
	var lines []edge.LineView
	if err := c.get(ctx, "/api/v1/lines", &lines); err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, lines)
	}
	tw := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, l := range lines {
		state := "up"
		if l.Down {
			state = "down"
		}
		fmt.Fprintf(tw, "line %s  %s: %s, load %.0f %%, %d left out, %d late answers, %d bytes drained\n", l.ID, l.URL, state, l.LoadPercent, l.Overruns, l.Late, l.Drained)
		for _, m := range l.Meters {
			fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\n", m.ID, m.Address, meterState(m), m.Identity)
		}
	}
	return tw.Flush()
}

// meterState is the worst that is to be said of a meter.
func meterState(m edge.MeterView) string {
	switch {
	case m.Failing:
		return "silent: " + m.Reason
	case m.StandingWhy != "":
		return m.Standing + ": " + m.StandingWhy
	case m.Disagrees != "":
		return "suspect: " + m.Disagrees
	case m.LastSuccess == nil:
		return "not asked yet"
	}
	return "good"
}

func (c *lineClient) trace(ctx context.Context, out io.Writer, line string, frames int, off, follow bool) error {
	path := "/api/v1/lines/" + url.PathEscape(line) + "/trace"
	if off {
		return c.send(ctx, http.MethodDelete, path, nil)
	}
	var views []edge.FrameView
	err := c.get(ctx, path, &views)
	var p *problemError
	if errors.As(err, &p) && p.Status == http.StatusConflict { // it is off
		if err = c.send(ctx, http.MethodPut, fmt.Sprintf("%s?frames=%d", path, frames), nil); err == nil {
			fmt.Fprintf(out, "the trace of %s is on; asue lines trace %s shows it, and --off ends it\n", line, line)
		}
	}
	var last time.Time
	for err == nil {
		for _, v := range views {
			if v.Time.After(last) {
				last = v.Time
				fmt.Fprintln(out, v.Text)
			}
		}
		if !follow {
			return nil
		}
		if err = (clock.Clock{}).Sleep(ctx, 500*time.Millisecond); err == nil {
			err = c.get(ctx, path, &views)
		}
	}
	return err
}

// problemError is the answer of a process that cannot do what it was asked.
type problemError struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func (p *problemError) Error() string { return p.Detail }

func (c *lineClient) get(ctx context.Context, path string, into any) error {
	return c.send(ctx, http.MethodGet, path, into)
}

// linesPatience is how long an answer may take: a register of a busy line waits
// for its turn.
const linesPatience = 15 * time.Second

func (c *lineClient) send(ctx context.Context, method, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, linesPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.base, "/")+path, nil)
	if err != nil {
		return cli.Usagef("--url %q: write the http address of the collector's process, like http://127.0.0.1:8080", c.base)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w; is the collector running, and is --url its http address?", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		p := &problemError{Status: resp.StatusCode, Detail: resp.Status}
		_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(p) // the status says enough
		if resp.StatusCode == http.StatusNotFound && !strings.Contains(p.Detail, "line") {
			p.Detail = "no lines are polled there: name the process that has the role collector with --url"
		}
		return p
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 64<<20)).Decode(into)
}
