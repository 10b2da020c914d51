package study

import (
	"fmt"
	"slices"
	"strings"

	"asue/balancing/powerflow"
	"asue/metering"
)

// baseMVA is the base power of the model.
const baseMVA = 100

// builder gathers the faults on the way from the site's words to the model.
type builder struct {
	m      *Model
	faults Faults
}

func (b *builder) refuse(element, what, remedy string) {
	b.faults = append(b.faults, Fault{element, strings.TrimPrefix(what, element+": "), remedy})
}

func (b *builder) build() {
	m := b.m
	if m.site.Network.IsZero() {
		b.refuse("network", "the site has no feeds", "describe the network in the site file")
		return
	}
	m.net.BaseMVA = baseMVA
	b.buses()
	b.lines()
	b.transformers()
	b.feeds()
	b.switches()
	b.ties()
	b.transfers()
	b.scenarios()
	b.voltages()
	b.plan()
	if len(b.faults) > 0 {
		return
	}
	for _, f := range m.net.Check() {
		b.refuse(fmt.Sprintf("%s %d", f.List, f.Index), f.What, f.Remedy)
	}
}

// buses are the nodes that elements in force name, in the order of the forest.
func (b *builder) buses() {
	m, n := b.m, &b.m.site.Network
	named := map[metering.NodeID]string{}
	name := func(by string, nodes ...metering.NodeID) {
		for _, id := range nodes {
			if _, known := named[id]; !known {
				named[id] = by
			}
		}
	}
	for _, f := range inForce(m, n.Feeds, func(f metering.Feed) metering.Period { return f.Period }) {
		if s, ok := b.source(f.Source); ok {
			name("source "+f.Source, s.Node)
		}
	}
	for _, l := range inForce(m, n.Lines, func(l metering.NetworkLine) metering.Period { return l.Period }) {
		name("line "+string(l.ID), l.From, l.To)
	}
	for _, t := range inForce(m, n.Transformers, func(t metering.ThreeWinding) metering.Period { return t.Period }) {
		name("transformer "+string(t.Node), t.Bus[:]...)
	}
	for _, s := range inForce(m, n.Switches, func(s metering.Switch) metering.Period { return s.Period }) {
		name("switch "+string(s.ID), s.A, s.B)
	}
	for _, node := range m.site.Topology.Nodes {
		by, ok := named[node.ID]
		if !ok {
			continue
		}
		delete(named, node.ID)
		if !(node.VoltageKV > 0) {
			b.refuse(by, fmt.Sprintf("its node %s has no voltage", node.ID), "state the nominal voltage of the node")
			continue
		}
		m.byNode[node.ID] = len(m.buses)
		m.buses = append(m.buses, bus{node.ID, node.VoltageKV})
		m.net.Buses = append(m.net.Buses, powerflow.Bus{ID: string(node.ID), BaseKV: node.VoltageKV})
	}
	missing := make([]metering.NodeID, 0, len(named))
	for id := range named {
		missing = append(missing, id)
	}
	slices.Sort(missing)
	for _, id := range missing {
		b.refuse(named[id], fmt.Sprintf("node %q is not in the site", id), "write the id of a node")
	}
	m.below = make([]bool, len(m.buses))
	for _, node := range m.site.Topology.Nodes {
		i := b.drawsAt(node.ID)
		m.draws[node.ID] = i
		if i >= 0 && m.buses[i].node != node.ID && !b.modelled(node) {
			m.below[i] = true
		}
	}
	for _, s := range m.site.Network.Plan.Shares {
		if i, ok := m.draws[s.Node]; ok && i >= 0 {
			m.below[i] = true
		}
	}
}

// modelled says that a node is a transformer of the model, which draws nothing itself.
func (b *builder) modelled(node metering.Node) bool {
	return slices.ContainsFunc(b.m.site.Network.Transformers, func(t metering.ThreeWinding) bool { return t.Node == node.ID })
}

// drawsAt is the nearest bus at a node or above it.
func (b *builder) drawsAt(node metering.NodeID) int {
	for _, above := range b.m.site.Topology.Path(node) {
		if i, ok := b.m.byNode[above.ID]; ok {
			return i
		}
	}
	return -1
}

func (b *builder) source(id string) (metering.Source, bool) {
	i := slices.IndexFunc(b.m.site.Sources, func(s metering.Source) bool { return s.ID == id })
	if i < 0 {
		return metering.Source{}, false
	}
	return b.m.site.Sources[i], true
}

// bus of a node that an element names; faults of unknown nodes are told by buses.
func (b *builder) bus(id metering.NodeID) (int, bool) {
	i, ok := b.m.byNode[id]
	return i, ok
}

