package study

import (
	"math"

	"asue/balancing/internal/disjoint"
	"asue/metering"
)

// Kinds of limits, as Violation.Kind names them.
const (
	LimitContract    = "contract"
	LimitLine        = "line"
	LimitTransformer = "transformer"
	LimitVoltageLow  = "voltage-low"
	LimitVoltageHigh = "voltage-high"
	LimitSwitchgear  = "switchgear"
)

// gauge is a limit with the value that it is held against.
type gauge struct {
	metering.Violation
}

// part is the value over the limit, above 1 for a limit that is broken; the other way
// round for a lowest voltage.
func (g gauge) part() float64 {
	if g.Kind == LimitVoltageLow {
		return g.Limit / g.Value
	}
	return g.Value / g.Limit
}

// broken are the limits that do not hold. What a float's last digits make of a value
// that equals its limit does not break it.
func broken(gauges []gauge) []metering.Violation {
	list := []metering.Violation{}
	for _, g := range gauges {
		if g.part() > 1+1e-9 {
			list = append(list, g.Violation)
		}
	}
	return list
}

// gauges are all limits that are checked, in the order contracts, lines, transformers,
// buses, switches. What has no voltage breaks no limit.
func (m *Model) gauges(a *answer) []gauge {
	list := make([]gauge, 0, len(m.feeds)+len(m.lines)+len(m.transformers)+2*len(m.buses))
	add := func(element, kind string, value, limit float64, unit string) {
		list = append(list, gauge{metering.Violation{Element: element, Kind: kind, Value: value, Limit: limit, Unit: unit}})
	}
	for _, s := range a.state.Sources {
		if s.Contract != nil && s.Feeding {
			add(s.Source, LimitContract, s.MeteredMW, *s.Contract, "MW")
		}
	}
	for i, l := range a.state.Lines {
		if l.Live && m.lines[i].Amperes > 0 {
			add(string(l.ID), LimitLine, l.Amperes, l.RatingA, "A")
		}
	}
	for _, t := range a.state.Transformers {
		if t.Live {
			add(string(t.Node), LimitTransformer, t.LoadingPct, t.PermitPct, "%")
		}
	}
	for i, b := range a.state.Buses {
		band, checked := m.bands[m.buses[i].kv]
		if !b.Live || !checked {
			continue
		}
		high := band.Max
		if band.Highest > 0 {
			high = math.Min(high, band.Highest)
		}
		add(string(b.Node), LimitVoltageLow, b.KV, band.Min, "kV")
		add(string(b.Node), LimitVoltageHigh, b.KV, high, "kV")
	}
	for i := range m.switches {
		if amperes, known := m.through(a, i); known {
			add(string(m.switches[i].ID), LimitSwitchgear, amperes, m.switches[i].Amperes, "A")
		}
	}
	return list
}

// through is the current through a closed switch of stated rating. It is not known if
// there is another way around the switch.
func (m *Model) through(a *answer, i int) (amperes float64, known bool) {
	s := &m.switches[i]
	if s.Amperes == 0 || !a.at.closed[i] || !a.live[s.a] {
		return 0, false
	}
	without := a.at.clone()
	without.closed[i] = false
	side := disjoint.New(len(m.buses))
	m.fuse(without, side)
	at := side.Roots()
	if at[s.a] == at[s.b] {
		return 0, false
	}
	here := func(bus int) bool { return at[bus] == at[s.a] }
	mw, mvar := m.into(a, here)
	return math.Hypot(mw, mvar) / (math.Sqrt(3) * a.state.Buses[s.a].KV) * 1000, true
}

// into is what branches bring to some buses less what is drawn there: what has to
// leave them by a switch.
func (m *Model) into(a *answer, here func(bus int) bool) (mw, mvar float64) {
	end := func(bus int, p, q float64) {
		if here(bus) {
			mw -= p
			mvar -= q
		}
	}
	for i, l := range a.loads {
		end(i, l.mw, l.mvar)
	}
	for _, l := range m.lines {
		f := a.branch(l.branch)
		end(l.from, f.FromMW, f.FromMvar)
		end(l.to, f.ToMW, f.ToMvar)
	}
	for i := range m.transformers {
		t := &m.transformers[i]
		hv, mv, lv := a.branch(t.branch), a.branch(t.branch+1), a.branch(t.branch+2)
		end(t.bus[0], hv.FromMW, hv.FromMvar)
		end(t.bus[1], mv.ToMW, mv.ToMvar)
		end(t.bus[2], lv.ToMW, lv.ToMvar)
	}
	for i := range m.feeds {
		if f := &m.feeds[i]; a.at.feeds[i] {
			p, q := m.given(a, f)
			end(f.bus, -p, -q)
		}
	}
	return mw, mvar
}

// ratingKey is what the permitted load of a transformer depends on.
type ratingKey struct {
	cooling   string
	ambientC  float64
	emergency bool
}

// maxFactors bounds the factors that are kept.
const maxFactors = 1024

// factor is the load that a transformer may carry, part of its rated current.
func (m *Model) factor(t *transformer, s Setting) float64 {
	key := ratingKey{t.cooling.Name, s.ambient(), s.Emergency}
	m.mu.Lock()
	k, known := m.factors[key]
	m.mu.Unlock()
	if known {
		return k
	}
	regime := Continuous
	if s.Emergency {
		regime = LongEmergency
	}
	k = t.cooling.Factor(key.ambientC, regime)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.factors) >= maxFactors {
		clear(m.factors)
	}
	m.factors[key] = k
	return k
}
