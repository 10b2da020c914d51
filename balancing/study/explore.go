package study

import (
	"errors"

	"asue/balancing/powerflow"
)

// Explorer looks at loads along one ray and remembers what it saw: currents and
// voltages do not depend on what is permitted, so that one look serves every
// temperature and every question. It belongs to one goroutine at a time.
type Explorer struct {
	m            *Model
	s            Setting
	ray          Ray
	bases        map[float64]*answer // nothing lost, by load
	seen         map[sight]view
	wires        map[string]float64 // permissible current of lines at +25 °C, A
	transformers map[string]*transformer
}

// sight is where an explorer has looked: a load, and what is lost.
type sight struct {
	mw     float64
	outage string // empty: nothing
}

// view is what it saw there.
type view struct {
	gauges   []gauge
	dark     bool // there is load without a source
	diverged bool
}

// Explore begins to look along a ray. The setting's temperature and regime are those of
// the questions that do not say otherwise.
func (m *Model) Explore(s Setting, ray Ray) *Explorer {
	e := &Explorer{m: m, s: s, ray: ray, bases: map[float64]*answer{}, seen: map[sight]view{}, wires: map[string]float64{}, transformers: map[string]*transformer{}}
	for _, l := range m.lines {
		e.wires[string(l.ID)] = l.Amperes
	}
	for i := range m.transformers {
		e.transformers[string(m.transformers[i].Node)] = &m.transformers[i]
	}
	return e
}

// look is what there is at a load: as things are, or after an outage, when transfers
// and tap changers have done what they do. It fails if the setting names what is not
// there.
func (e *Explorer) look(o Outage, mw float64) (view, error) {
	at := sight{mw, o.ID}
	if v, known := e.seen[at]; known {
		return v, nil
	}
	base, known := e.bases[mw]
	if !known {
		q, err := e.m.ask(e.s, e.ray.At(mw))
		if err != nil {
			return view{}, err
		}
		q.digest = "-" // nobody will read it
		a := e.m.answer(q)
		base = &a
		e.bases[mw] = base
	}
	a := base
	if o.ID != "" {
		var err error
		if a, err = e.m.settled(base, o); err != nil {
			return view{}, err
		}
	}
	v := view{gauges: a.gauges, dark: a.state.UnservedMW > 1e-9, diverged: a.err != nil && !errors.Is(a.err, powerflow.ErrNoSource)}
	e.seen[at] = v
	return v, nil
}

// settled is where an outage of a base ends for good: transfers have acted, and tap
// changers have moved, from the positions of the setting as in the base itself.
func (m *Model) settled(base *answer, o Outage) (*answer, error) {
	fault := base.at.clone()
	for _, id := range o.Out {
		if !m.takeOut(&fault, id) {
			return nil, &UnknownError{"element", id}
		}
	}
	q := base.question
	q.at, _ = m.transfers(fault, base.live)
	a := m.answer(q)
	return &a, nil
}
