package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"asue/cmd/internal/guard"
	"asue/metering"
)

func newStatus() *cobra.Command {
	var base string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show the actuators of an agent that runs",
		Example: "  asue-agent status --url http://127.0.0.1:8081",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return status(cmd.Context(), cmd.OutOrStdout(), base, asJSON)
		},
	}
	cmd.Flags().StringVar(&base, "url", "http://127.0.0.1:8080", "http address of the process that has the agent")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// mostAnswer bounds what is read of a stranger at the address.
const mostAnswer = 4 << 20

func status(ctx context.Context, out io.Writer, base string, asJSON bool) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	path := strings.TrimPrefix(guard.Pattern, "GET ")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+path, nil)
	if err != nil {
		return fmt.Errorf("--url %q: %w", base, err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%w; no agent answers there: name its http address with --url", err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s; it is not the address of an agent", base, answer.Status)
	}
	body := io.LimitReader(answer.Body, mostAnswer)
	if asJSON {
		_, err := io.Copy(out, body)
		return err
	}
	var v guard.View
	if err := json.NewDecoder(body).Decode(&v); err != nil {
		return fmt.Errorf("%s: %w; it is not the address of an agent", base, err)
	}
	return print(out, v)
}

func print(out io.Writer, v guard.View) error {
	broker := "connected"
	if !v.Connected {
		broker = "no connection to the broker"
	}
	fmt.Fprintf(out, "agent %s  %s  term %d  balancer heard %s ago\n", v.Agent, broker, v.Term, seconds(v.Silence))
	if v.Trouble != "" {
		fmt.Fprintf(out, "no command is carried out: %s\n", plain(v.Trouble))
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ACTUATOR\tKIND\tNOW\tGUARDING\tCOMMAND\tLEFT\tBAND\t")
	for _, x := range v.Actuators {
		left, band := "", ""
		if x.Command != "" {
			left = seconds(x.Left)
		}
		if x.Band != nil {
			band = fmt.Sprintf("%v…%v, fail-safe %v", x.Band.Least, x.Band.Most, x.Band.FailSafe)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.ID, x.Kind, strings.TrimPrefix(x.Now, "at most "), shown(x.Guarding), x.Command, left, band, plain(x.Text))
	}
	return table.Flush()
}

func shown(g metering.Guarding) string {
	if g == metering.GuardNormal {
		return "-"
	}
	return string(g)
}

func seconds(s float64) string {
	return (time.Duration(s) * time.Second).String()
}

// plain keeps a device's text from steering the terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
}
