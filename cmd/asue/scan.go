package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/modbus"
	"asue/metering/clock"
)

// scanReport is what a scan found; also `asue scan --json`.
type scanReport struct {
	URL      string      `json:"url"`
	Asked    int         `json:"asked"`    // units that have answered or had their time
	Complete bool        `json:"complete"` // all were
	Found    []scanFound `json:"found"`
}

// scanFound is a unit behind which somebody answers.
type scanFound struct {
	Unit    int     `json:"unit"`
	Holding string  `json:"holding"` // what function 3 gave
	Input   string  `json:"input"`   // what function 4 gave
	MS      float64 `json:"ms"`      // the quickest answer
}

func newScan() *cobra.Command {
	var (
		units          string
		timeout, pause time.Duration
		asJSON, force  bool
	)
	cmd := &cobra.Command{
		Use:   "scan tcp://HOST:PORT",
		Short: "Find out which units of a line answer",
		Long: `Asks one unit id after the other for a single register by functions 3 and 4, with a
pause after each request. It only reads. A unit counts as found when it answers in any
way of its own, a Modbus exception included; exceptions 10 and 11 are the gateway's
word that nobody is there.

A line that a collector polls is not scanned, because many gateways serve one connection
at a time or mix up the answers: stop the collector, or take the line out of its process
file and send it SIGHUP. Collectors of this machine are seen; for others only you know.
--force scans all the same.`,
		Example: "  asue scan tcp://10.0.0.5:502 --units 1-32\n  asue scan tcp://10.0.0.5:502 --units 1,5,100-110 --timeout 1s --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := parseUnits(units)
			if err != nil {
				return err
			}
			if timeout < 10*time.Millisecond || timeout > time.Minute {
				return cli.Usagef("--timeout %v: write a time of 10ms to 1m", timeout)
			}
			if pause < 0 || pause > time.Minute {
				return cli.Usagef("--pause %v: write a time of 0 to 1m", pause)
			}
			line, err := modbus.Open(args[0], modbus.Options{Timeout: timeout})
			if err != nil {
				return cli.Usagef("%v", err)
			}
			defer func() { _ = line.Close() }() // nothing is owed to the meters
			notes := cmd.ErrOrStderr()
			owner, polled, err := modbus.Claimed(args[0])
			switch {
			case err != nil:
				fmt.Fprintf(notes, "asue: warning: whether the line is polled cannot be told: %v\n", err)
			case polled && !force:
				return cli.Usagef("%s is polled by %s, and a scan beside it may spoil readings that are billed: stop it first, or scan all the same with --force", args[0], owner)
			case polled:
				fmt.Fprintf(notes, "asue: warning: %s polls the line; it and this scan may get each other's answers\n", owner)
			}
			fmt.Fprintf(notes, "asue: %s, at most %v; Ctrl-C shows what was found so far\n", settings.Counted(len(ids), "unit"), longestScan(len(ids), timeout, pause))
			s := scan{line: line, timeout: timeout, pause: pause}
			if node.IsTerminal(os.Stderr) {
				s.progress = func(text string) { fmt.Fprintf(os.Stderr, "\r\x1b[K%s", text) }
			}
			report, err := s.run(cmd.Context(), ids)
			report.URL = args[0]
			if err == nil || report.Asked > 0 {
				if err := report.write(cmd.OutOrStdout(), notes, asJSON); err != nil {
					return err
				}
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVarP(&units, "units", "u", "1-247", "unit ids to ask, like 1-32 or 1,5,100-110")
	f.DurationVar(&timeout, "timeout", 300*time.Millisecond, "how long one answer may take")
	f.DurationVar(&pause, "pause", 100*time.Millisecond, "rest of the line after each request")
	f.BoolVar(&force, "force", false, "scan although a collector polls the line")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// parseUnits reads "1-32" or "1,5,100-110": each id once, in the order given.
func parseUnits(text string) ([]int, error) {
	var ids []int
	seen := map[int]bool{}
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(strings.TrimSpace(first))
		to, err2 := strconv.Atoi(strings.TrimSpace(last))
		if err1 != nil || err2 != nil || from < 1 || to > 247 || from > to {
			return nil, cli.Usagef("--units %q: %q is no unit id of 1 to 247 and no range of them; write like 1-32 or 1,5,100-110", text, strings.TrimSpace(part))
		}
		for id := from; id <= to; id++ {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// longestScan is how long n silent units take.
func longestScan(n int, timeout, pause time.Duration) time.Duration {
	return time.Duration(2*n) * (timeout + pause)
}

// scan asks units of one line.
type scan struct {
	line           reader
	timeout, pause time.Duration
	clock          clock.Clock
	progress       func(text string) // nil: nobody watches
}

// run asks every unit. When ctx ends it gives what was found so far, and no
// error; when the line cannot be reached any more, both.
func (s scan) run(ctx context.Context, units []int) (scanReport, error) {
	report := scanReport{Found: []scanFound{}}
	for _, unit := range units {
		if s.progress != nil {
			s.progress(fmt.Sprintf("unit %d, %d found", unit, len(report.Found)))
		}
		found, here, err := s.ask(ctx, unit)
		if here {
			report.Found = append(report.Found, found)
		}
		if here || err == nil {
			report.Asked++
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			s.clear()
			return report, nil
		default:
			s.clear()
			return report, fmt.Errorf("scan: %w; check the address and the port (502 is usual), and whether another client holds the only connection", err)
		}
	}
	s.clear()
	report.Complete = true
	return report, nil
}

func (s scan) clear() {
	if s.progress != nil {
		s.progress("")
	}
}

// ask reads one register of a unit by each function.
func (s scan) ask(ctx context.Context, unit int) (found scanFound, here bool, err error) {
	found.Unit = unit
	for _, f := range []struct {
		code uint8
		said *string
	}{{3, &found.Holding}, {4, &found.Input}} {
		began := s.clock.Now()
		err := s.read(ctx, unit, f.code)
		took := s.clock.Now().Sub(began)
		if ctx.Err() != nil && err != nil {
			return found, here, ctx.Err()
		}
		if leadsNowhere(err) {
			return found, here, err
		}
		var somebody bool
		*f.said, somebody = s.judge(err, took)
		if somebody {
			if ms := float64(took.Microseconds()) / 1000; !here || ms < found.MS {
				found.MS = ms
			}
			here = true
		}
		if err := s.clock.Sleep(ctx, s.pause); err != nil {
			return found, here, err
		}
		if code, refused := exceptionCode(err); refused && nobodyBehind(code) {
			break // the gateway has looked for the unit, whatever the function
		}
	}
	return found, here, nil
}

// read asks once, and again after a rest when there is no connection: a device
// that serves one at a time needs a moment after the last one was closed.
func (s scan) read(ctx context.Context, unit int, function uint8) error {
	_, err := s.line.Read(ctx, uint8(unit), function, 0, 1)
	if !leadsNowhere(err) || ctx.Err() != nil {
		return err
	}
	if err := s.clock.Sleep(ctx, max(s.pause, s.timeout)); err != nil {
		return err
	}
	_, err = s.line.Read(ctx, uint8(unit), function, 0, 1)
	return err
}

func leadsNowhere(err error) bool {
	var u interface{ Unreachable() bool }
	return errors.As(err, &u) && u.Unreachable()
}

// judge says in words what came, and whether a meter must have sent it. An error
// before the time was up, on a connection that nobody closed, is an answer that
// cannot be read: two meters with one unit id sound like that.
func (s scan) judge(err error, took time.Duration) (said string, somebody bool) {
	code, refused := exceptionCode(err)
	switch {
	case err == nil:
		return "answers", true
	case refused && nobodyBehind(code):
		return fmt.Sprintf("gateway: nobody (exception %d)", code), false
	case refused:
		return fmt.Sprintf("exception %d", code), true
	case took >= s.timeout, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "silent", false
	}
	return "garbled: two meters with this unit id?", true
}

func (r scanReport) write(out, notes io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(out, r)
	}
	tw := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	if len(r.Found) > 0 {
		fmt.Fprintln(tw, "unit\tfunction 3\tfunction 4\ttook")
	}
	for _, f := range r.Found {
		fmt.Fprintf(tw, "%d\t%s\t%s\t%.0f ms\n", f.Unit, f.Holding, f.Input, f.MS)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	end := ""
	if !r.Complete {
		end = ", ended early"
	}
	fmt.Fprintf(notes, "asue: %s asked, %d found%s\n", settings.Counted(r.Asked, "unit"), len(r.Found), end)
	switch {
	case len(r.Found) > 0:
		fmt.Fprintf(notes, "asue: what a meter is tells: asue probe %s --unit %d\n", r.URL, r.Found[0].Unit)
	case r.Complete:
		fmt.Fprintln(notes, "asue: nobody answers: check the wiring behind the gateway, its baud rate and parity, or give it longer with --timeout")
	}
	return nil
}
