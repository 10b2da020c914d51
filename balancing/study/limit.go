package study

import (
	"math"
	"slices"
)

// reach is how many times its loads a question can carry with every limit kept: all
// smaller multiples are carried too, as far as a coarse look can tell. binds is the
// limit that ends it; limits for which passed is true are not looked at.
type reach struct {
	factor float64
	at     answer // there
	binds  bound
}

// bound is a limit by element and kind; an empty kind means that no power flow is
// possible, the zero bound that nothing was found.
type bound struct{ element, kind string }

func (b bound) String() string {
	switch {
	case b == bound{}:
		return ""
	case b.kind == "":
		return "no power flow"
	}
	return b.kind + " " + b.element
}

// greatestMultiple bounds the search: what is not bound there is not bound by loads.
const greatestMultiple = 1 << 12

// reach searches up from a multiple that is carried in coarse steps, since tap changers
// make limits come and go, and halves the last one.
func (m *Model) reach(q question, from float64, passed func(bound) bool) reach {
	const step = 0.05
	r := reach{factor: from}
	try := func(factor float64) (answer, bound) {
		one := q
		one.loads, one.digest = times(q.loads, factor), "-"
		a := m.answer(one)
		return a, worst(&a, passed)
	}
	a, b := try(from)
	if r.at, r.binds = a, b; b != (bound{}) {
		return r
	}
	high := from
	for {
		high = max(high+step, high*(1+step))
		if a, b = try(high); b != (bound{}) {
			r.binds = b
			break
		}
		if r.factor, r.at = high, a; high > greatestMultiple {
			return r
		}
	}
	for high-r.factor > 1e-5*high {
		mid := (r.factor + high) / 2
		if a, b = try(mid); b != (bound{}) {
			high, r.binds = mid, b
		} else {
			r.factor, r.at = mid, a
		}
	}
	return r
}

// next is what would end it if what binds did not. Twins of what binds, which end it
// within a hundredth of the load, are passed as well.
func (m *Model) next(q question, r reach) bound {
	passed := []bound{r.binds}
	for range len(m.transformers) + len(m.lines) {
		next := m.reach(q, r.factor, func(b bound) bool { return slices.Contains(passed, b) })
		if next.binds.kind != r.binds.kind || next.factor > r.factor*1.01 {
			return next.binds
		}
		passed = append(passed, next.binds)
	}
	return bound{}
}

// worst is the limit that is broken most, of equals the first; the zero bound if none is.
func worst(a *answer, passed func(bound) bool) (worst bound) {
	if a.err != nil {
		return bound{element: "network"}
	}
	const equal = 1e-6 // twins differ in the last digits of a float
	most := 1 + 1e-9
	for _, g := range a.gauges {
		b := bound{g.Element, g.Kind}
		if part := g.part(); part > most && !passed(b) {
			most, worst = part*(1+equal), b
		}
	}
	return worst
}

func none(bound) bool { return false }

// sum of what is drawn, MW.
func sum(loads []drawn) (mw float64) {
	for _, l := range loads {
		mw += l.mw
	}
	return math.Max(0, mw)
}
