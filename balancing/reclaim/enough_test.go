package reclaim_test

import (
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"
)

// When what is known will be enough: 90 % of a year, and 80 % of each of its months.
func TestWhenARecordWillBeEnough(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		from  string // the first day that is enough
	}{
		{"all is known", nil, "2026-07-01"},
		// Nine tenths of the year are known by the end of May; but then its first month is
		// not known at all. Six of the 30 days from 25 June are a fifth of them.
		{"nothing before July 2026", []string{"missing 2025-07-01 2026-07-01"}, "2027-06-25"},
		{"thirty days in June", []string{"missing 2025-07-01 2026-06-01"}, "2027-05-26"},
		{"a month with a hole of ten days, soon to be left behind", []string{"missing 2025-07-01 2025-07-11"}, "2026-07-05"},
		{"a hole of ten days in the middle of the year", []string{"missing 2026-01-01 2026-01-11"}, "2026-07-05"},
	} {
		s := &story{t: t}
		for _, line := range append([]string{"year 2026-07-01", "tu 4000", "draw 1000"}, c.lines...) {
			s.command(strings.Fields(line))
		}
		got, err := s.year.Enough(s.subject, s.record, s.set)
		if err != nil {
			t.Fatal(err)
		}
		if day := got.From.In(aqtobe).Format(time.DateOnly); day != c.from {
			t.Errorf("%s: %s, want %s (%d missing)", c.name, day, c.from, got.Missing)
		}
		// The dumb way: lay the years out one by one, with all that is to come, and judge.
		if day := s.firstEnough(t).Format(time.DateOnly); day != c.from {
			t.Errorf("%s: judged day by day it is %s, want %s", c.name, day, c.from)
		}
		u, err := s.year.Use(s.subject, s.record, s.set)
		if err != nil {
			t.Fatal(err)
		}
		if short := u.Intervals.Expected*9/10 - u.Intervals.Valid; got.Missing != max(0, short) {
			t.Errorf("%s: %d missing, want %d", c.name, got.Missing, short)
		}
	}
}

// firstEnough judges rolling years day by day until one is known well enough.
func (s *story) firstEnough(t *testing.T) time.Time {
	t.Helper()
	known, set := s.record.Load, s.set
	set.Replicates = 1 // the bound is not looked at
	for to := known.From.Add(time.Duration(len(known.Slots)) * metering.BasePeriod); ; to = to.Add(24 * time.Hour) {
		from := reclaim.YearTo(to, aqtobe)
		y, err := reclaim.NewYear(from, to, aqtobe, metering.Calendar{}, 30*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		r := reclaim.Record{Load: demand.Load{From: from}}
		for at := from; at.Before(to); at = at.Add(metering.BasePeriod) {
			slot := demand.Slot{Energy: 250_000, State: demand.Measured}
			if i := int(at.Sub(known.From) / metering.BasePeriod); i < len(known.Slots) {
				slot = known.Slots[i]
			}
			r.Load.Slots = append(r.Load.Slots, slot)
		}
		u, err := y.Use(s.subject, r, set)
		if err != nil {
			t.Fatal(err)
		}
		enough := u.Intervals.Covers(s.set.Coverage)
		for _, m := range u.Months {
			enough = enough && m.Intervals.Covers(s.set.MonthCoverage)
		}
		if enough {
			return to.In(aqtobe)
		}
	}
}
