// Command asue-collector polls the meters of its lines and delivers what they say:
// the role "collector" of asue as a small program of its own, for the edge.
//
// It has no ledger, no controller and no page, and nothing in it can write a
// register.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"
	_ "time/tzdata" // zones of sites on machines without a zone database

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/edge"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering"
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
		Use:   "asue-collector -c asue.yaml",
		Short: "Poll meters and deliver what they say",
		Long: `Runs the role "collector" of a process file, whatever other roles it names: polls the
lines, keeps what it reads in its outbox, and publishes it to the broker of "url" until
the ledger has it.

SIGHUP reads the files again: lines whose settings or meters have changed are set
anew, all others keep their connections.`,
		Example: "  asue-collector -c /etc/asue/asue.yaml",
		Version: version,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return cli.Usagef("it needs a process file: asue-collector -c asue.yaml")
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
	return root
}

func run(ctx context.Context, file, logLevel string, c clock.Clock) error {
	economise(ctx)
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	cfg, plant, err := cli.ReadProcess(file, library, c.Now())
	if err != nil {
		return err
	}
	if !cfg.Has(settings.RoleCollector) {
		return cli.Usagef("%s: the roles do not name the collector; add it, or name the file of the process that has it", file)
	}
	cfg.Roles = []settings.Role{settings.RoleCollector}
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
	poller, err := edge.Add(n, library)
	if err != nil {
		return err
	}
	if cfg.HTTP != "" {
		mux := n.PlainMux()
		poller.Mount(mux)
		if err := n.Serve(mux); err != nil {
			return err
		}
	}
	// The lines have what they need of the site; from here on nothing in this program
	// asks for more than its name.
	n.Site = &metering.Site{ID: plant.ID}
	n.OnReload = func() error { return reload(poller, file, library, log) }
	log.Info("asue-collector starts", "version", version, "site", plant.ID, "collector", cfg.Collector.Name, "data", cfg.Data)
	return n.Run(ctx)
}

// economise trades processor time for memory: the program runs on small machines,
// and makes so little garbage that collecting it four times as often costs less than
// the memory. Much oftener, and what the lines lend each other is collected too between
// two bursts. GOGC and GOMEMLIMIT in the environment win.
func economise(ctx context.Context) {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(25)
	}
	// What reading the files took is given back once everything runs.
	time.AfterFunc(10*time.Second, func() {
		if ctx.Err() == nil {
			debug.FreeOSMemory()
		}
	})
}

// reload takes over how lines are polled; the rest takes a restart.
func reload(c *edge.Collector, file string, library *regmap.Library, log *slog.Logger) error {
	cfg, plant, err := cli.ReadProcess(file, library, c.Clock.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	done, err := c.Reload(cfg, plant)
	log.Info("configuration read again", "done", done)
	return err
}
