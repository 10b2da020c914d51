package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// line is one bus and its owner. All fields but stats belong to the goroutine
// that runs it.
type line struct {
	id     metering.LineID
	c      *Collector
	bus    Bus
	clock  clock.Clock
	log    *slog.Logger
	meters []*meter

	waiting queue // tasks whose time has not come, by start
	ready   queue // tasks that are due, by deadline
	running *task // the one that reads now, in neither queue
	seen    time.Time

	// Without a connection the whole line rests.
	down    bool
	downs   int // attempts in a row that found no connection
	retryAt time.Time
	why     string

	bill, tele harvest
	stats      lineStats
}

// harvest is what the reads since the last sealing gave, of one class.
type harvest struct {
	snapshots []metering.Snapshot
	readings  []metering.Reading // one slab for the snapshots' readings
	since     time.Time
}

// A batch is sealed at this size at the latest; it stays far below what the wire
// allows.
const (
	maxSnapshots = 128
	maxReadings  = 4096
)

func newLine(c *Collector, cfg LineConfig) *line {
	l := &line{
		id: cfg.ID, c: c, bus: cfg.Bus, clock: c.cfg.Clock,
		log:     c.cfg.Log.With("line", string(cfg.ID)),
		waiting: queue{less: byStart}, ready: queue{less: byDeadline},
	}
	for i, m := range cfg.Meters {
		l.meters = append(l.meters, newMeter(l, m, i))
	}
	return l
}

// run works the line off until the context ends.
func (l *line) run(ctx context.Context) {
	l.plan(l.clock.Now(), true)
	for ctx.Err() == nil {
		now := l.clock.Now()
		l.watchClock(now)
		for l.waiting.Len() > 0 && !l.waiting.first().at.After(now) {
			l.ready.add(l.waiting.take())
		}
		if l.ready.Len() > 0 {
			l.work(ctx, l.ready.take(), now)
			l.sealOld(l.clock.Now())
			continue
		}
		l.seal()
		if l.waiting.Len() == 0 {
			<-ctx.Done()
			break
		}
		if err := l.clock.SleepUntil(ctx, l.waiting.first().at); err != nil {
			break
		}
	}
	l.seal()
}

// plan puts every task on the grid of its period, after now. At the start all
// groups are read once with the line's first turn, whatever their grid.
func (l *line) plan(now time.Time, start bool) {
	l.waiting.tasks, l.ready.tasks = nil, nil
	for _, m := range l.meters {
		m.probe.in = nil
		for _, t := range m.tasks {
			t.in, t.pending, t.tries = nil, nil, 0
			t.due = t.after(now)
			if start && t.kind != boundary && m.first != nil {
				t.due = m.first.after(now)
			}
			t.at = t.due
			l.waiting.add(t)
		}
		if m.open {
			m.probe.due, m.probe.at = now, now
			l.waiting.add(m.probe)
		}
	}
}

// watchClock finds out whether the wall clock was set, which the monotonic one
// shows, and then plans anew: reads are on the wall clock's grid.
func (l *line) watchClock(now time.Time) {
	before := l.seen
	l.seen = now
	if before.IsZero() {
		return
	}
	step := now.Round(0).Sub(before.Round(0)) - now.Sub(before)
	if step.Abs() > 500*time.Millisecond {
		l.stats.clockSteps.Add(1)
		l.log.Warn("collector: the wall clock was set; the schedule is laid anew", "by", step)
		l.plan(now, false)
	}
}

// work runs one task that is due and puts it back for its next turn.
func (l *line) work(ctx context.Context, t *task, now time.Time) {
	if n := t.missed(now); n > 0 && t.pending == nil {
		l.stats.overruns.Add(uint64(n))
		t.due = t.due.Add(time.Duration(n) * t.period)
		if t.kind == boundary { // a boundary long past is an ordinary reading: the energy task's
			l.again(t, now)
			return
		}
	}
	m := t.meter
	switch {
	case l.down && now.Before(l.retryAt):
		m.rest(now, metering.CommFail, l.why)
		if t.kind == probe {
			m.tryAt(now)
		}
	case m.open && t.kind != probe:
		m.rest(now, m.quality, m.why)
	case !m.failedAt.IsZero() && !t.due.After(m.failedAt) && t.kind != probe:
		m.owe(t.kind) // fail fast: this cycle is over for the meter
	default:
		l.stats.lag.observe(now.Sub(t.due))
		l.running, t.ran = t, now
		wait := m.read(ctx, t)
		l.running = nil
		if wait > 0 {
			t.at = l.clock.Now().Add(wait)
			l.waiting.add(t)
			return
		}
	}
	if t.kind != probe {
		l.again(t, l.clock.Now())
	}
}

