// Package cli is what the programs of asue have in common as commands: exit codes,
// usage errors, and the files that they are given.
//
// The package must not know what a command does.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes: 1 something failed, 2 wrong use or a faulty file.
const (
	ExitFailed = 1
	ExitUsage  = 2
)

// Main runs a program until it ends or somebody asks it to, and exits. The second
// Ctrl-C ends it at once.
func Main(execute func(ctx context.Context, args []string) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop()
	}()
	os.Exit(execute(ctx, os.Args[1:]))
}

// Execute runs a command line and returns its exit code.
func Execute(ctx context.Context, root *cobra.Command, args []string) int {
	prepare(root)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var u *UsageError
	switch {
	case err == nil, errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return 0
	case errors.As(err, &u):
		if u.text != "" {
			fmt.Fprintln(os.Stderr, root.Name()+":", u.text)
		}
		return ExitUsage
	}
	fmt.Fprintln(os.Stderr, root.Name()+":", err)
	return ExitFailed
}

// UsageError is wrong use of the program or a faulty file.
type UsageError struct{ text string }

// Error is the whole complaint; empty if everything was said already.
func (e *UsageError) Error() string { return e.text }

// Usagef is wrong use of the program or a faulty file: exit code 2. An empty text
// means that everything was said already.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
}

// prepare makes a root command complain as all our programs do.
func prepare(root *cobra.Command) {
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return Usagef("%v; see %s --help", err, cmd.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, c := range root.Commands() {
		wrapUsage(c)
	}
	takeFolders(root)
}

// wrapUsage turns complaints about the number of arguments into usage errors.
func wrapUsage(c *cobra.Command) {
	for _, below := range c.Commands() {
		wrapUsage(below)
	}
	if c.Args == nil {
		return
	}
	args := c.Args
	c.Args = func(cmd *cobra.Command, given []string) error {
		if err := args(cmd, given); err != nil {
			return Usagef("%v; usage: %s", err, cmd.UseLine())
		}
		return nil
	}
}
