package study

import (
	"context"
	"math"
	"slices"
)

// Checks are what a load has to hold to. The zero value checks every limit in the
// state as it is, and no outage.
type Checks struct {
	// Outages must each be secure too, after transfers and after tap changers have moved.
	Outages []Outage
	// Emergency permits transformers their emergency rating after those outages.
	Emergency bool
	// Without are kinds of limits that are left out, as in metering.Violation.
	Without []string
	// Overload, if above 0, is the load in parts of the rated that transformers may
	// carry, whatever the temperature; it takes the place of both ratings.
	Overload float64
	// MostMW ends the search; 0: well above what the transformers are rated for.
	MostMW float64
}

// Kinds of limits that Violation does not have, because nothing can be said of a state
// behind them.
const (
	LimitDark     = "dark"     // there is load without a source
	LimitDiverged = "diverged" // there is no power flow
	LimitSearch   = "search"   // nothing bound as far as was looked
)

// Capability is the greatest load.
type Capability struct {
	MW    float64 `json:"mw"` // growth along the ray, to 1 kW
	Binds Bound   `json:"binds"`
	// Next is what would bind if all that Binds names carried more.
	Next Bound `json:"next"`
}

// Bound is a limit that ends what is possible.
type Bound struct {
	MW      float64  `json:"mw"`               // growth at which it is reached
	Outage  string   `json:"outage,omitempty"` // id of the outage in which it is; empty: none
	Kind    string   `json:"kind"`             // as metering.Violation, or one of the above
	Element string   `json:"element,omitempty"`
	Also    []string `json:"also,omitempty"` // elements of the kind that bind within 1 % of the same load
	Limit   float64  `json:"limit"`
	Unit    string   `json:"unit,omitempty"`
}

// resolutionMW is how close the search comes.
const resolutionMW = 0.001

// Capability is the greatest load on a ray that holds to the checks, as
// Explorer.Capability says.
func (m *Model) Capability(ctx context.Context, s Setting, ray Ray, c Checks) (Capability, error) {
	return m.Explore(s, ray).Capability(ctx, s.ambient(), c)
}

// Capability is the greatest load that holds to the checks at a temperature of the air,
// and what ends it. Tap changers move in whole positions, so a limit may be broken at
// one load and kept at a greater one; the search looks at loads a 64th of MostMW apart,
// and answers with the end of the first stretch in which all is well. Everything is
// solved from the tap positions of the setting, so that the answer does not depend on
// the way. It fails if the setting names what is not there, or the context ends.
func (e *Explorer) Capability(ctx context.Context, ambientC float64, c Checks) (Capability, error) {
	q := quest{Explorer: e, ctx: ctx, c: c, ambientC: ambientC, lifted: map[limitKey]bool{}}
	if q.c.MostMW <= 0 {
		q.c.MostMW = e.m.ample()
	}
	first, err := q.first(0)
	if err != nil {
		return Capability{}, err
	}
	answer := Capability{MW: first.MW, Binds: first, Next: first}
	for last := first; !last.final(); {
		q.lifted[last.key()] = true
		next, err := q.first(last.MW)
		if err != nil {
			return Capability{}, err
		}
		answer.Next, last = next, next
		if next.Kind != first.Kind || next.MW > first.MW*1.01 {
			break
		}
		answer.Binds.Also = append(answer.Binds.Also, next.Element)
	}
	return answer, nil
}

// limitKey is a limit of one element, in whatever outage it is broken: lifting it
// means a stronger element.
type limitKey struct{ kind, element string }

func (b Bound) key() limitKey { return limitKey{b.Kind, b.Element} }

// final is a bound behind which there is nothing.
func (b Bound) final() bool {
	return b.Kind == LimitDark || b.Kind == LimitDiverged || b.Kind == LimitSearch
}

// quest is one search.
type quest struct {
	*Explorer
	ctx      context.Context
	c        Checks
	ambientC float64
	lifted   map[limitKey]bool // limits that no longer count
}

