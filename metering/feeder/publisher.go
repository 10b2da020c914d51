package feeder

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// IntervalField is the field of published intervals: the series
// asue_interval_wh{point,resident,node,meter,channel,rev}, stamped with the
// interval's start, in Wh, or varh where the channel is R+ or R-. The version is
// part of the series' name, because a store keeps the larger of two values of
// the same time: a correction is a series of its own, rev="2".
const IntervalField = "interval_wh"

// VolumeField is the field of published intervals of gas and water, in litres:
// asue_interval_l, otherwise like IntervalField.
const VolumeField = "interval_l"

// IntervalLedger is the part of metering.Ledger that a Publisher needs.
type IntervalLedger interface {
	Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error)
	Cursor(ctx context.Context, name string) (int64, error)
	SetCursor(ctx context.Context, name string, position int64) error
}

// PublisherOptions must all be set, but for those that name a default.
type PublisherOptions struct {
	Name   string // of the durable cursor, a Unix time in ms
	Ledger IntervalLedger
	Series metering.Series
	Site   *metering.Site
	Log    *slog.Logger
	Clock  clock.Clock // the run's: intervals up to now are looked for
	// Since is the start of the first interval that a Publisher without a cursor
	// publishes; zero is 400 days back.
	Since time.Time
	// Overlap is how far behind its cursor a starting Publisher looks for versions
	// that were recorded while it was away; 0 is 48 h.
	Overlap time.Duration
	// Resend as in Options.
	Resend time.Duration
}

// Publisher writes recorded intervals to a series store. Run it in one
// goroutine; the other methods may be called from any.
//
// It reads the current versions from the ledger, because only the ledger knows
// their numbers: soon after Recorded has named their starts, and at its own
// start those since its cursor less the Overlap. Of versions that follow each
// other within seconds the last one is published.
type Publisher struct {
	o    PublisherOptions
	wall clock.Clock
	wake chan struct{}

	// Owned by Run.
	mapper    *Mapper
	guard     guard
	unsettled []published
	newest    time.Time // start of the newest interval that was written
	caughtUp  bool

	mu      sync.Mutex
	pending map[time.Time]bool // starts of intervals to publish
	newSite *metering.Site
	stats   PublisherStats
}

// PublisherStats are for /metrics.
type PublisherStats struct {
	Intervals int64 // written, those sent again included
	Bad       int64 // refused by the store for good
	Pending   int   // starts that wait to be published
	Failures  int64
	LastError string // of the present outage; empty while all is well
}

// published are starts whose intervals were written and may yet be lost.
type published struct {
	starts []time.Time
	at     time.Time
}

// NewPublisher makes a publisher.
func NewPublisher(o PublisherOptions) *Publisher {
	if o.Overlap == 0 {
		o.Overlap = 48 * time.Hour
	}
	if o.Resend == 0 {
		o.Resend = DefaultResend
	}
	o.Resend = max(o.Resend, o.Series.Settled())
	return &Publisher{
		o: o, wake: make(chan struct{}, 1), mapper: NewMapper(o.Site), guard: guard{series: o.Series},
		pending: map[time.Time]bool{},
	}
}

// Recorded tells that the ledger has recorded intervals with these starts. It
// never blocks. However often a start comes, it takes one place in memory.
func (p *Publisher) Recorded(starts ...time.Time) {
	p.mu.Lock()
	for _, s := range starts {
		p.pending[metering.PeriodStart(s)] = true
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// SetSite makes the publisher label intervals by another site file from now on.
func (p *Publisher) SetSite(site *metering.Site) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newSite = site
}

// Stats says how the publisher is doing.
func (p *Publisher) Stats() PublisherStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := p.stats
	stats.Pending = len(p.pending)
	return stats
}

// Run publishes until ctx ends and returns nil then.
func (p *Publisher) Run(ctx context.Context) error {
	patience := patience{log: p.o.Log, what: "publishing intervals", name: p.o.Name}
	for ctx.Err() == nil {
		err := p.step(ctx)
		p.note(err)
		if err != nil {
			patience.failed(ctx, err)
			continue
		}
		patience.succeeded()
		p.idle(ctx)
	}
	return nil
}

func (p *Publisher) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.LastError = ""
	if err != nil {
		p.stats.Failures++
		p.stats.LastError = err.Error()
	}
}

func (p *Publisher) idle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkEvery)
	defer cancel()
	select {
	case <-p.wake:
	case <-ctx.Done():
	}
}

