package sqlite

import (
	"database/sql/driver"
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
