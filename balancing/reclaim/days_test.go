package reclaim_test

import (
	"slices"
	"testing"

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"
)

// Two weeks, a peak on each day, and one day of which nothing is known: the days are
// those of which the use takes its tenth highest.
func TestDailyMaximaAreThoseOfTheUse(t *testing.T) {
	y, from := year(t, 14)
	slots := drawn(slices.Repeat([]metering.Power{100_000}, 14*96)...)
	for day := range 14 {
		slots[96*day+40], slots[96*day+41] = drawn(metering.Power(200_000 + 1000*day))[0], drawn(metering.Power(200_000 + 1000*day))[0]
	}
	for i := range 96 {
		slots[96*3+i] = demand.Slot{State: demand.Missing, Grade: metering.Null}
	}
	r := reclaim.Record{Load: load(from, slots)}
	days, err := y.DailyMaxima(subject(metering.Megawatt), r)
	if err != nil {
		t.Fatal(err)
	}
	u, err := y.Use(subject(metering.Megawatt), r, reclaim.Default())
	if err != nil {
		t.Fatal(err)
	}
	if len(days) != 14 || days[0].Date != "2025-07-01" || days[3].Max != nil || days[13].Max == nil || *days[13].Max != 213_000 {
		t.Errorf("%+v", days)
	}
	var known []metering.Power
	for _, d := range days {
		if d.Max != nil {
			known = append(known, *d.Max)
		}
	}
	slices.Sort(known)
	if tenth := known[len(known)-10]; u.DailyMaximum == nil || *u.DailyMaximum != tenth {
		t.Errorf("the tenth highest of the days is %v, of the use %v", tenth, u.DailyMaximum)
	}
	if _, err := y.DailyMaxima(subject(metering.Megawatt), reclaim.Record{Load: load(from.AddDate(0, 0, 1), slots)}); err == nil {
		t.Error("a record of another time is taken")
	}
}