func (p *Publisher) step(ctx context.Context) error {
	changed, err := p.guard.check(ctx)
	if err != nil {
		return err
	}
	if changed {
		p.o.Log.Warn("the series store was started anew, publishing again what it may have lost", "publisher", p.o.Name)
		for _, lost := range p.unsettled {
			p.Recorded(lost.starts...)
		}
		p.unsettled = nil
	}
	// The store has just told that it is the one that was written to.
	if err := p.settle(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	if p.newSite != nil {
		p.mapper, p.newSite = NewMapper(p.newSite), nil
	}
	p.mu.Unlock()
	if !p.caughtUp {
		if err := p.catchUp(ctx); err != nil {
			return err
		}
		p.caughtUp = true
	}
	return p.publishPending(ctx)
}

// catchUp publishes what the ledger has, a day at a time.
func (p *Publisher) catchUp(ctx context.Context) error {
	cursor, err := p.o.Ledger.Cursor(ctx, p.o.Name)
	if err != nil {
		return err
	}
	now := p.o.Clock.Now()
	from := p.o.Since
	switch {
	case cursor != 0:
		from = time.UnixMilli(cursor).Add(-p.o.Overlap)
	case from.IsZero():
		from = now.AddDate(0, 0, -400)
	}
	for day := from.UTC().Truncate(24 * time.Hour); !day.After(now); day = day.Add(24 * time.Hour) {
		if err := p.publish(ctx, day, day.Add(24*time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

// publishPending publishes the starts that Recorded has named, those within a
// day in one go.
func (p *Publisher) publishPending(ctx context.Context) error {
	p.mu.Lock()
	starts := slices.SortedFunc(maps.Keys(p.pending), time.Time.Compare)
	p.mu.Unlock()
	for len(starts) > 0 {
		n := 1
		for n < len(starts) && starts[n].Sub(starts[n-1]) == metering.BasePeriod && starts[n].Sub(starts[0]) < 24*time.Hour {
			n++
		}
		// Taken off first: what is recorded from here on comes in line again.
		p.unqueue(starts[:n])
		if err := p.publish(ctx, starts[0], starts[n-1].Add(metering.BasePeriod)); err != nil {
			p.Recorded(starts[:n]...)
			return err
		}
		starts = starts[n:]
	}
	return nil
}

func (p *Publisher) unqueue(starts []time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range starts {
		delete(p.pending, s)
	}
}

// publish writes the current versions of the intervals that start in [from, to).
func (p *Publisher) publish(ctx context.Context, from, to time.Time) error {
	intervals, err := p.o.Ledger.Intervals(ctx, metering.IntervalQuery{From: from, To: to})
	if err != nil {
		return err
	}
	var samples []metering.Sample
	var starts []time.Time
	for _, i := range intervals {
		if s, ok := p.mapper.Interval(i); ok {
			samples = append(samples, s)
			starts = append(starts, i.Start)
		}
	}
	if len(samples) == 0 {
		return nil
	}
	err = p.o.Series.Write(ctx, samples)
	var bad *metering.BadSamplesError
	if errors.As(err, &bad) {
		p.o.Log.Error("the series store refuses intervals for good", "publisher", p.o.Name, "intervals", len(bad.Samples), "reason", bad.Reason)
		err = nil
	}
	if err != nil {
		return err
	}
	p.unsettled = append(p.unsettled, published{slices.Compact(starts), p.wall.Now()})
	if last := starts[len(starts)-1]; last.After(p.newest) {
		p.newest = last
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Intervals += int64(len(samples))
	if bad != nil {
		p.stats.Bad += int64(len(bad.Samples))
	}
	return nil
}

// settle forgets what is safe, if the store is the one that was written to. The
// cursor moves when nothing is left that is not.
func (p *Publisher) settle(ctx context.Context) error {
	now := p.wall.Now()
	n := 0
	for n < len(p.unsettled) && now.Sub(p.unsettled[n].at) >= p.o.Resend {
		n++
	}
	if n == 0 {
		return nil
	}
	p.unsettled = p.unsettled[n:]
	p.mu.Lock()
	idle := p.caughtUp && len(p.unsettled) == 0 && len(p.pending) == 0
	p.mu.Unlock()
	if !idle {
		return nil
	}
	return p.o.Ledger.SetCursor(ctx, p.o.Name, p.newest.UnixMilli())
}
