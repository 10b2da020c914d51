package register

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Bounds that no zone reaches: a slip of a unit is above them.
const (
	powerMost  = 100_000 * metering.Megawatt
	litresMost = metering.Energy(1_000_000_000)
)

// terms looks at what a condition says.
func (r *Register) terms(t Terms, a Act) (faults []*Fault) {
	add := func(field, remedy, format string, args ...any) {
		faults = append(faults, fault(field, remedy, format, args...))
	}
	medium := t.MediumOf()
	if !slices.Contains(metering.Media(), medium) {
		add("medium", "use one of: "+listed(metering.Media()), "there is no medium %q", medium)
		return faults
	}
	if _, ok := r.site.Topology.Node(t.Node); !ok && (t.Node != "" || medium == metering.Electricity) {
		add("node", "name one of the site file", "there is no node %q", t.Node)
	}
	if !t.Until.IsZero() && !a.From.Before(t.Until) {
		add("until", "name the first moment at which it is not in force any more", "%s, not after its begin at %s", r.day(t.Until), r.day(a.From))
	}
	if medium == metering.Electricity {
		return append(faults, r.electricity(t, a)...)
	}
	return append(faults, t.medium()...)
}

func (r *Register) electricity(t Terms, a Act) (faults []*Fault) {
	add := func(field, remedy, format string, args ...any) {
		faults = append(faults, fault(field, remedy, format, args...))
	}
	for _, p := range []struct {
		field string
		power metering.Power
	}{{"firm_w", t.Firm}, {"non_firm_w", t.NonFirm}} {
		if p.power < 0 || p.power > powerMost {
			add(p.field, "state 0 W to 100 GW", "%v", p.power)
		}
	}
	if t.Firm == 0 && t.NonFirm == 0 {
		add("firm_w", "state its power, or withdraw it", "a condition of 0 W allows nothing")
	}
	if t.Flow != nil {
		add("flow", "leave it out", "a flow of electricity")
	}
	if t.Voltage != 0 && !(t.Voltage >= 0.1 && t.Voltage <= 1150) {
		add("voltage_kv", "state 0.1 to 1150 kV, or nothing", "%v kV", t.Voltage)
	}
	if t.Category < 0 || t.Category > 3 {
		add("category", "state 1, 2 or 3, or nothing", "a category %d", t.Category)
	}
	for i, s := range t.Stages {
		faults = append(faults, r.stage(s, fmt.Sprintf("stages[%d]", i), a)...)
		if i > 0 && !s.Due.IsZero() && !s.Due.After(t.Stages[i-1].Due) {
			add(fmt.Sprintf("stages[%d].due", i), "state stages in the order of their days, those of one day as one", "%s, not after the stage before it", r.day(s.Due))
		}
	}
	return faults
}

func (r *Register) stage(s Stage, field string, a Act) (faults []*Fault) {
	add := func(part, remedy, format string, args ...any) {
		faults = append(faults, fault(field+part, remedy, format, args...))
	}
	if s.Power <= 0 || s.Power > powerMost {
		add(".power_w", "state how much more will be drawn", "%v", s.Power)
	}
	switch {
	case s.Due.IsZero():
		add(".due", "state when it will be drawn", "nothing is stated")
	case a.Kind == Issue && s.Due.Before(a.From):
		add(".due", "state a day on which the condition is in force", "%s, before the condition begins", r.day(s.Due))
	}
	if s.Milestones < 1 {
		add(".milestones", "growth without any is a wish: agree on at least one", "%d milestones", s.Milestones)
	}
	if s.Document == "" || len(s.Document) > textMost {
		add(".document", "give number and date of the paper in which it is agreed", "a text of %d bytes", len(s.Document))
	}
	return faults
}

func (t Terms) medium() (faults []*Fault) {
	add := func(field, remedy, format string, args ...any) {
		faults = append(faults, fault(field, remedy, format, args...))
	}
	for _, part := range []struct {
		field  string
		stated bool
	}{
		{"firm_w", t.Firm != 0}, {"non_firm_w", t.NonFirm != 0}, {"voltage_kv", t.Voltage != 0}, {"category", t.Category != 0}, {"stages", len(t.Stages) > 0},
	} {
		if part.stated {
			add(part.field, "leave it out, and state the flow", "only electricity has it, not %s", t.Medium)
		}
	}
	switch {
	case t.Flow == nil:
		add("flow", "state how much may be taken in an hour or a day", "a condition of %s without it", t.Medium)
		return faults
	case t.Flow.Litres <= 0 || t.Flow.Litres > litresMost:
		add("flow.litres", "state 1 L to 1 000 000 m3", "%d L", t.Flow.Litres)
	}
	if t.Flow.Per != time.Hour && t.Flow.Per != 24*time.Hour {
		add("flow.per_ns", "state an hour or 24 hours", "per %v", t.Flow.Per)
	}
	return faults
}

// protected looks at an armour by itself. One of nothing says that there is none any more.
func (r *Register) protected(p Protected, from time.Time) (faults []*Fault) {
	add := func(field, remedy, format string, args ...any) {
		faults = append(faults, fault(field, remedy, format, args...))
	}
	for _, v := range []struct {
		field string
		power metering.Power
	}{{"armour.technological_w", p.Technological}, {"armour.emergency_w", p.Emergency}} {
		if v.power < 0 || v.power > powerMost {
			add(v.field, "state 0 W to 100 GW", "%v", v.power)
		}
	}
	switch {
	case p.Technological > 0 && p.TechnologicalFor <= 0:
		add("armour.technological_for_ns", "state for how long the process needs it after the notice", "%v beside a technological armour of %v", p.TechnologicalFor, p.Technological)
	case p.Technological == 0 && p.TechnologicalFor != 0:
		add("armour.technological_for_ns", "leave it out, or state the technological armour", "%v without a technological armour", p.TechnologicalFor)
	case p.TechnologicalFor > 72*time.Hour:
		add("armour.technological_for_ns", "state at most 72 h", "%v", p.TechnologicalFor)
	}
	if p.Technological > 0 && p.Emergency > p.Technological {
		add("armour.emergency_w", "with the process stopped less is needed than while it comes to its end", "%v, above the technological armour of %v", p.Emergency, p.Technological)
	}
	if !p.Until.IsZero() && !from.Before(p.Until) {
		add("armour.until", "name the first moment at which it does not hold any more", "%s, not after its begin at %s", r.day(p.Until), r.day(from))
	}
	return faults
}

// idTrouble says why a text cannot be an id; empty if it can. Ids stand in topics, labels
// and file names.
func idTrouble(id string) string {
	if len(id) > 64 {
		return fmt.Sprintf("it has %d bytes, more than 64", len(id))
	}
	for i, c := range id {
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if alphanumeric || i > 0 && (c == '-' || c == '_' || c == '.') {
			continue
		}
		return fmt.Sprintf("the character %q", c)
	}
	return ""
}
