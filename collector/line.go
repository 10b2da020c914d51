package collector

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"asue/collector/device"
	"asue/metering"
)

// line is one bus and what hangs on it. It sleeps without a goroutine: a thousand
// stacks that wait would take as much memory as all that they wait for. All fields
// but calls, stopping, door and stats belong to whoever works in run.
type line struct {
	id     metering.LineID
	c      *Collector
	bus    device.Line
	meters []*meter

	calls    atomic.Int32 // of run, since it was last left
	stopping atomic.Bool  // it ends after its read
	door     door         // what comes between reads
	alarm    *time.Timer  // calls run when the next task is due

	waiting queue     // tasks whose time has not come, by start
	ready   queue     // tasks that are due, by deadline
	running *task     // the one that reads now, in neither queue
	scratch *scratch  // what it works with; nil while none reads
	turns   uint64    // of tasks so far
	visits  int       // guests since the last read
	seen    time.Time // when run last looked at the clock

	outage *outage // nil: there is a connection, or nobody has tried

	load       load
	bill, tele harvest
	stats      lineStats
}

// mostVisits is how many guests come before a read that is due.
const mostVisits = 3

func newLine(c *Collector, cfg LineConfig, since time.Time) *line {
	l := &line{id: cfg.ID, c: c, bus: cfg.Line}
	l.ready.byDeadline = true
	for i, m := range cfg.Meters {
		l.meters = append(l.meters, newMeter(l, m.withDefaults(), i, since))
	}
	return l
}

// now is the collector's time.
func (l *line) now() time.Time { return l.c.cfg.Clock.Now() }

// log is the collector's, with the line's name. It is made each time: there is
// little to say of a line, and there may be thousands of them.
func (l *line) log() *slog.Logger { return l.c.cfg.Log.With("line", string(l.id)) }

// run works off what is due on the line. Anybody may call it at any time, on a
// goroutine of its own: one caller works, for all who call meanwhile.
func (l *line) run() {
	if l.calls.Add(1) > 1 {
		return
	}
	for {
		calls := l.calls.Load()
		if !l.turn(l.c.running) {
			l.end()
			return // the calls stay: nobody works here any more
		}
		if l.calls.CompareAndSwap(calls, 0) {
			return
		}
	}
}

// turn works until nothing is due and sets the alarm for what is due next. It
// returns false if the line is to end. ctx ends what is under way.
func (l *line) turn(ctx context.Context) bool {
	for !l.stopping.Load() && ctx.Err() == nil {
		now := l.now()
		l.watchClock(now)
		for l.waiting.Len() > 0 && l.waiting.first().at <= momentOf(now) {
			l.ready.add(l.waiting.take())
		}
		if (l.ready.Len() == 0 || l.visits < mostVisits) && l.admit(ctx) {
			l.visits++
			continue
		}
		if l.ready.Len() > 0 {
			l.visits = 0
			l.work(ctx, l.ready.take(), now)
			l.sealOld(l.now())
			continue
		}
		l.seal()
		if l.backfill(ctx, now) {
			continue
		}
		l.sleep()
		return true
	}
	return false
}

// sleep sets the alarm for the next task.
func (l *line) sleep() {
	if l.waiting.Len() == 0 {
		return
	}
	d := max(0, l.c.cfg.Clock.Real(l.waiting.first().at.sub(momentOf(l.now()))))
	if l.alarm == nil {
		l.alarm = time.AfterFunc(d, l.run)
		return
	}
	l.alarm.Reset(d)
}

// stop has the line end after its read. It does not wait for that.
func (l *line) stop() {
	l.stopping.Store(true)
	go l.run()
}

// end hands over what was read and closes the bus.
func (l *line) end() {
	if l.alarm != nil {
		l.alarm.Stop()
	}
	l.seal()
	err := l.bus.Close()
	l.door.shut()
	l.c.left(l, err)
}

// admit lets one guest in, if one waits.
func (l *line) admit(ctx context.Context) bool {
	g, ok := l.door.next()
	if ok && g.ctx.Err() == nil {
		both, cancel := context.WithCancel(g.ctx)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		start := l.now()
		g.done <- g.do(both)
		l.load.add(start, l.now())
	}
	return ok
}

