package balance_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
)

// section is an incomer and two feeders over some days, with the energies in Wh
// that each shows in an interval.
func section(t *testing.T, loc *time.Location, days int, energy func(p metering.PointID, at time.Time) metering.Energy) (*metering.Site, *grid.Grid) {
	t.Helper()
	site := &metering.Site{ID: "s", Location: loc, Topology: metering.Topology{Nodes: []metering.Node{
		{ID: "s10", Kind: metering.NodeSection, VoltageKV: 10, Name: "1 секция 10 кВ"},
		{ID: "f1", Kind: metering.NodeFeeder, Parent: "s10", VoltageKV: 10},
		{ID: "f2", Kind: metering.NodeFeeder, Parent: "s10", VoltageKV: 10},
	}}, Points: []metering.Point{
		{ID: "p-s10", Node: "s10", Role: metering.RoleSection},
		{ID: "p-f1", Node: "f1", Role: metering.RoleResident, Resident: "a"},
		{ID: "p-f2", Node: "f2", Role: metering.RoleResident, Resident: "b"},
	}}
	for _, p := range site.Points {
		id := metering.MeterID("m-" + p.ID)
		site.Meters = append(site.Meters, metering.Meter{ID: id, AccuracyClass: "0.5S"})
		site.Installs = append(site.Installs, metering.Install{Meter: id, Point: p.ID})
	}
	from := time.Date(2026, 1, 15, 0, 0, 0, 0, loc)
	to := from.AddDate(0, 0, days)
	var list []metering.Interval
	for at := from.UTC(); at.Before(to); at = at.Add(metering.BasePeriod) {
		for _, p := range site.Points {
			list = append(list, metering.Interval{
				Point: p.ID, Channel: metering.ChannelActiveImport, Start: at, Grade: metering.Actual,
				Energy: energy(p.ID, at), Uncertainty: 20_000,
			})
		}
	}
	g, err := grid.New(from, to, list)
	if err != nil {
		t.Fatal(err)
	}
	return site, g
}

