package feeder_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/feeder"
)

// feed starts a feeder in the present bubble and returns it with its end.
func feed(l *fakeLedger, s *fakeStore, log *slog.Logger) (*feeder.Feeder, func()) {
	f := feeder.New(feeder.Options{Name: "series", Ledger: l, Series: s, Decode: decode, Site: plant(), Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	return f, func() {
		cancel()
		<-done
	}
}

func batch(at time.Time, meter string, v float64) string {
	return fmt.Sprintf("%d %s %g", at.UnixMilli(), meter, v)
}

// Whatever the store and the ledger do, and however often the store loses its
// memory and the feeder is started anew, in the end every committed sample is on
// the store's disk, with its value.
func TestEverySampleArrives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		outage := rapid.Float64Range(0, 0.9).Draw(rt, "outage")
		mishaps := rapid.IntRange(0, 12).Draw(rt, "mishaps")
		var fault string
		synctest.Test(t, func(t *testing.T) { fault = stormy(seed, outage, mishaps) })
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}

// stormy runs ten minutes of storm and two of calm, and says what is missing.
func stormy(seed uint64, outage float64, mishaps int) string {
	random := rand.New(rand.NewPCG(seed, 1))
	ledger, store := newLedger(), newStore()
	var storm atomic.Bool
	storm.Store(true)
	unlucky := func(p float64) func() bool {
		luck := rand.New(rand.NewPCG(seed, uint64(p*1e9))) // each is asked under its fake's lock
		return func() bool { return luck.Float64() < p && storm.Load() }
	}
	store.fail, ledger.fail = unlucky(outage), unlucky(outage/3)

	f, stop := feed(ledger, store, silent)
	want := map[string]float64{}
	const seconds = 600
	for range seconds {
		at := time.Now()
		v := random.Float64()
		meter := []string{"m1", "m2", "m3", "unknown"}[random.IntN(4)]
		ledger.commit(at, batch(at, meter, v))
		want[key(labelled(meter, at))] = v
		f.Wake()
		time.Sleep(time.Second)
		if random.IntN(seconds) < mishaps {
			if random.IntN(3) == 0 { // the feeder's own end, and another life
				stop()
				time.Sleep(time.Duration(random.IntN(20)) * time.Second)
				f, stop = feed(ledger, store, silent)
			} else {
				store.crash()
			}
		}
	}
	storm.Store(false)
	time.Sleep(3 * time.Minute)
	stop()

	got := store.content()
	missing := 0
	for k, v := range want {
		if g, ok := got[k]; !ok || g != v {
			missing++
		}
	}
	last := ledger.batches[len(ledger.batches)-1].Position
	switch {
	case missing > 0:
		return fmt.Sprintf("%d of %d samples are missing; %+v", missing, len(want), f.Stats())
	case store.conflict != "":
		return "two values for " + store.conflict
	case ledger.at("series") != last:
		return fmt.Sprintf("the cursor is at %d, want %d", ledger.at("series"), last)
	}
	return ""
}

// labelled is the sample that the test plant's meter gives.
func labelled(meter string, at time.Time) metering.Sample {
	labels := map[string]metering.Sample{
		"m1": {Point: "T-1", Resident: "r1", Node: "s1"}, "m3": {Point: "T-1", Resident: "r1", Node: "s1"},
		"m2": {Point: "T-2", Node: "in1"},
	}[meter]
	if meter == "m1" && !at.Before(epoch.Add(24*time.Hour)) || meter == "m3" && at.Before(epoch.Add(24*time.Hour)) {
		labels = metering.Sample{} // stands nowhere at that time
	}
	labels.Meter, labels.Field, labels.At = metering.MeterID(meter), "p_w", at
	return labels
}

func TestCursorStaysAMinuteBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		ledger.commit(time.Now(), batch(time.Now(), "m1", 1))
		f, stop := feed(ledger, store, silent)
		defer stop()
		time.Sleep(59 * time.Second)
		if st := f.Stats(); st.Sent != 5 || ledger.at("series") != 0 {
			t.Errorf("after 59 s: sent %d, cursor %d; want 5 and 0", st.Sent, ledger.at("series"))
		}
		time.Sleep(3 * time.Second)
		if ledger.at("series") != 5 {
			t.Errorf("after 62 s the cursor is at %d, want 5", ledger.at("series"))
		}
	})
}

// Nothing new comes after the crash, and nothing fails: only the store's word
// tells that it is another one.
func TestCrashInSilenceIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		at := time.Now()
		ledger.commit(at, batch(at, "m1", 42))
		f, stop := feed(ledger, store, silent)
		defer stop()
		time.Sleep(5 * time.Second)
		store.crash()
		time.Sleep(20 * time.Second)
		if v := store.content()[key(labelled("m1", at))]; v != 42 {
			t.Errorf("the sample is %v after the crash, want 42", v)
		}
		if st := f.Stats(); st.Rewinds != 1 {
			t.Errorf("%d rewinds, want 1", st.Rewinds)
		}
	})
}

