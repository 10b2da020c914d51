package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/clock"
)

// text is what batch seq of an epoch holds in these tests: bytes that carry
// their own identity.
func text(id outbox.ID) []byte { return fmt.Appendf(nil, "batch %d of %x", id.Seq, id.Epoch) }

func encode(id outbox.ID) ([]byte, error) { return text(id), nil }

// padded is text followed by n zero bytes.
func padded(n int) func(outbox.ID) ([]byte, error) {
	return func(id outbox.ID) ([]byte, error) { return append(text(id), make([]byte, n)...), nil }
}

func open(t *testing.T, path string, opts outbox.Options) *outbox.Box {
	t.Helper()
	if opts.Pace == 0 {
		opts.Pace = time.Microsecond
	}
	b, err := outbox.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func fill(t *testing.T, b *outbox.Box, class metering.Class, n int) {
	t.Helper()
	entries := make([]outbox.Entry, n)
	for i := range entries {
		entries[i] = outbox.Entry{Class: class, Encode: encode}
	}
	if _, err := b.AppendAll(context.Background(), entries); err != nil {
		t.Fatal(err)
	}
}

// numbers reads everything and returns the numbers, after checking each payload.
func numbers(t *testing.T, b *outbox.Box) []uint64 {
	t.Helper()
	var seqs []uint64
	for from, last := uint64(1), b.Last(); from <= last; {
		rows, next, err := b.Read(from, last, 7, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if !bytes.HasPrefix(r.Payload, text(outbox.ID{Epoch: b.Epoch(), Seq: r.Seq})) {
				t.Fatalf("batch %d came back as %q", r.Seq, r.Payload)
			}
			seqs = append(seqs, r.Seq)
		}
		if next <= from {
			t.Fatalf("read from %d goes on at %d", from, next)
		}
		from = next
	}
	return seqs
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func TestKeepsUntilForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out box#1.db") // a name that a URL would misread
	b := open(t, path, outbox.Options{})
	for want := uint64(1); want <= 5; want++ {
		seq, err := b.Append(context.Background(), metering.Billing, encode)
		if err != nil || seq != want {
			t.Fatalf("got number %d, %v; want %d", seq, err, want)
		}
	}
	epoch := b.Epoch()
	b.Close()

	b = open(t, path, outbox.Options{})
	same(t, "epoch after a restart", b.Epoch(), epoch)
	same(t, "batches", numbers(t, b), []uint64{1, 2, 3, 4, 5})
	if err := b.Forget(3); err != nil {
		t.Fatal(err)
	}
	same(t, "batches after Forget(3)", b.Stats().BillingRows, int64(2))
	b.Close()

	b = open(t, path, outbox.Options{})
	same(t, "acknowledged", b.Acked(), uint64(3))
	if err := b.Forget(99); err != nil { // beyond what was given: no more than all
		t.Fatal(err)
	}
	same(t, "acknowledged", b.Acked(), uint64(5))
	fill(t, b, metering.Billing, 1) // numbers go on though nothing is left
	same(t, "last", b.Last(), uint64(6))
	if b.Report().New {
		t.Fatal("the file is not new")
	}
}

func TestManyAppendersShareTransactions(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{Pace: 5 * time.Millisecond})
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]bool{}
	for range 400 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			seq, err := b.Append(context.Background(), metering.Telemetry, encode)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[seq] = true
		}()
	}
	wg.Wait()
	if len(seen) != 400 || b.Last() != 400 {
		t.Fatalf("%d numbers for 400 appenders, last %d", len(seen), b.Last())
	}
	if c := b.Stats().Commits; c > 40 {
		t.Fatalf("%d transactions for 400 appenders at once", c)
	}
}

func TestAFailedEncodingLeavesNoGap(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{})
	bad := func(outbox.ID) ([]byte, error) { return nil, errors.New("too long") }
	rows, err := b.AppendAll(context.Background(), []outbox.Entry{{metering.Billing, encode}, {metering.Billing, bad}, {9, encode}, {metering.Telemetry, encode}})
	if err == nil || !strings.Contains(err.Error(), "encode batch 2: too long") || !strings.Contains(err.Error(), "class 9") {
		t.Fatalf("error %v", err)
	}
	if len(rows) != 2 || rows[1].Seq != 2 {
		t.Fatalf("stored %v", rows)
	}
	same(t, "batches", numbers(t, b), []uint64{1, 2})
}