// Six local days. On the second, 0.6 % are missing all day: each interval is
// within what its registers allow, the day is not. On the fourth, four intervals
// miss a tenth.
func TestAMonthIsReportedByDays(t *testing.T) {
	loc := time.FixedZone("Aqtobe", 5*3600)
	site, g := section(t, loc, 6, func(p metering.PointID, at time.Time) metering.Energy {
		local := at.In(loc)
		base := metering.Energy(1_000_000 + 1000*local.Hour())
		switch {
		case p == "p-s10":
			return 2 * base
		case p == "p-f2" && local.Day() == 16:
			return base - base/80
		case p == "p-f2" && local.Day() == 18 && local.Hour() == 10:
			return base - base/5
		}
		return base
	})
	cfg := balance.DefaultConfig()
	m, err := balance.New(site, cfg)
	if err != nil {
		t.Fatal(err)
	}
	rep, found, err := m.On(g).Report("s10")
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Balances) != 1 || len(rep.Balances[0].Days) != 6 {
		t.Fatalf("report: %+v", rep)
	}
	entry := rep.Balances[0]
	for i, want := range []bool{false, true, false, false, false, false} {
		if d := entry.Days[i]; d.Beyond != want || d.From.In(loc).Hour() != 0 || !d.Complete {
			t.Errorf("day %d: %+v", i+1, d)
		}
	}
	var runs, days int
	for _, f := range found[0].List {
		switch {
		case f.Rule == balance.RuleDay && f.Severity == metering.Alarm && f.To.Sub(f.From) == 24*time.Hour:
			days++
		case f.Rule == balance.Rule && f.Severity == metering.Alarm:
			runs++
		default:
			t.Errorf("unexpected finding %+v", f)
		}
		if f.Node != "s10" || f.Point != "" || len(f.Numbers) < 8 {
			t.Errorf("finding %+v", f)
		}
	}
	if days != 1 || runs != 1 {
		t.Errorf("%d days and %d runs beyond, want one of each", days, runs)
	}
	if len(entry.Culprits) == 0 || len(entry.Notices) != len(found[0].List) {
		t.Errorf("culprits %v, notices %v", entry.Culprits, entry.Notices)
	}
	text, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"site":"s"`, `"in_wh":`, `"permitted_percent":`, `"name":"1 секция 10 кВ"`, `"severity":"alarm"`, `"variance_share":`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report has no %s", want)
		}
	}
	if _, _, err := m.On(g).Report("nowhere"); !errors.As(err, new(*balance.UnknownSubjectError)) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a balance that is not there: %v", err)
	}
}

// A flow that always was a little proportional to the imbalance is not news.
func TestAHabitIsNoSuspicion(t *testing.T) {
	site, g := section(t, time.UTC, 1, func(p metering.PointID, at time.Time) metering.Energy {
		f1 := metering.Energy(100_000 * (1 + at.Hour()%5))
		switch p {
		case "p-s10":
			return f1 + f1/40 + 500_000
		case "p-f1":
			return f1
		}
		return 500_000
	})
	cfg := balance.DefaultConfig()
	first := func() balance.Culprit {
		m, err := balance.New(site, cfg)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := m.Subject("s10")
		return m.On(g).Run(s).Culprits(0, g.Len(), 1)[0]
	}
	if c := first(); c.Point != "p-f1" || c.Evidence[0].Kind != balance.Proportional || c.Score < 0.9 {
		t.Errorf("without a habit: %+v", c)
	}
	cfg.Habits = map[metering.PointID]balance.Habit{"p-f1": {Slope: 0.024, Spread: 0.001}}
	if c := first(); c.Point == "p-f1" && c.Evidence[0].Kind == balance.Proportional {
		t.Errorf("a slope that is usual: %+v", c)
	}
	cfg.Habits = map[metering.PointID]balance.Habit{"p-f1": {Slope: 0.01, Spread: 0.001}}
	if c := first(); c.Point != "p-f1" || c.Score < 0.9 {
		t.Errorf("a slope that is new: %+v", c)
	}
}

// A week on which the incomer shows 0.3 % more than a feeder takes, now a little
// more and now a little less, is its habit; on the eighth day it is 2.5 %.
func TestHabitsAreLearntFromDaysInBalance(t *testing.T) {
	site, g := section(t, time.UTC, 8, func(p metering.PointID, at time.Time) metering.Energy {
		f1 := metering.Energy(1_000_000 * (1 + at.Hour()%5))
		extra := f1 * metering.Energy(2+at.Day()%3) / 1000
		if at.Day() == 22 {
			extra = f1 / 40
		}
		switch p {
		case "p-s10":
			return f1 + extra + 500_000
		case "p-f1":
			return f1
		}
		return 500_000
	})
	m, err := balance.New(site, balance.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	s, _ := m.Subject("s10")
	habits := m.On(g).Run(s).Habits()
	h := habits["p-f1"]
	if math.Abs(h.Slope-0.003) > 0.0003 || h.Spread < 0.0005 || h.Spread > 0.0015 {
		t.Errorf("p-f1: %+v", h)
	}
	if habits["p-f2"].Mean != 500_000 || len(habits) != 3 {
		t.Errorf("habits %+v", habits)
	}
	cfg := balance.DefaultConfig()
	cfg.Habits = habits
	if m, err = balance.New(site, cfg); err != nil {
		t.Fatal(err)
	}
	eighth := m.On(g).Run(s).Culprits(7*96, 8*96, 1)
	if eighth[0].Point != "p-f1" || eighth[0].Evidence[0].Kind != balance.Proportional {
		t.Errorf("the eighth day: %+v", eighth)
	}
}

func TestParametersThatMakeNoSenseAreRefused(t *testing.T) {
	f := func(want string, change func(*balance.Config)) {
		t.Helper()
		cfg := balance.DefaultConfig()
		change(&cfg)
		if _, err := balance.New(&metering.Site{}, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("class that stands in", func(c *balance.Config) { c.MeterClass = "good" })
	f("factor", func(c *balance.Config) { c.Formula.Factor = 11 })
	f("tan φ", func(c *balance.Config) { c.TanPhi = math.NaN() })
	f("form factor", func(c *balance.Config) { c.SquareFactor = 0.5 })
	f("intervals in a row", func(c *balance.Config) { c.Persist = 0 })
	f("must ascend", func(c *balance.Config) {
		c.CTLimits = map[string][]balance.CurrentLimit{"0.5": {{20, 0.75}, {5, 1.5}}}
	})
	f("no figure may be below 0", func(c *balance.Config) {
		c.Passports = map[metering.NodeID]balance.Passport{"t": {ShortPercent: -1}}
	})
	if _, err := balance.New(&metering.Site{Topology: metering.Topology{Nodes: []metering.Node{
		{ID: "a", Parent: "b"}, {ID: "b", Parent: "a"},
	}}}, balance.DefaultConfig()); err == nil || !strings.Contains(err.Error(), "fed from itself") {
		t.Errorf("a circle of nodes: %v", err)
	}
}
