package collector

import (
	"slices"
	"time"

	"asue/collector/device"
	"asue/metering"
)

// meter is one device of a line: its tasks, its requests, and how it is doing.
type meter struct {
	cfg   MeterConfig
	line  *line
	model string // name and revision
	order int    // on its line
	tasks []task // the most frequent one first: with its turn everything starts
	probe *task  // not among tasks: it runs only while the breaker is open; nil before the first time
	plan  []read // the most frequent ones first

	fault *fault // nil: nothing is wrong with it
	owed  [probe]bool

	pause    time.Duration // between two of its requests
	rested   time.Time     // when the pause after the last one is over
	who      standing
	counters []counter
	books    books
	missed   *missed // nil: it has no archive
	stats    meterStats
}

// fault is what is wrong with a meter.
type fault struct {
	quality  metering.Quality // CommFail or DeviceFault
	why      string
	said     time.Time // when it was last reported
	since    time.Time
	failures int    // failed cycles in a row
	failedAt moment // of the last one; what was due by then is left alone
	open     bool   // the breaker
	probes   int    // in a row that failed
}

// open reports whether the meter's breaker is open.
func (m *meter) open() bool { return m.fault != nil && m.fault.open }

// Heartbeat of a failure that lasts, and the limits of the breaker.
const (
	heartbeat    = 60 * time.Second
	openAfter    = 2
	openNotUnder = 3 * time.Second
	firstProbe   = 500 * time.Millisecond
	lastProbe    = 60 * time.Second
)

// newMeter makes a meter of its configuration, whose defaults are filled in. since
// is when it was last polled before, zero if that does not matter.
func newMeter(l *line, cfg MeterConfig, order int, since time.Time) *meter {
	m := &meter{
		cfg: cfg, line: l, order: order, model: cfg.Device.Model(), pause: cfg.Device.Pause(),
		stats: meterStats{address: cfg.Device.Address()},
	}
	requests := cfg.Device.Requests()
	m.plan = make([]read, 0, len(requests))
	for _, g := range device.Groups() {
		for _, r := range requests {
			if r.Group() == g {
				m.plan = append(m.plan, read{request: r})
			}
		}
	}
	m.missed = newMissed(cfg.Device.Archive(), l.c.cfg.Boundary, l.c.cfg.Backfill, since, l.now())
	m.books = newBooks(cfg)
	m.tasks = m.tasksOf()
	return m
}

// tasksOf are the tasks for which the meter has something to read.
func (m *meter) tasksOf() []task {
	cfg, boundaries := &m.cfg, m.line.c.cfg.Boundary
	linePhase := phaseOf(string(m.line.id), cfg.Fast, m.line.c.slot)
	kinds := slices.DeleteFunc([]task{
		{kind: fast, period: cfg.Fast}, {kind: energy, period: cfg.Energy}, {kind: slow, period: cfg.Slow},
		{kind: ident, period: cfg.Ident}, {kind: boundary, period: boundaries},
	}, func(t task) bool {
		return !slices.ContainsFunc(m.plan, func(r read) bool { return r.request.Group() == t.kind.group() })
	})
	tasks := slices.Clone(kinds) // no larger than it need be
	for i := range tasks {
		t := &tasks[i]
		t.meter = m
		switch t.kind {
		case boundary: // at the boundary itself
		case fast:
			t.phase = linePhase
		default:
			// On one of the line's own turns, another one for each meter.
			t.phase = (linePhase + phaseOf(string(cfg.ID)+t.kind.group().String(), t.period, cfg.Fast)) % t.period
		}
	}
	return tasks
}

// answered notes that the meter has said something.
func (m *meter) answered(now time.Time) {
	m.line.found()
	m.stats.success.Store(now.UnixMilli())
	if m.fault == nil {
		return
	}
	m.line.log().Info("collector: meter is back", "meter", m.cfg.ID, "at", m.cfg.Device.Address(), "silent_since", m.fault.since.UTC().Format(time.RFC3339))
	if m.fault.open {
		m.owe(energy)
		m.doubt()
	}
	m.missed.until(now)
	m.fault = nil
	if m.probe != nil {
		m.probe.leave()
	}
	m.stats.open.Store(false)
	m.stats.failing.Store(false)
	for i := range m.tasks {
		t := &m.tasks[i]
		if m.owed[t.kind] && (m.line.running == nil || m.line.running.kind.group() != t.kind.group()) {
			m.line.soon(t, momentOf(now))
		}
	}
	m.owed = [probe]bool{}
}

// failed notes that a cycle of the meter has failed, and opens its breaker when
// that was not the first one.
func (m *meter) failed(now time.Time, q metering.Quality, why string) {
	m.report(now, q, why)
	f := m.fault
	if f.failures == 0 {
		f.since = now
	}
	f.failures++
	f.failedAt = momentOf(now)
	switch {
	case f.open:
		f.probes++
		m.tryAt(now)
	case f.failures >= openAfter && now.Sub(f.since) >= openNotUnder:
		m.line.log().Warn("collector: meter does not answer; only probes from here", "meter", m.cfg.ID, "at", m.cfg.Device.Address(), "reason", why)
		f.open, f.probes = true, 0
		m.stats.open.Store(true)
		m.tryAt(now)
	}
}

// tryAt plans the next probe of a meter whose breaker is open.
func (m *meter) tryAt(now time.Time) {
	pause := min(firstProbe<<min(m.fault.probes, 10), lastProbe)
	pause = min(pause+jitter(pause/4), lastProbe)
	if m.probe == nil {
		m.probe = &task{meter: m, kind: probe, period: time.Second}
	}
	m.probe.leave()
	m.probe.due = momentOf(now.Add(pause))
	m.probe.at = m.probe.due
	m.line.waiting.add(m.probe)
}

// rest stands for a read that is not even tried.
func (m *meter) rest(now time.Time, q metering.Quality, why string) {
	m.owe(energy)
	m.report(now, q, why)
}

// owe remembers that a read which billing needs did not take place, so that it
// is made up for as soon as the meter answers.
func (m *meter) owe(k kind) {
	switch k {
	case energy, boundary:
		m.owed[energy] = true
	case ident:
		m.owed[ident] = true
	}
}

// report puts a snapshot without readings into the stream: when the meter's
// state changes, and once a minute as long as it lasts.
func (m *meter) report(now time.Time, q metering.Quality, why string) {
	f := m.fault
	if f != nil && f.quality == q && now.Sub(f.said) < heartbeat {
		return
	}
	if f == nil {
		f = &fault{since: now}
		m.fault = f
		m.books.interrupt()
	}
	f.quality, f.why, f.said = q, why, now
	m.stats.failing.Store(true)
	m.stats.why.Store(&why)
	m.put(now, now, q, why, nil, true)
}

// put makes a snapshot of one transaction.
func (m *meter) put(start, end time.Time, q metering.Quality, why string, readings []metering.Reading, billing bool) {
	took := end.Sub(start)
	middle := start.Add(took / 2)
	m.line.put(metering.Snapshot{
		Meter: m.cfg.ID, Model: m.model,
		At: middle.Truncate(time.Millisecond), Took: took, Mono: middle.Sub(m.line.c.started),
		Quality: q, Reason: why, Readings: readings,
	}, billing)
}
