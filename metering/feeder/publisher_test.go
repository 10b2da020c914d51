package feeder_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"asue/metering"
	"asue/metering/feeder"
)

func publish(l *fakeLedger, s *fakeStore) (*feeder.Publisher, func()) {
	p := feeder.NewPublisher(feeder.PublisherOptions{Name: "intervals", Ledger: l, Series: s, Site: plant(), Log: silent})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	return p, func() {
		cancel()
		<-done
	}
}

func quarter(start time.Time, e metering.Energy) metering.Interval {
	return metering.Interval{Point: "T-1", Channel: metering.ChannelActiveImport, Start: start, Energy: e, Grade: metering.Actual}
}

func keyOf(start time.Time, rev int) string {
	meter := metering.MeterID("m1")
	if !start.Before(epoch.Add(24 * time.Hour)) {
		meter = "m3"
	}
	return key(metering.Sample{Point: "T-1", Resident: "r1", Node: "s1", Meter: meter, Field: "interval_wh",
		Channel: metering.ChannelActiveImport, Revision: rev, At: start})
}

func TestIntervalsArePublishedWithTheirVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		first := metering.PeriodStart(time.Now())
		ledger.record(quarter(first, 100)) // before the publisher lived
		p, stop := publish(ledger, store)
		time.Sleep(time.Second)
		second := first.Add(metering.BasePeriod)
		null := quarter(second, 0)
		null.Point, null.Grade = "T-2", metering.Null
		ledger.record(quarter(second, 250), null)
		p.Recorded(second)
		time.Sleep(time.Second)
		ledger.record(quarter(second, 251)) // a correction
		p.Recorded(second)
		time.Sleep(2 * time.Minute)
		stop()
		got := store.content()
		store.mu.Lock()
		defer store.mu.Unlock()
		// What is in the fake's memory has been there for two minutes.
		for _, m := range store.memory {
			got[m.key] = m.value
		}
		want := map[string]float64{keyOf(first, 1): 100, keyOf(second, 1): 250, keyOf(second, 2): 251}
		if len(got) != len(want) {
			t.Errorf("published %v, want %v", got, want)
		}
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s = %v, want %v", k, got[k], v)
			}
		}
		if c := ledger.at("intervals"); c != second.UnixMilli() {
			t.Errorf("the cursor is at %d, want %d", c, second.UnixMilli())
		}
	})
}

func TestIntervalsSurviveCrashesOfTheStoreAndAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, store := newLedger(), newStore()
		down := false
		store.fail = func() bool { return down }
		setDown := func(d bool) {
			store.mu.Lock()
			down = d
			store.mu.Unlock()
		}
		p, stop := publish(ledger, store)
		want := map[string]float64{}
		start := metering.PeriodStart(time.Now())
		for n := range 96 {
			ledger.record(quarter(start, metering.Energy(n+1)))
			want[keyOf(start, 1)] = float64(n + 1)
			p.Recorded(start)
			time.Sleep(3 * time.Second)
			switch n % 12 {
			case 3:
				store.crash()
			case 6:
				setDown(true)
			case 8:
				setDown(false)
			case 10: // our own end; what is recorded meanwhile is found later
				stop()
				p, stop = publish(ledger, store)
			}
			time.Sleep(7 * time.Minute)
			start = start.Add(metering.BasePeriod)
		}
		time.Sleep(2 * time.Minute)
		stop()
		got := store.content()
		for k, v := range want {
			if got[k] != v && !store.holds(k, v) {
				t.Errorf("%s = %v, want %v", k, got[k], v)
			}
		}
	})
}

// holds looks into the fake's memory; what has been there for longer than
// memoryFor would be on a real store's disk.
func (s *fakeStore) holds(k string, v float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.memory {
		if m.key == k && m.value == v && time.Since(m.at) >= memoryFor {
			return true
		}
	}
	return false
}

func TestBulkWritesHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		tries := 0
		store.fail = func() bool { tries++; return tries < 4 }
		b := feeder.NewBulk(store, plant(), silent)
		ctx := context.Background()
		const n = 6000
		for i := range n {
			at := epoch.Add(time.Duration(i) * time.Minute)
			if err := b.Power(ctx, "T-1", at, metering.Power(i)); err != nil {
				t.Fatal(err)
			}
		}
		at := epoch.Add(time.Hour)
		if err := errors.Join(
			b.Register(ctx, "T-1", at, metering.ChannelActiveImport, 777),
			b.Interval(ctx, quarter(at, 55)),
			b.Flush(ctx),
		); err != nil {
			t.Fatal(err)
		}
		if stored, refused := b.Written(); stored != n+2 || refused != 0 {
			t.Errorf("%d stored and %d refused, want %d and 0", stored, refused, n+2)
		}
		got := map[string]float64{}
		for _, m := range store.memory {
			got[m.key] = m.value
		}
		// The meter's change is in the labels, and the register is asue_e_imp_wh.
		late := metering.Sample{Point: "T-1", Resident: "r1", Node: "s1", Meter: "m3", Field: "p_w", At: epoch.Add(30 * time.Hour)}
		register := metering.Sample{Point: "T-1", Resident: "r1", Node: "s1", Meter: "m1", Field: "e_imp_wh", At: at}
		if got[key(late)] != 1800 || got[key(register)] != 777 || got[keyOf(at, 1)] != 55 {
			t.Errorf("late %v, register %v, interval %v", got[key(late)], got[key(register)], got[keyOf(at, 1)])
		}
		if err := b.Power(ctx, "T-9", at, 1); !errors.Is(err, metering.ErrNotFound) {
			t.Errorf("an unknown point: %v", err)
		}
		if err := b.Interval(ctx, metering.Interval{Point: "T-9"}); !errors.Is(err, metering.ErrNotFound) {
			t.Errorf("an interval of an unknown point: %v", err)
		}
	})
}
