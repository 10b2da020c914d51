package site

import (
	"fmt"
	"math"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

// modelChecker holds the network's data against each other and against the forest of
// nodes. Buses of the model are the nodes that lines, transformers and switches name.
type modelChecker struct {
	*checker
	network  *networkDraft
	switches register[metering.ElementID, switchDraft]
	// sound: every end of every element could be read and found, so that it can be said
	// what hangs together.
	sound     bool
	buses     map[metering.NodeID]bool
	feeds     map[string]*feedDraft                         // by source
	passports map[metering.NodeID]*given[threeWindingDraft] // by node
}

// checkNetwork looks at the network if the file describes one.
func (c *checker) checkNetwork() {
	if !c.plant.network.Stated() {
		return
	}
	d := &c.plant.network.V
	m := &modelChecker{checker: c, network: d, sound: d.lines.OK, buses: map[metering.NodeID]bool{}, feeds: map[string]*feedDraft{}, passports: map[metering.NodeID]*given[threeWindingDraft]{}}
	enroll(c.Report, "network line", d.lines, func(l *networkLineDraft) *given[metering.ElementID] { return &l.id })
	m.switches = enroll(c.Report, "switch", d.switches, func(s *switchDraft) *given[metering.ElementID] { return &s.id })
	enroll(c.Report, "transfer", d.transfers, func(t *transferDraft) *given[metering.ElementID] { return &t.id })
	enroll(c.Report, "scenario", d.scenarios, func(s *scenarioDraft) *given[metering.ElementID] { return &s.id })

	m.checkLines()
	m.checkTransformers()
	m.checkSwitches()
	m.checkForest()
	m.checkFeeds()
	m.checkTransfers()
	m.checkScenarios()
	m.checkVoltages()
	m.checkPlan()
	m.checkOutageNames()
	m.checkOrigins()
}

// end registers a node as a bus and returns it: one that exists, and is no
// transformer. by says what names it.
func (m *modelChecker) end(ref given[metering.NodeID], by string) (*nodeDraft, bool) {
	n, ok := m.nodes.find(m.Report, ref)
	m.sound = m.sound && ok
	if !ok {
		return nil, false
	}
	if isOneOf(n.kind, metering.NodeTransformer) {
		m.Refuse(ref.At, form.Found("not-a-bus", fmt.Sprintf("%s ends at the transformer %q", by, ref.V),
			"a transformer stands between buses and is none", "name the section or the input next to it"))
		m.sound = false
		return nil, false
	}
	m.buses[ref.V] = true
	return n, true
}

// bus finds a node that must be a bus of the model. by says what names it.
func (m *modelChecker) bus(ref given[metering.NodeID], by string) (*nodeDraft, bool) {
	n, ok := m.nodes.find(m.Report, ref)
	if ok && !m.buses[ref.V] {
		if !m.sound {
			return nil, false // it may be the end of what could not be read
		}
		m.Refuse(ref.At, form.Found("not-a-bus", fmt.Sprintf("%s names %q, which is no bus of the model", by, ref.V),
			"buses are the nodes at which lines, transformers and switches of the network end", form.DidYouMean(string(ref.V), m.busNames())))
		return nil, false
	}
	return n, ok
}

func (m *modelChecker) busNames() []string {
	var names []string
	for _, id := range m.nodes.ids {
		if m.buses[metering.NodeID(id)] {
			names = append(names, id)
		}
	}
	return names
}

// joins checks that two ends are two nodes of one voltage.
func (m *modelChecker) joins(at *form.Node, what string, a, b given[metering.NodeID]) {
	from, ok1 := m.end(a, what)
	to, ok2 := m.end(b, what)
	switch {
	case !ok1 || !ok2:
	case a.V == b.V:
		m.sound = false
		m.Refuse(at, form.Found("same-ends", fmt.Sprintf("%s joins %q to itself", what, a.V), "it has two ends", "correct one of the two nodes"))
	case from.voltage.OK && to.voltage.OK && from.voltage.V != to.voltage.V:
		m.Refuse(b.At, form.Found("wrong-voltage", fmt.Sprintf("%s leads from %v kV to %v kV", what, from.voltage.V, to.voltage.V),
			"only a transformer joins two voltages", "correct one of the nodes, or its voltage"))
	}
}

// checkForest holds the model in its normal state against the forest: where the forest
// feeds one bus from another, something stands between them and is closed.
func (m *modelChecker) checkForest() {
	if !m.sound {
		return
	}
	for i := range m.plant.nodes.V {
		n := &m.plant.nodes.V[i].V
		switch {
		case n.id.OK && m.buses[n.id.V]:
			m.checkLink(n)
		case isOneOf(n.kind, metering.NodeTransformer) && n.voltage.V >= 35 && m.buses[n.parent.V] && m.passports[n.id.V] == nil:
			m.Warn(n.id.At, form.Found("unmodelled-transformer", fmt.Sprintf("the transformer %q is not in the network", n.id.V),
				fmt.Sprintf("whatever it feeds is taken as drawn at %q, without its losses and its limit", n.parent.V), "add it to \"transformers\" of the network"))
		}
	}
}

// checkLink looks at what stands between a bus and the next bus towards the source.
func (m *modelChecker) checkLink(n *nodeDraft) {
	var through *nodeDraft // the last transformer on the way
	up, ok := m.nodes.byID[n.parent.V]
	for steps := 0; ok && n.parent.OK && up.id.OK && !m.buses[up.id.V] && steps <= len(m.nodes.ids); steps++ {
		if isOneOf(up.kind, metering.NodeTransformer) {
			through = up
		}
		up, ok = m.nodes.byID[up.parent.V]
	}
	if !ok || !up.id.OK || !m.buses[up.id.V] || m.linked(n.id.V, up.id.V, through) {
		return
	}
	what, remedy := "no line and no closed switch joins the two in the normal state", "add the line or the switch, close it, or correct the parent"
	if through != nil {
		what, remedy = fmt.Sprintf("the transformer %q between them is not in the network, or has other buses", through.id.V), "add the transformer, or correct its buses"
	}
	m.Warn(n.id.At, form.Found("no-link", fmt.Sprintf("%q is fed from %q, and %s", n.id.V, up.id.V, what),
		"the forest says who is fed by whom in the normal state; the model would calculate another network", remedy))
}

func (m *modelChecker) linked(a, b metering.NodeID, through *nodeDraft) bool {
	if through != nil {
		p := m.passports[through.id.V]
		return p != nil && hasBoth(values(p.V.buses.V), a, b)
	}
	return slices.ContainsFunc(m.network.lines.V, func(l given[networkLineDraft]) bool {
		return hasBoth([]metering.NodeID{l.V.from.V, l.V.to.V}, a, b)
	}) || slices.ContainsFunc(m.network.switches.V, func(s given[switchDraft]) bool {
		return s.V.closed.V && hasBoth(values(s.V.between.V), a, b)
	})
}

func hasBoth(list []metering.NodeID, a, b metering.NodeID) bool {
	return slices.Contains(list, a) && slices.Contains(list, b)
}

// checkVoltages looks at the bands of permitted voltages.
func (m *modelChecker) checkVoltages() {
	seen := map[float64]bool{}
	for i := range m.network.voltages.V {
		g := &m.network.voltages.V[i]
		v := &g.V
		if !v.nominal.OK {
			continue
		}
		if seen[v.nominal.V] {
			m.Refuse(v.nominal.At, form.Found("duplicate-band", fmt.Sprintf("two voltage bands of %v kV", v.nominal.V), "buses of one nominal voltage have one band", "delete one of the two"))
		}
		seen[v.nominal.V] = true
		if v.min.OK && v.max.OK && v.min.V >= v.max.V {
			m.Refuse(v.max.At, form.Found("reversed-band", fmt.Sprintf("a band from %v kV to %v kV", v.min.V, v.max.V), "the lowest voltage is below the highest", "exchange the two, or correct the unit"))
		}
		for _, edge := range []given[float64]{v.min, v.max, v.highest} {
			if edge.OK && math.Abs(edge.V/v.nominal.V-1) > 0.3 {
				m.Warn(edge.At, form.Found("implausible-voltage", fmt.Sprintf("%v kV in the band of %v kV", edge.V, v.nominal.V), "voltages of a network lie within 30 % of the nominal one", "check the number and its unit"))
			}
		}
		if v.highest.OK && v.max.OK && v.highest.V < v.max.V {
			m.Warn(v.highest.At, form.Found("reversed-band", fmt.Sprintf("the equipment stands %v kV, and %v kV are permitted", v.highest.V, v.max.V),
				"what is permitted does not exceed the highest working voltage", "check both numbers"))
		}
	}
}

// bandOf is the band of permitted voltages of a nominal voltage; ±10 % where none is
// stated.
func (m *modelChecker) bandOf(kv float64) (low, high float64) {
	for _, v := range m.network.voltages.V {
		if v.V.nominal.OK && v.V.nominal.V == kv && v.V.min.OK && v.V.max.OK {
			return v.V.min.V, v.V.max.V
		}
	}
	return 0.9 * kv, 1.1 * kv
}

// checkOutageNames sees to it that one name means one thing to whoever asks what
// happens if it is lost: lines, transformers, sources and towers share their names.
func (m *modelChecker) checkOutageNames() {
	taken := map[string]string{}
	for _, id := range m.sources.ids {
		taken[id] = "a source"
	}
	claim := func(at *form.Node, id, what string) {
		if other, twice := taken[id]; twice && other != what {
			m.Refuse(at, form.Found("ambiguous-id", fmt.Sprintf("%q is %s and %s", id, other, what), "an outage is named by the id of what is lost", "give one of the two another id"))
			return
		}
		taken[id] = what
	}
	for _, t := range m.network.transformers.V {
		if t.V.node.OK {
			claim(t.V.node.At, string(t.V.node.V), "a transformer")
		}
	}
	for _, l := range m.network.lines.V {
		if l.V.id.OK {
			claim(l.V.id.At, string(l.V.id.V), "a line")
		}
	}
	for _, l := range m.network.lines.V {
		if l.V.towers.OK {
			claim(l.V.towers.At, l.V.towers.V, "towers of several circuits")
		}
	}
}
