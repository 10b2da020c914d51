package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"asue/balancing/study"
	"asue/metering"
)

// printStudy prints the tables of a study.
func printStudy(w io.Writer, site *metering.Site, r studyReport) error {
	p := studyPrinter{w: w, site: site, r: r}
	p.line("%s, network as of %s. Loads by the plan of the site file; air %s °C for states and outages.\n\n",
		r.Name, r.At.In(site.Location).Format("2006-01-02"), degrees(r.AmbientC))
	sections := []struct {
		table string // empty: asked for by a flag of its own
		print func() error
	}{{tableStates, p.states}, {tableOutages, p.outages}, {"", p.courses}, {tableLoad, p.greatest}, {"", p.hosting}, {"", p.sensitivity}, {tableAssumptions, p.assumptions}}
	for _, section := range sections {
		if len(r.tables) > 0 && section.table != "" && !slices.Contains(r.tables, section.table) {
			continue
		}
		if err := section.print(); err != nil {
			return err
		}
	}
	return p.err
}

// studyPrinter keeps the first error of writing.
type studyPrinter struct {
	w    io.Writer
	site *metering.Site
	r    studyReport
	err  error
}

func (p *studyPrinter) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format, args...); err != nil && p.err == nil {
		p.err = err
	}
}

// table prints rows under a head, columns apart by tabs.
func (p *studyPrinter) table(head string, rows []string) error {
	tw := tabwriter.NewWriter(p.w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, head)
	for _, row := range rows {
		fmt.Fprintln(tw, row)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	p.line("\n")
	return nil
}

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
	return strings.Join(append(cells, losses, distinct(load), distinct(taps), p.sources(n), violations(n.Violations)), "\t")
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

// violations are the broken limits, the first three of them in full.
func violations(list []metering.Violation) string {
	var texts []string
	for i, v := range list {
		if i == 3 {
			texts = append(texts, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		texts = append(texts, violation(v))
	}
	return orDash(strings.Join(texts, ", "))
}

func violation(v metering.Violation) string {
	sign := ">"
	if v.Kind == study.LimitVoltageLow {
		sign = "<"
	}
	what := v.Element
	if v.Kind == study.LimitContract {
		what = "contract of " + what
	}
	return fmt.Sprintf("%s %s %s %s", what, figure(v.Value, v.Unit), sign, quantity(v.Limit, v.Unit))
}

// quantity is a figure with its unit.
func quantity(v float64, unit string) string { return figure(v, unit) + " " + unit }

func figure(v float64, unit string) string {
	switch unit {
	case "A", "%":
		return fmt.Sprintf("%.0f", v)
	case "kV":
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func megawatts(v float64) string { return fmt.Sprintf("%.1f", v) }

func signed(v int) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("%+d", v)
}

// degrees is a temperature with its sign, the minus as people write it.
func degrees(c float64) string {
	return strings.Replace(fmt.Sprintf("%+g", c), "-", "−", 1)
}

// distinct joins values, each of them once.
func distinct(values []string) string {
	var list []string
	for _, v := range values {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return orDash(strings.Join(list, " / "))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
