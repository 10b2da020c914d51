package reclaim_test

import (
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"

	"github.com/google/go-cmp/cmp"
)

// A resident with two feeders: what is dark at one of them is no low need of both.
func TestARecordOfTwoPoints(t *testing.T) {
	from := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	var list []metering.Interval
	for _, p := range []metering.PointID{"p-1", "p-2"} {
		for i := range 8 {
			iv := metering.Interval{Point: p, Channel: metering.ChannelActiveImport, Start: from.Add(time.Duration(i) * metering.BasePeriod), Version: 1, Energy: 100, Grade: metering.Actual}
			if (p == "p-1" && (i == 2 || i == 3)) || (p == "p-2" && (i == 4 || i == 7)) {
				iv.Flags |= metering.FlagOutage
			}
			list = append(list, iv)
		}
	}
	g, err := grid.New(from, from.Add(2*time.Hour), list)
	if err != nil {
		t.Fatal(err)
	}
	held := []metering.Period{{From: from, To: from.Add(time.Minute)}}
	got := reclaim.RecordOf(demand.Source{Grid: g}, "r", held, "p-1", "p-2")
	at := func(quarters int) time.Time { return from.Add(time.Duration(quarters) * metering.BasePeriod) }
	want := []metering.Period{{From: at(2), To: at(5)}, {From: at(7), To: at(8)}}
	if diff := cmp.Diff(want, got.Outages); diff != "" || len(got.Held) != 1 || got.Load.Slots[0].Energy != 200 {
		t.Errorf("%+v\n%s", got.Load.Slots[0], diff)
	}
}

// What can stand against a resident is measured, or borne out, and not in doubt.
func TestWhatCanBeDisputed(t *testing.T) {
	for _, c := range []struct {
		grade metering.Grade
		flags metering.Flags
		want  bool
	}{
		{metering.Actual, 0, true}, {metering.FinalGrade, metering.FlagSwap, true}, {metering.Actual, metering.FlagSpike, true},
		{metering.Substitute, metering.FlagManual, true}, {metering.Substitute, metering.FlagPeakConfirmed, true},
		{metering.Substitute, 0, false}, {metering.Estimated, 0, false}, {metering.Null, 0, false},
		{metering.Actual, metering.FlagFrozen, false}, {metering.Actual, metering.FlagUnverified, false}, {metering.Actual, metering.FlagCheckDiff | metering.FlagLate, false},
	} {
		if got := reclaim.Undisputed(metering.Interval{Grade: c.grade, Flags: c.flags}); got != c.want {
			t.Errorf("grade %v, flags %v: %v", c.grade, c.flags.Names(), got)
		}
	}
}
