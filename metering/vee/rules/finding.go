package rules

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// report notes what the rule at work has found about the slots [lo, hi), cut to
// the range.
func (l *look) report(s metering.Severity, lo, hi int, text string, numbers ...metering.Number) {
	lo, hi = max(lo, 0), min(hi, len(l.iv))
	l.found = append(l.found, metering.Finding{
		Rule: l.rule.Name, Severity: s, Point: l.c.Point.ID, Channel: l.c.Channel,
		From: l.c.slot(lo), To: l.c.slot(hi), Numbers: numbers, Text: text, RuleSet: l.set.name,
	})
}

// events reports what has happened to the register in the slots [lo, hi).
func (l *look) events(s metering.Severity, lo, hi int, kind vee.EventKind) {
	for _, e := range l.c.Derivation.Events {
		if e.Kind != kind {
			continue
		}
		first := slotOf(l.c.From, e.From)
		if first < lo || first >= hi {
			continue
		}
		l.report(s, first, max(first+1, slotOf(l.c.From, e.To.Add(-1))+1), e.Text, finite(e.Numbers)...)
	}
}

// runs calls each for every longest run [i, j) of slots in [lo, hi) that hit.
func runs(lo, hi int, hit func(i int) bool, each func(i, j int)) {
	for i := lo; i < hi; i++ {
		if !hit(i) {
			continue
		}
		j := i + 1
		for j < hi && hit(j) {
			j++
		}
		each(i, j)
		i = j
	}
}

// worst is the slot of [lo, hi) with the greatest score; the first of equals.
func worst(lo, hi int, score func(i int) float64) int {
	at := lo
	for i := lo + 1; i < hi; i++ {
		if score(i) > score(at) {
			at = i
		}
	}
	return at
}

func number(name string, v float64, unit string) metering.Number {
	return metering.Number{Name: name, Value: v, Unit: unit}
}

// energyOf and powerOf are numbers of this channel.
func (l *look) energyOf(name string, e metering.Energy) metering.Number {
	return number(name, float64(e), l.c.Channel.Unit())
}

func (l *look) powerOf(name string, p metering.Power) metering.Number {
	return number(name, float64(p), powerUnit(l.c.Channel))
}

func count(n int) metering.Number { return number("intervals", float64(n), "1") }

// finite leaves out numbers that a finding must not carry.
func finite(list []metering.Number) []metering.Number {
	kept := make([]metering.Number, 0, len(list))
	for _, n := range list {
		if n.Value-n.Value == 0 {
			kept = append(kept, n)
		}
	}
	return kept
}

func powerUnit(ch metering.Channel) string {
	switch ch.Unit() {
	case "Wh":
		return "W"
	case "varh":
		return "var"
	}
	return "L/h"
}

// say prints an energy of this channel as people read it.
func (l *look) say(e metering.Energy) string {
	if l.c.Channel.Unit() == "Wh" {
		return e.String()
	}
	return fmt.Sprintf("%d %s", int64(e), l.c.Channel.Unit())
}

func (l *look) sayPower(p metering.Power) string {
	if l.c.Channel.Unit() == "Wh" {
		return p.String()
	}
	return fmt.Sprintf("%d %s", int64(p), powerUnit(l.c.Channel))
}

// clock prints a moment in the case's zone.
func (l *look) clock(t time.Time) string { return t.In(l.c.zone()).Format("2006-01-02 15:04") }

// most is the energy that a power gives in a base period, rounded down.
func most(p metering.Power) metering.Energy {
	return metering.Energy(int64(p) / int64(time.Hour/metering.BasePeriod))
}

// joined is a list of reasons, each once.
func joined(texts []string) string {
	var once []string
	for _, t := range texts {
		if t != "" && !strings.Contains(strings.Join(once, "; "), t) {
			once = append(once, t)
		}
	}
	return strings.Join(once, "; ")
}
