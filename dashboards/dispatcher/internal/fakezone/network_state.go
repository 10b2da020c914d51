package fakezone

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// transferAfter is how long the invented transfer to the reserve takes.
const transferAfter = 3 * time.Second

// Network is the state of the network at t. While the line in service is lost the
// transfer acts, if there is a reserve.
func (z *Zone) Network(t time.Time) metering.NetworkState {
	z.mu.Lock()
	defer z.mu.Unlock()
	p := z.present(t)
	s := p.state(t)
	s.Readiness = z.readiness(p)
	return s
}

// Suppose answers what if. The reserve is then as the question wants it.
func (z *Zone) Suppose(_ context.Context, q dispatcher.Supposition) (metering.NetworkState, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	p := z.present(z.now)
	for _, sc := range z.site.Network.Scenarios {
		if sc.ID != q.Scenario {
			continue
		}
		p.scenario, p.closed = sc.ID, z.normal()
		for _, id := range sc.Open {
			p.closed[id] = false
		}
		for _, id := range sc.Close {
			p.closed[id] = true
		}
		for _, src := range z.site.Sources {
			p.out[src.ID] = !slices.Contains(sc.Sources, src.ID)
		}
	}
	for _, id := range q.Out {
		p.out[id] = true
		for _, l := range z.site.Network.Lines {
			if l.Towers == id {
				p.out[string(l.ID)] = true
			}
		}
		if strings.HasPrefix(id, "t-") {
			p.closed["sv-35"], p.closed["sv-10"] = true, true
		}
	}
	for bus := range p.loads {
		p.loads[bus] *= q.Scale
	}
	if q.AmbientC != nil {
		p.ambient = *q.AmbientC
	}
	s := p.state(z.now)
	s.Supposed = fmt.Sprintf("scenario %q, out %v, load × %.2f, %.0f °C", q.Scenario, q.Out, q.Scale, p.ambient)
	if q.Scale > 3.9 { // beyond what the invented lines can carry
		s.Problem = fmt.Sprintf("no power flow exists at %.0f MW: island 0, worst bus s10-1", s.LoadMW)
		s.Buses, s.Lines, s.Transformers = nil, nil, nil
	}
	return s, nil
}

// posture is what the network stands in: enough to calculate it by rules of thumb.
type posture struct {
	site     *metering.Site
	scenario metering.ElementID
	closed   map[metering.ElementID]bool
	out      map[string]bool // lines, transformers, sources
	loads    map[metering.NodeID]float64
	ambient  float64
	unsure   bool
}

func (z *Zone) normal() map[metering.ElementID]bool {
	closed := map[metering.ElementID]bool{}
	for _, s := range z.site.Network.Switches {
		closed[s.ID] = s.Closed
	}
	return closed
}

func (z *Zone) present(t time.Time) posture {
	p := posture{site: z.site, scenario: "A", closed: z.normal(), out: map[string]bool{}, loads: map[metering.NodeID]float64{}, ambient: 25, unsure: z.grid.unsure}
	for i, r := range z.site.Residents {
		p.loads[sectionOf(i)] += z.Power(metering.PointID("p-"+string(r.ID)), t) * z.boost(t) / 1e6
	}
	p.out["akzhar-1"], p.out["akzhar-2"] = !z.grid.akzhar, !z.grid.akzhar
	if z.scenario == "karatagai-lost" {
		p.out["karatagai"] = true
		if z.grid.akzhar && t.Sub(z.since) >= transferAfter {
			p.scenario = "C"
			p.closed["q-kar"], p.closed["q-akz-1"], p.closed["q-akz-2"] = false, true, true
		}
	}
	return p
}

// live are the buses that a source reaches.
func (p posture) live() map[metering.NodeID]bool {
	live := map[metering.NodeID]bool{}
	for _, s := range p.site.Sources {
		live[s.Node] = !p.out[s.ID]
	}
	reach := func(a, b metering.NodeID) bool {
		if live[a] == live[b] {
			return false
		}
		live[a], live[b] = true, true
		return true
	}
	for moved := true; moved; {
		moved = false
		for _, l := range p.site.Network.Lines {
			moved = !p.out[string(l.ID)] && reach(l.From, l.To) || moved
		}
		for _, s := range p.site.Network.Switches {
			moved = p.closed[s.ID] && reach(s.A, s.B) || moved
		}
		for _, t := range p.site.Network.Transformers {
			moved = !p.out[string(t.Node)] && live[t.Bus[0]] && (reach(t.Bus[0], t.Bus[1]) || reach(t.Bus[0], t.Bus[2])) || moved
		}
	}
	return live
}

const tan = 0.484 // of the load, cos φ 0.9

