package study

import (
	"errors"
	"fmt"

	"asue/balancing/powerflow"
	"asue/metering"
)

// precise is how far every solution goes: 1e-10 pu is 0.01 W.
var precise = powerflow.Options{Tolerance: 1e-10}

// Solve calculates the network as a setting has it stand. With an error comes a state
// whose Problem says what it is. It fails with UnknownError, and with the errors of
// powerflow, which errors.Is and errors.As find: ErrNoSource, where all is dead,
// NotConvergedError, SingularError, LowVoltageError. A tap changer that hunts stays at
// the position of lower voltage, and Assumed says so.
func (m *Model) Solve(s Setting, loads []Load) (metering.NetworkState, error) {
	c, err := m.ask(s, loads)
	if err != nil {
		return m.failed(s, err), err
	}
	a := m.answer(c)
	return a.state, a.err
}

// question is a setting made exact.
type question struct {
	setting  Setting
	at       position
	loads    []drawn
	planned  bool
	taps     []int  // of each transformer: where its changer begins
	held     []bool // whether it stays there
	supposed string
	digest   string
	acted    []int   // transfers that the position follows from
	measured bool    // positions of switches are concluded, not supposed
	recovery float64 // of loads that were dark; 0 or 1: nothing came back
}

// answer is what the network does.
type answer struct {
	question
	flow   flow
	state  metering.NetworkState
	gauges []gauge
	live   []bool
	err    error
}

func (m *Model) ask(s Setting, loads []Load) (question, error) {
	at, err := m.position(s)
	if err != nil {
		return question{}, err
	}
	drawn, err := m.gather(loads)
	if err != nil {
		return question{}, err
	}
	q := question{setting: s, at: at, loads: drawn}
	for _, l := range loads {
		q.planned = q.planned || l.planned
	}
	q.taps, q.held, err = m.changers(s)
	if err != nil {
		return question{}, err
	}
	q.supposed = m.describe(s, drawn)
	return q, nil
}

// changers are where the tap changers begin, and which of them stay.
func (m *Model) changers(s Setting) (taps []int, held []bool, err error) {
	taps, held = make([]int, len(m.transformers)), make([]bool, len(m.transformers))
	for i := range m.transformers {
		t := &m.transformers[i]
		taps[i], held[i] = t.Tap.Position, !t.holds()
	}
	for _, id := range sortedKeys(s.Positions) {
		known := false
		for i, t := range m.transformers {
			if t.Node == id {
				taps[i], held[i], known = s.Positions[id], true, true
			}
		}
		if !known {
			return nil, nil, &UnknownError{"transformer", string(id)}
		}
	}
	return taps, held, nil
}

// answer calculates.
func (m *Model) answer(q question) answer {
	a := answer{question: q}
	a.flow, a.err = m.flow(q)
	a.live = m.energised(q.at)
	m.tell(&a)
	return a
}

// flow is what the solver says.
type flow struct {
	result powerflow.Result
	taps   []int // of each transformer
	hunts  *powerflow.TapHuntingError
}

// flow solves from a flat start, so that what was solved before does not matter.
func (m *Model) flow(q question) (flow, error) {
	s, err := m.take(q.at)
	if err != nil {
		return flow{taps: q.taps}, fmt.Errorf("network: %w", err)
	}
	defer m.give(q.at, s)
	m.load(s, q)
	return m.solve(s, q, precise)
}

// load hands loads, tap positions and voltages of feeds to a solver.
func (m *Model) load(s *powerflow.Solver, q question) {
	for i := range m.stations {
		st := &m.stations[i]
		g := m.net.Generators[st.generator]
		if bus, ok := s.Bus(g.Bus); ok {
			s.SetSource(bus, g.PU*m.heldBy(st, q.setting)/m.feeds[st.feeds[0]].KV, m.feeds[st.feeds[0]].Deg)
		}
	}
	for i, l := range q.loads {
		s.SetLoad(i, l.mw, l.mvar)
	}
	for i, t := range m.transformers {
		if t.regulator >= 0 {
			s.SetRegulator(t.regulator, q.taps[i], q.held[i])
		}
	}
}

// heldBy is the voltage that a station holds, kV.
func (m *Model) heldBy(st *station, s Setting) float64 {
	for _, i := range st.feeds {
		if kv := s.FeedKV[m.feeds[i].Source]; kv > 0 {
			return kv
		}
	}
	return m.feeds[st.feeds[0]].KV
}

func (m *Model) solve(s *powerflow.Solver, q question, o powerflow.Options) (flow, error) {
	f := flow{taps: q.taps}
	if err := s.SolveWithTaps(o); err != nil && !errors.As(err, &f.hunts) {
		return f, fmt.Errorf("network: %w", err)
	}
	f.result = s.Result()
	f.taps = make([]int, len(m.transformers))
	for i, t := range m.transformers {
		if f.taps[i] = q.taps[i]; t.regulator >= 0 {
			f.taps[i] = s.Position(t.regulator)
		}
	}
	return f, nil
}

// failed is the state of a setting that cannot be calculated.
func (m *Model) failed(s Setting, err error) metering.NetworkState {
	state := m.blank()
	state.Scenario, state.Problem = s.Scenario, err.Error()
	return state
}
