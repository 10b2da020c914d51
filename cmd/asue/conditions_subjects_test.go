package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering"
)

// Which points show the use of which technical conditions: s feeds a and b, a feeds a1;
// o is fed by another source.
func TestPointsAndConditionsMeet(t *testing.T) {
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	past := metering.Condition{Node: "b", Power: 200, From: to.AddDate(-5, 0, 0), To: to.AddDate(-1, 0, 0)}
	at := func(nodes ...metering.NodeID) (list []metering.Condition) {
		for i, n := range nodes {
			list = append(list, metering.Condition{Node: n, Power: 100, From: to.AddDate(-2-i, 0, 0)})
		}
		return list
	}
	for _, c := range []struct {
		name       string
		conditions []metering.Condition
		points     []metering.NodeID // "p" and its node
		want       string
	}{
		{"one of each", at("a"), []metering.NodeID{"a"}, "a: [pa]"},
		{"the meter stands below the node of the paper", at("s"), []metering.NodeID{"a1"}, "s: [pa1]"},
		{"two feeders, each by itself", at("a", "b"), []metering.NodeID{"b", "a1"}, "a: [pa1] stands by; b: [pb] stands by"},
		{"the nearest paper counts", at("s", "a"), []metering.NodeID{"a1", "b"}, "s: [pb] stands by; a: [pa1] stands by"},
		{"a feeder without a meter", at("a", "b"), []metering.NodeID{"a"}, "s: [pa] judged together"},
		{"a meter elsewhere", at("a"), []metering.NodeID{"a", "b"}, "a: [pa pb] judged together"},
		{"a paper that has ended", append(at("a"), past), []metering.NodeID{"a"}, "a: [pa]"},
		{"and whose meter still stands", append(at("a"), past), []metering.NodeID{"a", "b"}, "s: [pa pb] judged together"},
		{"feeders of two sources", at("a", "o"), []metering.NodeID{"a"}, "a: [pa] judged together"},
		{"no meter at all", at("a", "b"), nil, "a: [] stands by no point meters it; b: [] stands by no point meters it"},
		{"nothing in force", []metering.Condition{past}, []metering.NodeID{"b"}, ""},
	} {
		site := &metering.Site{Topology: metering.Topology{Nodes: []metering.Node{{ID: "s"}, {ID: "a", Parent: "s"}, {ID: "b", Parent: "s"}, {ID: "a1", Parent: "a"}, {ID: "o"}}},
			Residents: []metering.Resident{{ID: "r", State: metering.Working}}}
		for _, condition := range c.conditions {
			condition.Resident = "r"
			site.Conditions = append(site.Conditions, condition)
		}
		for _, n := range c.points {
			site.Points = append(site.Points, metering.Point{ID: "p" + metering.PointID(n), Node: n, Role: metering.RoleResident, Resident: "r"})
		}
		var got []string
		for _, s := range usersOf(site, to) {
			text := fmt.Sprintf("%s: %v", s.Node, s.points)
			for _, word := range []string{"judged together", "stands by", "no point meters it"} {
				if strings.Contains(strings.Join(s.notes, ";"), word) {
					text += " " + word
				}
			}
			got = append(got, text)
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

// What the site file says beside the papers: since when, armour that is in force, and
// that somebody is still building.
func TestWhatIsKnownOfAResident(t *testing.T) {
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	site := &metering.Site{
		Topology:  metering.Topology{Nodes: []metering.Node{{ID: "a"}}},
		Residents: []metering.Resident{{ID: "r", State: metering.InRealisation}},
		Conditions: []metering.Condition{{Resident: "r", Node: "a", Power: 500, From: to.AddDate(-1, 0, 0)},
			{Resident: "r", Node: "a", Power: 100, From: to.AddDate(-3, 0, 0)}},
		Armours: []metering.Armour{{Resident: "r", Technological: 90, Emergency: 20, ValidTo: to}, {Resident: "r", Technological: 70}, {Resident: "other", Technological: 400}},
	}
	s := usersOf(site, to)[0]
	if !s.Commissioned.Equal(to.AddDate(-3, 0, 0)) || s.Armour != 70 || s.AllowedAt(to) != 600 {
		t.Errorf("%+v", s)
	}
	if s.GraceMonths == nil || *s.GraceMonths != 48 || s.GraceBy == "" { // the fourth year is the first that has not ended
		t.Errorf("%+v", s.Subject)
	}
}

// What the register knows: a day of commissioning, another grace, growth that is agreed;
// and what it says of the time after the year, which has no part in it.
func TestWhatTheRegisterKnowsOfAResident(t *testing.T) {
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	six := 6
	stage := metering.GrowthStage{Power: 300, Due: to.AddDate(0, 9, 0), Milestones: 2, Document: "plan"}
	site := func(r metering.Resident) *metering.Site {
		r.ID = "r"
		return &metering.Site{Location: time.UTC, Topology: metering.Topology{Nodes: []metering.Node{{ID: "a"}}}, Residents: []metering.Resident{r},
			Conditions: []metering.Condition{
				{ID: "tu", Resident: "r", Node: "a", Power: 500, From: to.AddDate(-4, 0, 0), To: to.AddDate(0, 1, 0), Stages: []metering.GrowthStage{stage}},
				{ID: "tu", Resident: "r", Node: "a", Power: 200, From: to.AddDate(0, 1, 0)},
			}}
	}
	f := func(r metering.Resident) subjectAt { return usersOf(site(r), to)[0] }
	s := f(metering.Resident{State: metering.Working, Commissioned: to.AddDate(-1, -6, 0)})
	if !s.Commissioned.Equal(to.AddDate(-1, -6, 0)) || s.GraceMonths != nil || len(s.Growth) != 1 || s.Growth[0].Power != 300 || s.Growth[0].Milestones != 2 {
		t.Errorf("%+v", s.Subject)
	}
	if len(s.Conditions) != 1 || !s.Conditions[0].To.IsZero() || s.AllowedAt(to.Add(-1)) != 500 {
		t.Errorf("what comes after the year: %+v", s.Conditions)
	}
	if s = f(metering.Resident{State: metering.InRealisation, Commissioned: to.AddDate(-2, 0, 0)}); s.GraceMonths != nil { // it draws, whatever its project is called
		t.Errorf("%+v", s.Subject)
	}
	if s = f(metering.Resident{State: metering.Working, GraceMonths: &six, GraceBy: "decision 3"}); s.GraceMonths == nil || *s.GraceMonths != 6 || s.GraceBy != "decision 3" {
		t.Errorf("%+v", s.Subject)
	}
	if s = f(metering.Resident{State: metering.Working, Commissioned: to.AddDate(0, 2, 0)}); s.GraceMonths == nil || *s.GraceMonths != 60 || len(s.notes) < 2 {
		t.Errorf("%+v %q", s.Subject, s.notes)
	}
}
