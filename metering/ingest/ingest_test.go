package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/ingest"
	"asue/metering/wire"
)

const imp = metering.ActiveImport

func TestReadingsBecomeIntervalsAndAcks(t *testing.T) {
	z := newZone(t, 1)
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000))))
	z.take(z.batch(2, snapshot("m-0", at(14, 55), wattHours(imp, 1990))))
	acks := z.take(z.batch(3, snapshot("m-0", at(15, 5), wattHours(imp, 2010))), z.batch(5, snapshot("m-0", at(30, 0), wattHours(imp, 2500))))

	z.wantStory("p-0", "08:00 v1 A 1000\n08:15 v1 A 500\n")
	want := []ingest.Ack{{Collector: "c-1", Ack: wire.Ack{Epoch: 7, Contiguous: 3, Highest: 5, Missing: []metering.Range{{From: 4, To: 4}}}}}
	if diff := cmp.Diff(want, acks); diff != "" {
		t.Errorf("acks (-want +got):\n%s", diff)
	}
	heard := z.hearer.heard[len(z.hearer.heard)-1]
	if len(heard.Batches) != 2 || len(heard.Intervals) != 2 || heard.Intervals[0].Energy != 1000 {
		t.Errorf("the listener heard %+v", heard)
	}
	if s := z.in.Stats(); s.Messages != 4 || s.Readings != 4 || s.Intervals != 2 || s.Commits != 3 || s.Registers != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestReadingOnTheBoundaryIsExact(t *testing.T) {
	z := newZone(t, 1)
	for i := range 5 {
		z.take(z.batch(uint64(i+1), snapshot("m-0", at(15*i, 0), wattHours(imp, int64(1000*i*i)))))
	}
	z.wantStory("p-0", "08:00 v1 A 1000\n08:15 v1 A 3000\n08:30 v1 A 5000\n08:45 v1 A 7000\n")
}

func TestReplayChangesNothing(t *testing.T) {
	z := newZone(t, 1)
	var all []wire.Batch
	for i := range 40 {
		all = append(all, z.batch(uint64(i+1), snapshot("m-0", at(2*i, 3), wattHours(imp, int64(1000+40*i)))))
	}
	z.take(all...)
	want, commits := z.story("p-0"), z.in.Stats().Intervals
	for _, b := range all {
		z.take(b)
	}
	z.restart()
	z.take(all...)
	z.wantStory("p-0", want)
	if n := z.in.Stats().Intervals; n != 0 {
		t.Errorf("a replay after a restart wrote %d intervals", n)
	}
	if commits == 0 || strings.Contains(want, "v2") {
		t.Errorf("first take: %d intervals:\n%s", commits, want)
	}
}

func TestUnusableReadingsStayOut(t *testing.T) {
	z := newZone(t, 1)
	bad := snapshot("m-0", at(7, 0), wattHours(imp, 5))
	bad.Quality = metering.WrongMeter
	z.take(
		z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000))),
		z.batch(2, snapshot("m-0", at(5, 0), counted(imp, 3, metering.SteppedBack))),
		z.batch(3, bad),
		z.batch(4, snapshot("m-0", at(15, 0), wattHours(imp, 1500))),
	)
	z.wantStory("p-0", "08:00 v1 A 500\n")
}

