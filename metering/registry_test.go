package metering_test

import (
	"testing"
	"time"

	"asue/metering"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

// registered is a point at which a meter was exchanged on 10 March.
func registered() *metering.Site {
	return &metering.Site{
		Location: time.UTC,
		Points: []metering.Point{
			{ID: "p", Class: "arc-furnace", Role: metering.RoleInput},
			{ID: "g", Medium: metering.Gas, Role: metering.RoleInput},
		},
		Meters: []metering.Meter{{ID: "old", VerifiedTo: day(5)}, {ID: "new", VerifiedTo: day(25)}},
		Installs: []metering.Install{
			{Meter: "new", Point: "p", From: day(10), CTVerifiedTo: day(20)},
			{Meter: "old", Point: "p", To: day(10)},
		},
		Rules: []metering.RuleSet{
			{Name: "all", Period: metering.Period{From: day(1)}},
			{Name: "furnaces", Class: "arc-furnace", Period: metering.Period{From: day(8), To: day(12)}},
		},
	}
}

func TestInstallsOfAPointInTheirOrder(t *testing.T) {
	chain := registered().InstallsOf("p")
	if len(chain) != 2 || chain[0].Meter != "old" || chain[1].Meter != "new" {
		t.Errorf("%v", chain)
	}
}

func TestVerification(t *testing.T) {
	f := func(at time.Time, want string) {
		t.Helper()
		if ok, what := registered().VerifiedAt("p", at); what != want || ok != (want == "") {
			t.Errorf("on %v: %v, %q; want %q", at, ok, what, want)
		}
	}
	f(day(4), "")
	f(day(5), "the verification of the meter ended on 2026-03-05")
	f(day(10), "")
	f(day(20), "the verification of the current transformers ended on 2026-03-20")
	f(day(25), "the verification of the meter ended on 2026-03-25")
	if ok, what := registered().VerifiedAt("g", day(4)); ok || what != "no meter stands at the point" {
		t.Errorf("%v, %q", ok, what)
	}
}

// TestRuleSetsInTime: a class that has no rules of its own at a time goes by those
// of all others.
func TestRuleSetsInTime(t *testing.T) {
	s := registered()
	f := func(class string, at time.Time, want string) {
		t.Helper()
		r, ok := s.RuleSetAt(class, at)
		if r.Name != want || ok != (want != "") {
			t.Errorf("%q on %v: %q, want %q", class, at, r.Name, want)
		}
	}
	f("arc-furnace", day(7), "all")
	f("arc-furnace", day(8), "furnaces")
	f("arc-furnace", day(12), "all")
	f("", day(8), "all")
	f("", day(1).Add(-time.Second), "")
	if s.ClassOf("p") != "arc-furnace" || s.ClassOf("g") != "" {
		t.Errorf("classes %q and %q", s.ClassOf("p"), s.ClassOf("g"))
	}
}

// TestInputsAreThoseOfElectricity: the contract limits power, not gas.
func TestInputsAreThoseOfElectricity(t *testing.T) {
	s := registered()
	f := func(got []metering.Point, want metering.PointID) {
		t.Helper()
		if len(got) != 1 || got[0].ID != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
	f(s.Inputs(), "p")
	f(s.InputsOf(metering.Gas), "g")
}