// first is the first limit that is broken beyond from MW.
func (q *quest) first(from float64) (Bound, error) {
	step := q.c.MostMW / 64
	good := from
	for k := math.Floor(from/step) + 1; ; k++ {
		if from == 0 && k == 1 {
			if bound, err := q.broken(0); bound != nil || err != nil {
				return deref(bound), err
			}
		}
		mw := math.Min(k*step, q.c.MostMW)
		bound, err := q.broken(mw)
		if err != nil {
			return Bound{}, err
		}
		if bound != nil {
			return q.narrow(good, mw, *bound)
		}
		if good = mw; mw >= q.c.MostMW {
			return Bound{MW: mw, Kind: LimitSearch}, nil
		}
	}
}

func deref(b *Bound) Bound {
	if b == nil {
		return Bound{}
	}
	return *b
}

// narrow halves until good and bad are resolutionMW apart.
func (q *quest) narrow(good, bad float64, bound Bound) (Bound, error) {
	for bad-good > resolutionMW {
		mid := (good + bad) / 2
		b, err := q.broken(mid)
		if err != nil {
			return Bound{}, err
		}
		if b == nil {
			good = mid
		} else {
			bad, bound = mid, *b
		}
	}
	bound.MW = math.Floor(good/resolutionMW) * resolutionMW
	return bound, nil
}

// broken is the first limit that is broken at a load and not lifted: of the state as it
// is, then of the outages in their order; nil: none.
func (q *quest) broken(mw float64) (*Bound, error) {
	bound, err := q.brokenIn(Outage{}, mw)
	for _, o := range q.c.Outages {
		if bound != nil || err != nil {
			break
		}
		bound, err = q.brokenIn(o, mw)
	}
	return bound, err
}

// brokenIn is broken in one outage, or in none.
func (q *quest) brokenIn(o Outage, mw float64) (*Bound, error) {
	if err := q.ctx.Err(); err != nil {
		return nil, err
	}
	seen, err := q.look(o, mw)
	if err != nil {
		return nil, err
	}
	switch {
	case seen.dark:
		return &Bound{MW: mw, Outage: o.ID, Kind: LimitDark}, nil
	case seen.diverged:
		return &Bound{MW: mw, Outage: o.ID, Kind: LimitDiverged}, nil
	}
	emergency := q.s.Emergency || q.c.Emergency && o.ID != ""
	for _, g := range seen.gauges {
		if slices.Contains(q.c.Without, g.Kind) || q.lifted[limitKey{g.Kind, g.Element}] {
			continue
		}
		if g.Limit = q.limit(g, emergency); g.part() > 1+1e-9 {
			return &Bound{MW: mw, Outage: o.ID, Kind: g.Kind, Element: g.Element, Limit: g.Limit, Unit: g.Unit}, nil
		}
	}
	return nil, nil
}

// limit is a gauge's limit at the temperature and in the regime that are asked for.
func (q *quest) limit(g gauge, emergency bool) float64 {
	switch g.Kind {
	case LimitLine:
		return q.wires[g.Element] * BareWire.At(q.ambientC)
	case LimitTransformer:
		if q.c.Overload > 0 {
			return q.c.Overload * 100
		}
		s := Setting{AmbientC: &q.ambientC, Emergency: emergency}
		return q.m.factor(q.transformers[g.Element], s) * 100
	}
	return g.Limit
}

// ample is more load than a network can be expected to carry, MW: half as much again as
// all transformers are rated for, or else what all lines can bring.
func (m *Model) ample() (mw float64) {
	for _, t := range m.transformers {
		mw += 1.6 * t.MVA[0]
	}
	if mw > 0 {
		return mw
	}
	for _, l := range m.lines {
		mw += 2 * math.Sqrt(3) * m.buses[l.from].kv * l.Amperes / 1000
	}
	return math.Max(mw, 100)
}