func TestPoisonIsKeptWithItsReason(t *testing.T) {
	f := func(name, reason string, wantAck bool, change func(m *ingest.Message, b *wire.Batch)) {
		t.Helper()
		z := newZone(t, 2)
		z.clock.set(at(0, 0))
		b := z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1)))
		var m ingest.Message
		change(&m, &b)
		if m.Payload == nil {
			m.Payload = message(t, b).Payload
		}
		good := message(t, batchOf("good", 1, snapshot("m-1", at(0, 0), wattHours(imp, 1))))
		acks, err := z.in.Take(context.Background(), []ingest.Message{m, good})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := map[string]uint64{}
		for _, a := range acks {
			got[a.Collector] = a.Contiguous
		}
		if got["good"] != 1 || (got["c-1"] == 1) != wantAck {
			t.Errorf("%s: acks %+v", name, acks)
		}
		if q := z.quarantined(); len(q) != 1 || !strings.Contains(q[0], reason) {
			t.Errorf("%s: quarantined %q, want %q", name, q, reason)
		}
	}
	f("garbage", "undecodable", false, func(m *ingest.Message, _ *wire.Batch) { m.Payload = []byte("garbage") })
	f("empty", "undecodable", false, func(m *ingest.Message, _ *wire.Batch) { m.Payload = []byte{} })
	f("oversized", "oversized: 1048577 bytes", false, func(m *ingest.Message, _ *wire.Batch) { m.Payload = make([]byte, 1<<20+1) })
	f("another site", `of site "other", this is "zone"`, true, func(_ *ingest.Message, b *wire.Batch) { b.Site = "other" })
	f("another's name", `collector "c-9" sent a batch in the name of "c-1"`, false, func(m *ingest.Message, _ *wire.Batch) { m.Collector = "c-9" })
	f("unknown meter", `meter "m-77" is not in the site file`, true, func(_ *ingest.Message, b *wire.Batch) { b.Snapshots[0].Meter = "m-77" })
	f("future", `2m1s ahead of the clock here`, true, func(_ *ingest.Message, b *wire.Batch) {
		b.Snapshots[0].At = at(2, 1)
	})
}