// state shares the load out over what is live; losses and voltages grow with it by
// round figures.
func (p posture) state(t time.Time) metering.NetworkState {
	live := p.live()
	s := metering.NetworkState{At: t, Scenario: p.scenario, Inputs: fmt.Sprintf("%016x", t.UnixNano())}
	var served float64
	for _, bus := range slices.Sorted(maps.Keys(p.loads)) {
		if live[bus] {
			served += p.loads[bus]
		} else {
			s.UnservedMW += p.loads[bus]
		}
	}
	s.LoadMW, s.NoLoadMW = served, 0.112
	s.Transformers = p.transformers(live)
	var feeding []metering.NetworkLine
	for _, l := range p.site.Network.Lines {
		if live[l.To] && !p.out[string(l.ID)] && p.closed["q-"+l.ID[2:]] {
			feeding = append(feeding, l)
		}
	}
	for _, l := range p.site.Network.Lines {
		line := p.line(l, live, served/float64(max(1, len(feeding))), slices.ContainsFunc(feeding, func(f metering.NetworkLine) bool { return f.ID == l.ID }))
		s.Lines, s.LossMW = append(s.Lines, line), s.LossMW+line.LossMW
	}
	for _, x := range s.Transformers {
		s.LossMW += x.LossMW
	}
	s.Buses = p.buses(live, served)
	for _, w := range p.site.Network.Switches {
		state := metering.SwitchState{ID: w.ID, Closed: p.closed[w.ID], Known: w.ID != "sv-10" || !p.unsure}
		if state.Closed != w.Closed {
			state.Why = "the transfer to the reserve has moved it"
		}
		s.Switches = append(s.Switches, state)
	}
	s.Sources = p.sources(s.Lines)
	s.Violations = p.violations(s)
	s.Assumed = []metering.Assumption{
		{Element: "l-kar", Field: "length", Value: "15 km", Source: "принято: длина не известна", Date: "2026-11-30"},
		{Element: "l-kar", Field: "conductor", Value: "АС-185/29", Source: "принято: провод не известен", Date: "2026-11-30"},
		{Element: "t-1", Field: "uk", Value: "10.5/17/6.5 %", Source: "справочные данные ТДТН-63000/110", Date: "2026-11-30"},
		{Element: "karatagai", Field: "voltage", Value: "115 kV", Source: "принято", Date: "2026-11-30"},
	}
	return s
}

func (p posture) line(l metering.NetworkLine, live map[metering.NodeID]bool, mw float64, feeds bool) metering.LineState {
	line := metering.LineState{ID: l.ID, Live: live[l.From] && !p.out[string(l.ID)], RatingA: 510 * math.Sqrt(max(0, 70-p.ambient)/45)}
	if l.Towers != "" {
		line.RatingA *= 605.0 / 510
	}
	if !line.Live || !feeds {
		return line
	}
	line.LossMW = mw * mw * 1.6e-4
	line.FromMW, line.ToMW, line.FromMvar = mw+line.LossMW, mw, mw*0.53
	line.Amperes = math.Hypot(line.FromMW, line.FromMvar) / (math.Sqrt(3) * 113) * 1000
	line.LoadingPct = 100 * line.Amperes / line.RatingA
	return line
}

func (p posture) transformers(live map[metering.NodeID]bool) []metering.TransformerState {
	var list []metering.TransformerState
	alone := p.out["t-1"] != p.out["t-2"]
	for _, t := range p.site.Network.Transformers {
		x := metering.TransformerState{Node: t.Node, Live: live[t.Bus[0]] && !p.out[string(t.Node)], PermitPct: 96 - 0.9*(p.ambient-25)}
		if x.Live {
			mv, lv := p.loads[t.Bus[1]], p.loads[t.Bus[2]]
			if alone {
				mv, lv = p.loads["s35-1"]+p.loads["s35-2"], p.loads["s10-1"]+p.loads["s10-2"]
			}
			x.LossMW = 0.056 + 0.29*math.Pow((mv+lv)/56.7, 2)
			x.MW, x.Mvar = [3]float64{mv + lv + x.LossMW, mv, lv}, [3]float64{(mv + lv) * (tan + 0.05), mv * tan, lv * tan}
			for w, u := range [3]float64{113, 37, 10.5} {
				x.Amperes[w] = math.Hypot(x.MW[w], x.Mvar[w]) / (math.Sqrt(3) * u) * 1000
			}
			x.LoadingPct, x.Position = x.Amperes[0]/3.163, 1-int((mv+lv)/18)
		}
		list = append(list, x)
	}
	return list
}

