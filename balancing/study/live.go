package study

import (
	"fmt"
	"slices"

	"asue/balancing/powerflow"
	"asue/metering"
)

// Live follows the measured state: each step begins where the last one ended, and tap
// changers where they stood. It belongs to one goroutine.
type Live struct {
	m       *Model
	solvers map[string]*powerflow.Solver // by topology
	last    string                       // topology of the last step that was solved; empty: none was
	taps    []int
}

// Live begins at the tap positions of the site file.
func (m *Model) Live() *Live {
	l := &Live{m: m, solvers: map[string]*powerflow.Solver{}, taps: make([]int, len(m.transformers))}
	for i, t := range m.transformers {
		l.taps[i] = t.Tap.Position
	}
	return l
}

// maxLive bounds the topologies whose solvers a Live keeps.
const maxLive = 32

// Step is the state that follows from what is measured. If it cannot be calculated
// Problem says why, and the next step begins anew.
func (l *Live) Step(measured Measured) metering.NetworkState {
	q, err := l.m.ask(measured.Setting, measured.Loads)
	if err != nil {
		state := l.m.failed(measured.Setting, err)
		state.At = measured.At
		return state
	}
	for i := range q.taps {
		if _, read := measured.Setting.Positions[l.m.transformers[i].Node]; !read {
			q.taps[i] = l.taps[i]
		}
	}
	q.supposed, q.measured = "", true
	a := answer{question: q}
	a.flow, a.err = l.solve(q)
	a.live = l.m.energised(q.at)
	l.m.tell(&a)
	l.taps = a.flow.taps
	l.dress(&a.state, measured)
	return a.state
}

// solve goes on from the last step if the topology is the same.
func (l *Live) solve(q question) (flow, error) {
	key := q.at.key()
	warm := l.last == key
	l.last = ""
	s, known := l.solvers[key]
	if !known {
		var err error
		if s, err = powerflow.New(l.m.network(q.at)); err != nil {
			return flow{taps: q.taps}, fmt.Errorf("network: %w", err)
		}
		if len(l.solvers) >= maxLive {
			clear(l.solvers)
		}
		l.solvers[key] = s
	}
	l.m.load(s, q)
	f, err := l.m.solve(s, q, powerflow.Options{Tolerance: precise.Tolerance, Warm: warm})
	if err == nil {
		l.last = key
	}
	return f, err
}

// dress adds to a state what was measured and concluded beside it.
func (l *Live) dress(state *metering.NetworkState, measured Measured) {
	state.At = measured.At
	for i := range state.Switches {
		sw := &state.Switches[i]
		sw.Why = ""
		k := slices.IndexFunc(measured.Switches, func(s metering.SwitchState) bool { return s.ID == sw.ID })
		if k >= 0 {
			sw.Known, sw.Why = measured.Switches[k].Known, measured.Switches[k].Why
		}
	}
	for i := range state.Buses {
		if kv, ok := measured.KV[state.Buses[i].Node]; ok {
			state.Buses[i].Measured = &kv
		}
	}
}
