package study

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"asue/balancing/powerflow"
	"asue/metering"
)

// After is what an outage leads to.
func (m *Model) After(s Setting, loads []Load, o Outage) Contingency {
	q, err := m.ask(s, loads)
	if err != nil {
		return m.unknown(s, o, err)
	}
	base := m.answer(q)
	return m.after(&base, loads, o)
}

// N1 is what every outage of a setting leads to, in the order of Outages. The work is
// spread over the processors; the same input gives the same bytes.
func (m *Model) N1(s Setting, loads []Load) []Contingency {
	outages := m.Outages(s)
	list := make([]Contingency, len(outages))
	q, err := m.ask(s, loads)
	if err != nil {
		for i, o := range outages {
			list[i] = m.unknown(s, o, err)
		}
		return list
	}
	base := m.answer(q)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(outages)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(outages); i = next.Add(1) - 1 {
				list[i] = m.after(&base, loads, outages[i])
			}
		})
	}
	workers.Wait()
	return list
}

// after is what an outage makes of a base that has been calculated.
func (m *Model) after(base *answer, loads []Load, o Outage) Contingency {
	fault := base.at.clone()
	for _, id := range o.Out {
		if !m.takeOut(&fault, id) {
			return m.unknown(base.setting, o, &UnknownError{"element", id})
		}
	}
	c := Contingency{Outage: o}
	first := m.answer(m.moment(base, fault, o, "right after it"))
	c.Before = stage(&first)

	relays := m.relay(fault, base.live)
	second := m.moment(base, relays.at, o, "after transfers")
	second.acted = relays.acted
	m.comesBack(&second, base.live, first.live)
	after := m.answerLike(&first, second, len(relays.moves) == 0)
	c.After, c.Timeline, c.switched = stage(&after), relays.moves, relays.at
	c.Dark = m.dark(loads, after.live)

	third := m.moment(base, relays.at, o, "after the thermal time")
	third.setting.Emergency, third.acted = base.setting.Emergency, relays.acted
	for i := range m.transformers {
		third.held[i] = !m.transformers[i].holds()
	}
	later := m.answer(third)
	c.Later = stage(&later)
	return c
}

// moment is a base in another position: taps stand where they stood, emergency ratings.
func (m *Model) moment(base *answer, at position, o Outage, when string) question {
	q := base.question
	q.at, q.taps, q.held = at, base.flow.taps, trues(len(m.transformers))
	q.setting.Emergency = true
	q.digest, q.supposed = "", "loss of "+o.ID+", "+when+": "+base.supposed
	return q
}

// answerLike calculates; if nothing has moved since an answer its flows are taken.
func (m *Model) answerLike(a *answer, q question, same bool) answer {
	if !same {
		return m.answer(q)
	}
	again := answer{question: q, flow: a.flow, live: a.live, err: a.err}
	m.tell(&again)
	return again
}

// comesBack multiplies the loads that the outage had left without voltage and that have
// it again.
func (m *Model) comesBack(q *question, before, dark []bool) {
	factor := m.site.Network.Recovery
	if factor <= 1 {
		return
	}
	live := m.energised(q.at)
	loads := times(q.loads, 1)
	for i := range loads {
		if before[i] && !dark[i] && live[i] {
			loads[i].mw *= factor
			loads[i].mvar *= factor
			q.recovery = factor
		}
	}
	q.loads = loads
}

// stage says how a moment ends.
func stage(a *answer) Stage {
	s := Stage{State: a.state, Err: a.err}
	const nothing = 1e-9 // MW
	switch {
	case a.err != nil && !errors.Is(a.err, powerflow.ErrNoSource):
		s.Ending, s.Diverged = metering.Diverged, divergence(a.err)
	case a.state.UnservedMW > nothing:
		s.Ending = metering.Islanded
	case len(a.state.Violations) > 0:
		s.Ending = metering.Violated
	default:
		s.Ending = metering.Secure
	}
	return s
}

func divergence(err error) *Divergence {
	var far *powerflow.NotConvergedError
	var singular *powerflow.SingularError
	var low *powerflow.LowVoltageError
	switch {
	case errors.As(err, &far):
		d := &Divergence{Island: far.Island, Iterations: far.Iterations, WorstBus: far.WorstBus, MismatchMVA: far.MismatchMVA, CarriedPct: far.Carried * 100, History: far.History}
		if far.Carried < 0 {
			d.CarriedPct = -1
		}
		return d
	case errors.As(err, &singular):
		return &Divergence{Iterations: singular.Iteration, WorstBus: singular.Bus, CarriedPct: -1}
	case errors.As(err, &low):
		return &Divergence{WorstBus: low.Bus, CarriedPct: -1}
	}
	return nil
}

// unknown is the outcome of a question that names what is not in the network.
func (m *Model) unknown(s Setting, o Outage, err error) Contingency {
	none := Stage{Ending: metering.Diverged, State: m.failed(s, err), Err: err}
	return Contingency{Outage: o, Before: none, After: none, Later: none, Timeline: []metering.Move{}, Dark: []metering.Dark{}}
}