func (p posture) buses(live map[metering.NodeID]bool, served float64) []metering.BusState {
	net := p.site.Network
	var list []metering.BusState
	for _, n := range p.site.Topology.Nodes {
		if !net.BusSet()[n.ID] {
			continue
		}
		b := metering.BusState{Node: n.ID, Live: live[n.ID], Island: -1}
		if b.Live {
			b.Island = 0
			b.KV = map[float64]float64{110: 115 - served*0.055, 35: 37.4 - served*0.008, 10: 10.55 - served*0.002}[n.VoltageKV]
			if n.Kind == metering.NodeSource || n.Parent != "kar" && n.Kind == metering.NodeInput && !p.closed["q-akz-1"] {
				b.KV = 115
			}
			if n.Kind == metering.NodeSection {
				b.Measured = ptr(b.KV * 1.001)
			}
			b.LoadMW, b.LoadMvar = p.loads[n.ID], p.loads[n.ID]*tan
			b.Stale = n.ID == "s10-2" // one of its meters is silent: see Snapshots
		}
		list = append(list, b)
	}
	return list
}

func (p posture) sources(lines []metering.LineState) []metering.SourceState {
	var list []metering.SourceState
	for i, src := range p.site.Sources {
		l := lines[i]
		s := metering.SourceState{Source: src.ID, Available: !p.out[src.ID], Feeding: l.FromMW > 0, MW: l.FromMW, Mvar: l.FromMvar, MeteredMW: l.ToMW}
		if w, ok := src.Contract.Power(); ok {
			s.Contract = ptr(w.Megawatts())
		}
		list = append(list, s)
	}
	return list
}

func (p posture) violations(s metering.NetworkState) []metering.Violation {
	var list []metering.Violation
	for _, src := range s.Sources {
		if src.Contract != nil && src.MeteredMW > *src.Contract {
			list = append(list, metering.Violation{Element: src.Source, Kind: "contract", Value: src.MeteredMW, Limit: *src.Contract, Unit: "MW"})
		}
	}
	for _, l := range s.Lines {
		if l.LoadingPct > 100 {
			list = append(list, metering.Violation{Element: string(l.ID), Kind: "line", Value: l.Amperes, Limit: l.RatingA, Unit: "A"})
		}
	}
	for _, x := range s.Transformers {
		if x.LoadingPct > x.PermitPct {
			list = append(list, metering.Violation{Element: string(x.Node), Kind: "transformer", Value: x.LoadingPct, Limit: x.PermitPct, Unit: "%"})
		}
	}
	return list
}

// readiness is what would happen if the line in service tripped.
func (z *Zone) readiness(p posture) *metering.Readiness {
	if p.out["karatagai"] {
		return &metering.Readiness{Light: metering.LightRed, Lost: "akzhar-1", Before: metering.Islanded, After: metering.Islanded, Later: metering.Islanded, Dark: z.dark()}
	}
	r := &metering.Readiness{Lost: "karatagai", Before: metering.Islanded, After: metering.Islanded, Later: metering.Islanded, Light: metering.LightRed}
	for bus := range p.loads {
		r.LoadMW += p.loads[bus]
	}
	r.TechnologicalMW, r.EmergencyMW = r.LoadMW*0.45, r.LoadMW*0.12
	if !z.grid.akzhar {
		r.Dark = z.dark()
		return r
	}
	r.After, r.Later, r.Backup, r.LimitMW = metering.Secure, metering.Secure, []string{"akzhar-1", "akzhar-2"}, z.grid.reserve
	r.Binds, r.Next = "Т-1: ток обмотки НН", "ВЛ-110 «Акжар», цепь 1: допустимый ток"
	r.Timeline = []metering.Move{
		{AfterS: 2.1, Switch: "q-kar", Why: "АВР на «Акжар»: нет напряжения на 1 секции 110 кВ"},
		{AfterS: 2.2, Switch: "q-akz-1", Close: true, Why: "АВР на «Акжар»"},
		{AfterS: 2.2, Switch: "q-akz-2", Close: true, Why: "АВР на «Акжар»"},
	}
	if r.ShedMW = max(0, r.LoadMW-r.LimitMW); r.ShedMW > 0 {
		r.After, r.Later, r.Minutes = metering.Violated, metering.Violated, 42
	}
	switch {
	case r.LimitMW >= r.TechnologicalMW:
		r.Light = metering.LightGreen
	case r.LimitMW >= r.EmergencyMW:
		r.Light = metering.LightAmber
	}
	return r
}

func (z *Zone) dark() []metering.Dark {
	var list []metering.Dark
	for i, r := range z.site.Residents {
		if mw := z.Power(metering.PointID("p-"+string(r.ID)), z.now) / 1e6; mw > 0 {
			list = append(list, metering.Dark{Resident: r.ID, Category: metering.Category(i%3 + 1), MW: mw})
		}
	}
	return list
}
