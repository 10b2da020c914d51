package main

import (
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering/victoria"
	"asue/metering/victoria/engine"
)

// newStore is the child process of the series store. People do not call it.
func newStore() *cobra.Command {
	var options engine.Options
	cmd := &cobra.Command{
		Use:    "store",
		Short:  "The series store's own process (started by asue itself)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options.Token = os.Getenv(victoria.TokenVariable)
			if options.Token == "" {
				return cli.Usagef("asue store is started by asue itself; use asue demo or asue run")
			}
			options.Announce, options.Parent = os.Stdout, os.Stdin
			return engine.Run(cmd.Context(), options)
		},
	}
	cmd.Flags().StringVar(&options.Dir, "dir", "", "folder of the data")
	cmd.Flags().DurationVar(&options.Retention, "retention", engine.DefaultRetention, "how long samples are kept")
	cmd.Flags().Int64Var(&options.MemoryBytes, "memory", engine.DefaultMemory, "bytes for caches")
	return cmd
}

// storeCommand is how a process starts its own store child.
func storeCommand(self, dir string, retention time.Duration, memory int64) []string {
	return []string{
		self, "store", "--dir", dir, "--retention", retention.String(), "--memory", strconv.FormatInt(memory, 10),
	}
}
