package demand_test

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/demand"
)

func (s *story) command(w []string) {
	switch w[0] {
	case "zone":
		s.loc = s.zone(w[1])
	case "start":
		at, err := time.Parse("2006-01-02T15:04Z", w[1])
		s.check(err)
		s.start = at
	case "load":
		if w[1] == "A+" {
			clear(s.loads)
		}
		s.loads[w[1]] = w[2:]
	case "marks":
		s.readMarks(w[1:])
	case "tariff":
		s.addZone(w[1:])
	case "holidays":
		s.calendar.Holidays = w[1:]
	case "workdays":
		s.calendar.Workdays = w[1:]
	default:
		s.ask(w)
	}
}

func (s *story) readMarks(words []string) {
	s.marks = nil
	for _, w := range words {
		clock, energy, _ := strings.Cut(w, "=")
		at, err := time.Parse("15:04", clock)
		s.check(err)
		s.marks = append(s.marks, demand.Mark{
			At:     s.start.Add(time.Duration(at.Hour()*60+at.Minute()) * time.Minute),
			Energy: metering.Energy(s.number(energy) * 1000),
		})
	}
}

// addZone reads "NAME [KIND,KIND] 00:00-07:00 …"; without a name the tariff
// begins anew.
func (s *story) addZone(words []string) {
	if len(words) == 0 {
		s.tariff = metering.Tariff{}
		return
	}
	zone := metering.TariffZone{Name: words[0]}
	for _, w := range words[1:] {
		from, to, span := strings.Cut(w, "-")
		if !span {
			for _, kind := range strings.Split(w, ",") {
				zone.Days = append(zone.Days, metering.DayKind(kind))
			}
			continue
		}
		zone.Spans = append(zone.Spans, metering.DaySpan{From: s.ofDay(from), To: s.ofDay(to)})
	}
	s.tariff.Zones = append(s.tariff.Zones, zone)
}

func (s *story) ofDay(clock string) time.Duration {
	h, m, _ := strings.Cut(clock, ":")
	return time.Duration(s.number(h)*60+s.number(m)) * time.Minute
}

func (s *story) ask(w []string) {
	switch w[0] {
	case "block":
		l := s.load(w[2])
		if blocks := s.blocks(l, w[1]); blocks != nil {
			s.maximum(l.BlockMaximum(blocks))
		}
	case "sliding":
		m, err := s.load(w[2]).SlidingMaximum(s.length(w[1]))
		s.check(err)
		s.maximum(m)
	case "slide":
		s.slide(w)
	case "group":
		s.group(w)
	case "factors":
		l := s.load(w[1])
		f := l.Total().Factors(l.BlockMaximum(s.blocks(l, "15m")))
		s.say("load factor %.3f, use %.2f h, of a year %.0f h", f.LoadFactor, f.UseHours, f.UseHoursYear)
	case "duration":
		l := s.load(w[1])
		d := l.Duration(s.blocks(l, "15m"))
		for _, q := range w[2:] {
			p, _ := d.Quantile(s.number(q))
			s.say("%s of the time at least %v", q, p)
		}
	case "curve":
		l := s.load(w[1])
		for _, p := range l.Duration(s.blocks(l, "15m")).Draw(int(s.number(w[2]))) {
			s.say("%.2f %v", p.Share, p.Power)
		}
	case "tan":
		s.say("cos φ %.3f", demand.CosOf(s.number(w[1])))
	case "cos":
		s.say("tan φ %.3f", demand.TanOf(s.number(w[1])))
	case "factor":
		f := demand.PowerFactorOf(s.load("A+"), s.load("A-"), s.load("R+"), s.load("R-"))
		s.say("tan φ %.3f, cos φ %.3f, capacitive tan φ %.3f; of %v; %d exporting, %d missing", f.Tan, f.Cos, f.TanCapacitive, f.Active, f.Exporting, f.Missing)
	case "kind":
		for _, d := range w[1:] {
			day, err := time.Parse(time.DateOnly, d)
			if err != nil {
				s.t.Fatal(err)
			}
			s.say("%s %s", d, s.calendar.KindOf(day, time.UTC))
		}
	case "day", "zones":
		s.day(w)
	default:
		s.t.Fatalf("unknown line %q", w)
	}
}

func (s *story) slide(w []string) {
	step := time.Duration(0)
	if w[2] != "any" {
		step = s.length(w[2])
	}
	p, ok, err := s.marks.SlidingMaximum(s.length(w[1]), step, 15*time.Minute)
	switch {
	case err != nil:
		s.say("error: %v", err)
	case !ok:
		s.say("no window")
	default:
		s.say("%s", s.peak(&p))
	}
}

func (s *story) peak(p *demand.Peak) string {
	if p == nil {
		return "none"
	}
	return fmt.Sprintf("%v from %s to %s (%s)", p.Power, p.Start.In(s.loc).Format("15:04:05"), p.End.In(s.loc).Format("15:04:05"), p.Grade)
}

func (s *story) maximum(m demand.Maximum) {
	s.say("billed %s; of %d, %d missing, %d not counted", s.peak(m.Billed), m.Blocks, m.Missing, m.Uncounted)
	if m.Estimate != nil {
		s.say("estimate %s", s.peak(m.Estimate))
	}
}

func (s *story) group(w []string) {
	var loads []demand.Load
	for _, name := range w[2:] {
		loads = append(loads, s.load(name))
	}
	g := demand.Coincidence(s.blocks(loads[0], w[1]), loads...)
	s.maximum(g.Coincident)
	s.say("sum of maxima %v, coincidence factor %.3f, diversity %.3f", g.SumOfMaxima, g.Factor, g.Diversity)
	for _, m := range g.Members {
		s.say("%s: own %s; then %v = %.3f", m.Name, s.peak(m.Own.Billed), m.AtPeak, m.Share)
	}
}

func (s *story) day(w []string) {
	loc := s.zone(w[1])
	date, err := time.Parse(time.DateOnly, w[2])
	s.check(err)
	from := time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, loc).UTC()
	to := time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, 0, 0, loc).UTC()
	clock := demand.NewClock(from, int(to.Sub(from)/metering.BasePeriod), loc)
	if w[0] == "day" {
		for _, d := range clock.Days() {
			s.say("%s: %s to %s, %d intervals", d.Date, from.Format("2006-01-02T15Z"), to.Format("2006-01-02T15Z"), d.N)
		}
		return
	}
	s.start, s.loc = from, loc
	s.loads["day"] = strings.Fields(strings.Repeat(w[3]+" ", int(to.Sub(from)/metering.BasePeriod)))
	l := s.load("day")
	for _, z := range l.ByZone(clock.Zones(s.tariff, s.calendar), s.blocks(l, "60m")) {
		s.say("%q %v in %.2f h; billed %s", z.Zone, z.Energy, z.Hours, s.peak(z.Maximum.Billed))
	}
}
