package study

import (
	"fmt"
	"strconv"

	"asue/metering"
)

// assumed lists what a state rests on that nobody has confirmed: figures of elements
// that have voltage, then what the state itself takes for granted.
func (m *Model) assumed(a *answer) []metering.Assumption {
	list := make([]metering.Assumption, 0, 48)
	for i := range m.feeds {
		if a.at.feeds[i] {
			list = append(list, m.notes.feeds[i]...)
		}
	}
	for i, l := range m.lines {
		if a.at.lines[i] && a.live[l.from] && a.live[l.to] {
			list = append(list, m.notes.lines[i]...)
		}
	}
	for i, t := range m.transformers {
		if a.at.transformers[i] && a.live[t.bus[0]] {
			list = append(list, m.notes.transformers[i]...)
		}
	}
	for i, s := range m.switches {
		if a.live[s.a] || a.live[s.b] {
			list = append(list, m.notes.switches[i]...)
		}
		if !a.measured && a.at.closed[i] == s.Closed {
			list = append(list, m.notes.normal[i]...)
		}
	}
	for _, i := range a.acted {
		list = append(list, m.notes.transfers[i]...)
	}
	list = append(list, m.notes.bands...)
	if a.planned {
		list = append(list, m.notes.plan...)
	}
	list = append(list, m.angles(a)...)
	if a.recovery > 1 {
		list = append(list, metering.Assumption{Element: "network", Field: "recovery", Value: figure(a.recovery, "× the load that was dark"), Source: "site file"})
	}
	if h := a.flow.hunts; h != nil {
		list = append(list, metering.Assumption{Element: m.transformerOf(h.Branch), Field: "tap", Value: fmt.Sprintf("stands at the lower voltage of positions %d and %d, between which it hunts", h.Low, h.High),
			Source: "a dead band of less than 1.2 steps, or a load that one step moves by more than the band"})
	}
	return list
}

// angles are the assumptions about several stations in one island.
func (m *Model) angles(a *answer) (list []metering.Assumption) {
	root := m.islands(a.at)
	first := map[int]int{} // station of an island
	several := map[int]bool{}
	for i, f := range m.feeds {
		if !a.at.feeds[i] {
			continue
		}
		at := root[f.bus]
		if other, seen := first[at]; !seen {
			first[at] = f.station
		} else if other != f.station {
			several[at] = true
		}
	}
	told := map[int]bool{}
	for i, f := range m.feeds {
		if !a.at.feeds[i] || !several[root[f.bus]] || f.AngleKnown || told[f.station] {
			continue
		}
		told[f.station] = true
		value := "δ = 0 assumed"
		if f.Deg != 0 {
			value = fmt.Sprintf("δ = %s° assumed", strconv.FormatFloat(f.Deg, 'g', -1, 64))
		}
		list = append(list, metering.Assumption{Element: f.Source, Field: "angle", Value: value,
			Source: "nobody has measured the angle between feeds that work in parallel here; a degree moves megawatts"})
	}
	return list
}

// transformerOf is the transformer whose HV ray a branch of powerflow is.
func (m *Model) transformerOf(branch string) string {
	for _, t := range m.transformers {
		if m.net.Branches[t.branch].ID == branch {
			return string(t.Node)
		}
	}
	panic("BUG: a tap changer of no transformer hunts: " + branch)
}

// notes are the assumptions of each element, made once.
type notes struct {
	feeds, lines, transformers  [][]metering.Assumption
	switches, normal, transfers [][]metering.Assumption // normal: the normal position
	bands, plan                 []metering.Assumption
}

// key is a figure of an element by its key in the site file; without a value nobody
// has stated it and nothing rests on it.
type key struct{ name, value string }

