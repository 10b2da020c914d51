package study

import (
	"errors"
	"math"

	"asue/balancing/powerflow"
	"asue/metering"
)

// blank is a state without anything; its lists are empty, not absent.
func (m *Model) blank() metering.NetworkState {
	return metering.NetworkState{At: m.at, Sources: []metering.SourceState{}, Buses: []metering.BusState{}, Lines: []metering.LineState{},
		Transformers: []metering.TransformerState{}, Switches: []metering.SwitchState{}, Violations: []metering.Violation{},
		Residuals: []metering.Residual{}, Assumed: []metering.Assumption{}}
}

// tell puts what was calculated into the words of a state.
func (m *Model) tell(a *answer) {
	a.state = m.blank()
	n := &a.state
	n.Supposed, n.Inputs = a.supposed, a.digest
	if n.Inputs == "" {
		n.Inputs = m.digest(a.question)
	}
	if n.Scenario = a.setting.Scenario; n.Scenario == "" {
		n.Scenario = m.scenarioOf(a.at)
	}
	m.tellSwitches(a)
	for i, l := range a.loads {
		if !a.live[i] {
			n.UnservedMW += l.mw
		}
	}
	switch {
	case errors.Is(a.err, powerflow.ErrNoSource):
		n.Problem = "no source is in service: nothing has voltage"
	case a.err != nil:
		n.Problem = "no power flow is possible: " + errors.Unwrap(a.err).Error()
		n.Assumed = m.assumed(a)
		return
	}
	m.tellBuses(a)
	m.tellLines(a)
	m.tellTransformers(a)
	m.tellSources(a)
	a.gauges = m.gauges(a)
	n.Violations = broken(a.gauges)
	n.Assumed = m.assumed(a)
}

func (m *Model) tellSwitches(a *answer) {
	for i, s := range m.switches {
		state := metering.SwitchState{ID: s.ID, Closed: a.at.closed[i]}
		if state.Closed != s.Closed {
			state.Why = "supposed"
		}
		a.state.Switches = append(a.state.Switches, state)
	}
}

func (m *Model) tellBuses(a *answer) {
	number := map[int]int{}
	root := m.islands(a.at)
	a.state.Buses = make([]metering.BusState, len(m.buses))
	for i, b := range m.buses {
		at := metering.BusState{Node: b.node, Live: a.live[i], LoadMW: a.loads[i].mw, LoadMvar: a.loads[i].mvar, Island: -1, Stale: a.loads[i].stale}
		if at.Live {
			if _, told := number[root[i]]; !told {
				number[root[i]] = len(number)
			}
			r := a.flow.result.Buses[i]
			at.Island, at.KV, at.Deg = number[root[i]], r.KV, r.Deg
			a.state.LoadMW += at.LoadMW
		}
		a.state.Buses[i] = at
	}
}

func (m *Model) tellLines(a *answer) {
	k := BareWire.At(a.setting.ambient())
	a.state.Lines = make([]metering.LineState, len(m.lines))
	for i, l := range m.lines {
		state := metering.LineState{ID: l.ID, RatingA: l.Amperes * k}
		if f := a.branch(l.branch); f.Live {
			state.Live, state.FromMW, state.FromMvar, state.ToMW = true, f.FromMW, f.FromMvar, -f.ToMW
			state.ToMvar = -f.ToMvar
			state.Amperes, state.LossMW = math.Max(f.FromA, f.ToA), f.LossMW
			if state.RatingA > 0 {
				state.LoadingPct = state.Amperes / state.RatingA * 100
			}
			a.state.LossMW += f.LossMW
		}
		a.state.Lines[i] = state
	}
}