func TestTelemetryGoesFirstAndIsTold(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{Budget: 64 << 10})
	for i := range 200 {
		class := metering.Telemetry
		if i%4 == 0 {
			class = metering.Billing
		}
		if _, err := b.Append(context.Background(), class, padded(1000)); err != nil {
			t.Fatal(err)
		}
	}
	s := b.Stats()
	if s.Bytes > 64<<10 || s.BillingRows != 50 || s.Dropped == 0 || s.Gaps != s.Dropped {
		t.Fatalf("%+v", s)
	}
	var told outbox.Ranges
	for {
		_, ok, err := b.Announce(3, func(id outbox.ID, lost []metering.Range) ([]byte, error) {
			if len(lost) > 3 {
				t.Fatalf("%d ranges at once", len(lost))
			}
			for _, r := range lost {
				told.Add(r.From, r.To)
			}
			return text(id), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
	}
	for _, k := range numbers(t, b) {
		if told.Contains(k) {
			t.Fatalf("batch %d is kept and told lost", k)
		}
		told.Add(k, k)
	}
	same(t, "kept and told together", told, outbox.Ranges{{From: 1, To: b.Last()}})
	if err := b.Forget(b.Last()); err != nil {
		t.Fatal(err)
	}
	same(t, "gaps after the acknowledgement", b.Stats().Gaps, uint64(0))
}

func TestBillingStaysBeyondTheBudget(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{Budget: 4 << 10})
	for range 20 {
		if _, err := b.Append(context.Background(), metering.Billing, padded(1000)); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "billing batches", b.Stats().BillingRows, int64(20))
}

func TestDiskFullIsNamedAndPasses(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{})
	fill(t, b, metering.Billing, 3)
	if err := b.FillDisk(true); err != nil {
		t.Fatal(err)
	}
	_, err := b.Append(context.Background(), metering.Billing, padded(100_000))
	if !errors.Is(err, outbox.ErrFull) || !strings.Contains(err.Error(), "free space on its volume") {
		t.Fatalf("got %v", err)
	}
	if err := b.FillDisk(false); err != nil {
		t.Fatal(err)
	}
	seq, err := b.Append(context.Background(), metering.Billing, padded(100_000))
	if err != nil || seq != 4 {
		t.Fatalf("after the disk has room: number %d, %v", seq, err)
	}
}

// With telemetry in the file, billing gets its pages when the disk has none.
func TestDiskFullCostsTelemetryFirst(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{})
	for range 50 {
		if _, err := b.Append(context.Background(), metering.Telemetry, padded(20_000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.FillDisk(true); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Append(context.Background(), metering.Billing, padded(50_000)); err != nil {
		t.Fatal(err)
	}
	if s := b.Stats(); s.Dropped < 5 || s.Dropped > 6 || s.Gaps != s.Dropped {
		t.Fatalf("%+v", s)
	}
}

func TestReadOnlyIsNamedAndPasses(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{})
	if err := b.ForbidWrites(true); err != nil {
		t.Fatal(err)
	}
	_, err := b.Append(context.Background(), metering.Billing, encode)
	if !errors.Is(err, outbox.ErrReadOnly) || !strings.Contains(err.Error(), "write access") {
		t.Fatalf("got %v", err)
	}
	if err := b.ForbidWrites(false); err != nil {
		t.Fatal(err)
	}
	fill(t, b, metering.Billing, 1)
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	_, err := outbox.Open(filepath.Join(dir, "no such folder", "o.db"), outbox.Options{})
	if !errors.Is(err, outbox.ErrReadOnly) || !strings.Contains(err.Error(), "must exist and be writable") {
		t.Errorf("missing folder: %v", err)
	}
	path := filepath.Join(dir, "o.db")
	open(t, path, outbox.Options{})
	_, err = outbox.Open(path, outbox.Options{})
	if !errors.Is(err, outbox.ErrInUse) || !strings.Contains(err.Error(), "stop the other collector") {
		t.Errorf("second process: %v", err)
	}
}

// Days that are acknowledged together go bit by bit, so that nothing waits for them.
func TestForgettingMuchGoesBitByBit(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{Clock: hurried()})
	for range 20 {
		fill(t, b, metering.Telemetry, 1000)
	}
	if err := b.Forget(20_000); err != nil {
		t.Fatal(err)
	}
	if left := b.Stats().TelemetryRows; left < 10_000 || left > 12_000 {
		t.Fatalf("%d rows are left after the first step", left)
	}
	for deadline := time.Now().Add(10 * time.Second); b.Stats().TelemetryRows > 0; {
		if err := b.Forget(20_000); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d rows are left", b.Stats().TelemetryRows)
		}
	}
}

