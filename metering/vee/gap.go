package vee

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// broken fills in an interval that touches a gap.
func (w *walk) broken(iv *metering.Interval, from, to int64) {
	t := w.t
	iv.Flags = metering.FlagGap
	for i := w.gap; i < len(t.gaps) && t.knots[t.gaps[i]-1].ms < to; i++ {
		g := w.gapAt(t.gaps[i])
		iv.Flags |= g.Flags
		if iv.Reason == "" || iv.Reason != g.Reason {
			iv.Reason = joined(iv.Reason, g.Reason)
		}
	}
	w.partial(iv.Start, from, to)
}

// unread fills in an interval that the clock closes: no reading at or after its
// end has come.
func (w *walk) unread(iv *metering.Interval, from, to int64) {
	t := w.t
	iv.Flags = metering.FlagProvisional
	iv.Reason = w.silence()
	if t.stuck != "" {
		iv.Flags |= metering.FlagFrozen
	}
	if last := w.c.Links[len(w.c.Links)-1].Install.To; !last.IsZero() && last.UnixMilli() < to {
		iv.Flags |= metering.FlagSwap
		iv.Reason = joined(iv.Reason, fmt.Sprintf("meter %s was taken out at %s", t.stands[len(t.stands)-1].meter(), stamp(last)))
	}
	if len(t.knots) > 0 && w.gapIn(from, to) {
		closed := *iv
		w.broken(iv, from, to)
		iv.Flags |= closed.Flags
		iv.Reason = joined(iv.Reason, closed.Reason)
		return
	}
	w.partial(iv.Start, from, to)
}

// unbegun fills in an interval before whose start there is no reading.
func (w *walk) unbegun(iv *metering.Interval, from, to int64) {
	t := w.t
	iv.Reason = "no reading at or before its start; the first one is of " + stamp(t.knots[0].at())
	if in := t.stands[0]; in.from > from {
		iv.Flags |= metering.FlagSwap
		iv.Reason = joined(fmt.Sprintf("meter %s was put in at %s", in.meter(), stamp(time.UnixMilli(in.from))), iv.Reason)
	}
	if w.gapIn(from, to) {
		begun := *iv
		w.broken(iv, from, to)
		iv.Flags |= begun.Flags
		iv.Reason = joined(begun.Reason, iv.Reason)
		return
	}
	w.partial(iv.Start, from, to)
}

// silence says since when the register has not been read.
func (w *walk) silence() string {
	n := len(w.t.knots)
	switch {
	case n == 0:
		return "no reading of the register so far"
	case w.t.stuck != "":
		return w.t.stuck
	}
	text := "no reading since " + stamp(w.t.knots[n-1].at())
	if len(w.t.pending) > 0 {
		p := w.t.pending[0]
		text += fmt.Sprintf(" that is to be trusted: %d counts at %s may be garbage", p.raw, stamp(p.at()))
	}
	return text
}

// gapsIn are the gaps that touch a range of whole intervals, and the edges of
// what is known in it.
func (w *walk) gapsIn(start, end time.Time) []Gap {
	t := w.t
	from, to := start.UnixMilli(), end.UnixMilli()
	n := len(t.knots)
	if n == 0 || t.knots[0].ms >= to || t.knots[n-1].ms <= from {
		return []Gap{{From: start, To: end, Flags: metering.FlagGap, Reason: w.silence()}}
	}
	var list []Gap
	if first := t.knots[0]; first.ms > from {
		list = append(list, Gap{From: start, To: first.at(), Flags: metering.FlagGap, Reason: "no reading before " + stamp(first.at())})
	}
	for _, g := range t.gaps {
		if t.knots[g].ms > from && t.knots[g-1].ms < to {
			list = append(list, w.gapAt(g))
		}
	}
	if last := t.knots[n-1]; last.ms < to {
		list = append(list, Gap{From: last.at(), To: end, Flags: metering.FlagGap | metering.FlagProvisional, Reason: w.silence()})
	}
	return list
}

// gapAt describes the way to a knot that nobody saw the shape of.
func (w *walk) gapAt(hi int32) Gap {
	if w.lastGap.hi == hi {
		return w.lastGap.Gap
	}
	t := w.t
	lo, k := t.knots[hi-1], t.knots[hi]
	g := Gap{From: lo.at(), To: k.at(), Flags: metering.FlagGap}
	var o odd
	if k.odd != 0 {
		o = t.odds[k.odd]
		g.Flags |= o.flags
	}
	if o.broken {
		g.Least, g.Reason = metering.Energy(o.least), o.reason
	} else {
		a, b := w.measured(place{lo.ms, int(hi) - 1, int(hi) - 1}), w.measured(place{k.ms, int(hi), int(hi)})
		g.Reason = fmt.Sprintf("no readings from %s to %s", stamp(g.From), stamp(g.To))
		if g.Bounded = a.ok && b.ok; g.Bounded {
			g.Energy = metering.Energy(b.total - a.total)
			up := (b.high - b.total) + (a.total - a.low)
			down := (b.total - b.low) + (a.high - a.total)
			g.Uncertainty = metering.Energy(max(up, down) + a.timing + b.timing + o.loose)
			g.Reason += fmt.Sprintf(", %d %s in that time", int64(g.Energy), w.c.Channel.Unit())
		} else {
			g.Reason += ", an energy out of range in that time"
		}
		g.Reason = joined(g.Reason, o.reason)
	}
	w.lastGap = numberedGap{hi, g}
	return g
}

// numberedGap is a gap that was described already: many intervals touch it.
type numberedGap struct {
	hi int32
	Gap
}

func (w *walk) partial(start time.Time, from, to int64) {
	energy, ms := w.known(from, to)
	w.partials = append(w.partials, Partial{
		Start: start, Known: metering.Energy(energy), Measured: time.Duration(ms) * time.Millisecond,
	})
}

// known is what flowed in the parts of [from, to) that no gap covers, and how
// long they are.
func (w *walk) known(from, to int64) (energy, ms int64) {
	t := w.t
	n := len(t.knots)
	if n == 0 || t.knots[n-1].ms <= from || t.knots[0].ms >= to {
		return 0, 0
	}
	from, to = max(from, t.knots[0].ms), min(to, t.knots[n-1].ms)
	add := func(a, b int64) {
		if a >= b {
			return
		}
		x, y := w.measured(t.find(a, w.next)), w.measured(w.t.find(b, w.next))
		if x.ok && y.ok {
			energy, ms = energy+y.total-x.total, ms+b-a
		}
	}
	i, _ := slices.BinarySearchFunc(t.gaps, from, func(g int32, ms int64) int { return int(t.knots[g].ms - ms) })
	for ; i < len(t.gaps) && t.knots[t.gaps[i]-1].ms < to; i++ {
		g := t.gaps[i]
		add(from, t.knots[g-1].ms)
		from = max(from, t.knots[g].ms)
	}
	add(from, to)
	return energy, ms
}
