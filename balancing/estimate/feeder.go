package estimate

import (
	"math/cmplx"
	"time"

	"asue/metering"
)

// sum is a measured flow: of one meter, or of several with what is lost up to where it
// is wanted.
type sum struct {
	flow   complex128 // MW, Mvar
	points []metering.PointID
	sigma  float64
}

// ways are all independent ways in which a flow into a node is measured now: each
// meter at its head, their checks, and what is drawn below with the losses on the way.
func (g *grid) ways(v *view, n metering.Node) []sum {
	var list []sum
	for _, p := range g.pointsAt(n.ID, metering.RoleFeeder, metering.RoleSection, metering.RoleTransformer, metering.RoleTechnical) {
		if s, ok := g.measured(v, p.ID); ok {
			list = append(list, s)
		}
		for _, c := range g.checkOf(p.ID) {
			if s, ok := g.measured(v, c.ID); ok {
				list = append(list, s)
			}
		}
	}
	if s, ok := g.below(v, n); ok {
		list = append(list, s)
	}
	return list
}

func (g *grid) measured(v *view, p metering.PointID) (sum, bool) {
	flow, ok := v.power(p)
	return sum{flow: flow, points: []metering.PointID{p}, sigma: g.accuracies[p].sigma(flow)}, ok
}

// below is what is drawn at a node and under it, with the losses of the node's own line
// or transformer; false if a part of it is not measured now.
func (g *grid) below(v *view, n metering.Node) (sum, bool) {
	total, any := sum{}, false
	add := func(s sum) {
		total.flow += s.flow
		total.points = append(total.points, s.points...)
		total.sigma += square(s.sigma)
		any = true
	}
	for _, p := range g.pointsAt(n.ID, metering.RoleResident, metering.RoleOwnNeeds) {
		s, ok := g.orCheck(v, p.ID)
		if !ok {
			return sum{}, false
		}
		add(s)
	}
	for _, child := range g.site.Topology.Children(n.ID) {
		ways := g.ways(v, child)
		if len(ways) == 0 {
			return sum{}, false
		}
		add(ways[0])
	}
	if !any {
		return sum{}, false
	}
	loss := lossOf(n, total.flow)
	total.flow += loss
	total.sigma = sqrt(total.sigma + square(modelLoss*4*cmplx.Abs(loss)))
	return total, true
}

// orCheck is what the meter of a point says, else its check meter.
func (g *grid) orCheck(v *view, p metering.PointID) (sum, bool) {
	if s, ok := g.measured(v, p); ok {
		return s, true
	}
	for _, c := range g.checkOf(p) {
		if s, ok := g.measured(v, c.ID); ok {
			return s, true
		}
	}
	return sum{}, false
}

// Usual figures where the site file has none: reactance of cables, short-circuit
// voltage and no-load current of small transformers (ГОСТ 11920: 6 %, about 1 %).
const (
	cableReactance = 0.08 // Ω/km
	smallShort     = 0.06
	smallNoLoad    = 0.01
)

// lossOf is what the line or transformer of a node loses at a flow behind it, at
// nominal voltage.
func lossOf(n metering.Node, flow complex128) (loss complex128) {
	squared := square(cmplx.Abs(flow))
	if n.Line != nil && n.VoltageKV > 0 {
		z := complex(n.Line.OhmPerKM, cableReactance) * complex(n.Line.LengthKM, 0)
		loss += z * complex(squared/square(n.VoltageKV), 0)
	}
	if t := n.Transformer; t != nil && t.RatedVA > 0 {
		beta := squared / square(t.RatedVA/1e6)
		loss += complex((t.NoLoadW+t.LoadLossW*beta)/1e6, t.RatedVA/1e6*(smallNoLoad+smallShort*beta))
	}
	return loss
}

// gap is a feeder that no meter measures now.
type gap struct {
	leaf  int
	how   string    // "last value", "forecast", "nothing known"
	since time.Time // of the last value
}

// guess is what a feeder draws that nobody measures now: its last values, else what its
// residents are expected to draw.
func (g *grid) guess(v *view, at int, expect map[metering.ResidentID]float64) (flow complex128, sigma float64, how gap) {
	how = gap{leaf: at, how: "nothing known"}
	if last, when, ok := g.lastOf(v, g.leaves[at].node); ok {
		return last, 0.5*cmplx.Abs(last) + 0.05, gap{at, "last value", when}
	}
	allowed, mw := 0.0, 0.0
	for _, c := range g.conditionsBelow(g.leaves[at].node, v.now) {
		all := g.site.Allowed(c.Resident, v.now).Megawatts()
		allowed += c.Power.Megawatts()
		if all > 0 {
			mw += expect[c.Resident] * c.Power.Megawatts() / all
		}
	}
	if mw > 0 {
		how.how = "forecast"
	}
	return complex(mw, mw*usualTan), mw + 0.5*allowed + 0.05, how
}

// lastOf is the last known flow into a node: at its head, else the sum below.
func (g *grid) lastOf(v *view, id metering.NodeID) (flow complex128, at time.Time, ok bool) {
	n, _ := g.site.Topology.Node(id)
	for _, p := range g.pointsAt(id, metering.RoleFeeder, metering.RoleSection, metering.RoleTransformer, metering.RoleTechnical) {
		if flow, at, ok := v.last(p.ID); ok {
			return flow, at, true
		}
	}
	take := func(f complex128, when time.Time, known bool) {
		if !known {
			return
		}
		if flow, ok = flow+f, true; at.IsZero() || when.Before(at) {
			at = when
		}
	}
	for _, p := range g.pointsAt(id, metering.RoleResident, metering.RoleOwnNeeds) {
		take(v.last(p.ID))
	}
	for _, child := range g.site.Topology.Children(id) {
		take(g.lastOf(v, child.ID))
	}
	return flow + lossOf(n, flow), at, ok
}

// nodesBelow lists a node and all under it.
func (g *grid) nodesBelow(id metering.NodeID) []metering.NodeID {
	list := []metering.NodeID{id}
	for i := 0; i < len(list) && i < len(g.site.Topology.Nodes); i++ {
		for _, c := range g.site.Topology.Children(list[i]) {
			list = append(list, c.ID)
		}
	}
	return list
}

// conditionsBelow are the technical conditions in force at a node and under it.
func (g *grid) conditionsBelow(id metering.NodeID, at time.Time) []metering.Condition {
	var list []metering.Condition
	for _, n := range g.nodesBelow(id) {
		for _, c := range g.site.Conditions {
			if c.Node == n && c.At(at) {
				list = append(list, c)
			}
		}
	}
	return list
}
