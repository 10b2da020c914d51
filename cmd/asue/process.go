package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
)

// process is what the roles of one running asue share.
type process struct {
	cfg     config
	site    *metering.Site
	library *regmap.Library
	clock   clock.Clock
	log     *slog.Logger
	metrics *prometheus.Registry
	health  *health
	self    string // this program's file, for children
	demo    *demoWorld
	ready   func() // called once when every port is open; may be nil

	stages []stage // from the first to start to the last; see runStages
}

func newProcess(cfg config, site *metering.Site, library *regmap.Library, c clock.Clock, log *slog.Logger) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program's own file: %w", err)
	}
	p := &process{
		cfg: cfg, site: site, library: library, clock: c, log: log, self: self,
		metrics: prometheus.NewRegistry(), health: newHealth(),
	}
	p.metrics.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(),
	)
	return p, nil
}

// run plugs the configured roles together and runs them until ctx ends.
func (p *process) run(ctx context.Context) error {
	if err := p.prepareData(); err != nil {
		return err
	}
	if p.cfg.has(roleBroker) && p.cfg.Broker.URL == "" {
		if err := p.addBroker(); err != nil {
			return err
		}
	}
	var stores *stores
	if p.cfg.has(roleMetering) {
		var err error
		if stores, err = p.openStores(ctx); err != nil {
			return err
		}
		defer stores.close(p.log)
		if p.demo != nil {
			if err := p.addHistory(ctx, stores); err != nil {
				return err
			}
		}
		if err := p.addMetering(stores); err != nil {
			return err
		}
	}
	if p.cfg.has(roleBalancer) {
		if err := p.addBalancer(); err != nil {
			return err
		}
	}
	if p.cfg.has(roleCollector) {
		if err := p.addCollector(); err != nil {
			return err
		}
	}
	if err := p.addHTTP(stores); err != nil {
		return err
	}
	if p.ready != nil {
		p.ready()
	}
	return runStages(ctx, p.log, p.stages...)
}

// readyPatience is how long one check of readiness may take.
const readyPatience = 2 * time.Second

// Order of the stages: who takes in starts first and stops last.
const (
	stageBroker = iota
	stageStores
	stageIngest
	stageDeciders
	stageDelivery
	stageCollectors
	stagePage
	stageCount
)

func (p *process) add(at int, parts ...part) {
	if p.stages == nil {
		p.stages = make([]stage, stageCount)
	}
	p.stages[at] = append(p.stages[at], parts...)
}

// path is a place in the data folder.
func (p *process) path(name string) string { return filepath.Join(p.cfg.Data, name) }

// prepareData makes the data folder and tries it, so that a full or read-only
// disk is told before anything else, with the remedy.
func (p *process) prepareData() error {
	if !p.cfg.has(roleMetering) && !p.cfg.has(roleCollector) {
		return nil
	}
	if err := os.MkdirAll(p.cfg.Data, 0o750); err != nil {
		return fmt.Errorf("data folder %s cannot be made: %w; name a folder that this user may write with --data or `data:`", p.cfg.Data, err)
	}
	probe := p.path(".writable")
	err := os.WriteFile(probe, []byte("asue\n"), 0o600)
	if err == nil {
		err = os.Remove(probe)
	}
	if err != nil {
		return fmt.Errorf("data folder %s cannot be written: %w; free some space, or name another folder with --data or `data:`", p.cfg.Data, err)
	}
	return nil
}

// newLogger writes text for people at a terminal and JSON for machines.
func newLogger(w io.Writer, level string, asJSON bool) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(level))); err != nil {
		return nil, usagef("log level %q: use debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: l}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
