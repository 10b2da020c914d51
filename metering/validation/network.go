package validation

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
	"asue/metering/vee"
)

// network is what is worked out from many points at once, a local day at a time:
// virtual points and the balances of nodes.
type network struct {
	model *balance.Model
	days  map[int64]stretch // by the Unix time of their start
}

func newNetwork(site *metering.Site, log *slog.Logger) (*network, error) {
	model, faults, err := balance.Lenient(site, balance.DefaultConfig())
	if err != nil {
		return nil, fmt.Errorf("validation: %w", err)
	}
	for _, fault := range faults {
		log.Error("a virtual point cannot be computed and is left out: correct it in the site file", "err", fault)
	}
	return &network{model: model, days: map[int64]stretch{}}, nil
}

// settles is how long a day's points must have been still before its balances are
// drawn: one look usually validates many points.
const settles = 20 * time.Second

// mark notes that something of [from, to) has changed.
func (v *Validator) mark(from, to, now time.Time) {
	for at := from; at.Before(to); {
		start, end := vee.Day.Bounds(at, v.zone())
		d, ok := v.network.days[start.Unix()]
		if !ok {
			d = stretch{from: start, to: end, first: now}
		}
		d.last = now
		v.network.days[start.Unix()] = d
		at = end
	}
}

// balanceDays draws the days that have become still. A day that fails stays.
func (v *Validator) balanceDays(ctx context.Context, ripe, now time.Time) (failed error) {
	v.mu.Lock()
	var todo []stretch
	for key, d := range v.network.days {
		if now.Sub(d.last) >= settles || now.Sub(d.first) >= patience {
			todo = append(todo, d)
			delete(v.network.days, key)
		}
	}
	v.mu.Unlock()
	slices.SortFunc(todo, func(a, b stretch) int { return a.from.Compare(b.from) })
	for _, d := range todo {
		c, err := v.balanceDay(ctx, d.from, earlier(d.to, ripe))
		if err == nil {
			err = v.cfg.Ledger.Commit(ctx, c)
		}
		if err == nil {
			v.drawn(c)
			continue
		}
		v.mu.Lock()
		v.mark(d.from, d.to, now)
		v.stats.Failures++
		v.mu.Unlock()
		failed = fmt.Errorf("balances of %s: %w", d.from.In(v.zone()).Format(time.DateOnly), err)
		if ctx.Err() == nil {
			v.cfg.Log.Error("a day's balances could not be drawn, they are tried again", "err", failed)
		}
	}
	return failed
}

func (v *Validator) drawn(c metering.Commit) {
	v.mu.Lock()
	for _, f := range c.Findings {
		v.stats.Findings += int64(len(f.List))
	}
	v.stats.Changed += int64(len(c.Intervals))
	v.mu.Unlock()
	if len(c.Intervals) > 0 && v.cfg.Validated != nil {
		v.cfg.Validated(c.Intervals)
	}
}

// balanceDay works out the virtual points and balances of a day, as far as it has
// gone.
func (v *Validator) balanceDay(ctx context.Context, from, to time.Time) (metering.Commit, error) {
	c := metering.Commit{ReceivedAt: v.cfg.Clock.Now(), Authority: metering.ByRules}
	if !from.Before(to) {
		return c, nil
	}
	all, err := v.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{From: from, To: to})
	if err != nil {
		return c, err
	}
	physical, virtual := v.split(all)
	g, err := grid.New(from, to, physical)
	if err != nil {
		return c, err
	}
	e := v.network.model.On(g)
	computed, err := e.Compute()
	if err != nil {
		return c, err
	}
	for _, k := range computed {
		if have, ok := virtual[keyOf(k.Interval)]; !ok || !have.SameAs(k.Interval) {
			c.Intervals = append(c.Intervals, k.Interval)
		}
	}
	_, c.Findings, err = e.Report()
	return c, err
}

// split parts the intervals of physical points from those of virtual ones.
func (v *Validator) split(all []metering.Interval) (physical []metering.Interval, virtual map[intervalKey]metering.Interval) {
	virtual = map[intervalKey]metering.Interval{}
	physical = all[:0]
	for _, iv := range all {
		if _, ok := v.cfg.Site.VirtualPoint(iv.Point); ok {
			virtual[keyOf(iv)] = iv
		} else {
			physical = append(physical, iv)
		}
	}
	return physical, virtual
}

// Follow works out at once what follows from a change of intervals of some points
// in [from, to), which somebody else has made: what their other intervals of these
// local days are now, virtual points and balances.
func (v *Validator) Follow(ctx context.Context, points []metering.PointID, from, to time.Time) error {
	ripe := metering.PeriodStart(v.cfg.Clock.Now().Add(-v.cfg.Ripe))
	first, _ := vee.Day.Bounds(from, v.zone())
	_, last := vee.Day.Bounds(to.Add(-time.Millisecond), v.zone())
	for _, p := range points {
		channels := v.cfg.Chains.Channels(p)
		if len(channels) == 0 {
			continue
		}
		if err := v.point(ctx, pointWork{point: p, channels: channels, from: first, to: last}, ripe); err != nil {
			return err
		}
	}
	return eachLocalDay(first, earlier(last, ripe), v.zone(), func(from, to time.Time) error {
		c, err := v.balanceDay(ctx, from, to)
		if err != nil {
			return err
		}
		if err := v.cfg.Ledger.Commit(ctx, c); err != nil {
			return err
		}
		v.drawn(c)
		return nil
	})
}
