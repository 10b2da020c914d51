package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"asue/metering"
)

// states prints a table for each scenario, a row for each load.
func (p *studyPrinter) states() error {
	for _, sc := range p.r.Scenarios {
		p.line("%s\n", p.title(sc))
		kv := p.nominals(sc)
		head := "MW\tlines, A (%)"
		for _, v := range kv {
			head += fmt.Sprintf("\tU%g, kV", v)
		}
		head += "\tlosses, MW (%)\ttransformers, %\ttaps\tsources, MW+jMvar\tlimits broken"
		var rows []string
		for _, s := range sc.States {
			rows = append(rows, p.state(s, kv))
		}
		if err := p.table(head, rows); err != nil {
			return err
		}
	}
	return nil
}

func (p *studyPrinter) title(sc studyScenario) string {
	text := strings.TrimSpace(string(sc.ID) + " " + sc.Name)
	if sc.Restored {
		text += " (after restoration)"
	}
	if sc.Parallel {
		text += " (δ = 0 assumed)"
	}
	return text
}

// nominals are the voltages of buses with transformers or loads, the highest first.
func (p *studyPrinter) nominals(sc studyScenario) (kv []float64) {
	for _, s := range sc.States {
		for _, b := range p.busbars(s.State) {
			if v := p.nominal(b.Node); !slices.Contains(kv, v) {
				kv = append(kv, v)
			}
		}
	}
	slices.Sort(kv)
	slices.Reverse(kv)
	return kv
}

func (p *studyPrinter) nominal(id metering.NodeID) float64 {
	n, _ := p.site.Topology.Node(id)
	return n.VoltageKV
}

// busbars are the live buses to which transformers are connected or that draw.
func (p *studyPrinter) busbars(s metering.NetworkState) (list []metering.BusState) {
	for _, b := range s.Buses {
		here := slices.ContainsFunc(p.site.Network.Transformers, func(t metering.ThreeWinding) bool { return slices.Contains(t.Bus[:], b.Node) })
		if b.Live && (here || b.LoadMW != 0) {
			list = append(list, b)
		}
	}
	return list
}

func (p *studyPrinter) state(s studyState, kv []float64) string {
	n := s.State
	if n.Problem != "" {
		return fmt.Sprintf("%s\t%s", megawatts(s.LoadMW), n.Problem)
	}
	cells := []string{megawatts(s.LoadMW), p.lines(n)}
	for _, v := range kv {
		var here []string
		for _, b := range p.busbars(n) {
			if p.nominal(b.Node) == v {
				here = append(here, fmt.Sprintf("%.2f", b.KV))
			}
		}
		cells = append(cells, distinct(here))
	}
	supply := 0.0
	for _, src := range n.Sources {
		supply += src.MW
	}
	losses := fmt.Sprintf("%.3f", n.LossMW)
	if supply > 0 {
		losses += fmt.Sprintf(" (%.2f)", n.LossMW/supply*100)
	}
	var load, taps []string
	for _, t := range n.Transformers {
		if t.Live {
			load, taps = append(load, fmt.Sprintf("%.1f", t.LoadingPct)), append(taps, signed(t.Position))
		}
	}
	moved := distinct(taps)
	if slices.ContainsFunc(n.Assumed, hunting) {
		moved += ", hunting"
	}
	return strings.Join(append(cells, losses, distinct(load), moved, p.sources(n), violations(n.Violations)), "\t")
}

// lines are the currents of live lines that carry load, circuits on common towers with
// equal currents together.
func (p *studyPrinter) lines(n metering.NetworkState) string {
	type group struct {
		name, text string
		circuits   int
	}
	var groups []group
	for _, l := range n.Lines {
		if !l.Live || math.Abs(l.ToMW) < 1e-6 && math.Abs(l.FromMW) < 0.01 {
			continue
		}
		name := string(l.ID)
		if i := slices.IndexFunc(p.site.Network.Lines, func(o metering.NetworkLine) bool { return o.ID == l.ID }); i >= 0 && p.site.Network.Lines[i].Towers != "" {
			name = p.site.Network.Lines[i].Towers
		}
		text := fmt.Sprintf("%.0f (%.1f)", l.Amperes, l.LoadingPct)
		at := slices.IndexFunc(groups, func(g group) bool { return g.name == name && g.text == text })
		if at < 0 {
			groups = append(groups, group{name, text, 1})
			continue
		}
		groups[at].circuits++
	}
	var texts []string
	for _, g := range groups {
		if g.circuits > 1 {
			g.text = fmt.Sprintf("%d×%s", g.circuits, g.text)
		}
		texts = append(texts, g.name+" "+g.text)
	}
	return orDash(strings.Join(texts, "; "))
}

// sources are what stations give.
func (p *studyPrinter) sources(n metering.NetworkState) string {
	var names []string
	mw, mvar := map[string]float64{}, map[string]float64{}
	for _, s := range n.Sources {
		if !s.Feeding {
			continue
		}
		name := s.Source
		if i := slices.IndexFunc(p.site.Network.Feeds, func(f metering.Feed) bool { return f.Source == s.Source }); i >= 0 && p.site.Network.Feeds[i].Station != "" {
			name = p.site.Network.Feeds[i].Station
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		mw[name] += s.MW
		mvar[name] += s.Mvar
	}
	var texts []string
	for _, name := range names {
		texts = append(texts, fmt.Sprintf("%s %s", name, apparent(mw[name], mvar[name])))
	}
	return orDash(strings.Join(texts, "; "))
}

// apparent is a power as 10.1+j5.3.
func apparent(mw, mvar float64) string {
	sign := "+"
	if mvar < 0 {
		sign = "−"
	}
	return fmt.Sprintf("%.1f%sj%.1f", mw, sign, math.Abs(mvar))
}
