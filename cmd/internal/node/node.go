// Package node is what every process of asue is made of: its configuration, the
// plant, one clock, a log, metrics, health, a port, and the parts that start and
// stop in order.
//
// The package must not know what the parts are.
package node

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/clock"
)

// Node is one process. Its fields are set before parts are added.
type Node struct {
	Config  settings.Config
	Site    *metering.Site
	Clock   clock.Clock
	Log     *slog.Logger
	Version string // of the program
	Metrics Metrics
	Health  *Health
	// OnReload is called for SIGHUP, one call at a time; nil: the signal is not heard.
	OnReload func() error

	stages [stageCount]group
	pulses []*pulse
}

// New makes a node with the metrics of the process itself.
func New(cfg settings.Config, site *metering.Site, c clock.Clock, log *slog.Logger, version string) *Node {
	n := &Node{Config: cfg.Detached(), Site: site, Clock: c, Log: log, Version: version, Health: newHealth()}
	n.Metrics.Register(func(e Emitter) {
		e.Gauge("asue_build_info", "Version of the program; always 1.", 1, "go", runtime.Version(), "version", version)
	})
	return n
}

// Stage is a place in the order of starting and stopping.
type Stage int

// Stages: who takes in starts first and stops last.
const (
	StageBroker Stage = iota
	StageStores
	StageIngest
	StageDeciders
	StageDelivery
	StageCollectors
	StagePage
	stageCount
)

// Add puts parts into a stage. It is called before Run.
func (n *Node) Add(at Stage, parts ...Part) { n.stages[at] = append(n.stages[at], parts...) }

// Run runs all parts until ctx ends or one of them fails, and stops them in order.
func (n *Node) Run(ctx context.Context) error {
	if n.OnReload != nil {
		n.Add(StagePage, As("reload", n.listenForReload))
	}
	if m := listenedTo(); m.socket != "" {
		n.Add(StagePage, n.reportTo(m, m.say))
	}
	return runStages(ctx, n.Log, n.stages[:]...)
}

// Path is a place in the data folder.
func (n *Node) Path(name string) string { return filepath.Join(n.Config.Data, name) }

// PrepareData makes the data folder and tries it, so that a full or read-only
// disk is told before anything else, with the remedy.
func (n *Node) PrepareData() error {
	if !n.Config.Has(settings.RoleMetering) && !n.Config.Has(settings.RoleCollector) && !n.Config.Has(settings.RoleAgent) {
		return nil
	}
	if err := os.MkdirAll(n.Config.Data, 0o750); err != nil {
		return fmt.Errorf("data folder %s cannot be made: %w; name a folder that this user may write with --data or `data:`", n.Config.Data, err)
	}
	probe := n.Path(".writable")
	err := os.WriteFile(probe, []byte("asue\n"), 0o600)
	if err == nil {
		err = os.Remove(probe)
	}
	if err != nil {
		return fmt.Errorf("data folder %s cannot be written: %w; free some space, or name another folder with --data or `data:`", n.Config.Data, err)
	}
	return nil
}
