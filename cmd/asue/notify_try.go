package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/collector/regmap"
	"asue/metering/alarm/catalogue"
	"asue/metering/clock"
	"asue/metering/notify"
	"asue/metering/notify/post"
)

func newNotify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Messages about alarms, by webhook and by mail",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNotifyTest())
	return cmd
}

func newNotifyTest() *cobra.Command {
	var file string
	var only []string
	cmd := &cobra.Command{
		Use:   "test -c asue.yaml",
		Short: "Send a test message to everybody who hears of alarms, and tell what became of it",
		Long: `Sends one test message to each webhook and each address that the process file names, also to
those who get reports, and says what each of them answered. It needs no running asue, and
disturbs none. Run it as the user of the service, who may read the secrets.

Exit code 0: all were delivered; 1: at least one was not.`,
		Example: "  sudo -u asue asue notify test -c /etc/asue/asue.yaml\n  asue notify test -c asue.yaml --to duty --to mail:duty@zone.local",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return cli.Usagef("notify test needs a process file: asue notify test -c asue.yaml")
			}
			return tryOutside(cmd.Context(), cmd.OutOrStdout(), file, only)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "process file")
	cmd.Flags().StringArrayVar(&only, "to", nil, "only to this one: the name of a webhook, mail:ADDRESS or report:ADDRESS; may be repeated")
	return cmd
}

func tryOutside(ctx context.Context, out io.Writer, file string, only []string) error {
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	cfg, site, err := cli.ReadProcess(file, library, clock.Clock{}.Now())
	if err != nil {
		return err
	}
	o, err := newOutside(cfg, notify.Place{Site: site, Kinds: catalogue.BuiltIn()}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if o == nil {
		return cli.Usagef("%s tells nobody outside: it has no \"notify\"; docs/notify.md shows how", file)
	}
	ways := o.ways
	for _, d := range o.reportWays(cfg.Reports) {
		d.Send = o.testReport(d.Name)
		ways = append(ways, way{destination: d, lang: notify.Russian})
	}
	for _, name := range only {
		if !slices.ContainsFunc(ways, func(w way) bool { return w.destination.Name == name }) {
			return cli.Usagef("--to %q: %s names no such one; leave --to out to try all", name, file)
		}
	}
	var failed []error
	for _, w := range ways {
		if len(only) > 0 && !slices.Contains(only, w.destination.Name) {
			continue
		}
		if err := o.try(ctx, out, w); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of the messages were not delivered: see above", len(failed))
	}
	return nil
}

// try sends one test message and says what became of it.
func (o *outside) try(ctx context.Context, out io.Writer, w way) error {
	now := time.Now()
	e := notify.Event{What: notify.Test, At: now}
	letter := post.Letter{To: w.destination.Name, Key: e.Key(), At: now, Body: mustJSON(notify.Write(e, o.place, w.lang))}
	trying, cancel := context.WithTimeout(ctx, post.Patience)
	defer cancel()
	err := w.destination.Send(trying, []post.Letter{letter})
	took := time.Since(now).Round(time.Millisecond)
	switch {
	case err == nil:
		fmt.Fprintf(out, "ok     %s: delivered in %v\n", w.destination.Name, took)
	case errors.Is(err, post.ErrRefused):
		fmt.Fprintf(out, "WRONG  %s: after %v: %v\n         a message like this would be given up at once\n", w.destination.Name, took, err)
	default:
		fmt.Fprintf(out, "WRONG  %s: after %v: %v\n         a message would be tried again for %v\n", w.destination.Name, took, err, post.Life)
	}
	return err
}

// testReport sends a test message in place of a report.
func (o *outside) testReport(name string) func(context.Context, []post.Letter) error {
	return func(ctx context.Context, letters []post.Letter) error {
		return o.mailAlarms(ctx, name[len(reportWay("")):], letters)
	}
}
