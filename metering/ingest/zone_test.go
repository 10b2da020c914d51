package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/ingest"
	"asue/metering/sqlite"
	"asue/metering/wire"
)

var morning = time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)

// handClock stands still until it is moved; nobody sleeps on it.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *handClock) Sleep(context.Context, time.Duration) error { panic("nobody sleeps here") }
func (c *handClock) Virtual(d time.Duration) time.Duration      { return d }
func (h *hearer) Committed(c ingest.Committed)                  { h.heard = append(h.heard, c) }
func at(minute, second int) time.Time {
	return morning.Add(time.Duration(minute*60+second) * time.Second)
}
func meter(n int) metering.MeterID                           { return metering.MeterID(fmt.Sprint("m-", n)) }
func point(n int) metering.PointID                           { return metering.PointID(fmt.Sprint("p-", n)) }
func counters(ch ...metering.Channel) []ingest.RegisterFacts { return factsOf(ch) }
func wattHours(q metering.Quantity, raw int64) metering.Reading {
	return counted(q, raw, metering.Good)
}
func (z *zone) batch(seq uint64, s ...metering.Snapshot) wire.Batch { return batchOf("c-1", seq, s...) }

type hearer struct{ heard []ingest.Committed }

func factsOf(channels []metering.Channel) []ingest.RegisterFacts {
	var facts []ingest.RegisterFacts
	for _, ch := range channels {
		facts = append(facts, ingest.RegisterFacts{Quantity: ch.Quantity(), Modulus: 100_000_000})
	}
	return facts
}

func counted(q metering.Quantity, raw int64, quality metering.Quality) metering.Reading {
	return metering.Reading{Quantity: q, Value: float64(raw), Count: metering.Count{Raw: raw, Step: 1000}, Quality: quality}
}

func snapshot(m metering.MeterID, when time.Time, readings ...metering.Reading) metering.Snapshot {
	return metering.Snapshot{Meter: m, Model: "test@1", At: when, Took: 20 * time.Millisecond, Readings: readings}
}

func batchOf(collector string, seq uint64, s ...metering.Snapshot) wire.Batch {
	b := wire.Batch{
		Site: "zone", ID: metering.BatchID{Collector: collector, Epoch: 7, Seq: seq}, Line: "tcp-1",
		Sealed: morning, Class: wire.Billing, Boot: 1, Snapshots: s,
	}
	if len(s) > 0 {
		b.Sealed = s[len(s)-1].At
	}
	return b
}

// zone is an ingest on a real ledger.
type zone struct {
	testing.TB
	clock  *handClock
	cfg    ingest.Config
	ledger *sqlite.Ledger
	in     *ingest.Ingest
	log    *strings.Builder
	hearer *hearer
}

func siteOf(meters int) *metering.Site {
	site := &metering.Site{ID: "zone", Location: time.UTC}
	site.Topology.Nodes = []metering.Node{{ID: "f-1", Kind: metering.NodeFeeder, VoltageKV: 10}}
	for n := range meters {
		site.Points = append(site.Points, metering.Point{ID: point(n), Node: "f-1"})
		site.Meters = append(site.Meters, metering.Meter{ID: meter(n)})
		site.Installs = append(site.Installs, metering.Install{Meter: meter(n), Point: point(n)})
	}
	return site
}

func newZone(t testing.TB, meters int) *zone {
	t.Helper()
	l, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	z := &zone{TB: t, clock: &handClock{now: morning}, ledger: l, log: &strings.Builder{}, hearer: &hearer{}}
	z.cfg = ingest.Config{
		Site: siteOf(meters), Ledger: l, Decode: wire.DecodeBatch, Clock: z.clock,
		Log: slog.New(slog.NewTextHandler(z.log, nil)), Listeners: []ingest.Listener{z.hearer},
	}
	z.in = ingest.New(z.cfg)
	return z
}

func message(t testing.TB, b wire.Batch) ingest.Message {
	t.Helper()
	payload, err := wire.EncodeBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	return ingest.Message{Topic: wire.LiveTopic(b.Site, b.ID.Collector), Payload: payload, ReceivedAt: b.Sealed}
}

// take sets the clock to the newest snapshot and takes the batches at once.
func (z *zone) take(batches ...wire.Batch) []ingest.Ack {
	z.Helper()
	var messages []ingest.Message
	for _, b := range batches {
		messages = append(messages, message(z, b))
		if b.Sealed.After(z.clock.Now()) {
			z.clock.set(b.Sealed)
		}
	}
	acks, err := z.in.Take(context.Background(), messages)
	if err != nil {
		z.Fatal(err)
	}
	return acks
}

func (z *zone) restart() { z.in = ingest.New(z.cfg) }

func (z *zone) close(now time.Time) {
	z.Helper()
	z.clock.set(now)
	if err := z.in.Close(context.Background(), now); err != nil {
		z.Fatal(err)
	}
}

// story prints the intervals of a point's A+: start, version, grade, energy,
// flags, reason.
func (z *zone) story(p metering.PointID) string {
	z.Helper()
	list, err := z.ledger.Intervals(context.Background(), metering.IntervalQuery{
		Points: []metering.PointID{p}, Channels: []metering.Channel{metering.ChannelActiveImport},
		From: morning.AddDate(0, 0, -40), To: morning.AddDate(0, 0, 40),
	})
	if err != nil {
		z.Fatal(err)
	}
	var b strings.Builder
	for _, iv := range list {
		fmt.Fprintf(&b, "%s v%d %v", iv.Start.Format("15:04"), iv.Version, iv.Grade)
		if iv.Grade != metering.Null {
			fmt.Fprintf(&b, " %d", int64(iv.Energy))
		}
		if names := iv.Flags.Names(); len(names) > 0 {
			fmt.Fprintf(&b, " %s", strings.Join(names, ","))
		}
		if iv.Reason != "" {
			fmt.Fprintf(&b, ": %s", iv.Reason)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (z *zone) wantStory(p metering.PointID, want string) {
	z.Helper()
	if got := z.story(p); got != want {
		z.Errorf("intervals of %s:\n%swant\n%s", p, got, want)
	}
}

func (z *zone) quarantined() []string {
	z.Helper()
	list, _, err := z.ledger.Quarantined(context.Background(), 100)
	if err != nil {
		z.Fatal(err)
	}
	var reasons []string
	for _, p := range list {
		reasons = append(reasons, p.Reason)
	}
	return reasons
}
