package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/metering"
)

// limitPages makes the file full at some pages, as a full disk does.
func (l *Ledger) limitPages(t *testing.T, pages int) {
	t.Helper()
	err := l.write(t.Context(), "limit", func(w *writer) error {
		var n int
		_, err := w.row(fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, &n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFullDiskWritesNothingAndRecovers(t *testing.T) {
	l, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	commit := func(seq uint64) error {
		return l.Commit(t.Context(), metering.Commit{ReceivedAt: time.Unix(0, 0), Batches: []metering.StoredBatch{{
			ID: metering.BatchID{Collector: "c", Epoch: 1, Seq: seq}, Payload: make([]byte, 50_000),
		}}})
	}
	l.limitPages(t, 1) // the engine takes its present size
	committed := uint64(0)
	for err == nil {
		if err = commit(committed + 1); err == nil {
			committed++
		}
	}
	if !strings.Contains(err.Error(), "disk is full") || !strings.Contains(err.Error(), filepath.Dir(l.path)) {
		t.Errorf("a full disk says %q", err)
	}
	check := func(want uint64) {
		t.Helper()
		m, err := l.Mark(t.Context(), "c", 1)
		if err != nil || m.Contiguous != want || m.Highest != want {
			t.Errorf("Mark = %+v, %v; want %d batches", m, err, want)
		}
		list, err := l.Batches(t.Context(), 0, 100)
		if err != nil || uint64(len(list)) != want {
			t.Errorf("%d batches, %v; want %d", len(list), err, want)
		}
	}
	check(committed)
	l.limitPages(t, 100_000)
	if err := commit(committed + 1); err != nil {
		t.Fatalf("with space again: %v", err)
	}
	check(committed + 1)
}

// A connection that was lost is replaced.
func TestLostConnectionIsReplaced(t *testing.T) {
	l, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = l.write(t.Context(), "lose", func(w *writer) error {
		return w.conn.Raw(func(any) error { return driver.ErrBadConn })
	})
	if err == nil {
		t.Error("a transaction on a lost connection succeeded")
	}
	if err := l.SetCursor(t.Context(), "feeder", 7); err != nil {
		t.Fatalf("the next transaction: %v", err)
	}
	if n, err := l.Cursor(t.Context(), "feeder"); n != 7 || err != nil {
		t.Errorf("Cursor = %d, %v; want 7", n, err)
	}
}

func FuzzPages(f *testing.F) {
	f.Add(packIntervals(100, []intervalEntry{{slot: 3, energy: 5}, {slot: 95, energy: -7, recorded: 9, intervalMeta: intervalMeta{reason: "r", grade: 'N'}}})[:20], int64(100))
	r := metering.RegisterReading{At: slotStart(100, 3), Count: metering.Count{Raw: 5, Step: 10}}
	f.Add(packSpans(100, []spanEntry{{slot: 3, readings: []metering.RegisterReading{r}}}), int64(100))
	f.Fuzz(func(t *testing.T, body []byte, day int64) {
		day %= 100_000
		// With a right checksum, so that the decoder is reached; it must fail or
		// give what packs to something that reads the same.
		page := seal(append([]byte{pageFormat}, body...))
		if entries, err := unpackIntervals(day, page); err == nil {
			again, err := unpackIntervals(day, packIntervals(day, entries))
			if err != nil || fmt.Sprint(again) != fmt.Sprint(entries) {
				t.Errorf("intervals %v became %v, %v", entries, again, err)
			}
		}
		if _, err := unpackSpans(day, page); err != nil && !errors.Is(err, errDamaged) {
			t.Errorf("spans: %v", err)
		}
	})
}
