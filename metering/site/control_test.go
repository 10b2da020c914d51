package site_test

import (
	"testing"
	"time"

	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// TestWhatControls reads everything that a site file says of limits and actuators.
func TestWhatControls(t *testing.T) {
	s, faults := around.Parse("site.yaml", []byte(caseText(t, "152-all-that-controls")))
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	same := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(metering.Limit{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	day := func(year int, month time.Month) time.Time {
		return time.Date(year, month, 1, 0, 0, 0, 0, s.Location).UTC()
	}
	const kW = metering.Kilowatt
	same("agents", s.Agents, []metering.Agent{{ID: "east", Name: "Cabinet east"}})
	same("actuators", s.Actuators, []metering.Actuator{
		{ID: "sp", Name: "Kilns", Kind: metering.ActuatorSetpoint, Resident: "works", Node: "f1", Point: "p-works", Agent: "east", Address: "act",
			Unit: 1, Model: "set", Channel: 1, Power: 2200 * kW, Importance: 4, Least: 700 * kW, Most: 2000 * kW, FailSafe: 1500 * kW, Mode: metering.ModeAuto},
		{ID: "r1", Name: "Extruder 1", Kind: metering.ActuatorRelay, Resident: "shop", Node: "f2", Point: "p-shop", Agent: "east", Address: "act",
			Unit: 2, Model: "eight", Channel: 1, Power: 200 * kW, Importance: 1, Mode: metering.ModeAuto,
			MinOn: 10 * time.Minute, MinOff: 90 * time.Second, MaxOff: time.Hour, PerHour: 6},
		{ID: "r2", Name: "Extruder 2", Kind: metering.ActuatorRelay, Resident: "shop", Node: "f2", Agent: "east", Address: "act",
			Unit: 2, Model: "eight", Channel: 2, Power: 150 * kW, Importance: 2, Mode: metering.ModeAdvisory,
			MinOn: 15 * time.Minute, MinOff: 15 * time.Minute, MaxOff: 2 * time.Hour, PerHour: 4},
		{ID: "b1", Name: "Feeder 2", Kind: metering.ActuatorBreaker, Resident: "shop", Node: "f2", Point: "p-shop", Agent: "east", Address: "tcp://10.0.8.20:502",
			Unit: 1, Model: "brk", Channel: 1, Power: 1000 * kW, Importance: 9, Mode: metering.ModeConfirm,
			MinOn: 15 * time.Minute, MinOff: 15 * time.Minute, MaxOff: 2 * time.Hour, PerHour: 4},
	})
	same("limits", s.Limits, []metering.LimitBand{
		{Node: "s10", Limit: metering.LimitOf(15_000 * kW), From: day(2026, time.June), To: day(2026, time.September),
			Days: []time.Weekday{time.Monday, time.Friday}, Begin: 7 * time.Hour, End: 19 * time.Hour, Document: "Order 4"},
		{Node: "src-2", Limit: metering.LimitOf(12_000 * kW), Document: "Order 5"},
		{Node: "f1", Limit: metering.LimitOf(0), From: day(2027, time.January), To: day(2027, time.January).Add(24 * time.Hour), Document: "Order 6"},
		{Node: "f2", Limit: metering.LimitOf(500 * kW), Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Begin: 19 * time.Hour, End: 24 * time.Hour, Document: "Order 7"},
	})
	t1, _ := s.Topology.Node("t-1")
	s10, _ := s.Topology.Node("s10")
	same("limits by apparent power and current", []float64{t1.MostVA, s10.MostA}, []float64{63e6, 1250})
	works, _ := s.Resident("works")
	same("rebound", works.Simulation.Rebound, 1.2)

	// In summer the section has its limit on Fridays by day, the feeder its own every evening.
	holds := func(i int, at string, want bool) {
		t.Helper()
		local, err := time.ParseInLocation("2006-01-02 15:04", at, s.Location)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Limits[i].At(local, s.Location); got != want {
			t.Errorf("%s: limit of %s holds: %v", at, s.Limits[i].Node, got)
		}
	}
	holds(0, "2026-07-03 07:00", true)
	holds(0, "2026-07-03 19:00", false)
	holds(0, "2026-07-02 12:00", false)
	holds(0, "2026-09-04 12:00", false)
	holds(3, "2026-12-31 23:59", true)
	holds(3, "2026-12-31 18:59", false)
	holds(2, "2027-01-01 12:00", true)
}