func TestRetention(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{Retain: time.Hour})
	fill(t, b, metering.Billing, 4)
	if err := b.Forget(4); err != nil {
		t.Fatal(err)
	}
	// The ledger was restored from a backup that knows of batch 1 only.
	rows, next, err := b.Read(2, 4, 10, 1<<20)
	if err != nil || len(rows) != 3 || next != 5 {
		t.Fatalf("%v, next %d, %v", rows, next, err)
	}
	if s := b.Stats(); !s.Oldest.IsZero() {
		t.Fatalf("nothing waits, but the oldest is of %v", s.Oldest)
	}
}

func TestWhatIsGoneBecomesAGap(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{})
	fill(t, b, metering.Billing, 4)
	if err := b.Forget(3); err != nil {
		t.Fatal(err)
	}
	rows, next, err := b.Read(1, 99, 10, 1<<20) // asked for again by a ledger that lost them
	if err != nil || len(rows) != 1 || next != 5 {
		t.Fatalf("%v, next %d, %v", rows, next, err)
	}
	_, ok, err := b.Announce(10, func(id outbox.ID, lost []metering.Range) ([]byte, error) {
		same(t, "told", lost, []metering.Range{{From: 1, To: 3}})
		return text(id), nil
	})
	if err != nil || !ok {
		t.Fatalf("%t, %v", ok, err)
	}
}

func TestReadStopsAtItsLimits(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "o.db"), outbox.Options{})
	for range 10 {
		if _, err := b.Append(context.Background(), metering.Billing, padded(1000)); err != nil {
			t.Fatal(err)
		}
	}
	rows, next, err := b.Read(1, 10, 4, 1<<20)
	if err != nil || len(rows) != 4 || next != 5 {
		t.Fatalf("by rows: %d rows, next %d, %v", len(rows), next, err)
	}
	rows, next, err = b.Read(5, 10, 10, 2500)
	if err != nil || len(rows) != 2 || next != 7 {
		t.Fatalf("by bytes: %d rows, next %d, %v", len(rows), next, err)
	}
	rows, next, err = b.Read(7, 10, 10, 1) // one at least, or nothing would ever come
	if err != nil || len(rows) != 1 || next != 8 {
		t.Fatalf("a large one: %d rows, next %d, %v", len(rows), next, err)
	}
}

func TestNotADatabaseIsMovedAside(t *testing.T) {
	for name, content := range map[string][]byte{
		"garbage":                 bytes.Repeat([]byte("no database "), 1000),
		"a page of another thing": bytes.Repeat([]byte{1}, 4096),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "o.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			b := open(t, path, outbox.Options{Log: textLog(&said)})
			fill(t, b, metering.Billing, 2)
			r := b.Report()
			kept, err := os.ReadFile(r.MovedAside)
			if err != nil || !bytes.Equal(kept, content) || !r.New || !strings.Contains(r.MovedAside, "o.db.damaged-") {
				t.Fatalf("%+v, %v", r, err)
			}
			if !strings.Contains(said.String(), "a new epoch begins") {
				t.Fatalf("said %s", said.String())
			}
		})
	}
}

// crashImage copies the files of an open outbox, as a crash would leave them.
func crashImage(t *testing.T, path string) map[string][]byte {
	t.Helper()
	image := map[string][]byte{}
	for _, suffix := range []string{"", "-wal", ".mark"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if err == nil {
			image[suffix] = data
		}
	}
	return image
}

