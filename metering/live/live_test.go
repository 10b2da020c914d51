package live_test

import (
	"testing"
	"time"

	"asue/metering"
	"asue/metering/live"
)

var noon = time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)

func board() *live.Board {
	return live.NewBoard(&metering.Site{
		Points:   []metering.Point{{ID: "F-1", Role: metering.RoleResident, Resident: "ceramics-1"}},
		Installs: []metering.Install{{Meter: "M-1", Point: "F-1"}},
	}, time.Second)
}

func power(at time.Time, w float64) metering.Snapshot {
	return metering.Snapshot{Meter: "M-1", At: at, Readings: []metering.Reading{{Quantity: metering.ActivePower, Value: w}}}
}

func TestPointIsToldAtMostOncePerPeriod(t *testing.T) {
	b := board()
	b.Take([]metering.Snapshot{power(noon, 100)})
	if due := b.Due(noon); *due["F-1"].Power != 100 || due["F-1"].Resident != "ceramics-1" {
		t.Fatalf("first telling: %+v", due)
	}
	b.Take([]metering.Snapshot{power(noon.Add(300*time.Millisecond), 110)})
	if due := b.Due(noon.Add(300 * time.Millisecond)); len(due) != 0 {
		t.Errorf("told again after 300 ms: %+v", due)
	}
	if due := b.Due(noon.Add(time.Second)); *due["F-1"].Power != 110 {
		t.Errorf("after a second: %+v", due)
	}
	if due := b.Due(noon.Add(2 * time.Second)); len(due) != 0 {
		t.Errorf("nothing is new, yet it told %+v", due)
	}
}

func TestOlderSnapshotChangesNothing(t *testing.T) {
	b := board()
	b.Take([]metering.Snapshot{power(noon.Add(time.Second), 110), power(noon, 100)})
	if due := b.Due(noon.Add(2 * time.Second)); *due["F-1"].Power != 110 {
		t.Errorf("an older snapshot won: %+v", due)
	}
}

func TestSilentMeterHasNoValues(t *testing.T) {
	b := board()
	b.Take([]metering.Snapshot{power(noon, 100),
		{Meter: "M-1", At: noon.Add(3 * time.Second), Quality: metering.CommFail, Reason: "no answer"}})
	got := b.Due(noon.Add(4 * time.Second))["F-1"]
	if got.Power != nil || got.Quality != metering.CommFail || got.Reason != "no answer" {
		t.Errorf("silent meter shows %+v", got)
	}
}

func TestBlocksOfOneMeterAreMerged(t *testing.T) {
	b := board()
	b.Take([]metering.Snapshot{power(noon, 100),
		{Meter: "M-1", At: noon.Add(50 * time.Millisecond), Readings: []metering.Reading{
			{Quantity: metering.VoltageAB, Value: 10_300}, {Quantity: metering.ActiveImport, Value: 12_345}}},
		{Meter: "M-9", At: noon}})
	got := b.Due(noon.Add(time.Second))["F-1"]
	if got.Power == nil || *got.Power != 100 || *got.Voltage != 10_300 || *got.EnergyImport != 12_345 {
		t.Errorf("merged state: %+v", got)
	}
}

// A gas meter has no power to tell: nothing goes out in its name.
func TestGasIsNotTold(t *testing.T) {
	b := live.NewBoard(&metering.Site{
		Points:   []metering.Point{{ID: "G-1", Role: metering.RoleInput, Medium: metering.Gas}},
		Installs: []metering.Install{{Meter: "M-1", Point: "G-1"}},
	}, time.Second)
	b.Take([]metering.Snapshot{{Meter: "M-1", At: noon, Readings: []metering.Reading{{Quantity: metering.GasVolume, Value: 12_345}}}})
	if due := b.Due(noon); len(due) != 0 {
		t.Errorf("told %+v", due)
	}
}