func TestStoreThatDoesNotTellIsTrustedAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		store.mute = true
		ledger.commit(time.Now(), batch(time.Now(), "m1", 1))
		_, stop := feed(ledger, store, silent)
		defer stop()
		time.Sleep(65 * time.Second)
		if ledger.at("series") != 5 {
			t.Errorf("the cursor is at %d, want 5", ledger.at("series"))
		}
	})
}

func TestBadSamplesGoToQuarantineAndTheRestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		store.bad = func(s metering.Sample) bool { return s.Meter == "m2" && s.Field == "p_w" }
		at := time.Now()
		ledger.commit(at, batch(at, "m1", 1))
		ledger.commit(at, batch(at, "m2", 2))
		ledger.commit(at, "no batch at all")
		ledger.commit(at, batch(at, "m3", 3))
		f, stop := feed(ledger, store, silent)
		time.Sleep(2 * time.Minute)
		stop()
		got := store.content()
		if got[key(labelled("m1", at))] != 1 || got[key(labelled("m3", at))] != 3 {
			t.Errorf("stored %v", got)
		}
		if st := f.Stats(); st.Bad != 1 || st.Undecodable != 1 || st.Batches != 4 || st.Cursor != 14 {
			t.Errorf("stats %+v", st)
		}
		if len(ledger.poison) != 2 {
			t.Fatalf("%d poisons, want 2: %+v", len(ledger.poison), ledger.poison)
		}
		if p := ledger.poison[0]; string(p.Payload) != "no batch at all" || !strings.Contains(p.Reason, "c1/7/3") {
			t.Errorf("first poison %+v", p)
		}
		if p := ledger.poison[1]; !strings.Contains(string(p.Payload), "m2 T-2 in1 p_w = 2") || p.Reason != "as told" {
			t.Errorf("second poison %q: %s", p.Reason, p.Payload)
		}
	})
}

func TestOutageIsLoggedOnceAndItsEndToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		down := true
		store.fail = func() bool { return down }
		ledger.commit(time.Now(), batch(time.Now(), "m1", 1))
		var log record
		f, stop := feed(ledger, store, slog.New(slog.NewTextHandler(&log, nil)))
		time.Sleep(10 * time.Minute)
		if st := f.Stats(); st.LastError == "" || st.Failures < 10 || st.Failures > 40 {
			t.Errorf("in the outage: %+v", st)
		}
		store.mu.Lock()
		down = false
		store.mu.Unlock()
		time.Sleep(31 * time.Second)
		stop()
		if st := f.Stats(); st.LastError != "" || st.Samples == 0 {
			t.Errorf("after the outage: %+v", st)
		}
		text := log.String()
		if strings.Count(text, "level=WARN") != 1 || strings.Count(text, "goes on") != 1 {
			t.Errorf("log:\n%s", text)
		}
	})
}

func TestExtraIsWrittenAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		down := true
		store.fail = func() bool { return down }
		f, stop := feed(ledger, store, silent)
		limit := feeder.Zone{Limit: metering.LimitOf(29_700 * metering.Kilowatt)}
		for range 6000 {
			f.Extra(limit.Samples(time.Now())...)
			time.Sleep(time.Second)
		}
		store.mu.Lock()
		down = false
		store.mu.Unlock()
		time.Sleep(time.Minute)
		f.Extra(limit.Samples(time.Now())...) // wakes the store's flush too
		time.Sleep(time.Minute)
		stop()
		n := len(store.content())
		if n < 4000 || n > 4200 {
			t.Errorf("%d samples arrived of 6000 in an outage, want the newest 4096 or so", n)
		}
		if st := f.Stats(); int(st.Dropped)+n != 6001 {
			t.Errorf("%d dropped and %d stored, want 6001 together", st.Dropped, n)
		}
	})
}

func TestNewSiteChangesTheLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		f, stop := feed(ledger, store, silent)
		time.Sleep(time.Second)
		site := plant()
		site.Installs[2].Point = "T-3"
		f.SetSite(site)
		at := time.Now()
		ledger.commit(at, batch(at, "m2", 5))
		time.Sleep(20 * time.Second)
		stop()
		want := key(metering.Sample{Point: "T-3", Node: "s2", Meter: "m2", Field: "p_w", At: at})
		if got := store.content(); got[want] != 5 {
			t.Errorf("stored %v, want %s", got, want)
		}
	})
}

