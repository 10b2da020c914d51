package ingest_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
)

// 1 234 560, 0, 1 234 567: the bad read of the boundary comes in a batch of its
// own, and nothing is decided before the next one.
func TestGarbageOnTheBoundaryIsWaitedOut(t *testing.T) {
	z := newZone(t, 1)
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1234000)), snapshot("m-0", at(0, 10), wattHours(imp, 1234006))))
	z.take(z.batch(2, snapshot("m-0", at(14, 45), wattHours(imp, 1234551)), snapshot("m-0", at(14, 55), wattHours(imp, 1234560))))
	z.take(z.batch(3, snapshot("m-0", at(15, 5), wattHours(imp, 0))))
	z.wantStory("p-0", "")
	z.take(z.batch(4, snapshot("m-0", at(15, 15), wattHours(imp, 1234572))))
	const glitch = "glitch: reading of 0 counts at 2026-01-15T08:15:05Z thrown out as impossible\n"
	z.wantStory("p-0", "08:00 v1 A 563 "+glitch)
	z.take(z.batch(5, snapshot("m-0", at(29, 55), wattHours(imp, 1235100))), z.batch(6, snapshot("m-0", at(30, 0), wattHours(imp, 1235103))))
	z.wantStory("p-0", "08:00 v1 A 563 "+glitch+"08:15 v1 A 540 "+glitch)
}

// A word read torn just behind the boundary closes the interval too high; the
// next read shows it, and the interval is written anew.
func TestGarbageThatWasBelievedIsTakenBack(t *testing.T) {
	z := newZone(t, 1)
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000000)), snapshot("m-0", at(0, 10), wattHours(imp, 1000006))))
	z.take(z.batch(2, snapshot("m-0", at(14, 45), wattHours(imp, 1000551)), snapshot("m-0", at(14, 55), wattHours(imp, 1000560))))
	z.take(z.batch(3, snapshot("m-0", at(15, 5), wattHours(imp, 1004656))))
	z.wantStory("p-0", "08:00 v1 A 2608\n")
	z.take(z.batch(4, snapshot("m-0", at(15, 15), wattHours(imp, 1000572))))
	z.take(z.batch(5, snapshot("m-0", at(15, 25), wattHours(imp, 1000578))))
	z.wantStory("p-0", "08:00 v2 A 563 late,glitch: reading of 1004656 counts at 2026-01-15T08:15:05Z thrown out as impossible; "+
		"readings came after the interval was first closed\n")
}

// The acts give both readings: the interval of the change is measured whole, and
// whichever meter's readings come last closes it.
func TestMeterChangeWithActs(t *testing.T) {
	for _, newFirst := range []bool{false, true} {
		z := newZone(t, 2)
		z.cfg.Site.Installs = []metering.Install{
			{Meter: "m-0", Point: "p-0", To: at(20, 0), EndReadings: map[metering.Channel]metering.Energy{metering.ChannelActiveImport: 1160}},
			{Meter: "m-1", Point: "p-0", From: at(20, 0), StartReadings: map[metering.Channel]metering.Energy{metering.ChannelActiveImport: 0}},
		}
		z.restart()
		z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000)), snapshot("m-0", at(15, 0), wattHours(imp, 1100))))
		old := z.batch(2, snapshot("m-0", at(19, 0), wattHours(imp, 1150)))
		fresh := z.batch(3, snapshot("m-1", at(21, 0), wattHours(imp, 5)), snapshot("m-1", at(30, 0), wattHours(imp, 60)))
		if newFirst {
			z.take(fresh)
			z.take(old)
		} else {
			z.take(old, fresh)
		}
		z.take(z.batch(4, snapshot("m-1", at(45, 0), wattHours(imp, 200))))
		z.close(at(60, 0))
		z.wantStory("p-0", "08:00 v1 A 100\n"+
			"08:15 v1 A 120 swap: meter m-0 was changed for m-1 at 2026-01-15T08:20:00Z, when they showed 1160 Wh and 0 Wh\n"+
			"08:30 v1 A 140\n")
	}
}

// What rules have estimated stays while the registers know nothing better.
func TestEstimatesAreNotFought(t *testing.T) {
	z := newZone(t, 1)
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000)), snapshot("m-0", at(14, 0), wattHours(imp, 1140))))
	z.take(z.batch(2, snapshot("m-0", at(76, 0), wattHours(imp, 1760)), snapshot("m-0", at(90, 0), wattHours(imp, 1900))))
	estimate := metering.Interval{
		Point: "p-0", Channel: metering.ChannelActiveImport, Start: at(30, 0), Energy: 150, Grade: metering.Substitute,
		Method: metering.MethodScaled, Flags: metering.FlagGap, Reason: "scaled to the register",
	}
	if err := z.ledger.Commit(t.Context(), metering.Commit{
		ReceivedAt: at(91, 0), Intervals: []metering.Interval{estimate}, Authority: metering.ByRules,
	}); err != nil {
		t.Fatal(err)
	}
	// A late reading narrows the gap; another one gives the energy.
	z.take(z.batch(3, snapshot("m-0", at(60, 0), wattHours(imp, 1600))))
	z.close(at(120, 0))
	if got := z.interval("p-0", 30); got.Grade != metering.Substitute || got.Version != 2 {
		t.Errorf("the estimate became %+v", got)
	}
	z.take(z.batch(4, snapshot("m-0", at(30, 0), wattHours(imp, 1300)), snapshot("m-0", at(45, 0), wattHours(imp, 1460))))
	if got := z.interval("p-0", 30); got.Grade != metering.Actual || got.Energy != 160 {
		t.Errorf("late registers made %+v of the estimate", got)
	}
}

