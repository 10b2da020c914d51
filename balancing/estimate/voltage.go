package estimate

import (
	"math"
	"slices"

	"asue/metering"
)

// lookAtVoltages finds the voltage of each bus, and whether it has any: the middle one
// of what the meters there show, so that one that is wrong does not matter.
func (g *grid) lookAtVoltages(v *view) {
	shown := map[metering.NodeID][]float64{}
	see := func(bus metering.NodeID, p metering.PointID, tells bool) {
		kv, ok := v.volts(p)
		if !ok {
			return
		}
		live := kv > deadBelow*g.buses[bus]
		switch {
		case live:
			shown[bus] = append(shown[bus], kv)
			v.alive[bus] = alive
		case tells && v.alive[bus] == notKnown:
			v.alive[bus] = dead
		}
	}
	for _, p := range g.places {
		see(p.bus, p.point, p.kind != atHV) // a transformer that is out says nothing of its bus
	}
	for _, p := range g.voltagePoints() {
		see(p.bus, p.point, false) // a feeder may be switched off while its bus is live
	}
	for bus, list := range shown {
		slices.Sort(list)
		v.kv[bus] = (list[(len(list)-1)/2] + list[len(list)/2]) / 2
	}
}

// voltagePoints are the meters at the heads of feeders, which see the voltage of the
// bus.
func (g *grid) voltagePoints() []place {
	var list []place
	for _, l := range g.leaves {
		if l.kv != g.buses[l.bus] {
			continue
		}
		for _, p := range g.pointsAt(l.node, metering.RoleFeeder) {
			list = append(list, place{point: p.ID, bus: l.bus})
		}
	}
	return list
}

// How far voltages of feeds may be concluded from those of the site file, and by how
// many steps a tap changer must be off to be moved.
const (
	feedWithin = 0.08
	tapFrom    = 0.6
	kvMatters  = 2e-4 // relative
)

// calibrate moves the voltages of feeds and the positions of tap changers towards what
// the meters of voltage show, and reports whether the model has to be asked again.
func (e *Estimator) calibrate(v *view, s metering.NetworkState) (moved bool) {
	model := map[metering.NodeID]float64{}
	for _, b := range s.Buses {
		if b.Live {
			model[b.Node] = b.KV
		}
	}
	settled := true
	for _, f := range e.grid.feeds {
		for _, l := range f.lines {
			at := e.grid.lines[l].To
			kv, seen := v.kv[at]
			if !seen || model[at] == 0 || !slices.Contains(e.setting.Sources, f.Source) {
				continue
			}
			now := e.setting.FeedKV[f.Source]
			if now == 0 {
				now = f.KV
			}
			next := math.Min(math.Max(now*kv/model[at], f.KV*(1-feedWithin)), f.KV*(1+feedWithin))
			if math.Abs(next/now-1) > kvMatters {
				e.setting.FeedKV[f.Source], moved = next, true
				settled = settled && math.Abs(next/now-1) < 0.002
			}
		}
	}
	return e.moveTaps(v, s, model, settled) || moved
}

// moveTaps concludes positions of tap changers from the voltage of what they hold, or
// of the other winding where that has no meter.
func (e *Estimator) moveTaps(v *view, s metering.NetworkState, model map[metering.NodeID]float64, settled bool) (moved bool) {
	for i, t := range e.grid.transformers {
		k := slices.IndexFunc(s.Transformers, func(x metering.TransformerState) bool { return x.Node == t.Node })
		if k < 0 || !s.Transformers[k].Live || t.Tap.StepPct <= 0 {
			continue
		}
		bus, ok := e.grid.heldBus(v, i)
		if !ok || model[bus] == 0 {
			delete(e.setting.Positions, t.Node) // the changer is left to itself
			continue
		}
		at := s.Transformers[k].Position
		if _, held := e.setting.Positions[t.Node]; !held {
			e.setting.Positions[t.Node], moved = at, true
		}
		steps := math.Log(model[bus]/v.kv[bus]) / math.Log1p(t.Tap.StepPct/100)
		if settled && math.Abs(steps) > tapFrom {
			next := min(max(at+int(math.Round(steps)), t.Tap.Min), t.Tap.Max)
			moved = moved || next != e.setting.Positions[t.Node]
			e.setting.Positions[t.Node] = next
		}
	}
	return moved
}

// heldBus is the bus by whose voltage the position of a changer is concluded.
func (g *grid) heldBus(v *view, i int) (metering.NodeID, bool) {
	t := g.transformers[i]
	order := []int{2, 1}
	if t.Tap.Holds == 1 {
		order = []int{1, 2}
	}
	for _, k := range order {
		if _, seen := v.kv[t.Bus[k]]; seen {
			return t.Bus[k], true
		}
	}
	return "", false
}
