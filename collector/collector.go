package collector

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"asue/collector/device"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

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
	// Since is when this collector last kept anything before its start: boundaries
	// from there on are looked for in the meters' archives. Zero: they are not.
	Since time.Time
	// Backfill is how far back archives are asked; 35 days if zero.
	Backfill time.Duration
	Clock    clock.Clock
	Log      *slog.Logger // nil discards
	// Sink takes each batch, without an identity yet. It is called from the
	// lines' goroutines at once and must not block: Deliverer.Put. The snapshots
	// and their readings are overwritten once it has returned.
	Sink func(wire.Batch)
}

// LineConfig is one line and what hangs on it.
type LineConfig struct {
	ID     metering.LineID
	Line   device.Line // closed when the line is not polled any more
	Meters []MeterConfig
}

// MeterConfig is one meter. A zero period takes its default.
type MeterConfig struct {
	ID     metering.MeterID
	Device device.Meter
	// Serial is the serial number that the meter must have; empty: any.
	Serial string
	// CT and VT are the install's ratios, to be compared with those that are set in
	// the meter.
	CT, VT metering.Ratio
	// MaxPower is the most that the transformers can carry, against which the
	// growth of counters is held; 0 if nobody knows.
	MaxPower metering.Power
	Fast     time.Duration // power, current, voltage; 1 s
	Energy   time.Duration // counters between boundaries; 60 s
	Slow     time.Duration // the rest; 60 s
	Ident    time.Duration // identification; 1 h
}

// withDefaults fills in the periods.
func (m MeterConfig) withDefaults() MeterConfig {
	m.Fast = cmp.Or(m.Fast, time.Second)
	m.Energy = cmp.Or(m.Energy, time.Minute)
	m.Slow = cmp.Or(m.Slow, time.Minute)
	m.Ident = cmp.Or(m.Ident, time.Hour)
	return m
}

// Collector polls lines. Its methods may be called from any goroutine.
type Collector struct {
	cfg     Config
	started time.Time
	boot    uint64
	slot    time.Duration // see slotOf; lines that come later do not change it

	mu      sync.Mutex // guards all below
	lines   []*line    // in the order in which they came
	running context.Context
	ended   bool
	wait    sync.WaitGroup // of the lines
	errs    []error        // of closing them
}

// New checks the configuration and returns every fault of it at once.
func New(cfg Config) (*Collector, error) {
	cfg.Boundary = cmp.Or(cfg.Boundary, metering.BasePeriod)
	cfg.SealAfter = cmp.Or(cfg.SealAfter, 100*time.Millisecond)
	cfg.Backfill = cmp.Or(cfg.Backfill, 35*24*time.Hour)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := check(cfg); err != nil {
		return nil, err
	}
	var boot [8]byte
	_, _ = rand.Read(boot[:]) // never fails: crypto/rand
	c := &Collector{cfg: cfg, started: cfg.Clock.Now(), boot: binary.BigEndian.Uint64(boot[:]) >> 1, slot: slotOf(len(cfg.Lines))}
	for _, lc := range cfg.Lines {
		c.lines = append(c.lines, newLine(c, lc, cfg.Since))
	}
	c.cfg.Lines = nil // they have what they need
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
		checkLine(l, meters, fault)
	}
	return errors.Join(errs...)
}

// checkLine looks for the faults of one line. meters are those of other lines;
// the line's own are added.
func checkLine(l LineConfig, meters map[metering.MeterID]metering.LineID, fault func(string, ...any)) {
	if l.Line == nil {
		fault("line %q is not open", l.ID)
	}
	places := map[string]metering.MeterID{}
	for _, m := range l.Meters {
		if other, ok := meters[m.ID]; ok {
			fault("meter %q is on line %q and on line %q", m.ID, other, l.ID)
		}
		meters[m.ID] = l.ID
		if m.Device == nil {
			fault("line %q: meter %q has no device", l.ID, m.ID)
			continue
		}
		place := m.Device.Address()
		if other, ok := places[place]; ok {
			fault("line %q: meters %q and %q have the same address: %s", l.ID, other, m.ID, place)
		}
		places[place] = m.ID
		for _, p := range []time.Duration{m.Fast, m.Energy, m.Slow, m.Ident} {
			if p < 0 || (p > 0 && p < shortest) {
				fault("line %q: meter %q: period %v is shorter than %v", l.ID, m.ID, p, shortest)
			}
		}
	}
}

// Run polls until the context ends, waits for every line to finish its read,
// and closes them. Call it once.
func (c *Collector) Run(ctx context.Context) error {
	c.mu.Lock()
	c.running = ctx
	for _, l := range c.lines {
		c.start(l)
	}
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	c.ended = true
	for _, l := range c.lines {
		l.stop()
	}
	c.mu.Unlock()
	c.wait.Wait()
	return errors.Join(c.errs...)
}

// since is how long after the collector's start a time is, by the monotonic clock.
func (c *Collector) since(t time.Time) time.Duration { return t.Sub(c.started) }

// start takes a line into service. The caller holds the lock.
func (c *Collector) start(l *line) {
	c.wait.Add(1)
	go l.run()
}

// left notes that a line has ended, and how its bus was closed.
func (c *Collector) left(l *line, err error) {
	if err != nil {
		c.mu.Lock()
		c.errs = append(c.errs, fmt.Errorf("close line %s: %w", l.id, err))
		c.mu.Unlock()
	}
	c.wait.Done()
}
