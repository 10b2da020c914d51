package main

import (
	"context"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/simulator"
)

// demoOf is the process of a demo that starts at a moment, with so many days in full
// detail, and its ledger.
func demoOf(t *testing.T, now time.Time, days int) (*process, metering.Ledger) {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	site, err := cli.ParseSite("site.yaml", aktobe.Site(), library)
	if err != nil {
		t.Fatal(err)
	}
	c, err := speedClock(1, now)
	if err != nil {
		t.Fatal(err)
	}
	cfg := settings.Default()
	cfg.Data = t.TempDir()
	p, err := newProcess(cfg, site, library, c, discard())
	if err != nil {
		t.Fatal(err)
	}
	p.demo = &demoWorld{log: p.Log, seed: 1, origin: now.Truncate(24*time.Hour).AddDate(0, 0, -days), days: days, year: true, habits: newDemoHabits(site, now)}
	ledger, err := p.openLedger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, ledger
}

var afternoon = time.Date(2026, 11, 30, 12, 30, 0, 0, time.UTC)

// The older past ends where the one in full detail begins, and both are of one piece:
// the world that plays the present, started a day earlier, draws the same on that day.
func TestTheYearJoinsThePresent(t *testing.T) {
	const weeks = 3
	p, ledger := demoOf(t, afternoon, olderDays-7*weeks)
	origin := p.demo.origin
	if err := p.writeYear(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	points := p.yearPoints(origin)
	if len(points) != 32 {
		t.Fatalf("%d points: %v", len(points), points)
	}
	list := drawnBetween(t, ledger, points, origin.AddDate(0, 0, -7*weeks), origin.Add(time.Hour))
	count, holes := map[metering.PointID]int{}, 0
	for _, iv := range list {
		count[iv.Point]++
		if iv.Grade != metering.Actual || iv.Flags != metering.FlagSimulated || iv.Version != 1 {
			t.Fatalf("%+v", iv)
		}
	}
	for start := origin.AddDate(0, 0, -7*weeks); start.Before(origin); start = start.Add(metering.BasePeriod) {
		if p.demo.habits.unread("p-logistics-2", start) {
			holes++
		}
	}
	for _, id := range points {
		want := 96 * 7 * weeks
		if id == "p-logistics-2" {
			want -= holes
		}
		if count[id] != want {
			t.Errorf("point %s: %d intervals, want %d", id, count[id], want)
		}
	}

	world, err := simulator.NewWith(p.Site, p.demo.seed, origin.AddDate(0, 0, -1), p.demo.habits.all())
	if err != nil {
		t.Fatal(err)
	}
	var truth simulator.TruthLog
	world.Record(&truth)
	world.StepTo(origin)
	for _, iv := range drawnBetween(t, ledger, points, origin.AddDate(0, 0, -1), origin) {
		milli, ok := truth.Interval(iv.Point, iv.Channel, iv.Start)
		if want := metering.Energy(milli / 1000); !ok || max(iv.Energy-want, want-iv.Energy) > 1 {
			t.Errorf("point %s at %s: %v, the present draws %v", iv.Point, iv.Start, iv.Energy, want)
		}
	}
}

// A second start goes on where the first one was stopped, and writes over nothing: not
// over what it has written, not over what was recorded in full detail.
func TestTheYearIsWrittenOnce(t *testing.T) {
	p, ledger := demoOf(t, afternoon, olderDays-21)
	known := p.demo.origin.AddDate(0, 0, -2)
	err := ledger.Commit(t.Context(), metering.Commit{ReceivedAt: afternoon, Intervals: []metering.Interval{{
		Point: "p-in-kar", Channel: metering.ChannelActiveImport, Start: known, Energy: 1234, Grade: metering.Actual, Method: metering.MethodRegister,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := p.writeYear(stopped, ledger); err == nil {
		t.Error("a stopped demo goes on")
	}
	for range 2 {
		if err := p.writeYear(t.Context(), ledger); err != nil {
			t.Fatal(err)
		}
	}
	list := drawnBetween(t, ledger, []metering.PointID{"p-in-kar"}, p.demo.origin.AddDate(0, 0, -21), p.demo.origin)
	if len(list) != 19*96+1 || list[len(list)-1].Energy != 1234 {
		t.Errorf("%d intervals, the last one %+v", len(list), list[len(list)-1])
	}
	for _, iv := range list {
		if iv.Version != 1 {
			t.Fatalf("written over: %+v", iv)
		}
	}
}

// The audit says once when the demo's balancer held back, and those who judge find it.
func TestTheDemoHeldBack(t *testing.T) {
	p, ledger := demoOf(t, afternoon, 30)
	for range 2 {
		if err := p.writeHeld(t.Context(), ledger); err != nil {
			t.Fatal(err)
		}
	}
	u, err := newUses(t.Context(), p.Site, ledger, p.demo.habits.today, 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	held := u.held[heldResident]
	if len(held) < 10 || len(u.notes) > 0 {
		t.Fatalf("%d times, %q", len(held), u.notes)
	}
	for _, period := range held {
		if !p.demo.habits.held(period.From) || p.demo.habits.held(period.To) || period.To.Sub(period.From) != time.Hour {
			t.Errorf("%v", period)
		}
	}
}

func drawnBetween(t *testing.T, ledger metering.Ledger, points []metering.PointID, from, to time.Time) []metering.Interval {
	t.Helper()
	list, err := ledger.Intervals(t.Context(), metering.IntervalQuery{Points: points, From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Days are counted back from the local day of the start, whatever the hour; a show day
// comes once a month and is a working day.
func TestDaysOfHabits(t *testing.T) {
	p, _ := demoOf(t, afternoon, 30)
	h := p.demo.habits
	f := func(at string, want int) {
		t.Helper()
		moment, err := time.ParseInLocation("2006-01-02 15:04", at, h.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.ago(moment); got != want {
			t.Errorf("%s is %d days ago, want %d", at, got, want)
		}
	}
	f("2026-11-30 00:00", 0)
	f("2026-11-30 23:59", 0)
	f("2026-12-01 00:00", -1)
	f("2026-12-02 00:00", -2)
	f("2026-11-29 23:59", 1)
	f("2026-11-29 00:00", 1)
	f("2026-11-28 23:59", 2)
	for back := range 200 { // rolling years
		shows, spikes := 0, 0
		for day := range 365 {
			noon := h.today.AddDate(0, 0, -back-day).Add(12 * time.Hour)
			if h.showing(noon) > 1 {
				shows++
			}
			if h.spiky(noon) > 1 {
				spikes++
			}
		}
		if shows < 11 || shows > 13 || spikes > 2 {
			t.Errorf("%d days before: %d show days, %d spikes", back, shows, spikes)
		}
	}
	if now := h.growing(h.today); now != 1 || h.growing(h.today.AddDate(0, 0, -growsSince)) != 0.4 || h.growing(h.today.AddDate(1, 0, 0)) != 1 {
		t.Errorf("grown to %v", now)
	}
}
