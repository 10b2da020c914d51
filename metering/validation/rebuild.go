package validation

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"asue/metering"
	"asue/metering/vee"
)

// Rebuilt is what a rebuild has done.
type Rebuilt struct {
	Intervals int64 `json:"intervals"` // made again from the readings
	Changed   int64 `json:"changed"`   // of these, said something else than what stood
	Findings  int64 `json:"findings"`
}

// Progress is told how many of all parts of a rebuild are done.
type Progress func(done, all int)

// Rebuild makes the intervals that start in [from, to), widened to whole local
// months, again from the readings: derives, validates, estimates. With dry it only
// counts what would change. What has not changed gets no new version; a rebuild
// after a rebuild changes nothing.
//
// It works on several points at once and commits a point's month in one
// transaction, so that it may be stopped at any time and run beside ingest.
func (v *Validator) Rebuild(ctx context.Context, from, to time.Time, dry bool, progress Progress) (Rebuilt, error) {
	b := rebuild{
		v: v, dry: dry, now: v.cfg.Clock.Now(), months: v.months(from, to), progress: progress,
		turned: map[monthKey]bool{},
	}
	var checks, points []metering.PointID
	for _, p := range v.cfg.Site.Points {
		switch {
		case len(v.cfg.Chains.Channels(p.ID)) == 0:
		case p.Role == metering.RoleCheck:
			checks = append(checks, p.ID)
		default:
			points = append(points, p.ID)
		}
	}
	b.all = (len(checks) + len(points)) * len(b.months)
	for _, group := range [][]metering.PointID{checks, points} { // billing points look at check points
		if err := b.run(ctx, group); err != nil {
			return b.sum, fmt.Errorf("rebuild after %d of %d parts: %w", b.done, b.all, err)
		}
	}
	if err := b.again(ctx); err != nil {
		return b.sum, fmt.Errorf("rebuild: %w", err)
	}
	if err := b.network(ctx); err != nil {
		return b.sum, fmt.Errorf("rebuild: %w", err)
	}
	return b.sum, nil
}

// network draws the days' balances and virtual points again, when all points
// stand. Days do not lean on each other.
func (b *rebuild) network(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, m := range b.months {
		_ = eachLocalDay(m.From, earlier(m.To, metering.PeriodStart(b.now)), b.v.zone(), func(from, to time.Time) error {
			group.Go(func() error { return b.day(ctx, from, to) })
			return ctx.Err()
		}) // what ended it is the group's error
	}
	return group.Wait()
}

func (b *rebuild) day(ctx context.Context, from, to time.Time) error {
	c, err := b.v.balanceDay(ctx, from, to)
	if err != nil {
		return err
	}
	if !b.dry {
		if err := b.v.cfg.Ledger.Commit(ctx, c); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sum.Changed += int64(len(c.Intervals))
	for _, f := range c.Findings {
		b.sum.Findings += int64(len(f.List))
	}
	return nil
}

func eachLocalDay(from, to time.Time, zone *time.Location, do func(from, to time.Time) error) error {
	for at := from; at.Before(to); {
		_, end := vee.Day.Bounds(at, zone)
		if err := do(at, earlier(end, to)); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// months are the local months that [from, to) touches.
func (v *Validator) months(from, to time.Time) []metering.Period {
	var list []metering.Period
	for at := from; at.Before(to); {
		start, end := vee.Month.Bounds(at, v.zone())
		list = append(list, metering.Period{From: start, To: end})
		at = end
	}
	return list
}

// rebuild is one run of Rebuild. Points are judged side by side, the months of a
// point one after the other: what was written of one month is history for the next.
type rebuild struct {
	v        *Validator
	dry      bool
	now      time.Time
	months   []metering.Period
	all      int
	progress Progress

	mu     sync.Mutex
	sum    Rebuilt
	done   int
	leans  []pointWork       // with estimates by other points
	turned map[monthKey]bool // in which something is actual now and was not, or the other way round
}

// again judges once more what leans on other points, where these have turned while
// it was judged: who comes first must not matter. What leans is estimated either
// way, so that nothing turns by it. A dry run has turned nothing.
func (b *rebuild) again(ctx context.Context) error {
	if b.dry {
		return nil
	}
	moved := map[monthKey]bool{}
	for key := range b.turned {
		for _, who := range b.v.leaning[key.channelKey] {
			moved[monthKey{who, key.start}] = true
		}
	}
	slices.SortFunc(b.leans, func(x, y pointWork) int { return cmp.Or(cmp.Compare(x.point, y.point), x.from.Compare(y.from)) })
	for _, work := range b.leans {
		touched := slices.ContainsFunc(work.channels, func(ch metering.Channel) bool {
			return moved[monthKey{channelKey{work.point, ch}, work.from.Unix()}]
		})
		if !touched {
			continue
		}
		outcomes, err := b.v.assess(ctx, work, metering.PeriodStart(b.now), b.now)
		if err != nil {
			return err
		}
		if err := b.v.cfg.Ledger.Commit(ctx, commitOf(outcomes, b.now)); err != nil {
			return err
		}
	}
	return nil
}

func (b *rebuild) run(ctx context.Context, points []metering.PointID) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range points {
		group.Go(func() error { return b.point(ctx, p) })
	}
	return group.Wait()
}

func (b *rebuild) point(ctx context.Context, p metering.PointID) error {
	for _, m := range b.months {
		if err := ctx.Err(); err != nil {
			return err
		}
		work := pointWork{point: p, channels: b.v.cfg.Chains.Channels(p), from: m.From, to: m.To}
		outcomes, err := b.v.assess(ctx, work, metering.PeriodStart(b.now), b.now)
		if err != nil {
			return err
		}
		if !b.dry && len(outcomes) > 0 {
			if err := b.v.cfg.Ledger.Commit(ctx, commitOf(outcomes, b.now)); err != nil {
				return err
			}
		}
		b.count(work, outcomes)
	}
	return nil
}

func (b *rebuild) count(work pointWork, outcomes []Outcome) {
	b.v.mu.Lock()
	for _, o := range outcomes {
		b.v.forget(o.Changed)
	}
	b.v.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	if slices.ContainsFunc(outcomes, Outcome.leans) {
		b.leans = append(b.leans, work)
	}
	for _, o := range outcomes {
		var start, end time.Time
		for _, iv := range o.Turned {
			if iv.Start.Before(end) {
				continue
			}
			start, end = vee.Month.Bounds(iv.Start, b.v.zone())
			b.turned[monthKey{channelKey{o.Point, o.Channel}, start.Unix()}] = true
		}
		b.sum.Intervals += int64(len(o.Intervals))
		b.sum.Changed += int64(len(o.Changed))
		b.sum.Findings += int64(len(o.Findings))
	}
	if b.progress != nil {
		b.progress(b.done, b.all)
	}
}
