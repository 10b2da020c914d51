package collector_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"asue/collector"
	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/wire"
)

// retained runs a story with an outbox that keeps batches for a day after their
// acknowledgement, with 600 of them acknowledged, one a second.
func retained(t *testing.T, f func(w *world, d *collector.Deliverer, start time.Time)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		path := filepath.Join(t.TempDir(), "o.db")
		d, stop := deliverer(t, w, path, 0, func(cfg *collector.DeliverConfig) {
			cfg.Open = func() (*outbox.Box, error) { return outbox.Open(path, outbox.Options{Retain: 24 * time.Hour}) }
		})
		w.lock(func() { w.acked = d.Ack })
		d.Online(true)
		start := time.Now()
		for i := range 600 {
			d.Put(named(wire.Billing, fmt.Sprint("register ", i), 0))
			wait(time.Second)
			w.acknowledge()
		}
		wait(time.Second)
		same(t, "acknowledged", d.Stats().Outbox.Acked, uint64(600))
		f(w, d, start)
		stop()
		if w.fault != "" {
			t.Fatal(w.fault)
		}
	})
}

// An operator wishes for five minutes of an outbox that is acknowledged to the last
// batch: they come again on the history, all of them and no other, in pace, and what
// is live is not late.
func TestReplayOfWhatIsAcknowledged(t *testing.T) {
	retained(t, func(w *world, d *collector.Deliverer, start time.Time) {
		again := map[string]bool{}
		w.lock(func() { clear(w.names); w.content = map[uint64]string{}; w.has = nil })
		a := d.Replay(wire.Replay{ID: "r", Issued: time.Now(), From: start.Add(100 * time.Second), To: start.Add(400*time.Second - time.Millisecond)})
		if a.Batches != 300 || a.From != 101 || a.To != 400 || a.Refused != "" || a.ID != "r" {
			t.Fatalf("the answer is %+v", a)
		}
		began := time.Now()
		for i := range 10 {
			d.Put(named(wire.Telemetry, fmt.Sprint("live ", i), 0))
			wait(time.Second)
		}
		w.lock(func() {
			for name := range w.names {
				again[name] = true
			}
		})
		for i := range 600 {
			if name := fmt.Sprint("register ", i); again[name] != (i >= 100 && i < 400) {
				t.Fatalf("%s came again: %t", name, again[name])
			}
		}
		s := d.Stats()
		if s.Wished != 0 || s.Wishes != 1 || s.Replayed != 300 || time.Since(began) < 6*time.Second {
			t.Fatalf("%+v", s)
		}
		for _, age := range w.liveAges {
			if age > 100*time.Millisecond {
				t.Fatalf("a live value arrived after %v", age)
			}
		}
	})
}

// The broker goes away in the middle: what is left goes on afterwards.
func TestReplaySurvivesTheBroker(t *testing.T) {
	retained(t, func(w *world, d *collector.Deliverer, _ time.Time) {
		w.lock(func() { w.content = map[uint64]string{}; w.has = nil; w.fail = 0.3 })
		if a := d.Replay(wire.Replay{ID: "r", Issued: time.Now(), FromSeq: 51}); a.Batches != 550 || a.From != 51 || a.To != 600 {
			t.Fatalf("the answer is %+v", a)
		}
		wait(3 * time.Second)
		d.Online(false)
		wait(20 * time.Second)
		left := d.Stats().Wished
		if left == 0 || left > 549 {
			t.Fatalf("%d are left", left)
		}
		w.lock(func() { w.fail = 0 })
		d.Online(true)
		wait(30 * time.Second)
		same(t, "came", w.has, outbox.Ranges{{From: 51, To: 600}})
		same(t, "told lost", w.told, outbox.Ranges(nil))
	})
}

func TestReplayIsRefused(t *testing.T) {
	retained(t, func(w *world, d *collector.Deliverer, _ time.Time) {
		for name, issued := range map[string]time.Time{
			"old": time.Now().Add(-5*time.Minute - time.Second), "from the future": time.Now().Add(time.Minute + time.Second),
		} {
			if a := d.Replay(wire.Replay{ID: "r", Issued: issued, FromSeq: 1}); !strings.Contains(a.Refused, "compare the clocks") || a.Batches != 0 {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if a := d.Replay(wire.Replay{ID: "r", Issued: time.Now(), From: time.Now()}); a.Batches != 0 || a.Refused != "" {
			t.Errorf("nothing to send: %+v", a)
		}
		same(t, "wishes heeded", d.Stats().Wishes, uint64(1))
	})
	d, err := collector.NewDeliverer(collector.DeliverConfig{
		Name: "c", Open: func() (*outbox.Box, error) { return nil, outbox.ErrFull }, Encode: wire.EncodeBatch, Publisher: newWorld(1), Site: metering.SiteID("s"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := d.Replay(wire.Replay{ID: "r", Issued: time.Now(), FromSeq: 1}); a.Refused == "" {
		t.Errorf("without an outbox: %+v", a)
	}
}
