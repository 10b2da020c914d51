package main

import (
	"fmt"
	"math"
	"strings"

	"asue/balancing/study"
	"asue/metering"
)

// outages prints how every outage ends, by load: when transfers and tap changers have
// done what they do.
func (p *studyPrinter) outages() error {
	head := "\tlost"
	for _, mw := range p.r.Loads {
		head += "\t" + megawatts(mw) + " MW"
	}
	var rows []string
	for _, sc := range p.r.Scenarios {
		for _, o := range sc.Outages {
			if o.Information && !p.r.courses {
				continue // two faults at once: told to those who ask for all
			}
			row := string(sc.ID) + "\t" + o.ID
			if o.Information {
				row += " (two faults)"
			}
			for _, c := range o.Ends {
				row += "\t" + ending(c.Later.whole)
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	p.line("Outages: the greatest loading of lines and transformers after transfers, or what is wrong then\n")
	return p.table(head, rows)
}

// ending is a stage in a few words.
func ending(s study.Stage) string {
	switch s.Ending {
	case metering.Diverged:
		return "no power flow"
	case metering.Islanded:
		return fmt.Sprintf("dark %.1f MW", s.State.UnservedMW)
	case metering.Violated:
		return firstViolation(s.State)
	}
	return fmt.Sprintf("%.1f %%", greatestLoading(s.State))
}

// firstViolation is the greatest overload, or the first of the other limits.
func firstViolation(n metering.NetworkState) string {
	v := n.Violations[0]
	for _, o := range n.Violations {
		if (o.Kind == study.LimitLine || o.Kind == study.LimitTransformer) && (v.Kind != study.LimitLine && v.Kind != study.LimitTransformer || o.Value/o.Limit > v.Value/v.Limit) {
			v = o
		}
	}
	switch v.Kind {
	case study.LimitLine:
		for _, l := range n.Lines {
			if string(l.ID) == v.Element {
				return fmt.Sprintf("%s %.1f %%", v.Element, l.LoadingPct)
			}
		}
	case study.LimitTransformer:
		return fmt.Sprintf("%s %.1f %%", v.Element, v.Value)
	case study.LimitContract:
		return "contract"
	}
	return fmt.Sprintf("%s %s", v.Element, quantity(v.Value, v.Unit))
}

func greatestLoading(n metering.NetworkState) (percent float64) {
	for _, l := range n.Lines {
		if l.Live {
			percent = math.Max(percent, l.LoadingPct)
		}
	}
	for _, t := range n.Transformers {
		if t.Live {
			percent = math.Max(percent, t.LoadingPct)
		}
	}
	return percent
}

// courses prints the three moments of every outage, what switches, and what is dark.
func (p *studyPrinter) courses() error {
	if !p.r.courses {
		return nil
	}
	for _, sc := range p.r.Scenarios {
		for _, o := range sc.Outages {
			p.line("%s: %s lost\n", p.title(sc), o.ID)
			var rows []string
			for _, c := range o.Ends {
				rows = append(rows, fmt.Sprintf("%s\t%s: %s\t%s: %s\t%s: %s\t%s\t%s\t%s", megawatts(c.LoadMW),
					c.Before.Ending, ending(c.Before.whole), c.After.Ending, ending(c.After.whole), c.Later.Ending, ending(c.Later.whole), overloads(c.Overloads), moves(c.Timeline), darkness(c.Dark)))
			}
			if err := p.table("MW\tright after\tafter transfers\tlater\ttransformer stands it\tswitches\tdark", rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// overloads tells for how long transformers stand what is on them: by the limits of
// long-time emergency loading, and by those of short-time.
func overloads(list []study.Overload) string {
	var texts []string
	for _, o := range list {
		texts = append(texts, fmt.Sprintf("%s %s, short-time %s", o.Transformer, endurance(o.Long), endurance(o.Short)))
	}
	return orDash(strings.Join(texts, "; "))
}

func endurance(e study.Endurance) string {
	if e.Endless {
		return "for good"
	}
	if e.Minutes >= 120 {
		return fmt.Sprintf("%.0f h", math.Floor(e.Minutes/60))
	}
	return fmt.Sprintf("%.0f min", math.Floor(e.Minutes))
}

func moves(list []metering.Move) string {
	var texts []string
	for _, m := range list {
		deed := "opens"
		if m.Close {
			deed = "closes"
		}
		texts = append(texts, fmt.Sprintf("%.1f s %s %s", m.AfterS, m.Switch, deed))
	}
	return orDash(strings.Join(texts, ", "))
}

// darkness sums what is without voltage by category of reliability.
func darkness(list []metering.Dark) string {
	var texts []string
	var of metering.Category
	sum := 0.0
	tell := func() {
		if sum > 0 {
			texts = append(texts, fmt.Sprintf("%s %.1f MW", category(of), sum))
		}
	}
	for _, d := range list {
		if d.Category != of {
			tell()
			of, sum = d.Category, 0
		}
		sum += d.MW
	}
	tell()
	return orDash(strings.Join(texts, ", "))
}

func category(c metering.Category) string {
	if c == 0 {
		return "no category"
	}
	return fmt.Sprintf("category %v", c)
}
