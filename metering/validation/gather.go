package validation

import (
	"context"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee/rules"
)

// evening is how much of the past is looked at where nothing is estimated.
const evening = 24 * time.Hour

// around is what the ledger has of one channel before, in and after a window.
type around struct{ before, current, after []metering.Interval }

// gather reads what stands around the window, and that long before it, by channel.
func (v *Validator) gather(ctx context.Context, w *window, back time.Duration) ([]around, error) {
	list := make([]around, len(w.channels))
	for n, ch := range w.channels {
		all, err := v.intervals(ctx, w.point.ID, []metering.Channel{ch}, w.from.Add(-back), w.to.Add(evening))
		if err != nil {
			return nil, err
		}
		first, last := search(all, w.from), search(all, w.to)
		list[n] = around{all[:first:first], all[first:last:last], all[last:]}
	}
	return list, nil
}

// known is when a channel of the window begins to be known: with the first reading
// of a register that is at hand, or with what stands already. A channel of which
// nothing was ever known has no intervals, not so many nulls.
func (w *window) known(n int, a around) (time.Time, bool) {
	var first time.Time
	take := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	for _, link := range w.chains[n].Links {
		if len(link.Spans) > 0 {
			take(link.Spans[0].Start)
		}
	}
	if len(a.current) > 0 {
		take(a.current[0].Start)
	}
	if len(a.before) > 0 {
		take(a.before[0].Start)
	}
	return later(first, w.from), !first.IsZero() && first.Before(w.to)
}

// search is where a moment lies among ascending intervals of one channel.
func search(list []metering.Interval, t time.Time) int {
	i, _ := slices.BinarySearchFunc(list, t, func(iv metering.Interval, t time.Time) int { return iv.Start.Compare(t) })
	return i
}

// needsEstimates reports whether some interval has no energy of its own.
func (w *window) needsEstimates() bool {
	for _, d := range w.derived {
		if len(d.Gaps) > 0 {
			return true
		}
		for i := range d.Intervals {
			if d.Intervals[i].Grade != metering.Actual {
				return true
			}
		}
	}
	return false
}

func (v *Validator) intervals(ctx context.Context, p metering.PointID, channels []metering.Channel, from, to time.Time) ([]metering.Interval, error) {
	return v.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{Points: []metering.PointID{p}, Channels: channels, From: from, To: to})
}

// caseOf joins everything that is known of one channel of the window. done are the
// outcomes of the channels before it.
func (v *Validator) caseOf(ctx context.Context, w *window, n int, from time.Time, a around, done []rules.Sibling) (rules.Case, error) {
	ch, d := w.channels[n], w.derived[n]
	c := rules.Case{
		Point: w.point, Channel: ch, From: from, To: w.to,
		Location: v.cfg.Site.Location, Calendar: v.cfg.Site.Calendar, Rules: v.cfg.Site.Rules,
		Declared: v.declared(w.point), Derivation: d,
		Current: a.current, Before: a.before, After: a.after,
		Siblings: done, Idle: v.idle(w.point),
	}
	for _, link := range w.chains[n].Links {
		if !link.Install.From.Before(w.to) || (!link.Install.To.IsZero() && !link.Install.To.After(w.from)) {
			continue
		}
		c.MaxPower = max(c.MaxPower, link.MaxPower)
		c.Quantum = max(c.Quantum, quantum(link))
		c.Witnesses = append(c.Witnesses, link.Witnesses...)
		meter, _ := v.cfg.Site.Meter(link.Install.Meter)
		c.Accuracy = max(c.Accuracy, rules.ChainAccuracy(meter, link.Install))
		c.Verified = append(c.Verified, verified(meter, link.Install)...)
		c.Identity = append(c.Identity, strangers(link)...)
	}
	var err error
	if c.Measured, err = v.measured(ctx, w, ch, a.current); err != nil {
		return c, err
	}
	if w.unbounded(n) {
		if c.Nodal, err = v.nodal(ctx, w, ch); err != nil {
			return c, err
		}
	}
	if err := v.addUsage(ctx, w, ch, &c); err != nil {
		return c, err
	}
	return c, v.addCheck(ctx, w, ch, &c)
}

// measured are the energies that came into the ledger other than by registers of
// the site's meters (imported, simulated): the newest such version of each
// interval.
func (v *Validator) measured(ctx context.Context, w *window, ch metering.Channel, current []metering.Interval) ([]metering.Interval, error) {
	var list []metering.Interval
	for _, iv := range current {
		if foreign(iv) {
			list = append(list, iv)
			continue
		}
		if iv.Authority() == metering.ByRegisters || iv.Version < 2 || v.byRegisters(w, ch, iv) {
			continue
		}
		versions, err := v.cfg.Ledger.History(ctx, iv.Point, iv.Channel, iv.Start)
		if err != nil {
			return nil, err
		}
		for _, old := range slices.Backward(versions) {
			if foreign(old) {
				list = append(list, old)
				break
			}
		}
	}
	return list, nil
}

func foreign(iv metering.Interval) bool {
	return iv.Method == metering.MethodImported || iv.Method == metering.MethodSimulated
}

// byRegisters reports whether registers say something of an interval.
func (v *Validator) byRegisters(w *window, ch metering.Channel, iv metering.Interval) bool {
	d := w.derived[slices.Index(w.channels, ch)]
	i := search(d.Intervals, iv.Start)
	return i < len(d.Intervals) && d.Intervals[i].Start.Equal(iv.Start) && (d.Intervals[i].Grade != metering.Null || d.Intervals[i].Flags&metering.FlagGap != 0)
}

// addCheck adds the check meter that stands beside the point.
func (v *Validator) addCheck(ctx context.Context, w *window, ch metering.Channel, c *rules.Case) error {
	i := slices.IndexFunc(v.cfg.Site.Points, func(p metering.Point) bool { return p.Checks == w.point.ID && p.Checks != "" })
	if i < 0 {
		return nil
	}
	check := v.cfg.Site.Points[i].ID
	from := w.from
	if len(c.Before) > 0 {
		from = c.Before[0].Start
	}
	list, err := v.intervals(ctx, check, []metering.Channel{ch}, from, w.to)
	if err != nil {
		return err
	}
	c.Check = list
	if in, ok := v.cfg.Site.MeterAt(check, w.from); ok {
		meter, _ := v.cfg.Site.Meter(in.Meter)
		c.CheckAccuracy = rules.ChainAccuracy(meter, in)
	}
	return nil
}
