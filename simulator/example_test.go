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
