package vee

import (
	"math"
	"math/bits"
	"slices"

	"asue/metering"
)

// anchor is a step of a coarse register: in the middle between the two readings
// around it the content was exactly the one after the step.
type anchor struct {
	twice int64 // the moment in half milliseconds
	total int64
	hi    int32 // the knot after the step
}

func (a anchor) ms() int64 { return a.twice / 2 }

// findAnchors looks for the steps of coarse registers.
func (t *track) findAnchors() {
	for i := 1; i < len(t.knots); i++ {
		k := &t.knots[i]
		f := &t.frames[k.frame]
		if !f.coarse || k.delta != 1 || k.frame != t.knots[i-1].frame || t.width(i) > WideBracket.Milliseconds() {
			continue
		}
		if total, ok := t.knotTotal(i); ok {
			t.anchors = append(t.anchors, anchor{t.knots[i-1].ms + k.ms, total, int32(i)})
		}
	}
}

// crest remembers how far a coarse register's running total has come, so that it
// never goes back from one boundary to the next.
type crest struct {
	from, ms, total int64
	set             bool
}

// anchored is the running total of a coarse register at a moment: on from the
// step before along the power, and so that the step after is met. Never below an
// earlier boundary behind the same step, never outside what the readings allow.
func (w *walk) anchored(p place) (int64, bool) {
	from := w.since(p)
	if c := w.crest; !c.set || c.from != from || c.ms > p.ms {
		w.crest = crest{from: from, ms: from, total: math.MinInt64, set: true}
	}
	for ms := nextBoundary(w.crest.ms); ms < p.ms; ms += period {
		if v, ok := w.alone(w.t.find(ms, p.lo)); ok {
			w.crest.total, w.crest.ms = max(w.crest.total, v), ms
		}
	}
	v, ok := w.alone(p)
	return max(v, w.crest.total), ok
}

// carryOver lets the running total of a coarse register go on across a change of
// meter: what the act gives is a whole step, and the total may have come further.
func (w *walk) carryOver() {
	t := w.t
	for hi := 1; hi < len(t.knots); hi++ {
		k := &t.knots[hi]
		if k.odd == 0 || t.odds[k.odd].flags&metering.FlagSwap == 0 || t.odds[k.odd].broken || t.width(hi) != 0 {
			continue
		}
		act := hi - 1
		last := act
		if t.frames[t.knots[act].frame].act && act > 0 && !t.gapBefore(act) {
			last--
		}
		then, ok := t.knotTotal(act)
		if !ok || !t.frames[t.knots[last].frame].coarse {
			continue
		}
		if come, ok := w.anchored(place{ms: t.knots[last].ms, lo: last, hi: last}); ok && come > then {
			w.lift(hi, act != last, come-then)
		}
	}
	w.crest = crest{}
}

// lift raises the running total from a change of meter on.
func (w *walk) lift(hi int, act bool, by int64) {
	t := w.t
	first := t.knots[hi].frame
	if act {
		first = t.knots[hi-1].frame
	}
	for i := int(first); i < len(t.frames); i++ {
		t.frames[i].base += by
	}
	for i := range t.anchors {
		if int(t.anchors[i].hi) >= hi {
			t.anchors[i].total += by
		}
	}
	t.odds[t.knots[hi].odd].loose += by
}

func nextBoundary(ms int64) int64 { return ms - ms%period + period }

// since is the moment from which on nothing is forgotten: the last step before,
// or the first reading after a gap.
func (w *walk) since(p place) int64 {
	from := w.t.knots[w.begin(p.lo)].ms
	if a, ok := w.before(p); ok {
		from = max(from, a.ms())
	}
	return from
}

// begin is the first knot from which on there is no gap up to a knot.
func (w *walk) begin(lo int) int {
	i, _ := slices.BinarySearch(w.t.gaps, int32(lo+1))
	if i == 0 {
		return 0
	}
	return int(w.t.gaps[i-1])
}