func TestMapper(t *testing.T) {
	at := epoch.Add(time.Hour)
	m := feeder.NewMapper(plant())
	base := metering.Sample{Point: "T-1", Resident: "r1", Node: "s1", Meter: "m1", At: at}
	with := func(s metering.Sample, field string, v float64) metering.Sample {
		s.Field, s.Value = field, v
		return s
	}
	f := func(s metering.Snapshot, want ...metering.Sample) {
		t.Helper()
		if d := cmp.Diff(want, m.Append(nil, s)); d != "" {
			t.Errorf("%v (-want +got):\n%s", s, d)
		}
	}
	reading := func(q metering.Quantity, v float64, quality metering.Quality) metering.Reading {
		return metering.Reading{Quantity: q, Value: v, Quality: quality}
	}
	// Values and, the first time, the quality; what a meter does not have is no fault.
	s := metering.Snapshot{Meter: "m1", At: at, Readings: []metering.Reading{
		reading(metering.ActivePower, 1500, metering.Good),
		reading(metering.CurrentN, 7, metering.NotAvailable),
		reading(metering.ActiveImport, 123456, metering.Good),
		reading(metering.Quantity(200), 9, metering.Good),
	}}
	f(s, with(base, "p_w", 1500), with(base, "e_imp_wh", 123456), with(base, "quality", 0))
	// The same quality again within a minute is not said.
	f(s, with(base, "p_w", 1500), with(base, "e_imp_wh", 123456))
	// A silent meter: no values, a changed quality.
	f(metering.Snapshot{Meter: "m1", At: at, Quality: metering.CommFail}, with(base, "quality", 2))
	// One odd reading colours the whole; its value is kept.
	f(metering.Snapshot{Meter: "m1", At: at, Readings: []metering.Reading{reading(metering.ActivePower, 9e9, metering.OutOfRange)}},
		with(base, "p_w", 9e9), with(base, "quality", 4))
	// A minute later the heartbeat comes.
	base.At = at.Add(time.Minute)
	f(metering.Snapshot{Meter: "m1", At: base.At, Quality: metering.OutOfRange}, with(base, "quality", 4))
	// The meter that came in its place keeps the point's labels.
	base.At = epoch.Add(25 * time.Hour)
	base.Meter = "m3"
	f(metering.Snapshot{Meter: "m3", At: base.At}, with(base, "quality", 0))
	// A check meter does not count for the resident.
	f(metering.Snapshot{Meter: "m4", At: at, Quality: metering.DeviceFault},
		metering.Sample{Point: "T-4", Node: "s1", Meter: "m4", At: at, Field: "quality", Value: 3})
	// Intervals of gas are litres, and are called so.
	gas := metering.Interval{Point: "T-4", Channel: metering.ChannelGas, Start: at, Version: 1, Energy: 7, Grade: metering.Actual}
	if s, ok := m.Interval(gas); !ok || s.Field != "interval_l" || s.Channel != metering.ChannelGas || s.Value != 7 {
		t.Errorf("gas is published as %+v", s)
	}
	// An unknown meter stands under its own name.
	f(metering.Snapshot{Meter: "m9", At: at, Readings: []metering.Reading{reading(metering.ActivePower, 1, metering.Good)}},
		metering.Sample{Meter: "m9", At: at, Field: "p_w", Value: 1}, metering.Sample{Meter: "m9", At: at, Field: "quality"})
}

func TestJanitorForgetsWhatEveryStoreHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newLedger()
		for range 200 {
			ledger.commit(time.Now(), "x")
			time.Sleep(time.Minute)
		}
		left := func() int {
			all, _ := ledger.Batches(context.Background(), 0, 1000)
			return len(all)
		}
		j := &feeder.Janitor{Ledger: ledger, Cursors: []string{"a", "b"}, Keep: time.Hour, Clock: clock.Clock{}, Log: silent}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- j.Run(ctx) }()
		f := func(a, b int64, want int) {
			t.Helper()
			ledger.SetCursor(ctx, "a", a)
			ledger.SetCursor(ctx, "b", b)
			time.Sleep(10*time.Minute + time.Second)
			if got := left(); got != want {
				t.Errorf("cursors at %d and %d: %d batches are left, want %d", a, b, got, want)
			}
		}
		f(1000, 0, 200)      // one store has nothing yet
		f(1000, 5+3*99, 100) // the slower one decides
		f(1000, 1000, 30)    // an hour is kept: in the 230th minute the last 30 of 200
		cancel()
		<-done
	})
}

func BenchmarkMapper(b *testing.B) {
	m := feeder.NewMapper(plant())
	s := metering.Snapshot{Meter: "m1", At: epoch.Add(time.Hour)}
	for _, q := range metering.Quantities()[:12] {
		s.Readings = append(s.Readings, metering.Reading{Quantity: q, Value: 1})
	}
	var samples []metering.Sample
	b.ReportAllocs()
	for b.Loop() {
		samples = m.Append(samples[:0], s)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(len(samples))*1e6, "s/Msample")
}
