package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/collector/regmap"
	"asue/metering/clock"
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
		Example: "  asue run -c zone\n  asue run -c /etc/asue/asue.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return cli.Usagef("run needs a process file: asue run -c asue.yaml")
			}
			c, err := clock.Parse(clockText)
			if err != nil {
				return cli.Usagef("%v", err)
			}
			return runFile(cmd.Context(), file, logLevel, c)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "process file, or the folder that has it as asue.yaml")
	cmd.Flags().StringVar(&logLevel, "log-level", "", "debug, info, warn or error; as in the process file if empty")
	cmd.Flags().StringVar(&clockText, "clock", "", "clock shared with other processes")
	hide(cmd, "clock")
	return cmd
}

func runFile(ctx context.Context, file, logLevel string, c clock.Clock) error {
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	cfg, plant, err := cli.ReadProcess(file, library, c.Now())
	if err != nil {
		return err
	}
	if logLevel != "" {
		cfg.LogLevel = logLevel
	}
	log, err := newLogger(cfg.LogLevel, !node.IsTerminal(os.Stderr))
	if err != nil {
		return err
	}
	p, err := newProcess(cfg, plant, library, c, log)
	if err != nil {
		return err
	}
	p.sources = readSources(file, cfg.SiteFile, p.Clock.Now())
	p.OnReload = func() error { return p.reload(file) }
	log.Info("asue starts", "version", version, "site", plant.ID, "roles", cfg.Roles, "data", cfg.Data)
	return p.run(ctx)
}

// reload takes over what can be changed while everything runs: how lines are
// polled. It says what needs a restart. A file with a fault changes nothing.
func (p *process) reload(file string) error {
	cfg, plant, err := cli.ReadProcess(file, p.library, p.Clock.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, what := range restarts(p.Config, cfg, p.Site, plant) {
		p.Log.Warn("a change takes effect with the next start only", "what", what)
	}
	if p.collector == nil {
		p.Log.Info("configuration read again; this process polls no lines, and nothing else is taken over while it runs")
		return nil
	}
	done, err := p.collector.Reload(cfg, plant)
	p.Log.Info("configuration read again", "done", done, "unchanged_otherwise", err == nil)
	if err == nil {
		p.system.readAgain(file, cfg.SiteFile)
	}
	return err
}
