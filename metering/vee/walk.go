package vee

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// walk goes along the boundaries in ascending order.
type walk struct {
	c        Chain
	t        *track
	closed   time.Time
	next     int      // first knot at or after the boundary last asked for
	prev     boundary // the end of the interval before, once started
	started  bool
	gap      int // first of the track's gaps that ends behind the boundary
	crest    crest
	lastGap  numberedGap
	partials []Partial
	quantum  quantumText
}

// place is where a moment lies among the knots: between lo and hi, which are the
// same if a reading was taken at just that millisecond.
type place struct {
	ms     int64
	lo, hi int
}

// boundary is what is known of the register at a moment.
type boundary struct {
	place
	total     int64 // the running total
	low, high int64 // the truth lies between
	timing    int64 // what the uncertain moments of the readings may matter
	anchored  bool
	ok        bool
}

// stood reports whether a meter stood at the point or was being changed there
// during some part of an interval.
func (w *walk) stood(start time.Time) bool {
	first, last := w.c.Links[0].Install, w.c.Links[len(w.c.Links)-1].Install
	return first.From.Before(start.Add(metering.BasePeriod)) && (last.To.IsZero() || last.To.After(start))
}

// interval makes the interval that begins at start; false if it is not closed.
func (w *walk) interval(start time.Time) (metering.Interval, bool) {
	iv := metering.Interval{Point: w.c.Point, Channel: w.c.Channel, Start: start, Grade: metering.Null}
	from := start.UnixMilli()
	to := from + period
	n := len(w.t.knots)
	reached := n > 0 && w.t.knots[n-1].ms >= to
	switch {
	case !reached && start.Add(metering.BasePeriod).After(w.closed):
		return iv, false
	case !reached:
		w.unread(&iv, from, to)
	case w.t.knots[0].ms > from:
		w.unbegun(&iv, from, to)
	case w.gapIn(from, to):
		w.broken(&iv, from, to)
	default:
		w.measure(&iv, from, to)
	}
	return iv, true
}

// gapIn reports whether an interval touches a gap.
func (w *walk) gapIn(from, to int64) bool {
	gaps := w.t.gaps
	if w.gap > 0 && w.t.knots[gaps[w.gap-1]].ms > from {
		w.gap = 0
	}
	for w.gap < len(gaps) && w.t.knots[gaps[w.gap]].ms <= from {
		w.gap++
	}
	return w.gap < len(gaps) && w.t.knots[gaps[w.gap]-1].ms < to
}

// find is the place of a moment that lies between the first and the last knot.
// near is a knot to begin looking at.
func (t *track) find(ms int64, near int) place {
	i := max(0, min(near, len(t.knots)-1))
	for i > 0 && t.knots[i].ms > ms {
		i--
	}
	for t.knots[i].ms < ms {
		i++
	}
	if t.knots[i].ms == ms || i == 0 {
		return place{ms, i, i}
	}
	return place{ms, i - 1, i}
}

// boundary looks the register up at a moment outside of gaps.
func (w *walk) boundary(ms int64) boundary {
	if w.started && w.prev.ms == ms {
		return w.prev
	}
	t := w.t
	if w.next == 0 || t.knots[w.next-1].ms >= ms {
		w.next, _ = slices.BinarySearchFunc(t.knots, ms, func(k knot, ms int64) int { return int(k.ms - ms) })
	}
	for t.knots[w.next].ms < ms {
		w.next++
	}
	p := place{ms, w.next - 1, w.next}
	if t.knots[w.next].ms == ms {
		p.lo = w.next
	}
	return w.measured(p)
}

// measured is what the readings around a place say.
func (w *walk) measured(p place) boundary {
	t := w.t
	b := boundary{place: p}
	f := &t.frames[t.knots[p.lo].frame]
	if f.coarse && t.frames[t.knots[p.hi].frame].coarse {
		b.anchored = true
		b.low, b.high, b.ok = t.allowed(p)
		if b.ok {
			b.total, b.ok = w.anchored(p)
		}
	} else {
		w.straight(&b, f)
		if f.coarse && b.ok && p.lo != p.hi && !t.gapBefore(p.hi) {
			if come, ok := w.anchored(place{t.knots[p.lo].ms, p.lo, p.lo}); ok {
				b.total = max(b.total, come)
			}
		}
	}
	b.timing = t.timing(p)
	t.unfreeze(&b)
	if b.ok && len(t.steps) > 0 {
		t.unclock(&b)
	}
	return b
}

// straight interpolates on the straight line between two readings.
func (w *walk) straight(b *boundary, f *frame) {
	t := w.t
	lo := &t.knots[b.lo]
	low, okLow := f.total(lo.raw)
	var okHigh bool
	switch {
	case b.lo == b.hi:
		b.high, okHigh = f.ceil(lo.raw, f.step)
		b.high += f.base
		b.total, b.ok = low, okLow
	case t.knots[b.hi].odd == 0:
		k := &t.knots[b.hi]
		b.high, okHigh = f.ceil(lo.raw+k.delta, f.step)
		b.high += f.base
		b.total, b.ok = f.between(lo.raw, k.delta, b.ms-lo.ms, k.ms-lo.ms)
	default:
		b.high, okHigh = t.knotTotal(b.hi)
		b.high++
		b.total, b.ok = t.total(b.hi, b.ms)
	}
	b.low = low
	b.high += max(f.quantum, t.frames[t.knots[b.hi].frame].quantum)
	b.ok = b.ok && okLow && okHigh
}

// timing bounds what the uncertain moment of the readings around a place may
// matter: half the time the read took, at the steepest slope beside it.
func (t *track) timing(p place) int64 {
	took := max(t.knots[p.lo].took, t.knots[p.hi].took)
	if took <= 0 {
		return 0
	}
	first, last := p.lo, p.hi
	if p.lo == p.hi {
		first, last = max(p.lo-1, 0), min(p.hi+1, len(t.knots)-1)
	}
	var worst int64
	for i := first + 1; i <= last; i++ {
		if units, ok := t.flow(i); ok {
			worst = max(worst, share(units, int64(took+1)/2, t.width(i)*int64(time.Millisecond)))
		}
	}
	return worst
}

// measure fills in an interval without a gap.
func (w *walk) measure(iv *metering.Interval, from, to int64) {
	b0 := w.boundary(from)
	b1 := w.boundary(to)
	w.prev, w.started = b1, true
	if !b0.ok || !b1.ok {
		iv.Reason = w.unusable(b0.lo, iv.Start)
		return
	}
	iv.Energy = metering.Energy(b1.total - b0.total)
	// The truth at a boundary lies between the two readings around it; a register
	// shows less than one count too little.
	up := (b1.high - b1.total) + (b0.total - b0.low)
	down := (b1.total - b1.low) + (b0.high - b0.total)
	iv.Uncertainty = metering.Energy(max(up, down) + b0.timing + b1.timing)
	iv.Grade, iv.Method = metering.Actual, metering.MethodRegister
	if b0.anchored || b1.anchored {
		iv.Method = metering.MethodAnchored
	}
	w.remark(iv, b0, b1)
}

// unusable says why the register has no value at the point.
func (w *walk) unusable(lo int, at time.Time) string {
	f := w.t.frames[w.t.knots[lo].frame]
	in := w.t.stands[f.stand].links[f.link].Install
	if _, ok := factorOf(metering.Count{Secondary: f.second}, in); !ok {
		return fmt.Sprintf("the ratios CT %v and VT %v make no usable multiplier", in.CT, in.VT)
	}
	return fmt.Sprintf("the register's content is out of range around %s", stamp(at))
}
