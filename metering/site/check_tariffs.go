package site

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/form"
)

func (c *checker) checkCalendar() {
	seen := map[string]*form.Node{}
	for _, d := range slices.Concat(c.plant.calendar.V.holidays.V, c.plant.calendar.V.workdays.V) {
		if first, twice := seen[d.V]; twice && d.OK {
			c.Refuse(d.At, form.Found("day-twice", fmt.Sprintf("the day %s stands twice in the calendar", d.V),
				fmt.Sprintf("it stands in line %d already", first.At.Line), "delete one of the two"))
		}
		seen[d.V] = d.At
	}
	for _, d := range c.plant.calendar.V.workdays.V {
		day, err := time.Parse(time.DateOnly, d.V)
		if d.OK && err == nil && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			c.Warn(d.At, form.Found("odd-workday", fmt.Sprintf("%s is a %s", d.V, day.Weekday()),
				"workdays of the calendar are weekends on which work is done", "delete it, or correct the date"))
		}
	}
}

func (c *checker) checkTariffs() {
	ids := map[string]*form.Node{}
	for i := range c.plant.tariffs.V {
		t := &c.plant.tariffs.V[i].V
		if first, twice := ids[t.id.V]; twice && t.id.OK {
			c.Refuse(t.id.At, form.Found("duplicate-id", fmt.Sprintf("the tariff %q stands twice", t.id.V),
				fmt.Sprintf("it stands in line %d already (%s); an id names one thing", first.At.Line, first.Path), "give one of the two another id"))
		} else if t.id.OK {
			ids[t.id.V] = t.id.At
		}
		if t.from.OK && t.to.OK && t.period().reversed() {
			c.Refuse(t.to.At, form.Found("reversed-period", fmt.Sprintf("the tariff %q ends before it begins", t.id.V),
				"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
		}
		if t.zones.OK {
			c.checkZones(t)
		}
	}
}

// checkZones wants each quarter of an hour of each kind of day to lie in exactly
// one zone.
func (c *checker) checkZones(t *tariffDraft) {
	for _, g := range t.zones.V {
		for _, day := range g.V.days.V {
			if !day.OK {
				return
			}
		}
		for _, span := range g.V.spans.V {
			if !span.OK {
				return
			}
		}
		if !g.OK || !g.V.spans.OK || g.V.days.Stated() && !g.V.days.OK {
			return
		}
		if g.V.days.Stated() && len(g.V.days.V) == 0 {
			c.Refuse(g.V.days.At, form.Found("no-days", fmt.Sprintf("the zone %q is on no day", g.V.name.V),
				"an empty list is easily taken for all days", "delete \"days\" where all days are meant, or delete the zone"))
			return
		}
	}
	var gaps, clashes []stretchOfDay
	for _, kind := range metering.DayKinds() {
		for quarter, zones := range zonesOf(t, kind) {
			start := time.Duration(quarter) * metering.BasePeriod
			switch {
			case len(zones) == 0:
				gaps = append(gaps, stretchOfDay{kind, start, start + metering.BasePeriod, ""})
			case len(zones) > 1:
				clashes = append(clashes, stretchOfDay{kind, start, start + metering.BasePeriod, form.Listed(zones)})
			}
		}
	}
	for _, told := range summed(gaps) {
		c.Refuse(t.zones.At, form.Found("tariff-gap", fmt.Sprintf("no zone of the tariff %q covers %s", t.id.V, told),
			"energy of this time would have no price", "extend a zone, or add one"))
	}
	for _, told := range summed(clashes) {
		c.Refuse(t.zones.At, form.Found("tariff-overlap", fmt.Sprintf("several zones of the tariff %q cover %s", t.id.V, told),
			"energy of this time would have two prices", "shorten one of them, or correct its days"))
	}
}

// zonesOf are the names of the zones that hold in each quarter of an hour of a kind
// of day, one for each time that a zone names it.
func zonesOf(t *tariffDraft, kind metering.DayKind) [24 * time.Hour / metering.BasePeriod][]string {
	var quarters [24 * time.Hour / metering.BasePeriod][]string
	for _, g := range t.zones.V {
		if z := (metering.TariffZone{Days: values(g.V.days.V)}); !z.On(kind) {
			continue
		}
		for _, s := range g.V.spans.V {
			for q := s.V.From / metering.BasePeriod; q < s.V.To/metering.BasePeriod; q++ {
				quarters[q] = append(quarters[q], fmt.Sprintf("%q", g.V.name.V))
			}
		}
	}
	return quarters
}

// stretchOfDay is a part of a kind of day, and who claims it.
type stretchOfDay struct {
	kind     metering.DayKind
	from, to time.Duration
	who      string
}

// summed joins what follows each other, and names together the kinds of days of
// which the same is to be said: `07:00-19:00 of workday, saturday ("peak", "day")`.
func summed(list []stretchOfDay) []string {
	var joined []stretchOfDay
	for _, s := range list {
		if n := len(joined) - 1; n >= 0 && joined[n].kind == s.kind && joined[n].to == s.from && joined[n].who == s.who {
			joined[n].to = s.to
			continue
		}
		joined = append(joined, s)
	}
	var told []string
	for i, s := range joined {
		same := func(o stretchOfDay) bool { return o.from == s.from && o.to == s.to && o.who == s.who }
		if slices.ContainsFunc(joined[:i], same) {
			continue
		}
		var kinds []string
		for _, o := range joined[i:] {
			if same(o) {
				kinds = append(kinds, string(o.kind))
			}
		}
		text := spanText(s.from, s.to) + " of " + strings.Join(kinds, ", ")
		if s.who != "" {
			text += " (" + s.who + ")"
		}
		told = append(told, text)
	}
	return told
}

func (c *checker) checkMedia() {
	seen := map[metering.Medium]*form.Node{}
	for _, g := range c.plant.media.V {
		m := g.V.medium
		if first, twice := seen[m.V]; twice && m.OK {
			c.Refuse(m.At, form.Found("duplicate-medium", fmt.Sprintf("the limit of %s stands twice", m.V),
				fmt.Sprintf("it stands in line %d already", first.At.Line), "delete one of the two"))
		} else if m.OK {
			seen[m.V] = m.At
		}
	}
}
