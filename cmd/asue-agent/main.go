// Command asue-agent guards the actuators of a cabinet: the role "agent" of asue as
// a small program of its own, beside the controllers and relays that it alone may
// write to.
//
// It obeys signed and fresh commands of a balancer inside its hard bands, and takes
// the loads to their fail-safe state when nobody speaks to it. It has no ledger, no
// controller and no page.
package main

import (
	"context"
	"fmt"
	"os"
	_ "time/tzdata" // zones of sites on machines without a zone database

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/guard"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/actuator/actmap"
	"asue/collector/regmap"
	"asue/metering/clock"
)

// version is set by the linker.
var version = "dev"

func main() {
	cli.Main(func(ctx context.Context, args []string) int { return cli.Execute(ctx, newRoot(), args) })
}

func newRoot() *cobra.Command {
	var file, clockText, logLevel string
	root := &cobra.Command{
		Use:   "asue-agent -c asue.yaml",
		Short: "Guard actuators: obey a balancer inside hard bands, and fail safe without it",
		Long: `Runs the role "agent" of a process file, whatever other roles it names: reads its
actuators, tells their states to the broker of "url", and carries out the signed commands
of a balancer whose public key stands in a file of "keys".

Set-points without a balancer go to their fail-safe limit after two minutes. Relays and
breakers hold their position: only a command moves them.

asue-agent status shows the actuators of an agent that runs.`,
		Example: "  asue-agent -c /etc/asue/asue.yaml\n  asue-agent status",
		Version: version,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return cli.Usagef("it needs a process file: asue-agent -c asue.yaml")
			}
			c, err := clock.Parse(clockText)
			if err != nil {
				return cli.Usagef("%v", err)
			}
			return run(cmd.Context(), file, logLevel, c)
		},
	}
	root.Flags().StringVarP(&file, "config", "c", "", "process file")
	root.Flags().StringVar(&logLevel, "log-level", "", "debug, info, warn or error; as in the process file if empty")
	root.Flags().StringVar(&clockText, "clock", "", "clock shared with other processes")
	_ = root.Flags().MarkHidden("clock") // it is there
	root.AddCommand(newStatus())
	return root
}

func run(ctx context.Context, file, logLevel string, c clock.Clock) error {
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	actuators, err := actmap.Load()
	if err != nil {
		return err
	}
	cfg, plant, err := cli.ReadProcess(file, library, c.Now())
	if err != nil {
		return err
	}
	if !cfg.Has(settings.RoleAgent) {
		return cli.Usagef("%s: the roles do not name the agent; add it, or name the file of the process that has it", file)
	}
	cfg.Roles = []settings.Role{settings.RoleAgent}
	if logLevel != "" {
		cfg.LogLevel = logLevel
	}
	level, err := node.ParseLevel(cfg.LogLevel)
	if err != nil {
		return cli.Usagef("%v", err)
	}
	log := node.NewLogger(os.Stderr, level, !node.IsTerminal(os.Stderr))
	n := node.New(cfg, plant, c, log, version)
	if err := n.PrepareData(); err != nil {
		return err
	}
	g, err := guard.Add(n, actuators)
	if err != nil {
		return err
	}
	if cfg.HTTP != "" {
		mux := n.PlainMux()
		mux.HandleFunc(guard.Pattern, g.Handle)
		if err := n.Serve(mux); err != nil {
			return fmt.Errorf("agent: %w", err)
		}
	}
	log.Info("asue-agent starts", "version", version, "site", plant.ID, "agent", cfg.Agent.Name, "log", cfg.AgentLog())
	return n.Run(ctx)
}