func (m *Model) note() {
	n := &m.notes
	for i := range m.feeds {
		n.feeds = append(n.feeds, noteFeed(&m.feeds[i]))
	}
	for _, l := range m.lines {
		n.lines = append(n.lines, unconfirmed(string(l.ID), l.Origin, m.lineKeys(l)))
	}
	for i := range m.transformers {
		t := &m.transformers[i]
		n.transformers = append(n.transformers, unconfirmed(string(t.Node), t.Origin, transformerKeys(t)))
	}
	for _, s := range m.switches {
		n.switches = append(n.switches, unconfirmed(string(s.ID), s.Origin, []key{{"current", figure(s.Amperes, "A")}}))
		n.normal = append(n.normal, unconfirmed(string(s.ID), s.Origin, []key{{"closed", standing(s.Closed)}}))
	}
	for _, t := range m.transferList {
		n.transfers = append(n.transfers, unconfirmed(string(t.ID), t.Origin, []key{{"after", t.After.String()}}))
	}
	told := map[float64]bool{}
	for _, b := range m.buses {
		if band, ok := m.bands[b.kv]; ok && !told[b.kv] {
			told[b.kv] = true
			n.bands = append(n.bands, unconfirmed(fmt.Sprintf("buses of %s", figure(b.kv, "kV")), band.Origin, []key{{"min", figure(band.Min, "kV")}, {"max", figure(band.Max, "kV")}, {"highest", figure(band.Highest, "kV")}})...)
		}
	}
	if plan := m.site.Network.Plan; len(plan.Shares) > 0 {
		shares := ""
		for i, s := range plan.Shares {
			if i > 0 {
				shares += ", "
			}
			shares += fmt.Sprintf("%s %s", s.Node, figure(s.Part*100, "%"))
		}
		n.plan = unconfirmed("load plan", plan.Origin, []key{{"power_factor", figure(plan.PowerFactor, "")}, {"shares", shares}})
	}
}

func standing(closed bool) string {
	if closed {
		return "closed in the normal state"
	}
	return "open in the normal state"
}

func noteFeed(f *feed) []metering.Assumption {
	keys := []key{{"voltage", figure(f.KV, "kV")}}
	if f.ShortCircuitMVA > 0 {
		keys = append(keys, key{"short_circuit", figure(f.ShortCircuitMVA, "MVA")}, key{"r_to_x", figure(f.RToX, "")})
	}
	list := unconfirmed(f.Source, f.Origin, keys)
	if f.ShortCircuitMVA == 0 {
		list = append(list, metering.Assumption{Element: f.Source, Field: "short_circuit", Value: "not known: the voltage is held whatever is drawn", Source: "nobody has stated it"})
	}
	if !f.source.Available {
		source := f.source.Note
		if source == "" {
			source = "the site file says that it is not available"
		}
		list = append(list, metering.Assumption{Element: f.Source, Field: "available", Value: "after restoration", Source: source})
	}
	return list
}

// lineKeys are the figures that a line has stated itself; what it takes from the table
// stands on its conductor.
func (m *Model) lineKeys(l line) []key {
	own := metering.NetworkLine{}
	for _, o := range m.site.Network.Lines {
		if o.ID == l.ID && o.Period == l.Period {
			own = o
		}
	}
	return []key{{"length", figure(l.LengthKM, "km")}, {"conductor", l.Conductor}, {"resistance", figure(own.OhmPerKM, "Ω/km")},
		{"reactance", figure(own.ReactPerKM, "Ω/km")}, {"susceptance", figure(own.MicroSPerKM, "µS/km")}, {"current", figure(own.Amperes, "A")}, {"towers", l.Towers}}
}

func transformerKeys(t *transformer) []key {
	three := func(v [3]float64, unit string) string {
		return fmt.Sprintf("%s / %s / %s", figure(v[0], unit), figure(v[1], unit), figure(v[2], unit))
	}
	keys := []key{{"voltages", three(t.KV, "kV")}, {"powers", three(t.MVA, "MVA")}, {"uk", three(t.Uk, "%")}, {"load_loss", figure(t.PkKW, "kW")},
		{"no_load_loss", figure(t.PxKW, "kW")}, {"no_load_current", figure(t.IxPct, "%")}}
	if t.Tap.StepPct > 0 {
		keys = append(keys, key{"tap", fmt.Sprintf("%d…%d × %s, %s ± %s", t.Tap.Min, t.Tap.Max, figure(t.Tap.StepPct, "%"), figure(t.Tap.TargetKV, "kV"), figure(t.Tap.BandPct, "%"))})
	}
	return append(keys, key{"cooling", t.cooling.Name})
}

// unconfirmed are the figures that are assumed, or of which nobody says where they
// come from.
func unconfirmed(element string, o metering.Origin, keys []key) (list []metering.Assumption) {
	for _, k := range keys {
		if k.value == "" {
			continue
		}
		p, stated := o.BasisOf(k.name)
		switch {
		case !stated:
			list = append(list, metering.Assumption{Element: element, Field: k.name, Value: k.value, Source: "nobody says where it comes from"})
		case p.Basis == metering.BasisAssumed:
			list = append(list, metering.Assumption{Element: element, Field: k.name, Value: k.value, Source: p.Source, Date: p.Date})
		}
	}
	return list
}

// figure prints a value with its unit; nothing for 0, which is not stated.
func figure(v float64, unit string) string {
	if v == 0 {
		return ""
	}
	text := strconv.FormatFloat(v, 'g', 6, 64)
	if unit != "" {
		text += " " + unit
	}
	return text
}
