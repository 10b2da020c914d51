package rules

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// stretch is a time whose energy is to be filled in: a gap of the registers, or
// intervals that are missing or were doubted.
type stretch struct {
	parts   []part
	bounded bool
	energy  metering.Energy // when bounded
	least   metering.Energy // when not: at least so much
	// uncertainty of energy.
	uncertainty metering.Energy
	// shape, if given, are the energies that the parts were said to have.
	shape []int64
	flags metering.Flags
	what  string // "gap 2026-…–…", for the reason
	open  bool   // a gap that goes on
}

// part is what a stretch has in one slot, as milliseconds since the range's
// beginning.
type part struct {
	slot     int
	from, to int64
}

func (p part) over() int64 { return p.to - p.from }

const periodMS = int64(metering.BasePeriod / time.Millisecond)

// stretches lists everything that is to be filled, ascending.
func (l *look) stretches() []stretch {
	var list []stretch
	covered := make([]bool, len(l.iv))
	for _, t := range l.totals {
		for i := t.first; i < t.last; i++ {
			covered[i] = true
		}
		if st, ok := l.totalStretch(t); ok {
			list = append(list, st)
		}
	}
	for _, g := range l.c.Derivation.Gaps {
		if st, ok := l.gapStretch(g); ok {
			list = append(list, st)
			for _, p := range st.parts {
				if p.slot >= 0 && p.slot < len(covered) {
					covered[p.slot] = true
				}
			}
		}
	}
	// A missing interval in a gap that is not to be filled stays as it is.
	hole := func(i int) bool { return !covered[i] && (l.on[i] == doubted || l.on[i] == missing && !l.gapAt(i)) }
	runs(0, len(l.iv), hole, func(i, j int) {
		if i == 0 {
			i -= l.reaches(0, l.unknown)
		}
		for j >= len(l.iv) && l.unknown(j) {
			j++
		}
		st := stretch{what: l.span(l.c.slot(i), l.c.slot(j))}
		for ; i < j; i++ {
			st.parts = append(st.parts, part{i, int64(i) * periodMS, int64(i+1) * periodMS})
		}
		list = append(list, st)
	})
	return list
}

// unknown reports whether a slot outside the range is a hole too: it has no energy,
// or an estimated one. A hole is the same from whichever case it is looked at.
func (l *look) unknown(i int) bool {
	outside := &l.after
	if i < 0 {
		outside = &l.before
	}
	iv := outside.at(i)
	return iv != nil && (iv.Grade == metering.Null || iv.Authority() == metering.ByRules) && !l.gapAt(i)
}

// gapStretch is a gap as far as it is to be filled; false if nothing of it is, or
// if nothing can be said about it.
func (l *look) gapStretch(g vee.Gap) (stretch, bool) {
	from, to := g.From, g.To
	if from.IsZero() {
		from = l.c.From
	}
	if to.IsZero() {
		to = l.c.To
	}
	st := stretch{
		bounded: g.Bounded && g.Energy >= 0 && int64(g.Energy) <= unbounded, energy: g.Energy, least: g.Least, uncertainty: g.Uncertainty,
		flags: g.Flags, what: "gap " + l.span(from, to), open: l.openEnded(g),
	}
	if st.open {
		st.what = "open gap" // its end moves on, and the reason with it
	}
	wanted := false
	first, last := from.Sub(l.c.From).Milliseconds(), to.Sub(l.c.From).Milliseconds()
	for i := slotOf(l.c.From, from); int64(i)*periodMS < last; i++ {
		p := part{i, max(first, int64(i)*periodMS), min(last, int64(i+1)*periodMS)}
		inRange := i >= 0 && i < len(l.iv)
		switch {
		case inRange && l.on[i] == terminated:
			return stretch{}, false
		case inRange && l.on[i] == doubted:
			st.bounded = false // what the register says is not believed here
			continue
		}
		if iv := l.settled(i); iv != nil {
			st.take(iv.Energy-l.partial(i).Known, iv.Uncertainty)
			continue
		}
		wanted = wanted || inRange
		st.parts = append(st.parts, p)
	}
	st.rest()
	return st, wanted
}

// openEnded reports whether a gap goes on: the clock has closed its last interval, and
// no reading.
func (l *look) openEnded(g vee.Gap) bool {
	list := l.c.Derivation.Intervals
	if len(list) == 0 || g.Bounded {
		return false
	}
	last := list[len(list)-1]
	return g.To.Equal(last.End()) && last.Flags&metering.FlagProvisional != 0
}

// take leaves to the others what a slot that needs no filling holds of a stretch.
func (st *stretch) take(e, doubt metering.Energy) {
	st.energy -= e
	st.uncertainty = metering.Energy(plus(int64(st.uncertainty), int64(doubt)))
}

// rest sees to it that what is left is an energy: where others hold more than
// there was, nothing is left, and it is not known who is right.
func (st *stretch) rest() {
	if st.energy < 0 && st.bounded {
		st.what += fmt.Sprintf(", %d less than others hold of it", -st.energy)
		st.take(st.energy, -st.energy)
	}
}

// settled is a slot that needs no filling: measured, or a person's word. Estimates
// of earlier times are not. nil if it does.
func (l *look) settled(i int) *metering.Interval {
	iv := l.stands(i)
	if outside := i < 0 || i >= len(l.iv); iv == nil || outside && iv.Authority() == metering.ByRules {
		return nil
	}
	return iv
}

// totalStretch are the intervals that did not add up to a binding total, or those
// that are missing of it.
func (l *look) totalStretch(t scaledTotal) (stretch, bool) {
	st := stretch{bounded: true, energy: t.energy, uncertainty: t.uncertainty, what: "intervals " + l.span(l.c.slot(t.first), l.c.slot(t.last))}
	shape := []int64{}
	for i := t.first; i < t.last; i++ {
		if l.on[i] != doubted && l.on[i] != missing {
			st.take(l.iv[i].Energy, l.iv[i].Uncertainty)
			continue
		}
		st.parts = append(st.parts, part{i, int64(i) * periodMS, int64(i+1) * periodMS})
		if e, ok := energyAt(&l.iv[i]); ok && shape != nil {
			shape = append(shape, max(0, e)*1000)
		} else {
			shape = nil
		}
	}
	st.shape = shape
	st.rest()
	return st, len(st.parts) > 0
}

// gapAt reports whether a slot touches a gap of the registers.
func (l *look) gapAt(i int) bool {
	start, end := l.c.slot(i), l.c.slot(i+1)
	return slices.ContainsFunc(l.c.Derivation.Gaps, func(g vee.Gap) bool {
		return g.From.Before(end) && g.To.After(start)
	})
}

// partial is what is known of a slot that touches a gap.
func (l *look) partial(slot int) vee.Partial {
	list := l.c.Derivation.Partials
	i, ok := slices.BinarySearchFunc(list, l.c.slot(slot), func(p vee.Partial, t time.Time) int { return p.Start.Compare(t) })
	if !ok {
		return vee.Partial{Start: l.c.slot(slot)}
	}
	return list[i]
}

// span prints a time in the case's zone: "2026-03-02 10:05–12:10".
func (l *look) span(from, to time.Time) string {
	f, t := from.In(l.c.zone()), to.In(l.c.zone())
	if f.YearDay() == t.YearDay() && f.Year() == t.Year() {
		return l.clock(from) + "–" + t.Format("15:04")
	}
	return l.clock(from) + "–" + l.clock(to)
}