// again puts a task back for its next turn: the first on its grid after the turn
// that is over, even if that is past already.
func (l *line) again(t *task, now time.Time) {
	t.pending, t.tries = nil, 0
	t.due = t.after(t.due)
	t.at = t.due
	if t.at.After(now) {
		l.waiting.add(t)
		return
	}
	l.ready.add(t)
}

// soon moves a task to the front: it is due now.
func (l *line) soon(t *task, now time.Time) {
	t.leave()
	t.due, t.at = now, now
	l.waiting.add(t)
}

// lost notes that there is no connection.
func (l *line) lost(now time.Time, err error) {
	pause := min(time.Second<<min(l.downs, 5), 30*time.Second)
	l.downs++
	if !l.down {
		l.log.Warn("collector: line is down", "error", err)
	}
	l.down, l.why = true, err.Error()
	l.retryAt = now.Add(pause + jitter(pause/4))
	l.stats.down.Store(true)
}

// found notes that somebody on the line answered, or at least that it connects.
func (l *line) found() {
	if l.down {
		l.log.Info("collector: line is up", "attempts", l.downs)
		l.stats.reconnects.Add(1)
		l.stats.down.Store(false)
	}
	l.down, l.downs = false, 0
}

func jitter(upTo time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(upTo) + 1))
}

// unreachable reports whether the error says that the line has no connection.
func unreachable(err error) bool {
	var u interface{ Unreachable() bool }
	return errors.As(err, &u) && u.Unreachable()
}

// exception finds the meter's own answer in an error.
func exception(err error) (byte, bool) {
	var e interface{ ModbusException() byte }
	if errors.As(err, &e) {
		return e.ModbusException(), true
	}
	return 0, false
}

// put adds a snapshot to the batch that its content belongs to: counters and
// events are billing, the rest is telemetry.
func (l *line) put(s metering.Snapshot, billing bool) {
	h := &l.tele
	if billing {
		h = &l.bill
	}
	if len(h.snapshots) == 0 {
		h.since = s.At
	}
	h.snapshots = append(h.snapshots, s)
	if len(h.snapshots) >= maxSnapshots || len(h.readings) >= maxReadings {
		l.seal()
	}
}

// decode decodes into the slab of the class that the block belongs to.
func (l *line) decode(b regmap.Block, words []uint16, ct, vt metering.Ratio, billing bool) ([]metering.Reading, error) {
	h := &l.tele
	if billing {
		h = &l.bill
	}
	from := len(h.readings)
	all, err := regmap.AppendDecode(h.readings, b, words, ct, vt)
	if err != nil {
		return nil, fmt.Errorf("decode %v: %w", b, err)
	}
	h.readings = all
	return all[from:len(all):len(all)], nil
}

// sealOld seals what has waited long enough while more is being read.
func (l *line) sealOld(now time.Time) {
	for _, h := range []*harvest{&l.bill, &l.tele} {
		if len(h.snapshots) > 0 && now.Sub(h.since) >= l.c.cfg.SealAfter {
			l.seal()
			return
		}
	}
}

// seal hands everything read so far to the sink, one batch per class.
func (l *line) seal() {
	l.sealOne(&l.bill, wire.Billing)
	l.sealOne(&l.tele, wire.Telemetry)
}

func (l *line) sealOne(h *harvest, class wire.Class) {
	if len(h.snapshots) == 0 {
		h.readings = h.readings[:0]
		return
	}
	now := l.clock.Now()
	l.c.cfg.Sink(wire.Batch{
		Site: l.c.cfg.Site, ID: metering.BatchID{Collector: l.c.cfg.Name}, Line: l.id,
		Sealed: now.Truncate(time.Millisecond), Mono: now.Sub(l.c.started), Boot: l.c.boot,
		Class: class, Snapshots: h.snapshots,
	})
	// The batch keeps both slices; the next ones will be about as long.
	h.snapshots = make([]metering.Snapshot, 0, len(h.snapshots))
	h.readings = make([]metering.Reading, 0, len(h.readings))
}