// plan puts every task on the grid of its period, after now. At the start all
// groups are read once with the line's first turn, whatever their grid.
func (l *line) plan(now moment, start bool) {
	l.waiting.tasks, l.ready.tasks = nil, nil
	for _, m := range l.meters {
		if m.probe != nil {
			m.probe.in, m.probe.pending, m.probe.tries = nil, nil, 0
		}
		for i := range m.tasks {
			t := &m.tasks[i]
			t.in, t.pending, t.tries = nil, nil, 0
			t.due = t.after(now)
			if start && t.kind != boundary {
				t.due = m.tasks[0].after(now)
			}
			t.at = t.due
			l.waiting.add(t)
		}
		if m.open() {
			m.probe.due, m.probe.at = now, now
			l.waiting.add(m.probe)
		}
	}
}

// watchClock lays the plan, and lays it anew when the wall clock was set, which the
// monotonic one shows: reads are on the wall clock's grid.
func (l *line) watchClock(now time.Time) {
	before := l.seen
	l.seen = now
	if before.IsZero() {
		l.plan(momentOf(now), true)
		return
	}
	step := now.Round(0).Sub(before.Round(0)) - now.Sub(before)
	if step.Abs() > 500*time.Millisecond {
		l.stats.clockSteps.Add(1)
		l.log().Warn("collector: the wall clock was set; the schedule is laid anew", "by", step)
		l.plan(momentOf(now), false)
	}
}

// work runs one task that is due and puts it back for its next turn.
func (l *line) work(ctx context.Context, t *task, now time.Time) {
	l.stats.turns.Add(1)
	at := momentOf(now)
	if n := t.missed(at); n > 0 && t.pending == nil {
		l.stats.overruns.Add(uint64(n))
		t.due = t.due.add(time.Duration(n) * t.period)
		if t.kind == boundary { // a boundary long past is an ordinary reading: the energy task's
			l.again(t, at)
			return
		}
	}
	m := t.meter
	switch {
	case l.outage != nil && now.Before(l.outage.retryAt):
		m.rest(now, metering.CommFail, l.outage.why)
		if t.kind == probe && m.open() {
			m.tryAt(now)
		}
	case m.open() && t.kind != probe:
		m.rest(now, m.fault.quality, m.fault.why)
	case m.fault != nil && t.due <= m.fault.failedAt && t.kind != probe:
		m.owe(t.kind) // fail fast: this cycle is over for the meter
	case t.kind == ident && m.who.known && t.due <= m.who.settled:
		// It was asked before another read since.
	default:
		l.stats.lag.observe(at.sub(t.due))
		if wait := l.read(ctx, t); wait > 0 {
			t.at = momentOf(l.now()).add(wait)
			l.waiting.add(t)
			return
		}
	}
	if t.kind == probe {
		t.pending, t.tries = nil, 0 // the next one, if there is one, begins anew
		return
	}
	l.again(t, momentOf(l.now()))
}

// read gives a task its turn, and a workplace for as long as that lasts. It returns
// when the task is to go on, or 0.
func (l *line) read(ctx context.Context, t *task) (wait time.Duration) {
	l.turns++
	l.running, t.ran, l.scratch = t, l.turns, borrowScratch()
	wait = t.meter.read(ctx, t)
	if wait > 0 {
		t.pending = slices.Clone(t.pending) // it lies in the scratch
	}
	l.scratch.giveBack()
	l.running, l.scratch = nil, nil
	return wait
}

// again puts a task back for its next turn: the first on its grid after the turn
// that is over, even if that is past already.
func (l *line) again(t *task, now moment) {
	t.pending, t.tries = nil, 0
	t.due = t.after(t.due)
	if t.rerun != 0 && t.rerun < t.due {
		t.due = t.rerun
	}
	t.at, t.rerun = t.due, 0
	if t.at > now {
		l.waiting.add(t)
		return
	}
	l.ready.add(t)
}

// soon moves a task that is in a queue to the front: it is due at a time.
func (l *line) soon(t *task, at moment) {
	if t == l.running {
		t.rerun = at // it is in no queue now
		return
	}
	t.leave()
	t.due, t.at = at, at
	l.waiting.add(t)
}
