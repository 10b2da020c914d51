package simulator_test

import (
	"testing"
	"time"

	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
	"asue/simulator"
)

// exampleSite is the site file that the demo runs on.
func exampleSite(t testing.TB) *metering.Site {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, faults := site.Parse("site.yaml", aktobe.Site(), library.IDs())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

// The demo's zone lives close below its contract: a winter workday peaks between
// 26 and 28 MW of 29.7, a weekend lower.
func TestExampleZoneStaysJustUnderItsContract(t *testing.T) {
	s := exampleSite(t)
	w, err := simulator.New(s, 1, time.Date(2026, 1, 1, 0, 0, 0, 0, s.Location))
	if err != nil {
		t.Fatal(err)
	}
	log := new(simulator.TruthLog)
	w.Record(log)
	w.Step(28 * 24 * time.Hour)
	peaks := make(map[string]float64) // MW, by local day
	quarters := log.Quarters()
	for _, q := range quarters[:len(quarters)-1] {
		zone := 0.0
		for _, p := range s.Inputs() {
			e, ok := log.Interval(p.ID, metering.ChannelActiveImport, q)
			if !ok {
				t.Fatalf("no interval at %v", q)
			}
			zone += float64(e) * 4 / 1e9
		}
		day := q.In(s.Location).Format("2006-01-02 Mon")
		peaks[day] = max(peaks[day], zone)
		if zone < 12 {
			t.Errorf("%s: %.2f MW", q.In(s.Location), zone)
		}
	}
	if len(peaks) != 28 {
		t.Fatalf("%d days", len(peaks))
	}
	for day, peak := range peaks {
		low := 26.0
		if day[11] == 'S' { // Saturday and Sunday
			low = 18
		}
		if peak < low || peak > 28 {
			t.Errorf("%s peaks at %.2f MW, want %.0f to 28", day, peak, low)
		}
	}
}

// The scenario of the demo: over the contract of 29.7 MW within four minutes, at
// any hour of the day.
func TestExampleMorningPeak(t *testing.T) {
	s := exampleSite(t)
	for hour := range 24 {
		w, err := simulator.New(s, 1, winter.Add(time.Duration(hour)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Start(simulator.MorningPeak, ""); err != nil {
			t.Fatal(err)
		}
		for _, after := range []time.Duration{4 * time.Minute, 19 * time.Minute} {
			w.StepTo(w.Origin().Add(after))
			if zone := w.Snapshot().Zone().Megawatts(); zone < 31.5 || zone > 32.8 {
				t.Errorf("%v after %02d:00: %.2f MW, want about 32.1", after, hour, zone)
			}
		}
	}
}

// Without a single breaker the demo can shed more than a third of its morning peak, on
// workdays of winter and summer, and never cuts into an armour.
func TestExampleCanShedAThirdOfItsPeak(t *testing.T) {
	s := exampleSite(t)
	for _, day := range []time.Time{
		time.Date(2026, 1, 15, 0, 0, 0, 0, s.Location), time.Date(2026, 4, 16, 0, 0, 0, 0, s.Location),
		time.Date(2026, 7, 16, 0, 0, 0, 0, s.Location), time.Date(2026, 11, 19, 0, 0, 0, 0, s.Location),
	} {
		w, err := simulator.New(s, 1, day.Add(8*time.Hour+30*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		start(t, w, simulator.MorningPeak, "")
		w.Step(10 * time.Minute)
		if zone := w.Snapshot().Zone().Megawatts(); zone < 31.5 || zone > 32.8 {
			t.Errorf("%v: a peak of %.2f MW", day, zone)
		}
		for _, a := range s.Actuators {
			switch a.Kind {
			case metering.ActuatorSetpoint:
				write(t, w, a.ID, simulator.WriteLimit, int64(a.Least))
			case metering.ActuatorRelay:
				write(t, w, a.ID, simulator.WriteCoil, 0)
			}
		}
		w.Step(2 * time.Minute)
		now := w.Snapshot()
		if shed := 1 - now.Zone().Megawatts()/now.Demand().Megawatts(); shed < 0.35 {
			t.Errorf("%v: %.1f %% of %v can be shed", day, 100*shed, now.Demand())
		}
		for _, a := range s.Armours {
			// A set-point keeps a hundredth below its limit.
			if demand, served := now.Resident(a.Resident); served < min(demand, a.Technological)*99/100 {
				t.Errorf("%v: %s wants %v, is left %v, its armour is %v", day, a.Resident, demand, served, a.Technological)
			}
		}
	}
}

func BenchmarkExampleHistory30Days(b *testing.B) {
	s := exampleSite(b)
	for b.Loop() {
		w, err := simulator.New(s, 1, winter)
		if err != nil {
			b.Fatal(err)
		}
		w.Record(new(simulator.TruthLog))
		for range 30 * 24 * 4 {
			w.Step(15 * time.Minute)
		}
	}
}

func BenchmarkExampleTick(b *testing.B) {
	w, err := simulator.New(exampleSite(b), 1, winter)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		w.Step(20 * time.Millisecond)
		w.Snapshot()
	}
}

// A second of the zone while every set-point is being watched and some are on their
// way.
func BenchmarkExampleBusySecond(b *testing.B) {
	s := exampleSite(b)
	w, err := simulator.New(s, 1, winter)
	if err != nil {
		b.Fatal(err)
	}
	for _, a := range s.Actuators {
		if a.Kind == metering.ActuatorSetpoint {
			write(b, w, a.ID, simulator.WriteTimeout, 60000)
			write(b, w, a.ID, simulator.WriteLimit, int64(a.Least))
		}
	}
	for b.Loop() {
		w.Step(time.Second)
	}
}

// The example's transformer of 110 kV is lost, not one of a feeder; and what a feeder has
// lost keeps nobody from bringing the station back to its line.
func TestExampleLosesATransformerAndTheLine(t *testing.T) {
	zone, faults := site.Parse("site.yaml", aktobe.WithAkzhar(), nil)
	if zone == nil {
		t.Fatal(faults.Err())
	}
	w, err := simulator.New(zone, 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	start(t, w, simulator.TransformerLost, "")
	if a := w.Active(); a[0].Target != "t-2" {
		t.Errorf("active %+v", a)
	}
	w.Step(10 * time.Second)
	stand(t, w, "q-kar", "sv-110", "sv-35", "sv-10")
	start(t, w, simulator.Calm, "")
	w.Step(3 * time.Minute)
	stand(t, w, "q-kar", "sv-110")
	start(t, w, simulator.TransformerLost, "tp-2")
	start(t, w, simulator.KaratagaiLost, "")
	w.Step(10 * time.Second)
	stand(t, w, "q-akz-1", "q-akz-2", "sv-110")
	if err := w.Stop(simulator.KaratagaiLost); err != nil {
		t.Fatal(err)
	}
	w.Step(3 * time.Minute)
	stand(t, w, "q-kar", "sv-110")
}
