package validation

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"asue/metering"
	"asue/metering/chains"
	"asue/metering/vee/rules"
)

// Clock is what a Validator needs of a clock; clock.Clock is one.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// Ledger is what a Validator asks of the ledger; metering.Ledger satisfies it.
type Ledger interface {
	Spans(ctx context.Context, meter metering.MeterID, q metering.Quantity, from, to time.Time) ([]metering.RegisterSpan, error)
	Witnesses(ctx context.Context, meter metering.MeterID, from, to time.Time) ([]metering.Witness, error)
	Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error)
	History(ctx context.Context, point metering.PointID, ch metering.Channel, start time.Time) ([]metering.Interval, error)
	Commit(ctx context.Context, c metering.Commit) error
	Cursor(ctx context.Context, name string) (int64, error)
	SetCursor(ctx context.Context, name string, position int64) error
}

// Config is what a Validator is made of. Site, Ledger, Chains, Clock and Log must
// be set.
type Config struct {
	Site   *metering.Site
	Ledger Ledger
	Chains *chains.Registry
	Clock  Clock
	Log    *slog.Logger
	// Every is how long it rests between two looks; default 5 s.
	Every time.Duration
	// Ripe is how long after its end a period is looked at, so that the readings
	// around its boundary are there; default 20 s. A period that has no reading by
	// then is looked at again when ingest closes it or the reading comes.
	Ripe time.Duration
	// Back is how far before the cursor it begins at a start, for what was
	// committed and not heard; default a day.
	Back time.Duration
	// Since is when measuring began after a past that a simulator made: nobody has judged
	// that, and it is not judged because technical conditions change. Zero: there is none.
	Since time.Time
	// Validated, if set, is told the intervals of every commit that changed
	// something.
	Validated func([]metering.Interval)
}

// cursorName is the ledger's cursor up to which everything is validated, in Unix
// milliseconds.
const cursorName = "validated"

// Stats are for /metrics.
type Stats struct {
	Assessed  int64     // intervals looked at
	Changed   int64     // intervals whose version it made
	Findings  int64     // findings that held at the last look at their stretch, added up
	Failures  int64     // looks that failed and are tried again
	Waiting   int       // channels with something that is not validated yet
	UpTo      time.Time // everything before is validated
	LastError string    // of the last look; empty if it went well
}

// Validator validates what changes. Its methods may be called from any goroutine;
// Run is for one.
type Validator struct {
	cfg     Config
	network *network
	leaning map[channelKey][]channelKey
	// conditions are the technical conditions that hold, whoever has stated them last.
	conditions atomic.Pointer[[]metering.Condition]

	mu     sync.Mutex // dirt, stats and the network's days
	dirt   dirt
	learnt map[monthKey]month
	stats  Stats

	failures map[metering.PointID]failure // for Look alone

	keeping sync.Mutex // who moves the cursor; taken before mu
	kept    time.Time  // where it stands in the ledger
}

// New makes a Validator that does nothing until Run. It fails on a
// network that is none (a circle among nodes); a virtual point that cannot be computed
// is left out and logged.
func New(cfg Config) (*Validator, error) {
	if cfg.Every <= 0 {
		cfg.Every = 5 * time.Second
	}
	if cfg.Ripe <= 0 {
		cfg.Ripe = 20 * time.Second
	}
	if cfg.Back <= 0 {
		cfg.Back = 24 * time.Hour
	}
	n, err := newNetwork(cfg.Site, cfg.Log)
	if err != nil {
		return nil, err
	}
	v := &Validator{cfg: cfg, network: n, leaning: leaning(cfg.Site, n.model), dirt: dirt{}, learnt: map[monthKey]month{}, failures: map[metering.PointID]failure{}}
	conditions := slices.Clone(cfg.Site.Conditions)
	v.conditions.Store(&conditions)
	return v, nil
}

// Changed marks intervals that somebody else has committed: they are looked at
// when they are ripe. What comes late may have shaped estimates after it and
// beside it, which are looked at again. It writes to the ledger when the cursor
// has to go back, and only then.
func (v *Validator) Changed(intervals []metering.Interval) {
	if len(intervals) == 0 {
		return
	}
	now := v.cfg.Clock.Now()
	v.mu.Lock()
	v.forget(intervals)
	for _, iv := range intervals {
		v.touch(iv, now)
	}
	v.stats.Waiting = len(v.dirt)
	back := v.stats.UpTo
	v.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), holdFor)
	defer cancel()
	v.keep(ctx, back)
}

// holdFor is how long Changed waits for the ledger to take the cursor back.
const holdFor = 5 * time.Second

// touch marks one interval and what may lean on it. v.mu is held.
func (v *Validator) touch(iv metering.Interval, now time.Time) {
	v.mark(iv.Start, iv.End(), now)
	to := iv.End()
	if to.Before(now.Add(-old)) {
		to = earlier(metering.PeriodStart(now), to.Add(rules.History(v.cfg.Site.Rules)))
	}
	v.dirt.add(channelKey{iv.Point, iv.Channel}, iv.Start, to, now)
	if iv.End().Before(now.Add(-late)) {
		for _, key := range v.leaning[channelKey{iv.Point, iv.Channel}] {
			v.dirt.add(key, iv.Start, iv.End(), now)
		}
	}
}

