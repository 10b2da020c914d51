package ingest

import (
	"testing"
	"time"

	"asue/metering"
)

func TestSignsOfASnapshot(t *testing.T) {
	place := place{volts: 5773, amperes: 600, capacity: 10 * metering.Megawatt}
	when := time.Date(2026, 1, 15, 8, 0, 3, 0, time.UTC)
	f := func(name string, sign metering.Sign, want int32, values map[metering.Quantity]float64) {
		t.Helper()
		snap := metering.Snapshot{Meter: "m", At: when}
		for q, v := range values {
			snap.Readings = append(snap.Readings, metering.Reading{Quantity: q, Value: v})
		}
		w, says := witnessOf(snap, place)
		if w.Signs[sign] != want || want > 0 && !says {
			t.Errorf("%s: sign %d, want %d; says %v", name, w.Signs[sign], want, says)
		}
	}
	const a, b, c = metering.CurrentA, metering.CurrentB, metering.CurrentC
	const ua, ub, uc = metering.VoltageA, metering.VoltageB, metering.VoltageC
	const pa, pb, pc = metering.ActivePowerA, metering.ActivePowerB, metering.ActivePowerC
	f("a phase is missing from the sum", metering.SignPhaseSum, 333, map[metering.Quantity]float64{metering.ActivePower: 3e6, pa: 1e6, pb: 1e6, pc: 0})
	f("too little flows to say so", metering.SignPhaseSum, 0, map[metering.Quantity]float64{metering.ActivePower: 3e5, pa: 1e5, pb: 1e5, pc: 0})
	f("the triangle does not close", metering.SignTriangle, 360, map[metering.Quantity]float64{metering.ActivePower: 4e6, metering.ReactivePower: 0, metering.ApparentPower: 5e6})
	f("the triangle closes", metering.SignTriangle, 0, map[metering.Quantity]float64{metering.ActivePower: 4e6, metering.ReactivePower: 3e6, metering.ApparentPower: 5e6})
	f("a fuse of the voltage transformer", metering.SignLowPhase, 1000, map[metering.Quantity]float64{ua: 5773, ub: 0, uc: 5773, a: 100, b: 100, c: 100})
	f("without current a phase may be off", metering.SignLowPhase, 0, map[metering.Quantity]float64{ua: 5773, ub: 0, uc: 5773, a: 100, b: 0, c: 100})
	f("no voltage at all", metering.SignNoVoltage, 1, map[metering.Quantity]float64{ua: 12, ub: 0, uc: 3})
	f("one phase lives", metering.SignNoVoltage, 0, map[metering.Quantity]float64{ua: 5773, ub: 0, uc: 3})
	f("unbalance", metering.SignUnbalance, 500, map[metering.Quantity]float64{a: 200, b: 100, c: 150})
	f("unbalance of next to nothing", metering.SignUnbalance, 0, map[metering.Quantity]float64{a: 20, b: 10, c: 15})
	f("nothing to say", metering.SignPhaseSum, 0, nil)
}

func TestPowerIsKeptOnceAMinuteUnlessItShapes(t *testing.T) {
	f := func(second int, coarse, want bool) {
		t.Helper()
		snap := metering.Snapshot{Meter: "m", At: time.Date(2026, 1, 15, 8, 3, second, 0, time.UTC), Readings: []metering.Reading{
			{Quantity: metering.ActivePower, Value: 1e6},
		}}
		if w, says := witnessOf(snap, place{coarse: coarse}); says != want || (len(w.Powers) == 1) != want {
			t.Errorf("second %d, coarse %v: kept %v", second, coarse, w.Powers)
		}
	}
	f(0, false, true)
	f(9, false, true)
	f(10, false, false)
	f(30, false, false)
	f(30, true, true)
}

func TestClockOfTheMeterIsCompared(t *testing.T) {
	at := time.Date(2026, 1, 15, 8, 3, 20, 0, time.UTC)
	w, says := witnessOf(metering.Snapshot{Meter: "m", At: at, Clock: at.Add(-75 * time.Second)}, place{})
	if !says || w.Signs[metering.SignMeterClock] != 75_000 {
		t.Errorf("%+v", w)
	}
}

func TestSetClocksAreSeen(t *testing.T) {
	w := clockWatch{}
	start := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	f := func(boot uint64, mono, ahead time.Duration, want time.Duration) {
		t.Helper()
		snap := metering.Snapshot{Meter: "m", At: start.Add(mono + ahead), Mono: mono}
		for range 2 { // told again, it is the same
			if got := w.step(boot, snap); got != want {
				t.Errorf("boot %d at %v: a step of %v, want %v", boot, mono, got, want)
			}
		}
	}
	f(1, 10*time.Second, 0, 0)
	f(1, 20*time.Second, 0, 0)
	f(1, 30*time.Second, 12*time.Second, 12*time.Second)
	f(1, 40*time.Second, 12*time.Second, 0)
	f(2, 50*time.Second, 0, 0) // another start of the process has another clock
	f(1, 25*time.Second, 0, 0) // comes late, from before the step
	f(1, time.Hour, 15*time.Second, 0)
	f(1, time.Hour+10*time.Second, 0, 15*time.Second)
	f(3, 0, 0, 0)
}