// The interval that starts at a minute of the morning.
func (z *zone) interval(p metering.PointID, minute int) metering.Interval {
	z.Helper()
	list, err := z.ledger.Intervals(z.Context(), metering.IntervalQuery{
		Points: []metering.PointID{p}, From: at(minute, 0), To: at(minute, 1),
	})
	if err != nil || len(list) != 1 {
		z.Fatalf("%d intervals, %v", len(list), err)
	}
	return list[0]
}

// Witnesses are written once, whatever is replayed.
func TestWitnessesAreWrittenOnce(t *testing.T) {
	z := newZone(t, 1)
	power := func(w float64) metering.Reading {
		return metering.Reading{Quantity: metering.ActivePower, Value: w}
	}
	first := z.batch(1, snapshot("m-0", at(0, 3), power(1000), wattHours(imp, 1)), snapshot("m-0", at(0, 13), power(2000), wattHours(imp, 4)))
	second := z.batch(2, snapshot("m-0", at(1, 5), power(3000)), snapshot("m-0", at(15, 2), power(4000), wattHours(imp, 300)))
	z.take(second)
	z.take(first)
	want := []metering.Witness{
		{Meter: "m-0", Start: at(0, 0), Powers: []metering.PowerSample{{At: at(0, 3), Power: 1000}, {At: at(1, 5), Power: 3000}}},
		{Meter: "m-0", Start: at(15, 0), Powers: []metering.PowerSample{{At: at(15, 2), Power: 4000}}},
	}
	have := func() []metering.Witness {
		list, err := z.ledger.Witnesses(t.Context(), "m-0", at(0, 0), at(60, 0))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if diff := cmp.Diff(want, have()); diff != "" {
		t.Errorf("witnesses (-want +got):\n%s", diff)
	}
	counted := &counts{Ledger: z.ledger}
	z.cfg.Ledger = counted
	for range 2 {
		z.restart()
		z.take(first, second)
	}
	if counted.witnesses != 0 {
		t.Errorf("a replay wrote %d witnesses", counted.witnesses)
	}
	if diff := cmp.Diff(want, have()); diff != "" {
		t.Errorf("witnesses after a replay (-want +got):\n%s", diff)
	}
}

// A coarse register takes its shape from power: every slot is kept, and the
// interval is refined once when the step after its end has come.
func TestCoarseRegisterIsShapedByPower(t *testing.T) {
	z := newZone(t, 1)
	z.cfg.Site.Installs[0].CT = metering.Ratio{Primary: 600, Secondary: 5}
	z.cfg.Site.Installs[0].VT = metering.Ratio{Primary: 10000, Secondary: 100}
	z.restart()
	seq := uint64(0)
	for s := -900; s <= 2700; s += 10 { // 1.2 MW are a step of 120 kWh in six minutes
		seq++
		count := metering.Count{Raw: int64(1000 + (s+900+100)/360), Step: 10_000, Secondary: true}
		z.take(z.batch(seq, snapshot("m-0", at(0, s), metering.Reading{Quantity: metering.ActivePower, Value: 1.2e6},
			metering.Reading{Quantity: imp, Value: float64(count.Raw), Count: count})))
	}
	for _, minute := range []int{0, 15} {
		iv := z.interval("p-0", minute)
		if iv.Method != metering.MethodAnchored || iv.Version > 2 || iv.Flags&metering.FlagLate != 0 {
			t.Errorf("%+v", iv)
		}
		if wrong := (iv.Energy - 300*metering.KilowattHour); max(wrong, -wrong) > 2*metering.KilowattHour {
			t.Errorf("%v of 300 kWh: %+v", iv.Energy, iv)
		}
	}
	if z.in.Stats().Intervals > 8 {
		t.Errorf("%d intervals were written for four", z.in.Stats().Intervals)
	}
}

// counts is a ledger that counts what it is given.
type counts struct {
	metering.Ledger
	witnesses int
}

func (l *counts) Commit(ctx context.Context, c metering.Commit) error {
	l.witnesses += len(c.Witnesses)
	return l.Ledger.Commit(ctx, c)
}