// The wire refuses a negative counter already; another decoder may let it pass.
func TestBrokenCounterIsPoison(t *testing.T) {
	z := newZone(t, 1)
	z.cfg.Decode = func([]byte) (wire.Batch, error) {
		return z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, -1)), snapshot("m-0", at(0, 0),
			metering.Reading{Quantity: metering.ReactiveImport, Count: metering.Count{Raw: 5}})), nil
	}
	z.restart()
	if _, err := z.in.Take(t.Context(), []ingest.Message{{Payload: []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	if q := z.quarantined(); len(q) != 1 || !strings.Contains(q[0], "-1 counts") || !strings.Contains(q[0], "5 counts of 0 thousandths") {
		t.Errorf("quarantined %q", q)
	}
	if n := z.in.Stats().Refused["broken_counter"]; n != 2 {
		t.Errorf("%d broken counters counted, want 2", n)
	}
}

func TestGoodReadingsBesideAFutureOneCount(t *testing.T) {
	z := newZone(t, 2)
	z.clock.set(at(15, 0))
	both := func(seq uint64, when time.Time, raw int64) ingest.Message {
		return message(t, z.batch(seq, snapshot("m-0", when, wattHours(imp, raw)), snapshot("m-1", at(60, 0), wattHours(imp, raw))))
	}
	for i, m := range []ingest.Message{both(1, at(0, 0), 100), both(2, at(15, 0), 300)} {
		if _, err := z.in.Take(t.Context(), []ingest.Message{m}); err != nil {
			t.Fatal(i, err)
		}
	}
	z.wantStory("p-0", "08:00 v1 A 200\n")
	z.wantStory("p-1", "")
	if n := len(z.quarantined()); n != 1 {
		t.Errorf("the same fault of the same meter is in the quarantine %d times, want once an hour", n)
	}
	if n := z.in.Stats().Refused["future"]; n != 2 {
		t.Errorf("%d future readings counted, want 2", n)
	}
}

func TestLostBatchesCountAsReceived(t *testing.T) {
	z := newZone(t, 1)
	b := z.batch(9)
	b.Lost = []metering.Range{{From: 2, To: 4}, {From: 6, To: 8}}
	acks := z.take(z.batch(1), z.batch(5), b)
	if a := acks[0]; a.Contiguous != 9 || len(a.Missing) != 0 {
		t.Errorf("ack %+v, want everything up to 9", a)
	}
}

// failing is a ledger whose disk is full for a while.
type failing struct {
	metering.Ledger
	commit, mark, quarantine error
}

func (l *failing) Commit(ctx context.Context, c metering.Commit) error {
	if l.commit != nil {
		return l.commit
	}
	return l.Ledger.Commit(ctx, c)
}

func (l *failing) Mark(ctx context.Context, collector string, epoch uint64) (metering.Mark, error) {
	if l.mark != nil {
		return metering.Mark{}, l.mark
	}
	return l.Ledger.Mark(ctx, collector, epoch)
}

func (l *failing) Quarantine(ctx context.Context, p metering.Poison) error {
	if l.quarantine != nil {
		return l.quarantine
	}
	return l.Ledger.Quarantine(ctx, p)
}

func TestFullDiskAcknowledgesNothingAndRecovers(t *testing.T) {
	z := newZone(t, 1)
	full := &failing{Ledger: z.ledger}
	z.cfg.Ledger = full
	z.restart()
	z.take(z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000))))

	full.commit = errors.New("disk full")
	second := message(t, z.batch(2, snapshot("m-0", at(15, 0), wattHours(imp, 1700))))
	z.clock.set(at(15, 0))
	heard := len(z.hearer.heard)
	for range 3 {
		if acks, err := z.in.Take(t.Context(), []ingest.Message{second}); !errors.Is(err, full.commit) || acks != nil {
			t.Errorf("Take on a full disk = %v, %v", acks, err)
		}
	}
	if s := z.in.Stats(); s.Failures != 3 || s.Messages != 1 {
		t.Errorf("stats %+v, want 3 failures and 1 message", s)
	}
	if len(z.hearer.heard) != heard {
		t.Error("listeners heard of what was not committed")
	}
	full.commit = nil
	acks, err := z.in.Take(t.Context(), []ingest.Message{second})
	if err != nil || acks[0].Contiguous != 2 {
		t.Errorf("with space again: %+v, %v", acks, err)
	}
	z.wantStory("p-0", "08:00 v1 A 700\n")

	// Failing after the commit is no success either, and no harm.
	full.mark = errors.New("mark failed")
	third := message(t, z.batch(3, snapshot("m-0", at(30, 0), wattHours(imp, 1900))))
	z.clock.set(at(30, 0))
	if acks, err := z.in.Take(t.Context(), []ingest.Message{third}); !errors.Is(err, full.mark) || acks != nil {
		t.Errorf("Take without marks = %v, %v", acks, err)
	}
	full.mark, full.quarantine = nil, errors.New("no quarantine")
	if acks, err := z.in.Take(t.Context(), []ingest.Message{third, {Payload: []byte("garbage")}}); !errors.Is(err, full.quarantine) || acks != nil {
		t.Errorf("Take without a quarantine = %v, %v", acks, err)
	}
	full.quarantine = nil
	if acks, err := z.in.Take(t.Context(), []ingest.Message{third}); err != nil || acks[0].Contiguous != 3 {
		t.Errorf("at last: %+v, %v", acks, err)
	}
	z.wantStory("p-0", "08:00 v1 A 700\n08:15 v1 A 200\n")
}

// refusing will never take a certain batch.
type refusing struct{ metering.Ledger }

func (l refusing) Commit(ctx context.Context, c metering.Commit) error {
	for _, b := range c.Batches {
		if b.ID.Seq == 2 {
			return fmt.Errorf("not this one: %w", metering.ErrRefused)
		}
	}
	return l.Ledger.Commit(ctx, c)
}

func TestOneRefusedBatchDoesNotHoldUpItsGroup(t *testing.T) {
	z := newZone(t, 1)
	z.cfg.Ledger = refusing{z.ledger}
	z.restart()
	acks := z.take(
		z.batch(1, snapshot("m-0", at(0, 0), wattHours(imp, 1000))),
		z.batch(2, snapshot("m-0", at(5, 0), wattHours(imp, 1001))),
		z.batch(3, snapshot("m-0", at(15, 0), wattHours(imp, 1600))),
	)
	if len(acks) != 1 || acks[0].Contiguous != 3 {
		t.Errorf("acks %+v, want one up to 3", acks)
	}
	if q := z.quarantined(); len(q) != 1 || !strings.Contains(q[0], "not this one") {
		t.Errorf("quarantined %q", q)
	}
	z.wantStory("p-0", "08:00 v1 A 600\n")
}
