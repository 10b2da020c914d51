package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering/clock"
	"asue/metering/form"
)

func newRun() *cobra.Command {
	var file, clockText, logLevel string
	cmd := &cobra.Command{
		Use:   "run -c asue.yaml",
		Short: "Run the roles that a process file names: a real site",
		Long: `Runs the roles that the process file names: broker, metering, collector, balancer and
dispatcher; all of them in one process by default.

asue demo --write-config DIR writes a commented pair of files to begin with, and
asue check names every fault in them.`,
		Example: "  asue run -c /etc/asue/asue.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usagef("run needs a process file: asue run -c asue.yaml")
			}
			c, err := clock.Parse(clockText)
			if err != nil {
				return usagef("%v", err)
			}
			return runFile(cmd.Context(), file, logLevel, c)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "process file")
	cmd.Flags().StringVar(&logLevel, "log-level", "", "debug, info, warn or error; as in the process file if empty")
	cmd.Flags().StringVar(&clockText, "clock", "", "clock shared with other processes")
	hide(cmd, "clock")
	return cmd
}

func runFile(ctx context.Context, file, logLevel string, c clock.Clock) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return usagef("process file: %v", err)
	}
	cfg, faults := settings.Parse(file, src)
	if err := refuse(file, faults); err != nil {
		return err
	}
	if logLevel != "" {
		cfg.LogLevel = logLevel
	}
	log, err := newLogger(cfg.LogLevel, !node.IsTerminal(os.Stderr))
	if err != nil {
		return err
	}
	cfg.RelativeTo(filepath.Dir(file))
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	plant, err := readSite(cfg.SiteFile, library)
	if err != nil {
		return err
	}
	if err := refuse(file, cfg.CheckAgainst(plant)); err != nil {
		return err
	}
	p, err := newProcess(cfg, plant, library, c, log)
	if err != nil {
		return err
	}
	log.Info("asue starts", "version", version, "site", plant.ID, "roles", cfg.Roles, "data", cfg.Data)
	return p.run(ctx)
}

// refuse prints the faults of a file, and fails if one of them is an error.
func refuse(file string, faults form.Faults) error {
	fmt.Fprint(os.Stderr, faults.String())
	if faults.Err() != nil {
		return usagef("%s: %d errors", file, faults.Count(form.Error))
	}
	return nil
}
