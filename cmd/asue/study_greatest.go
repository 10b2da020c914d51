package main

import (
	"fmt"
	"slices"
	"strings"

	"asue/balancing/study"
	"asue/metering"
)

// greatest prints the greatest load of every case by temperature.
func (p *studyPrinter) greatest() error {
	at := 0
	for i, c := range p.r.Ambients {
		if c == p.r.AmbientC {
			at = i
		}
	}
	p.line("Greatest load, MW, by temperature of the air\n")
	head := "\tcase"
	for _, c := range p.r.Ambients {
		head += "\t" + degrees(c) + " °C"
	}
	head += fmt.Sprintf("\tbinds at %s °C\tnext", degrees(p.r.AmbientC))
	var rows []string
	for _, sc := range p.r.Scenarios {
		for _, g := range sc.Greatest {
			row := fmt.Sprintf("%s\t%s", sc.ID, g.Case)
			for _, c := range g.By {
				row += "\t" + megawatts(c.MW)
			}
			rows = append(rows, row+"\t"+boundText(g.By[at].Binds)+"\t"+nextText(g.By[at]))
		}
	}
	return p.table(head, rows)
}

// boundText is a limit in words.
func boundText(b study.Bound) string {
	text := ""
	switch b.Kind {
	case study.LimitDark:
		text = "there is no other source"
	case study.LimitDiverged:
		text = "no power flow beyond"
	case study.LimitSearch:
		text = "nothing, as far as was looked"
	case study.LimitContract:
		text = fmt.Sprintf("contract of %s, %s", b.Element, quantity(b.Limit, b.Unit))
	case study.LimitVoltageLow:
		text = fmt.Sprintf("voltage of %s below %s", b.Element, quantity(b.Limit, b.Unit))
	case study.LimitVoltageHigh:
		text = fmt.Sprintf("voltage of %s above %s", b.Element, quantity(b.Limit, b.Unit))
	default:
		text = fmt.Sprintf("%s at %s", b.Element, quantity(b.Limit, b.Unit))
		switch {
		case len(b.Also) == 1 && b.Also[0] == b.Outage:
			text += ", and the other way round"
		case len(b.Also) > 0:
			text = fmt.Sprintf("%s and %s at %s", b.Element, strings.Join(b.Also, " and "), quantity(b.Limit, b.Unit))
		}
	}
	if b.Outage != "" {
		return b.Outage + " lost: " + text
	}
	return text
}

func nextText(c study.Capability) string {
	if c.Next.Kind == c.Binds.Kind && c.Next.MW == c.MW {
		return "-"
	}
	return fmt.Sprintf("%s MW: %s", megawatts(c.Next.MW), boundText(c.Next))
}

// hosting prints how much can be connected at a node.
func (p *studyPrinter) hosting() error {
	h := p.r.Hosting
	if h == nil {
		return nil
	}
	p.line("More at %s (bus %s) at cos φ %g, beside %s MW, %s °C\n", h.Node, h.Bus, h.PowerFactor, megawatts(h.LoadMW), degrees(p.r.AmbientC))
	var rows []string
	for _, a := range h.Answers {
		when := "now"
		if a.Restored {
			when = "after restoration"
		}
		if a.Parallel {
			when += ", δ = 0 assumed"
		}
		for _, one := range []struct {
			what string
			c    study.Capability
		}{{"non-firm", a.NonFirm}, {"firm: a circuit or transformer may go", a.Firm}, {"firm: a tower or source may go too", a.Full}} {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", a.Scenario, when, one.what, megawatts(one.c.MW), boundText(one.c.Binds), nextText(one.c)))
		}
	}
	if err := p.table("\t\t\tMW more\tbinds\tnext", rows); err != nil {
		return err
	}
	p.best(h.Hosting, false, "Now")
	p.best(h.Hosting, true, "After restoration")
	p.line("\n")
	return p.err
}