// before is the last step at or before a moment that it can be followed from.
func (w *walk) before(p place) (anchor, bool) {
	i, found := slices.BinarySearchFunc(w.t.anchors, 2*p.ms, func(a anchor, twice int64) int { return int(a.twice - twice) })
	if !found {
		i--
	}
	if i < 0 || int(w.t.anchors[i].hi) <= w.begin(p.lo) || !w.t.sameStand(int(w.t.anchors[i].hi), p.lo) {
		return anchor{}, false
	}
	return w.t.anchors[i], true
}

// after is the next step behind a moment, at most one base period later and
// without a gap between.
func (w *walk) after(p place) (anchor, bool) {
	i, found := slices.BinarySearchFunc(w.t.anchors, 2*p.ms, func(a anchor, twice int64) int { return int(a.twice - twice) })
	if found {
		i++
	}
	if i >= len(w.t.anchors) {
		return anchor{}, false
	}
	a := w.t.anchors[i]
	return a, a.twice <= 2*(p.ms+period) && w.begin(int(a.hi)) <= p.lo && w.t.sameStand(p.lo, int(a.hi))
}

func (t *track) sameStand(a, b int) bool {
	return t.frames[t.knots[a].frame].stand == t.frames[t.knots[b].frame].stand
}

// alone is the running total without regard to earlier boundaries, within the
// readings around it.
func (w *walk) alone(p place) (int64, bool) {
	low, high, ok := w.t.allowed(p)
	if !ok {
		return 0, false
	}
	pw := &w.t.powers[w.t.frames[w.t.knots[p.lo].frame].stand]
	a, okA := w.before(p)
	b, okB := w.after(p)
	v := low
	switch {
	case okA && okB:
		v = a.total + w.t.shape(pw, a, b, p.ms)
	case okA:
		v = a.total + w.onward(pw, a, p.ms)
	case okB:
		if e, ok := pw.energy(p.ms, b.ms()); ok {
			v = b.total - e
		}
	default:
		k := w.t.knots[p.lo]
		i := p.lo
		for i-1 >= w.begin(p.lo) && w.t.knots[i-1].raw == k.raw && w.t.knots[i-1].frame == k.frame {
			i--
		}
		if e, ok := pw.energy(w.t.knots[i].ms, p.ms); ok {
			v = low + e
		}
	}
	return min(max(v, low), high), true
}

// shape is how much of what flowed between two steps had flowed by a moment.
func (t *track) shape(pw *power, a, b anchor, ms int64) int64 {
	if whole, ok := pw.energy(a.ms(), b.ms()); ok && whole > 0 {
		if part, ok := pw.energy(a.ms(), ms); ok {
			return partOf(b.total-a.total, part, whole)
		}
	}
	return partOf(b.total-a.total, 2*ms-a.twice, b.twice-a.twice)
}

// onward is how much has flowed since a step by the power, or if that is not
// known as fast as between the last two steps.
func (w *walk) onward(pw *power, a anchor, ms int64) int64 {
	if e, ok := pw.energy(a.ms(), ms); ok {
		return e
	}
	b, ok := w.before(place{ms: w.t.knots[a.hi-1].ms, lo: int(a.hi - 1), hi: int(a.hi - 1)})
	if !ok || b.twice >= a.twice {
		return 0
	}
	slope := partOf(a.total-b.total, 2*ms-a.twice, a.twice-b.twice)
	return slope
}

// allowed are the running totals that the readings around a moment leave open: a
// register shows less than one count too little.
func (t *track) allowed(p place) (low, high int64, ok bool) {
	low, okLow := t.knotTotal(p.lo)
	k := &t.knots[p.hi]
	f := &t.frames[k.frame]
	top, okTop := f.ceil(k.raw+1, f.step)
	high, okSum := sum(f.base, top)
	return low, high, okLow && okTop && okSum && f.usable
}

// partOf is floor(units·part/whole), for part ≤ whole; beyond it goes on in
// proportion as far as the numbers carry.
func partOf(units, part, whole int64) int64 {
	if units <= 0 || part <= 0 || whole <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(units), uint64(part))
	if hi >= uint64(whole) {
		return units
	}
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(min(q, 1<<62))
}
