package collector

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// Bus reads registers over one line; collector/modbus is one. Only the line's
// owner calls it.
//
// An error that has a method ModbusException() byte is the meter's own answer.
// One that has Unreachable() bool, true, says that the line itself has no
// connection. After any other error the bus has closed its connection and opens
// it anew with the next Read.
type Bus interface {
	Read(ctx context.Context, unit, function uint8, address, count uint16) ([]uint16, error)
	Close() error
}

// Config says what to poll. Zero durations take their defaults.
type Config struct {
	Site  metering.SiteID
	Name  string // of this collector, unique within the site
	Lines []LineConfig
	// Boundary is the interval length at whose multiples every counter is read;
	// metering.BasePeriod if zero.
	Boundary time.Duration
	// SealAfter is how long a line may hold back what it has read while more is
	// due; 100 ms if zero.
	SealAfter time.Duration
	Clock     clock.Clock
	Log       *slog.Logger // nil discards
	// Sink takes each batch, without an identity yet. It is called from the
	// lines' goroutines at once and must not block: Deliverer.Put.
	Sink func(wire.Batch)
}

// LineConfig is one line and what hangs on it.
type LineConfig struct {
	ID     metering.LineID
	Bus    Bus // closed when Run ends
	Meters []MeterConfig
}

// MeterConfig is one meter. A zero period takes its default.
type MeterConfig struct {
	ID     metering.MeterID
	Unit   uint8
	Model  *regmap.Model
	CT, VT metering.Ratio
	Fast   time.Duration // power, current, voltage; 1 s
	Energy time.Duration // counters between boundaries; 60 s
	Slow   time.Duration // the rest; 60 s
	Ident  time.Duration // identification; 1 h
}

// Collector polls all lines of its configuration.
type Collector struct {
	cfg     Config
	started time.Time
	boot    uint64
	lines   []*line
}

// New checks the configuration and returns every fault of it at once.
func New(cfg Config) (*Collector, error) {
	if cfg.Boundary <= 0 {
		cfg.Boundary = metering.BasePeriod
	}
	if cfg.SealAfter <= 0 {
		cfg.SealAfter = 100 * time.Millisecond
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := check(cfg); err != nil {
		return nil, err
	}
	var boot [8]byte
	_, _ = rand.Read(boot[:]) // never fails: crypto/rand
	c := &Collector{cfg: cfg, started: cfg.Clock.Now(), boot: binary.BigEndian.Uint64(boot[:]) >> 1}
	for _, lc := range cfg.Lines {
		c.lines = append(c.lines, newLine(c, lc))
	}
	return c, nil
}

func check(cfg Config) error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("collector: "+format, args...)) }
	if cfg.Sink == nil {
		fault("no sink is given")
	}
	lines := map[metering.LineID]bool{}
	meters := map[metering.MeterID]metering.LineID{}
	for _, l := range cfg.Lines {
		if lines[l.ID] {
			fault("line %q is given twice: give all its meters in one place", l.ID)
		}
		lines[l.ID] = true
		if l.Bus == nil {
			fault("line %q has no bus", l.ID)
		}
		units := map[uint8]metering.MeterID{}
		for _, m := range l.Meters {
			if other, ok := meters[m.ID]; ok {
				fault("meter %q is on line %q and on line %q", m.ID, other, l.ID)
			}
			meters[m.ID] = l.ID
			if other, ok := units[m.Unit]; ok {
				fault("line %q: meters %q and %q have the same unit id %d", l.ID, other, m.ID, m.Unit)
			}
			units[m.Unit] = m.ID
			if m.Model == nil {
				fault("line %q: meter %q has no model", l.ID, m.ID)
			}
			for _, p := range []time.Duration{m.Fast, m.Energy, m.Slow, m.Ident} {
				if p < 0 || (p > 0 && p < shortest) {
					fault("line %q: meter %q: period %v is shorter than %v", l.ID, m.ID, p, shortest)
				}
			}
		}
	}
	return errors.Join(errs...)
}

// Run polls until the context ends, waits for every line to finish its read,
// and closes the buses. Call it once.
func (c *Collector) Run(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make([]error, len(c.lines))
	for i, l := range c.lines {
		all.Add(1)
		go func() {
			defer all.Done()
			l.run(ctx)
			errs[i] = l.bus.Close()
		}()
	}
	all.Wait()
	return errors.Join(errs...)
}