func (m *Model) tellTransformers(a *answer) {
	a.state.Transformers = make([]metering.TransformerState, len(m.transformers))
	for i := range m.transformers {
		t := &m.transformers[i]
		state := metering.TransformerState{Node: t.Node, Position: a.flow.taps[i], PermitPct: m.factor(t, a.setting) * 100}
		hv := a.branch(t.branch)
		if hv.Live {
			mv, lv := a.branch(t.branch+1), a.branch(t.branch+2)
			state.Live = true
			state.MW, state.Mvar = [3]float64{hv.FromMW, -mv.ToMW, -lv.ToMW}, [3]float64{hv.FromMvar, -mv.ToMvar, -lv.ToMvar}
			state.Amperes = [3]float64{hv.FromA, mv.ToA, lv.ToA}
			for k, amperes := range state.Amperes {
				state.LoadingPct = math.Max(state.LoadingPct, amperes/t.rated(k)*100)
			}
			state.LossMW = hv.LossMW + mv.LossMW + lv.LossMW
			a.state.LossMW += state.LossMW
			a.state.NoLoadMW += m.iron(a, t, state.Position)
		}
		a.state.Transformers[i] = state
	}
}

// rated is the rated current of a winding, A.
func (t *transformer) rated(winding int) float64 {
	return t.MVA[winding] * 1000 / (math.Sqrt(3) * t.KV[winding])
}

// iron is the no-load loss at the voltage of HV and the position of the changer.
func (m *Model) iron(a *answer, t *transformer, position int) float64 {
	pu := a.flow.result.Buses[t.bus[0]].PU / t.ratio(position)
	return m.net.Branches[t.branch].MagG * pu * pu * baseMVA
}

// ratio of HV at a position of the changer.
func (t *transformer) ratio(position int) float64 {
	return 1 + float64(position)*t.Tap.StepPct/100
}

// branch is what flows in a branch; nothing where all is dead.
func (a *answer) branch(i int) powerflow.Flow {
	if len(a.flow.result.Branches) == 0 {
		return powerflow.Flow{}
	}
	return a.flow.result.Branches[i]
}

func (m *Model) tellSources(a *answer) {
	carrying := m.carrying(a.at, a.live)
	for i := range m.feeds {
		f := &m.feeds[i]
		state := metering.SourceState{Source: f.Source, Available: f.source.Available}
		if p, ok := f.source.Contract.Power(); ok {
			mw := p.Megawatts()
			state.Contract = &mw
		}
		if a.at.feeds[i] {
			state.Feeding = m.useful(carrying, f)
			state.MW, state.Mvar = m.given(a, f)
			state.MeteredMW = m.meteredMW(a, f, state.MW)
		}
		a.state.Sources = append(a.state.Sources, state)
	}
}

// given is what a feed gives at its sending end: what enters its lines, and what is
// drawn there. A feed that is alone on its busbar gives all that the station does.
func (m *Model) given(a *answer, f *feed) (mw, mvar float64) {
	s := &m.stations[f.station]
	switch {
	case len(s.feeds) == 1 && s.behind >= 0:
		z := a.flow.result.Branches[s.behind]
		return -z.ToMW, -z.ToMvar
	case len(s.feeds) == 1:
		g := a.flow.result.Generators[s.generator]
		return g.MW, g.Mvar
	}
	mw, mvar = a.loads[f.bus].mw, a.loads[f.bus].mvar
	for _, i := range f.lines {
		if l, flow := &m.lines[i], a.branch(m.lines[i].branch); l.from == f.bus {
			mw, mvar = mw+flow.FromMW, mvar+flow.FromMvar
		} else {
			mw, mvar = mw+flow.ToMW, mvar+flow.ToMvar
		}
	}
	return mw, mvar
}

// meteredMW is what the meter of a source's contract sees.
func (m *Model) meteredMW(a *answer, f *feed, sendingMW float64) (mw float64) {
	if f.metered {
		return sendingMW
	}
	for _, i := range f.lines {
		line := &a.state.Lines[i]
		if m.lines[i].from == f.bus {
			mw += line.ToMW
		} else {
			mw -= line.FromMW
		}
	}
	return mw
}
