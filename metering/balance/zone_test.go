package balance_test

import (
	"strings"
	"testing"
	"time"

	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
	"asue/metering/site"
	"asue/simulator"
)

// workday is a Thursday of the simulated zone, from 00:00 local time on, in the
// intervals that perfect meters would give.
func workday(t *testing.T) (*metering.Site, []metering.Interval, time.Time, time.Time) {
	t.Helper()
	zone, faults := site.Parse("site.yaml", aktobe.Site(), nil)
	if zone == nil {
		t.Fatalf("the example's site file: %v", faults)
	}
	from := time.Date(2026, 1, 15, 0, 0, 0, 0, zone.Location).UTC()
	to := from.Add(24 * time.Hour)
	world, err := simulator.New(zone, 7, from)
	if err != nil {
		t.Fatal(err)
	}
	type register struct {
		point   metering.PointID
		channel metering.Channel
	}
	last := map[register]int64{}
	var list []metering.Interval
	for at := from; at.Before(to); at = at.Add(metering.BasePeriod) {
		world.Step(metering.BasePeriod)
		for _, p := range world.Points() {
			for _, ch := range metering.Channels() {
				r := register{p, ch}
				milli := world.Truth(p, ch)
				list = append(list, metering.Interval{
					Point: p, Channel: ch, Start: at, Grade: metering.Actual, Method: metering.MethodRegister,
					Energy: metering.Energy(milli/1000 - last[r]/1000), Uncertainty: 1,
				})
				last[r] = milli
			}
		}
	}
	return zone, list, from, to
}

func report(t *testing.T, zone *metering.Site, list []metering.Interval, from, to time.Time) map[metering.NodeID]balance.Entry {
	t.Helper()
	m, err := balance.New(zone, balance.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	g, err := grid.New(from, to, list)
	if err != nil {
		t.Fatal(err)
	}
	rep, _, err := m.On(g).Report()
	if err != nil {
		t.Fatal(err)
	}
	entries := map[metering.NodeID]balance.Entry{}
	for _, e := range rep.Balances {
		entries[e.Subject.ID] = e
	}
	return entries
}

// The whole zone with perfect meters: every part of it balances, because the
// losses that are calculated from intervals are those that the world had. What is
// left is the load's shape within an interval and which end of a cable was
// measured.
func TestTheSimulatedZoneBalances(t *testing.T) {
	zone, list, from, to := workday(t)
	for id, e := range report(t, zone, list, from, to) {
		if !e.Total.Complete || len(e.Notices) > 0 {
			t.Errorf("%s: %+v", id, e.Notices)
		}
		if p := e.Total.ActualPercent; p < -0.05 || p > 0.05 {
			t.Errorf("%s: imbalance of %+.4f %%: %v in, %v out, losses %v", id, p, e.Total.In, e.Total.Out, e.Total.Losses)
		}
	}
}

// A resident's voltage transformer loses a fuse at 10:00: the section says so,
// and who it is; so do the substation and the zone, and nobody else.
func TestALostFuseIsFound(t *testing.T) {
	zone, list, from, to := workday(t)
	const victim = "p-chemistry-2"
	for i := range list {
		if iv := &list[i]; iv.Point == victim && !iv.Start.Before(from.Add(10*time.Hour)) {
			iv.Energy = iv.Energy * 2 / 3
		}
	}
	entries := report(t, zone, list, from, to)
	for id, e := range entries {
		involved := false
		for _, p := range e.Subject.Out {
			involved = involved || p == victim
		}
		if alarm := len(e.Notices) > 0; alarm != involved {
			t.Errorf("%s: notices %+v", id, e.Notices)
		}
	}
	section := entries["s10-1"]
	if len(section.Culprits) == 0 || section.Culprits[0].Point != victim || section.Culprits[0].Score < 0.5 {
		t.Errorf("culprits of the section: %+v", section.Culprits)
	}
	if len(section.Notices) == 0 || !strings.Contains(section.Notices[0].Text, victim) || !strings.Contains(section.Notices[0].Text, "one of three phases lost") {
		t.Errorf("notices of the section: %+v", section.Notices)
	}
}
