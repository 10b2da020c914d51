package estimate

import (
	"fmt"
	"math"
	"slices"

	"asue/balancing/study"
	"asue/metering"
)

// liveness is what meters say of the voltage of a bus.
type liveness uint8

const (
	notKnown liveness = iota
	dead
	alive
)

// deadBelow is the part of the nominal voltage below which a bus is dead: that of the
// start element of a transfer is 0.25…0.4, so a tenth is never a low voltage.
const deadBelow = 0.1

// conclude finds out how the network stands: which feeds give voltage, which
// transformers are out, where the switches stand.
//
//   - A switch between a live and a dead bus is open.
//   - A switch at whose meter a current flows is closed.
//   - A switch without which a live bus could have no voltage, whatever stands how it
//     may elsewhere, is closed.
//   - A switch between two live buses at whose meter nothing flows is open.
//   - Of all others nothing is known: they stand as they did, at first as in the normal
//     state.
func (e *Estimator) conclude(v *view) {
	g := e.grid
	e.setting.Sources = e.feeding(v)
	e.setting.Out = g.outOf(v)
	v.switches = make([]metering.SwitchState, len(g.switches))
	for i, w := range g.switches {
		v.switches[i] = g.seen(v, i, w)
	}
	for i := range v.switches {
		if !v.switches[i].Known && v.alive[g.switches[i].A] == alive && v.alive[g.switches[i].B] == alive {
			if bus, only := g.onlyWay(e.setting, v, i); only {
				v.switches[i] = metering.SwitchState{ID: g.switches[i].ID, Closed: true, Known: true, Why: fmt.Sprintf("%s has voltage and could have it no other way", bus)}
			}
		}
	}
	for i := range v.switches {
		w := &v.switches[i]
		if !w.Known {
			if w.Closed = g.closed(e.setting, g.switches[i]); w.Why == "" {
				w.Why = "nothing shows it: as it stood last, at first as in the normal state"
			}
		}
		e.setting.Closed[w.ID] = w.Closed
	}
}

// feeding are the sources that give voltage: at the far end of whose line there is
// some. Where no meter sees the far end a source is where it was, at first where the
// site file has it.
func (e *Estimator) feeding(v *view) []string {
	list := []string{}
	for _, f := range e.grid.feeds {
		on, told := false, false
		for _, l := range f.lines {
			switch v.alive[e.grid.lines[l].To] {
			case alive:
				on, told = true, true
			case dead:
				told = true
			}
		}
		if !told {
			on = f.fit
			if e.setting.Sources != nil {
				on = slices.Contains(e.setting.Sources, f.Source)
			}
		}
		if on {
			list = append(list, f.Source)
		}
	}
	return list
}

// outOf are the transformers that are out of service: their high-voltage meter, or
// every meter of their windings where there is none, shows less than half of what the
// iron alone takes, while one of its buses has voltage. In the dark nothing shows it.
func (g *grid) outOf(v *view) []string {
	var list []string
	for i, t := range g.transformers {
		if v.alive[t.Bus[0]] == dead || v.alive[t.Bus[0]] != alive && v.alive[t.Bus[1]] != alive && v.alive[t.Bus[2]] != alive {
			continue
		}
		least := t.MVA[0] * t.IxPct / 100 / 2
		seen, idle := 0, 0
		for _, kind := range []placeKind{atHV, atWinding} {
			if seen > 0 {
				break // the high-voltage side has said it
			}
			for _, p := range g.places {
				if p.kind != kind || p.element != i {
					continue
				}
				if flow, ok := v.power(p.point); ok {
					seen++
					if math.Hypot(real(flow), imag(flow)) < least {
						idle++
					}
				}
			}
		}
		if seen > 0 && idle == seen {
			list = append(list, string(t.Node))
		}
	}
	return list
}

// seen is what voltages and the meter of a switch say of its position.
func (g *grid) seen(v *view, i int, w metering.Switch) metering.SwitchState {
	s := metering.SwitchState{ID: w.ID}
	a, b := v.alive[w.A], v.alive[w.B]
	flows, told := g.carries(v, i)
	switch {
	case a == alive && b == dead:
		s.Known, s.Why = true, fmt.Sprintf("%s has voltage and %s has none", w.A, w.B)
	case a == dead && b == alive:
		s.Known, s.Why = true, fmt.Sprintf("%s has voltage and %s has none", w.B, w.A)
	case told && flows && a != dead && b != dead:
		s.Known, s.Closed, s.Why = true, true, "current flows"
	case told && !flows && a == alive && b == alive && g.wouldCarry(i):
		s.Known, s.Why = true, "voltage on both sides and no current"
	}
	return s
}

// carries reports whether a current flows at the meter of a switch; told is false if no
// meter says it now. A meter at the switch, or its own point, counts.
func (g *grid) carries(v *view, i int) (flows, told bool) {
	for _, p := range g.metersOf(i) {
		least := math.Max(idlePart*g.accuracies[p].rated, idleMVA)
		if flow, ok := v.power(p); ok {
			told = true
			flows = flows || math.Hypot(real(flow), imag(flow)) > least
		}
	}
	return flows, told
}

// What counts as no power: a meter may show some of nothing (ГОСТ 31819.22: it starts
// at 0.1 % of the rated current).
const (
	idlePart = 0.002
	idleMVA  = 0.02
)

func (g *grid) metersOf(i int) []metering.PointID {
	var list []metering.PointID
	if p := g.switches[i].Point; p != "" {
		list = append(list, p)
	}
	for _, p := range g.places {
		if p.kind == atSwitch && p.element == i && !slices.Contains(list, p.point) {
			list = append(list, p.point)
		}
	}
	return list
}

// wouldCarry reports whether a switch carries something whenever it is closed between
// live buses: one at the end of a supply line does, a section switch need not.
func (g *grid) wouldCarry(i int) bool {
	w := g.switches[i]
	return slices.ContainsFunc(g.lines, func(l metering.NetworkLine) bool { return l.To == w.A || l.To == w.B })
}

// onlyWay reports whether a live bus beside a switch could not have voltage if the
// switch were open, even with all that is not known to be open closed.
func (g *grid) onlyWay(s study.Setting, v *view, i int) (metering.NodeID, bool) {
	most := study.Setting{Sources: s.Sources, Out: s.Out, Closed: map[metering.ElementID]bool{}}
	for k, w := range v.switches {
		most.Closed[w.ID] = k != i && (w.Closed || !w.Known)
	}
	reached := reach(g.edges(most), g.roots(most), -1)
	for _, bus := range []metering.NodeID{g.switches[i].A, g.switches[i].B} {
		if !reached[busSpot(bus)] {
			return bus, true
		}
	}
	return "", false
}
