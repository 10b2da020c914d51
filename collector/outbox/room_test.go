package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lib "modernc.org/sqlite/lib"

	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/clock"
)

// hurried is a clock on which the ten seconds that a refusal counts pass in one
// hundredth.
func hurried() clock.Clock {
	return clock.Warped(time.Now(), time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC), 1000)
}

// A small volume fills up: first telemetry is no longer kept, though it has its
// numbers and is handed back to be published; then the oldest of it goes; then the
// reserve; registers are taken as long as anything of this is left. When there is
// room, all of it goes back by itself.
func TestVolumeFillsUp(t *testing.T) {
	disk, dir := mount(t)
	disk.set(func() { disk.capacity = 16 << 20 })
	path := filepath.Join(dir, "o.db")
	var said bytes.Buffer
	b := open(t, path, outbox.Options{
		Reserve: 4 << 20, KeepFree: 0.15, Volume: disk.free, Clock: hurried(), Log: textLog(&said),
	})
	if r := b.Stats().Reserve; r != 4<<20 || sizeOf(path+".reserve") != r {
		t.Fatalf("the reserve takes %d bytes", r)
	}
	dice := rand.New(rand.NewPCG(4, 4))
	put := func() ([]outbox.Row, error) {
		return b.AppendAll(context.Background(), []outbox.Entry{
			{Class: metering.Billing, Encode: noisy(dice, 3000)}, {Class: metering.Telemetry, Encode: noisy(dice, 12_000)},
		})
	}
	// stage appends until something holds, and returns how many registers it took.
	stage := func(what string, until func(rows []outbox.Row, err error) bool) int {
		t.Helper()
		for n := range 20_000 {
			rows, err := put()
			if until(rows, err) {
				return n
			}
			if err != nil || len(rows) != 2 || rows[0].Passed {
				t.Fatalf("on the way to %s: %d rows, %v\n%s", what, len(rows), err, said.String())
			}
		}
		t.Fatalf("never came: %s\n%s", what, said.String())
		return 0
	}
	kept := stage("tight", func(rows []outbox.Row, err error) bool { return err == nil && rows[1].Passed })
	if s := b.Stats(); s.Pressure != outbox.Tight || s.Reserve != 4<<20 || s.Dropped != 0 || s.BillingRows != int64(kept+1) || s.TelemetryRows != int64(kept) {
		t.Fatalf("%d kept: %+v", kept, s)
	}
	stage("full", func([]outbox.Row, error) bool { return b.Stats().Pressure == outbox.Full })
	stage("reserve given up", func([]outbox.Row, error) bool { return b.Stats().Reserve == 0 })
	onReserve := stage("nothing helps", func(_ []outbox.Row, err error) bool { return errors.Is(err, outbox.ErrFull) })
	s := b.Stats()
	if onReserve < 300 || s.TelemetryRows != 0 {
		t.Fatalf("%d registers of 3 kB fitted into the reserve of 4 MiB; %+v", onReserve, s)
	}
	billing := s.BillingRows
	for range 3 { // it goes on refusing, and does not lose what it has
		if _, err := put(); !errors.Is(err, outbox.ErrFull) {
			t.Fatal(err)
		}
	}
	if got := b.Stats().BillingRows; got != billing {
		t.Fatalf("%d registers of %d are left", got, billing)
	}

	disk.set(func() { disk.capacity = 64 << 20 })
	stage("room again", func(rows []outbox.Row, err error) bool {
		s := b.Stats()
		return err == nil && !rows[1].Passed && s.Pressure == outbox.Roomy && s.Reserve == 4<<20
	})
	for _, want := range []string{"the volume is nearly full", "the reserve is given up", "there is room again", "the reserve is made"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

// Telemetry that was passed on and arrived is never spoken of again; what did not
// arrive is told lost when the ledger misses it; and after a restart all of it is,
// as nobody knows better.
func TestPassedTelemetryIsToldWhenMissed(t *testing.T) {
	disk, dir := mount(t)
	path := filepath.Join(dir, "o.db")
	disk.set(func() { disk.capacity = 100 << 20 })
	options := outbox.Options{KeepFree: 1, Volume: disk.free} // always tight
	b := open(t, path, options)
	fill(t, b, metering.Billing, 2)
	fill(t, b, metering.Telemetry, 4)
	fill(t, b, metering.Billing, 1)
	same(t, "kept", b.Stats().BillingRows+b.Stats().TelemetryRows, int64(3))
	told := func() outbox.Ranges {
		var all outbox.Ranges
		for {
			_, ok, err := b.Announce(10, func(id outbox.ID, lost []metering.Range) ([]byte, error) {
				for _, r := range lost {
					all.Add(r.From, r.To)
				}
				return text(id), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return all
			}
		}
	}
	same(t, "told at once", told(), outbox.Ranges(nil))
	if _, _, err := b.Read(4, 5, 10, 1<<20); err != nil { // the ledger misses two of them
		t.Fatal(err)
	}
	same(t, "told", told(), outbox.Ranges{{From: 4, To: 5}})
	b.Close()
	b = open(t, path, options)
	same(t, "damage", b.Report().Lost, []metering.Range(nil))
	same(t, "told after a restart", told(), outbox.Ranges{{From: 3, To: 6}})
	f, err := outbox.Verify(context.Background(), path, nil)
	if err != nil || f.Damaged() {
		t.Fatal(f.Faults, err)
	}
}

// A disk that was full at the last stop does not keep the outbox from opening: the
// reserve is there for that too.
func TestOpensOnAFullDisk(t *testing.T) {
	disk, dir := mount(t)
	disk.set(func() { disk.capacity = 64 << 20 })
	path := filepath.Join(dir, "o.db")
	options := outbox.Options{Reserve: 1 << 20, Volume: disk.free}
	b := open(t, path, options)
	for range 30 {
		if _, err := b.Append(context.Background(), metering.Billing, padded(3000)); err != nil {
			t.Fatal(err)
		}
	}
	image := crashImage(t, path)
	b.Close()
	image[""][len(image[""])-1]++ // a row is damaged, so that opening has to write
	delete(image, "-wal")
	lay(t, path, image)
	disk.set(func() { disk.capacity = taken(dir) })
	b = open(t, path, options)
	fill(t, b, metering.Billing, 5)
	if _, err := os.Stat(path + ".reserve"); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the reserve is still there: %v", err)
	}
}

// The budget's alarms come once for each crossing.
func TestBudgetAlarms(t *testing.T) {
	var said bytes.Buffer
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{Budget: 100_000, Log: textLog(&said), Clock: hurried()})
	alarms := func() int { return strings.Count(said.String(), "fill the budget") }
	for _, step := range []struct{ rows, want int }{{65, 0}, {7, 1}, {10, 1}, {9, 2}, {20, 2}} {
		for range step.rows {
			if _, err := b.Append(context.Background(), metering.Billing, padded(900)); err != nil {
				t.Fatal(err)
			}
		}
		if alarms() != step.want {
			t.Fatalf("%d alarms at %d of 100,000 bytes, want %d", alarms(), b.Stats().Bytes, step.want)
		}
	}
	if err := b.Forget(b.Last()); err != nil {
		t.Fatal(err)
	}
	fill(t, b, metering.Billing, 1)
	for range 80 {
		if _, err := b.Append(context.Background(), metering.Billing, padded(900)); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "alarms after it was empty in between", alarms(), 3)
}

// Each write, sync and truncation of a life fails once, with a full disk and with an
// error of the device, half of a write being done: what was reported durable is
// there, right to the byte, and the outbox goes on by itself.
//
// ASUE_CAMPAIGN_DISK says how many of the operations, spread evenly; all if it is
// larger than there are.
func TestEachDiskOperationFailsOnce(t *testing.T) {
	disk, dir := mount(t)
	life := func(name string) error { return lifeOnDisk(filepath.Join(dir, name)) }
	if err := life("count"); err != nil {
		t.Fatal(err)
	}
	total := disk.ops
	codes := []int32{lib.SQLITE_FULL, lib.SQLITE_IOERR_WRITE, lib.SQLITE_IOERR_FSYNC}
	n := min(campaign(t, "ASUE_CAMPAIGN_DISK", 12), total)
	hit := 0
	for i := range n {
		at := 1 + i*total/n
		for _, code := range codes {
			disk.set(func() { disk.ops, disk.failAt, disk.failWith, disk.failed = 0, at, code, false })
			if err := life(fmt.Sprintf("%d-%d", at, code)); err != nil {
				t.Errorf("operation %d of %d failed with code %d: %v", at, total, code, err)
			}
			if disk.failed {
				hit++
			}
		}
	}
	disk.set(func() { disk.failAt = 0 })
	t.Logf("%d of %d operations, each with %d errors: %d failed", n, total, len(codes), hit)
	if hit < n {
		t.Fatalf("only %d of %d faults took place", hit, n*len(codes))
	}
}

// lifeOnDisk opens an outbox, appends, forgets, loses, closes and opens again, and
// returns what it found wrong.
func lifeOnDisk(path string) error {
	tries := func(f func() error) (err error) {
		for range 3 { // a fault passes: that is what a caller does
			if err = f(); err == nil {
				return nil
			}
		}
		return err
	}
	reported := map[uint64][]byte{}
	dice := rand.New(rand.NewPCG(9, 9))
	for range 2 {
		var b *outbox.Box
		err := tries(func() (err error) {
			b, err = outbox.Open(path, outbox.Options{Pace: time.Microsecond, Retain: time.Hour, Budget: 150_000})
			return err
		})
		if err != nil {
			return err
		}
		defer b.Close()
		if r := b.Report(); r.MovedAside != "" || r.Quarantined > 0 {
			return fmt.Errorf("a failed operation is no damage: %+v", r)
		}
		for i := range 25 {
			var rows []outbox.Row
			err := tries(func() (err error) {
				rows, err = b.AppendAll(context.Background(), []outbox.Entry{
					{Class: metering.Billing, Encode: noisy(dice, 500)}, {Class: metering.Telemetry, Encode: noisy(dice, 5000)},
				})
				return err
			})
			if err != nil {
				return fmt.Errorf("append: %w", err)
			}
			for _, r := range rows {
				if _, twice := reported[r.Seq]; twice {
					return fmt.Errorf("number %d was given twice", r.Seq)
				}
				reported[r.Seq] = r.Payload
				if r.Class == metering.Telemetry {
					reported[r.Seq] = nil // may be dropped for space
				}
			}
			if i == 10 {
				if err := tries(func() error { return b.Forget(b.Acked() + 5) }); err != nil {
					return fmt.Errorf("forget: %w", err)
				}
			}
		}
		if err := tries(b.Close); err != nil {
			return fmt.Errorf("close: %w", err)
		}
		if err := holdsReported(path, reported); err != nil {
			return err
		}
	}
	f, err := outbox.Verify(context.Background(), path, nil)
	if err != nil || f.Damaged() {
		return fmt.Errorf("verify: %v, %w", f.Faults, err)
	}
	return nil
}

func holdsReported(path string, reported map[uint64][]byte) error {
	b, err := outbox.Open(path, outbox.Options{Retain: time.Hour, Budget: 150_000})
	if err != nil { // the fault may have waited for this
		if b, err = outbox.Open(path, outbox.Options{Retain: time.Hour, Budget: 150_000}); err != nil {
			return err
		}
	}
	defer b.Close()
	for seq, want := range reported {
		if want == nil || seq <= b.Acked() {
			continue
		}
		rows, _, err := b.Read(seq, seq, 1, 1<<20)
		if err != nil {
			rows, _, err = b.Read(seq, seq, 1, 1<<20)
		}
		if err != nil || len(rows) != 1 || !bytes.Equal(rows[0].Payload, want) {
			return fmt.Errorf("batch %d was durable and is gone or wrong: %d rows, %w", seq, len(rows), err)
		}
	}
	return nil
}
