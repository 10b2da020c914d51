package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/edge"
	"asue/cmd/internal/guard"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
)

// process is what the roles of one running asue share.
type process struct {
	*node.Node
	library   *regmap.Library
	self      string // this program's file, for children
	demo      *demoWorld
	collector *edge.Collector // nil without the role
	guard     *guard.Guard    // nil without the role
	sources   []source        // what the configuration was read from; none that the program made up
	system    *system         // nil without the page
	newcomers []newcomer      // accounts that the demo has made
	register  *registerWatch  // nil without a ledger
	ready     func()          // called once when every port is open; may be nil
}

func newProcess(cfg settings.Config, site *metering.Site, library *regmap.Library, c clock.Clock, log *slog.Logger) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program's own file: %w", err)
	}
	return &process{Node: node.New(cfg, site, c, log, version), library: library, self: self}, nil
}

// run plugs the configured roles together and runs them until ctx ends.
func (p *process) run(ctx context.Context) error {
	if err := p.PrepareData(); err != nil {
		return err
	}
	if p.Config.Has(settings.RoleBroker) && p.Config.Broker.URL == "" {
		if err := p.addBroker(); err != nil {
			return err
		}
	}
	var stores *stores
	if p.Config.Has(settings.RoleMetering) {
		var err error
		if stores, err = p.openStores(ctx); err != nil {
			return err
		}
		defer stores.close(p.Log)
		if err := p.addNotary(ctx, stores.ledger); err != nil {
			return err
		}
		if err := p.addPeople(ctx, stores.ledger); err != nil {
			return err
		}
		if p.demo != nil {
			if err := p.addHistory(ctx, stores); err != nil {
				return err
			}
		}
		p.watchRegister(ctx, stores.ledger)
		if err := p.addMetering(stores); err != nil {
			return err
		}
		if err := p.addHomeAssistant(); err != nil {
			return err
		}
		if err := p.addForecast(stores); err != nil {
			return err
		}
		if err := p.addNetwork(ctx, stores); err != nil {
			return err
		}
	}
	if p.Config.Has(settings.RoleBalancer) {
		books, err := p.booksOf(ctx, stores)
		if err != nil {
			return err
		}
		if stores == nil {
			defer func() { _ = books.Close() }() // nothing of it waits to be written
		}
		if p.register == nil {
			p.watchRegister(ctx, books)
		}
		if err := p.addBalancer(books); err != nil {
			return err
		}
	}
	if p.Config.Has(settings.RoleCollector) {
		var err error
		if p.collector, err = edge.Add(p.Node, p.library); err != nil {
			return err
		}
	}
	if p.Config.Has(settings.RoleAgent) {
		if err := p.addAgent(); err != nil {
			return err
		}
	}
	if err := p.addHTTP(stores); err != nil {
		return err
	}
	if p.ready != nil {
		p.ready()
	}
	return p.Run(ctx)
}

// booksOf is the ledger of a process that commands: that of metering in the same
// process, or the same one opened again.
func (p *process) booksOf(ctx context.Context, s *stores) (metering.Ledger, error) {
	if s != nil {
		return s.ledger, nil
	}
	ledger, err := p.openLedger(ctx)
	if err != nil {
		return nil, fmt.Errorf("ledger, in which the balancer's lease and journal are kept: %w", err)
	}
	return ledger, nil
}

// readyPatience is how long one check of readiness may take.
const readyPatience = 2 * time.Second

// newLogger writes to standard error from a level on.
func newLogger(level string, asJSON bool) (*slog.Logger, error) {
	l, err := node.ParseLevel(level)
	if err != nil {
		return nil, cli.Usagef("%v", err)
	}
	return node.NewLogger(os.Stderr, l, asJSON), nil
}
