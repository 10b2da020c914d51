package rules

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// scaled is E5: the register's difference, shared out by a shape. The shape is
// the first of these that there is for all parts: what the intervals were said to
// be, the active energy for a reactive channel, the check meter, the node's other
// flows, another device, a line over a short gap, like days, nothing but time.
func (l *look) scaled(st stretch) solution {
	weights, text := l.shape(st)
	if sumOf(weights) <= 0 {
		weights, text = rooms(st.parts), "flat"
	}
	shares := l.pourInto(int64(st.energy), weights, st.parts)
	s := solution{shares: shares, grade: metering.Substitute, method: metering.MethodScaled}
	s.text = fmt.Sprintf("%s by the register, shape: %s", l.say(st.energy), text)
	if st.shape != nil {
		for k, was := range st.shape {
			s.doubts = append(s.doubts, plus(abs(shares[k]-was/1000), int64(st.uncertainty)))
		}
		return s
	}
	s.doubts = l.bounds(shares, int64(st.energy), st.parts)
	for k := range s.doubts {
		s.doubts[k] = plus(s.doubts[k], int64(st.uncertainty))
	}
	return s
}

// shape are weights in thousandths of a unit, one for each part, and what they are
// made of. They may all be zero.
func (l *look) shape(st stretch) ([]int64, string) {
	if st.shape != nil {
		return st.shape, "the intervals themselves"
	}
	if k := activeSibling(l.c); k >= 0 {
		if w, ok := weigh(st.parts, func(p part) (int64, bool) { return energyAt(l.siblings[k].at(p.slot)) }); ok {
			return w, "active energy"
		}
	}
	for _, by := range []struct {
		name string
		flow func(slot int) *Flow
	}{
		{"check meter", l.checkFor},
		{"other flows of the node", func(slot int) *Flow { return flowAt(l.c.Nodal, l.c.slot(slot)) }},
		{"another device, or the meter's own power", func(slot int) *Flow { return l.other(slot, false) }},
	} {
		if w, ok := weigh(st.parts, func(p part) (int64, bool) {
			f := by.flow(p.slot)
			if f == nil {
				return 0, false
			}
			return int64(f.Energy), true
		}); ok {
			return w, by.name
		}
	}
	if length(st.parts) <= l.set.duration(linearBounded) {
		if w, text, ok := l.line(st.parts, false); ok {
			return w, text
		}
	}
	if w, _, text, ok := l.like(st.parts, false); ok {
		return w, text
	}
	return rooms(st.parts), "flat"
}

// weigh makes weights from energies of whole slots; false if one is not there.
func weigh(parts []part, energy func(p part) (int64, bool)) ([]int64, bool) {
	weights := make([]int64, len(parts))
	for k, p := range parts {
		e, ok := energy(p)
		if !ok {
			return nil, false
		}
		weights[k] = mulDiv(max(e, 0)*1000, p.over(), periodMS)
	}
	return weights, true
}

func energyAt(iv *metering.Interval) (int64, bool) {
	if !hasEnergy(iv) || iv.Energy > plausible || iv.Energy < -plausible {
		return 0, false
	}
	return int64(iv.Energy), true
}

// length is the time that parts take together.
func length(parts []part) time.Duration { return time.Duration(sumOf(rooms(parts))) * time.Millisecond }

// rooms are the lengths of parts in ms.
func rooms(parts []part) []int64 {
	list := make([]int64, len(parts))
	for k, p := range parts {
		list[k] = p.over()
	}
	return list
}

// caps are what parts can hold: what the point can carry, nothing while it is
// disconnected.
func (l *look) caps(parts []part, disconnected bool) []int64 {
	list := make([]int64, len(parts))
	for k, p := range parts {
		switch {
		case disconnected && l.covered(p.slot, l.c.Point.Disconnected):
			list[k] = 0
		case l.c.MaxPower > 0:
			list[k] = mulDiv(int64(l.c.MaxPower), p.over(), time.Hour.Milliseconds())
		default:
			list[k] = unbounded
		}
	}
	return list
}

// pourInto shares an energy out among parts, as far as it goes within what they
// can hold; an energy that a register has counted is never cut.
func (l *look) pourInto(total int64, weights []int64, parts []part) []int64 {
	room := rooms(parts)
	for _, disconnected := range []bool{true, false} {
		if shares, ok := pour(total, weights, room, l.caps(parts, disconnected)); ok {
			return shares
		}
	}
	return apportion(total, room)
}

// bounds are how far each share may be from the truth: the truth lies between
// what the others cannot hold and what the part can.
func (l *look) bounds(shares []int64, total int64, parts []part) []int64 {
	caps := l.caps(parts, false)
	var all int64
	for _, c := range caps {
		all = min(all+min(c, total), unbounded)
	}
	list := make([]int64, len(shares))
	for k, share := range shares {
		most := min(caps[k], total)
		least := max(0, total-(all-most))
		if share > most || all < total {
			least, most = 0, max(total, share) // beyond what the point can carry: nothing is sure
		}
		list[k] = max(share-least, most-share)
	}
	return list
}

// plus adds two uncertainties; what is too great stays the greatest there is.
func plus(a, b int64) int64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxInt64
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