// Stats returns what was done so far.
func (v *Validator) Stats() Stats {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stats
}

// Run validates what changes until ctx ends, and then returns nil. What fails is
// tried again at the next look; other points go on.
func (v *Validator) Run(ctx context.Context) error {
	if err := v.Resume(ctx); err != nil {
		return err
	}
	for {
		v.Look(ctx)
		if v.cfg.Clock.Sleep(ctx, v.cfg.Every) != nil {
			return nil
		}
	}
}

// Resume marks everything since the cursor. Run does so first.
func (v *Validator) Resume(ctx context.Context) error {
	position, err := v.cfg.Ledger.Cursor(ctx, cursorName)
	if err != nil {
		return fmt.Errorf("validation: where it stopped: %w", err)
	}
	now := v.cfg.Clock.Now()
	from := now
	if position > 0 {
		from = time.UnixMilli(position)
	}
	began := metering.PeriodStart(from.Add(-v.cfg.Back))
	v.mu.Lock()
	for _, p := range v.cfg.Site.Points {
		for _, ch := range v.cfg.Chains.Channels(p.ID) {
			v.dirt.add(channelKey{p.ID, ch}, began, metering.PeriodStart(now), now.Add(-quiet))
		}
	}
	v.mark(began, metering.PeriodStart(now), now)
	v.mu.Unlock()
	if position == 0 {
		v.keep(ctx, from) // or a first backlog would be lost with the process
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept, v.stats.UpTo = from, from
	return nil
}

// Look validates what is ripe now and moves the cursor; what fails is in Stats, and
// waits for the next look. Run does so again and again.
func (v *Validator) Look(ctx context.Context) {
	now := v.cfg.Clock.Now()
	ripe := metering.PeriodStart(now.Add(-v.cfg.Ripe))
	v.mu.Lock()
	todo := v.dirt.take(ripe, now)
	v.mu.Unlock()
	failed := v.points(ctx, v.byMonth(v.byPoint(todo)), ripe, now)
	if ctx.Err() != nil {
		return
	}
	if err := v.balanceDays(ctx, ripe, now); err != nil {
		failed = err
	}
	if ctx.Err() == nil {
		v.settle(ctx, ripe, failed)
	}
}

// points validates each piece of work and returns an error of one that failed, now
// or before. A point that fails again and again is let alone for longer each time,
// at most for mostWait: it stays dirty, so that nothing of it is billed, and the log
// is not filled with it.
func (v *Validator) points(ctx context.Context, list []pointWork, ripe, now time.Time) (failed error) {
	for _, work := range list {
		if f, ok := v.failures[work.point]; ok && now.Before(f.until) {
			failed = f.err
			v.again(work)
			continue
		}
		err := v.point(ctx, work, ripe)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			delete(v.failures, work.point)
			continue
		}
		failed = err
		f := v.failures[work.point]
		f.err, f.wait = err, min(max(2*f.wait, v.cfg.Every), mostWait)
		f.until = now.Add(f.wait - v.cfg.Every/2)
		v.failures[work.point] = f
		v.cfg.Log.Error("a point could not be validated, it is tried again", "point", work.point, "after", f.wait, "err", err)
		v.mu.Lock()
		v.stats.Failures++
		v.mu.Unlock()
		v.again(work)
	}
	return failed
}

// mostWait is the longest time that a point that cannot be validated is let alone.
const mostWait = 10 * time.Minute

// failure is the last failed look at a point.
type failure struct {
	err   error
	wait  time.Duration
	until time.Time
}

func (v *Validator) again(work pointWork) {
	now := v.cfg.Clock.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, ch := range work.channels {
		v.dirt.add(channelKey{work.point, ch}, work.from, work.to, now)
	}
}

// settle notes how the look went and moves the cursor to where everything is
// validated.
func (v *Validator) settle(ctx context.Context, ripe time.Time, failed error) {
	v.mu.Lock()
	v.stats.Waiting = len(v.dirt)
	v.stats.LastError = ""
	if failed != nil {
		v.stats.LastError = failed.Error()
	}
	v.mu.Unlock()
	v.keep(ctx, ripe)
}

// keep writes down up to where everything is validated, limit at most. Of the day
// that is going on balances may be drawn later: a start looks at it anyway.
func (v *Validator) keep(ctx context.Context, limit time.Time) {
	v.keeping.Lock()
	defer v.keeping.Unlock()
	v.mu.Lock()
	upTo := limit
	if oldest, some := v.dirt.oldest(); some {
		upTo = earlier(upTo, oldest)
	}
	for _, d := range v.network.days {
		if !d.to.After(limit) {
			upTo = earlier(upTo, d.from)
		}
	}
	v.stats.UpTo = upTo
	v.mu.Unlock()
	if upTo.IsZero() || upTo.Equal(v.kept) {
		return
	}
	if err := v.cfg.Ledger.SetCursor(ctx, cursorName, upTo.UnixMilli()); err != nil {
		if ctx.Err() == nil {
			v.cfg.Log.Warn("the cursor of validation was not kept, some is looked at again after a restart", "err", err)
		}
		return
	}
	v.kept = upTo
}

func (v *Validator) zone() *time.Location {
	if v.cfg.Site.Location == nil {
		return time.UTC
	}
	return v.cfg.Site.Location
}
