package rules_test

import (
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee/rules"
)

// An interval's way: closed by the clock, derived, validated, settled, corrected.
func TestStates(t *testing.T) {
	iv := metering.Interval{Point: "p", Channel: 1, Start: ten, Version: 2, Energy: 100, Grade: metering.Actual, Method: metering.MethodRegister}
	closed := iv
	closed.Grade, closed.Energy, closed.Flags = metering.Null, 0, metering.FlagProvisional
	final := iv
	final.Grade, final.Flags = metering.FinalGrade, metering.FlagManual
	corrected := iv
	corrected.Version, corrected.Energy = 3, 101
	none := metering.Interval{}
	before, after := ten, ten.Add(metering.BasePeriod)
	cases := []struct {
		name      string
		iv        metering.Interval
		validated time.Time
		settled   metering.Interval
		want      rules.State
	}{
		{"closed by the clock", closed, before, none, rules.Provisional},
		{"derived", iv, before, none, rules.Derived},
		{"validated", iv, after, none, rules.Validated},
		{"final by an act", final, before, none, rules.Final},
		{"settled", iv, after, iv, rules.Final},
		{"corrected after the settlement", corrected, after, iv, rules.Revised},
	}
	for _, c := range cases {
		if got := rules.StateOf(c.iv, c.validated, c.settled); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCountsForPeak(t *testing.T) {
	cases := []struct {
		grade metering.Grade
		flags metering.Flags
		want  bool
	}{
		{metering.Actual, 0, true}, {metering.FinalGrade, metering.FlagManual, true},
		{metering.Substitute, 0, false}, {metering.Substitute, metering.FlagGap, false},
		{metering.Substitute, metering.FlagPeakConfirmed, true}, {metering.Substitute, metering.FlagManual, true},
		{metering.Estimated, metering.FlagPeakConfirmed, false}, {metering.Null, 0, false},
	}
	for _, c := range cases {
		if got := rules.CountsForPeak(metering.Interval{Grade: c.grade, Flags: c.flags}); got != c.want {
			t.Errorf("%v %v: %v", c.grade, c.flags.Names(), got)
		}
	}
}

func TestChainAccuracyOfDirectMeter(t *testing.T) {
	cases := []struct {
		meter string
		in    metering.Install
		want  float64
	}{
		{"1", metering.Install{}, 1},
		{"", metering.Install{}, 0},
		{"0.5S", metering.Install{CT: metering.Ratio{Primary: 600, Secondary: 5}}, 0}, // the CT's class is not stated
		{"0.3", metering.Install{CT: metering.Ratio{Primary: 600, Secondary: 5}, CTClass: "0.4"}, 0.5},
		{"good", metering.Install{}, 0},
	}
	for _, c := range cases {
		if got := rules.ChainAccuracy(metering.Meter{AccuracyClass: c.meter}, c.in); got != c.want {
			t.Errorf("%q %+v: %v, want %v", c.meter, c.in, got, c.want)
		}
	}
}

// Statistics are kept up a day at a time; days with too many estimates, or with
// something missing, are not learnt.
func TestUsage(t *testing.T) {
	day := func(e metering.Energy, grades string) []metering.Interval {
		var list []metering.Interval
		for i := range 96 {
			iv := metering.Interval{Energy: e + metering.Energy(i%4), Grade: metering.Actual}
			if i < len(grades) {
				iv.Grade = metering.Grade(grades[i])
			}
			list = append(list, iv)
		}
		return list
	}
	var u rules.Usage
	for _, c := range []struct {
		kind   metering.DayKind
		e      metering.Energy
		grades string
		learnt bool
	}{
		{metering.Workday, 100, "", true}, {metering.Workday, 200, "SSSSEEEEE", true},
		{metering.Workday, 900, "SSSSSEEEEE", false}, {metering.Workday, 900, "N", false}, {metering.Sunday, 10, "F", true},
	} {
		if got := u.Learn(c.kind, day(c.e, c.grades), 0.1); got != c.learnt {
			t.Errorf("%s %d %q: learnt %v", c.kind, c.e, c.grades, got)
		}
	}
	if got := u.Kinds[metering.Workday]; got != (rules.KindUsage{Days: 2, Energy: 96*300 + 2*144, Peaks: 306}) {
		t.Errorf("workdays: %+v", got)
	}
	// Five workdays and a Sunday of the next week against the same mix.
	var next rules.Usage
	for range 5 {
		next.Learn(metering.Workday, day(150, ""), 0.1)
	}
	next.Learn(metering.Sunday, day(10, ""), 0.1)
	if ratio, ok := next.Ratio(u, 1); !ok || ratio != 1 {
		t.Errorf("ratio %v, %v", ratio, ok)
	}
	if _, ok := next.Ratio(u, 2); ok {
		t.Error("one Sunday is not two")
	}
	if _, ok := next.Ratio(rules.Usage{}, 1); ok {
		t.Error("nothing is known of it")
	}
}