func lay(t *testing.T, path string, image map[string][]byte) {
	t.Helper()
	for suffix, data := range image {
		if err := os.WriteFile(path+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever bytes of the files are flipped or cut off, the outbox starts, gives
// back right batches only, accounts for every number, and never gives one again.
func TestEveryDamageIsNoticed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "o.db")
	b := open(t, path, outbox.Options{})
	const n = 60
	for i := range n {
		if _, err := b.Append(context.Background(), 1+metering.Class(i%2), padded(300*(i%7))); err != nil {
			t.Fatal(err)
		}
	}
	inLog := crashImage(t, path)
	b.Close()
	inFile := crashImage(t, path)
	epoch := open(t, path, outbox.Options{}).Epoch()

	dice := rand.New(rand.NewPCG(7, 7))
	for round := range 60 {
		image := map[string][]byte{}
		victim := ""
		for suffix, data := range []map[string][]byte{inLog, inFile}[round%2] {
			image[suffix] = bytes.Clone(data)
		}
		if round%2 == 0 && round%4 == 0 {
			victim = "-wal"
		}
		data := image[victim]
		what := ""
		switch round % 5 {
		case 0:
			cut := dice.IntN(len(data))
			image[victim] = data[:cut]
			what = fmt.Sprintf("cut %q at %d of %d", victim, cut, len(data))
		case 1:
			at := dice.IntN(len(data))
			clear(data[at:min(len(data), at+4096)])
			what = fmt.Sprintf("zeroed a page of %q at %d", victim, at)
		default:
			at := dice.IntN(len(data))
			data[at] ^= 1 << dice.IntN(8)
			what = fmt.Sprintf("flipped a bit of %q at %d", victim, at)
		}
		p := filepath.Join(dir, fmt.Sprintf("d%d.db", round))
		lay(t, p, image)
		d, err := outbox.Open(p, outbox.Options{Pace: time.Microsecond})
		if err != nil {
			t.Fatalf("%s: start refused: %v", what, err)
		}
		all := outbox.Ranges{}
		for _, seq := range numbers(t, d) {
			all.Add(seq, seq)
		}
		if d.Epoch() == epoch {
			for {
				_, ok, err := d.Announce(100, func(_ outbox.ID, lost []metering.Range) ([]byte, error) {
					for _, r := range lost {
						all.Add(r.From, r.To)
					}
					return nil, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
			}
			if len(all) != 1 || all[0].From != 1 || all[0].To < n {
				t.Fatalf("%s: of 1..%d only %v are kept or told lost", what, n, all)
			}
		} else if d.Report().MovedAside == "" {
			t.Fatalf("%s: a new epoch without a word", what)
		}
		d.Close()
	}
}

// The set of ranges against a dumb twin.
func TestRangesAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s outbox.Ranges
		twin := map[uint64]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			from := rapid.Uint64Range(1, 40).Draw(t, "from")
			to := from + rapid.Uint64Range(0, 6).Draw(t, "length")
			add := rapid.Bool().Draw(t, "add")
			for n := from; n <= to; n++ {
				twin[n] = add
			}
			if add {
				s.Add(from, to)
			} else {
				s.Remove(from, to)
			}
		}
		var count uint64
		for n := uint64(0); n < 60; n++ {
			if s.Contains(n) != twin[n] {
				t.Fatalf("%v: contains %d is %t", s, n, s.Contains(n))
			}
			if twin[n] {
				count++
			}
		}
		for i, r := range s {
			if r.From > r.To || (i > 0 && s[i-1].To+1 >= r.From) {
				t.Fatalf("%v is not ascending, disjoint and joined", s)
			}
		}
		if s.Count() != count {
			t.Fatalf("count %d, want %d", s.Count(), count)
		}
	})
}

// BenchmarkAppend is the cost of one batch of 2 kB in groups of 50.
func BenchmarkAppend(b *testing.B) {
	box, err := outbox.Open(filepath.Join(b.TempDir(), "o.db"), outbox.Options{Pace: time.Microsecond})
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close()
	payload := make([]byte, 2000)
	group := make([]outbox.Entry, 50)
	for i := range group {
		group[i] = outbox.Entry{Class: metering.Billing, Encode: func(outbox.ID) ([]byte, error) { return payload, nil }}
	}
	b.ReportAllocs()
	before := processor(b)
	defer func() { b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op") }()
	n := 0
	for b.Loop() {
		if n++; n%len(group) != 0 {
			continue
		}
		rows, err := box.AppendAll(context.Background(), group)
		if err != nil {
			b.Fatal(err)
		}
		if err := box.Forget(rows[0].Seq); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTransaction is the processor time of one transaction as a collector of
// 1,000 meters makes them: one batch of 6 kB, acknowledged and retained, twenty for
// each second of the outbox's clock.
func BenchmarkTransaction(b *testing.B) {
	c := clock.Warped(time.Now(), time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC), 100)
	box, err := outbox.Open(filepath.Join(b.TempDir(), "o.db"), outbox.Options{Pace: time.Microsecond, Clock: c, Retain: 10 * time.Minute, KeepFree: 0.01})
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close()
	payload := make([]byte, 6000)
	encode := func(outbox.ID) ([]byte, error) { return payload, nil }
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		seq, err := box.Append(context.Background(), metering.Billing, encode)
		if err != nil {
			b.Fatal(err)
		}
		if err := box.Forget(seq); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// processor is the processor time of this process so far.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func textLog(w *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
