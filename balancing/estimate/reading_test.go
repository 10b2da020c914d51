package estimate

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/wire"
)

var six = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)

func estimator(t interface{ Fatal(...any) }) *Estimator {
	e, err := New(Config{Site: twoLines()}, six)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWhatOfASnapshotIsTaken(t *testing.T) {
	e := estimator(t)
	say := func(at time.Time, quality metering.Quality, readings ...metering.Reading) {
		for i := range readings {
			readings[i].Quality = quality
		}
		e.Hear(metering.Snapshot{Meter: "m-in-1", At: at, Readings: readings})
	}
	reads := func(q metering.Quantity, v float64) metering.Reading { return metering.Reading{Quantity: q, Value: v} }
	say(six, metering.Good, reads(metering.ActivePower, 20e6), reads(metering.VoltageA, 65_000), reads(metering.VoltageB, 66_000))
	v := e.look(six.Add(15 * time.Second))
	if flow, ok := v.power("in-1"); !ok || math.Abs(real(flow)-20) > 1e-9 || math.Abs(imag(flow)-20*usualTan) > 1e-9 {
		t.Errorf("without reactive power: %v", flow)
	}
	if kv, ok := v.volts("in-1"); !ok || math.Abs(kv-65.5*math.Sqrt(3)) > 1e-9 {
		t.Errorf("of two phases: %.3f kV", kv)
	}
	say(six.Add(-time.Minute), metering.Good, reads(metering.ActivePower, 1e6))                                          // older
	say(six.Add(time.Second), metering.Misconfigured, reads(metering.ActivePower, 2e6))                                  // not to be used
	say(six.Add(2*time.Second), metering.Good, reads(metering.ActivePower, 3e12), reads(metering.VoltageLL, math.NaN())) // impossible
	if flow, _ := v.power("in-1"); real(flow) != 20 {
		t.Errorf("what may not be taken was: %v", flow)
	}
	e.Hear(metering.Snapshot{Meter: "m-stranger", At: six, Readings: []metering.Reading{reads(metering.ActivePower, 1)}})
	old := e.look(six.Add(16 * time.Second))
	if _, ok := old.power("in-1"); ok {
		t.Error("a value of 16 s ago is taken for one of now")
	}
	if last, at, ok := old.last("in-1"); !ok || real(last) != 20 || !at.Equal(six) {
		t.Errorf("the last value is %v of %v", last, at)
	}
	if _, _, ok := e.look(six.Add(15*time.Minute + time.Second)).last("in-1"); ok {
		t.Error("a last value of a quarter of an hour ago is taken")
	}
}

// 300/5 at 110 kV of classes 0.2S and, not stated, 1 and 1: √(0.04+1+1)/√3 = 0.825 %.
func TestAccuracy(t *testing.T) {
	e := estimator(t)
	a := e.grid.accuracies["in-1"]
	if math.Abs(a.relative*100-0.8246) > 1e-4 || math.Abs(a.rated-57.158) > 1e-3 {
		t.Errorf("%+v", a)
	}
	if s := a.sigma(20 + 8i); math.Abs(s-math.Sqrt(0.008246*0.008246+0.007*0.007+0)*math.Hypot(20, 8)) > 0.001 {
		t.Errorf("at 20 + j8: %.4f", s)
	}
	if light, nothing := a.sigma(0.5), a.sigma(0); nothing < 0.02 || light < nothing || light > 0.03 {
		t.Errorf("at 0.5 MW %.4f, at nothing %.4f MW: below 5 %% of 57 MVA the absolute error stays", light, nothing)
	}
	if none := accuracyOf(twoLines(), "nowhere", six); none.relative != 0.01 || none.rated != 0 {
		t.Errorf("without a meter: %+v", none)
	}
}

// Whatever meters say, the step ends with a state that can be told, and says what is
// the matter if there is no power flow.
func TestWhateverMetersSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := estimator(t)
		now := six
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 1000).Draw(t, "seconds")) * time.Second)
			for _, m := range e.cfg.Site.Meters {
				s := metering.Snapshot{Meter: m.ID, At: now}
				for _, q := range []metering.Quantity{metering.ActivePower, metering.ReactivePower, metering.VoltageLL, metering.Current} {
					v := rapid.SampledFrom([]float64{0, 1, -1, 5e6, 2e7, -3e7, 1e11, 1e300, 10_500, 36_000, 113_500, math.NaN(), math.Inf(-1)}).Draw(t, "value")
					if rapid.Bool().Draw(t, "any") {
						v = rapid.Float64().Draw(t, "float")
					}
					if rapid.IntRange(0, 3).Draw(t, "there") > 0 {
						s.Readings = append(s.Readings, metering.Reading{Quantity: q, Value: v})
					}
				}
				e.Hear(s)
			}
			p := e.Step(now)
			r := e.Readiness(p)
			p.State.Readiness = &r
			if _, err := wire.EncodeNetwork(p.State); err != nil {
				t.Fatalf("%v: %+v", err, p.State)
			}
		}
	})
}