func (b *builder) lines() {
	m := b.m
	for _, l := range inForce(m, m.site.Network.Lines, func(l metering.NetworkLine) metering.Period { return l.Period }) {
		l = l.Filled()
		from, okFrom := b.bus(l.From)
		to, okTo := b.bus(l.To)
		what := "line " + string(l.ID)
		if !(l.ReactPerKM > 0) || !(l.LengthKM > 0) || !(l.OhmPerKM >= 0) {
			b.refuse(what, fmt.Sprintf("it has %v km of %v+j%v Ω/km", l.LengthKM, l.OhmPerKM, l.ReactPerKM), "state its length and a conductor of the table, or its own figures")
			continue
		}
		if b.doubled(what, slices.ContainsFunc(m.lines, func(o line) bool { return o.ID == l.ID })) || !okFrom || !okTo {
			continue
		}
		branch := len(m.net.Branches)
		err := m.net.AddLine(powerflow.Line{ID: string(l.ID), From: string(l.From), To: string(l.To), LengthKm: l.LengthKM,
			OhmPerKm: l.OhmPerKM, ReactPerKm: l.ReactPerKM, MicroSPerKm: l.MicroSPerKM, Amperes: l.Amperes})
		if err != nil {
			b.refuse(what, err.Error(), "correct its ends or their voltages")
			continue
		}
		m.lines = append(m.lines, line{l, from, to, branch})
	}
}

func (b *builder) doubled(what string, is bool) bool {
	if is {
		b.refuse(what, "another one in force has its id", "give one of them another id, or end its period")
	}
	return is
}

func (b *builder) transformers() {
	m := b.m
	for _, t := range inForce(m, m.site.Network.Transformers, func(t metering.ThreeWinding) metering.Period { return t.Period }) {
		what := "transformer " + string(t.Node)
		if b.doubled(what, slices.ContainsFunc(m.transformers, func(o transformer) bool { return o.Node == t.Node })) {
			continue
		}
		one := transformer{ThreeWinding: t, name: b.nameOf(t.Node), regulator: -1}
		known := true
		for k, id := range t.Bus {
			i, ok := b.bus(id)
			one.bus[k], known = i, known && ok
		}
		var err error
		if one.cooling, err = CoolingOf(t.Cooling); err != nil {
			b.refuse(what, err.Error(), "correct its cooling")
			known = false
		}
		if !known {
			continue
		}
		one.branch, err = m.net.AddThreeWinding(powerflow.ThreeWinding{ID: string(t.Node), Bus: [3]string{string(t.Bus[0]), string(t.Bus[1]), string(t.Bus[2])},
			KV: t.KV, MVA: t.MVA, UkPct: t.Uk, PkKW: [3]float64{t.PkKW}, OnHV: t.UkOnHV, PxKW: t.PxKW, IxPct: t.IxPct})
		if err != nil {
			b.refuse(what, err.Error(), "write what its passport states")
			continue
		}
		one.regulator = b.regulator(one)
		m.transformers = append(m.transformers, one)
	}
}

// regulator adds the tap changer; −1 if there is none.
func (b *builder) regulator(t transformer) int {
	tap := t.Tap
	if tap.StepPct == 0 {
		return -1
	}
	r := powerflow.Regulator{Branch: t.branch, Bus: string(t.Bus[2]), LowPU: 0.5, HighPU: 1.5, Step: tap.StepPct / 100,
		Min: tap.Min, Max: tap.Max, Start: tap.Position, Blocked: true}
	if t.holds() {
		held := t.bus[tap.Holds]
		target := tap.TargetKV / b.m.buses[held].kv
		r.Bus, r.Blocked = string(t.Bus[tap.Holds]), false
		r.LowPU, r.HighPU = target*(1-tap.BandPct/100), target*(1+tap.BandPct/100)
	}
	b.m.net.Regulators = append(b.m.net.Regulators, r)
	return len(b.m.net.Regulators) - 1
}

// holds says that the changer moves by itself.
func (t *transformer) holds() bool {
	return t.Tap.StepPct > 0 && !t.Tap.Blocked && t.Tap.TargetKV > 0 && (t.Tap.Holds == 1 || t.Tap.Holds == 2)
}

func (b *builder) nameOf(id metering.NodeID) string {
	if n, ok := b.m.site.Topology.Node(id); ok && n.Name != "" {
		return n.Name
	}
	return string(id)
}

// inForce are the elements that are part of the network at the model's moment.
func inForce[T any](m *Model, list []T, period func(T) metering.Period) []T {
	var in []T
	for _, e := range list {
		if period(e).Holds(m.at) {
			in = append(in, e)
		}
	}
	return in
}