// best says in one line what can be promised.
func (p *studyPrinter) best(h study.Hosting, restored bool, when string) {
	b, found := h.Best(restored)
	if !found {
		p.line("%s: nothing: every scenario rests on a source that is not available\n", when)
		return
	}
	p.line("%s: %s MW firm against the loss of a circuit or transformer (%s; %s), %s MW against that of a tower or source too (%s), %s MW non-firm (%s)\n", when,
		megawatts(b.Firm.MW), b.Firm.Scenario, boundText(b.Firm.Binds), megawatts(b.Full.MW), b.Full.Scenario, megawatts(b.NonFirm.MW), b.NonFirm.Scenario)
}

// sensitivity prints what assumptions are worth, the weightiest first.
func (p *studyPrinter) sensitivity() error {
	for _, s := range p.r.Sensitivity {
		p.line("%s, %s: %s MW at %s °C; %s. One assumption changed at a time:\n", s.Scenario, s.Case, megawatts(s.BaseMW), degrees(p.r.AmbientC), boundText(s.Binds))
		var rows []string
		var idle []string
		for _, i := range s.Influences {
			if tidyTenth(i.DeltaMW) == 0 {
				if what := i.Element + " " + i.Field; !slices.Contains(idle, what) {
					idle = append(idle, what)
				}
				continue
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%+.1f\t%s", i.Element, i.Field, i.Assumed, i.Instead, megawatts(i.MW), i.DeltaMW, boundText(i.Binds)))
		}
		if err := p.table("element\tfigure\tassumed\tinstead\tMW\tchange\tbinds", rows); err != nil {
			return err
		}
		if len(idle) > 0 {
			p.line("Less than 0.05 MW, at least for some values: %s\n\n", strings.Join(idle, ", "))
		}
	}
	return nil
}

// tidyTenth makes what is printed as 0.0 zero.
func tidyTenth(v float64) float64 {
	if v > -0.05 && v < 0.05 {
		return 0
	}
	return v
}

// assumptions prints every figure that nobody has measured or read from a passport.
func (p *studyPrinter) assumptions() error {
	if len(p.r.Assumed) == 0 {
		p.line("Every figure was measured or read from a passport.\n")
		return nil
	}
	p.line("All of this rests on figures that nobody has measured or read from a passport:\n")
	var rows []string
	for _, a := range folded(p.r.Assumed) {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", a.Element, a.Field, a.Value, a.Date, a.Source))
	}
	if err := p.table("element\tfigure\tvalue\tof\tsource", rows); err != nil {
		return err
	}
	return p.unchecked()
}

// unchecked tells what limits nobody has stated, so that they are held against nothing.
func (p *studyPrinter) unchecked() error {
	var switches, wires []string
	for _, s := range p.site.Network.Switches {
		if s.Amperes == 0 {
			switches = append(switches, string(s.ID))
		}
	}
	for _, l := range p.site.Network.Lines {
		if l.Filled().Amperes == 0 {
			wires = append(wires, string(l.ID))
		}
	}
	if len(switches) > 0 {
		p.line("Not checked, since nobody has stated a rated current: switches %s\n", strings.Join(switches, ", "))
	}
	if len(wires) > 0 {
		p.line("Not checked, since nobody has stated a permissible current: lines %s\n", strings.Join(wires, ", "))
	}
	if p.site.Network.Recovery == 0 {
		p.line("Nobody has stated how much more is drawn after a transfer (recovery): the load is taken to come back as it was\n")
	}
	return p.err
}

// folded puts elements together of which the same is assumed for the same reason.
func folded(list []metering.Assumption) (short []metering.Assumption) {
	for _, a := range list {
		same := func(o metering.Assumption) bool {
			return o.Field == a.Field && o.Value == a.Value && o.Source == a.Source && o.Date == a.Date
		}
		if i := slices.IndexFunc(short, same); i >= 0 {
			short[i].Element += ", " + a.Element
			continue
		}
		short = append(short, a)
	}
	return short
}
