// Command asue meters and balances the electricity of an industrial zone: it
// polls meters, keeps a ledger of 15-minute intervals, watches the limit of the
// supply line and shows all of it to the dispatcher.
//
// It is the only place that knows who is plugged into what; the rules of the
// domain live elsewhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones of sites on machines without a zone database

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

// Exit codes: 1 something failed, 2 wrong use or a faulty file.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // the second signal ends at once
		<-ctx.Done()
		stop()
	}()
	os.Exit(execute(ctx, os.Args[1:]))
}

// execute runs a command line and returns its exit code.
func execute(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var u *usageError
	switch {
	case err == nil, errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return 0
	case errors.As(err, &u):
		if u.text != "" {
			fmt.Fprintln(os.Stderr, "asue:", u.text)
		}
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, "asue:", err)
	return exitFailed
}

// usageError is wrong use of the program or a faulty file: exit code 2. An empty
// text means that everything was said already.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "asue",
		Short: "Energy metering and load management for industrial zones",
		Long: `asue (АСУЭ) meters and balances the electricity of an industrial zone.

  asue demo                      the whole system on simulated meters
  asue run -c asue.yaml          a real site
  asue check site.yaml           every fault of a file at once
  asue probe tcp://HOST:502 ...  read one real meter`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs, // RunE says which command is not known
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q; asue --help lists the commands", args[0])
			}
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%v; see %s --help", err, cmd.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newVersion(), newCheck(), newDemo(), newRun(), newSimulator(), newProbe(), newScan(), newTap(), newExplain(), newVerify(), newReplay(), newStore())
	for _, c := range root.Commands() {
		wrapUsage(c)
	}
	return root
}

// wrapUsage turns complaints about the number of arguments into usage errors.
func wrapUsage(c *cobra.Command) {
	if c.Args == nil {
		return
	}
	args := c.Args
	c.Args = func(cmd *cobra.Command, given []string) error {
		if err := args(cmd, given); err != nil {
			return usagef("%v; usage: %s", err, cmd.UseLine())
		}
		return nil
	}
}
