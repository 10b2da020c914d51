package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/metering/sqlite"
)

// A ledger in use is verified where it stands; then pages are damaged, and named
// with their day.
func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	if err := l.Commit(t.Context(), load(1, 1)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shares := 0
	f, err := sqlite.Verify(t.Context(), path, func(share float64) {
		if share < 0 || share > 1 {
			t.Errorf("share %v", share)
		}
		shares++
	})
	if err != nil || f.Damaged() || f.IntervalPages == 0 || f.SpanPages == 0 || f.Schema < 1 || shares == 0 || f.Log.Frames == 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Fatal("verifying changed the file")
	}
	l.Close()
	for _, table := range []string{"interval_day", "span_day"} {
		execute(t, path, `UPDATE `+table+` SET page = CAST(substr(page, 1, 20) || x'ff' || substr(page, 22) AS BLOB)`)
	}
	f, err = sqlite.Verify(t.Context(), path, nil)
	text := strings.Join(f.Faults, "\n")
	if err != nil || f.BadPages != f.IntervalPages+f.SpanPages || !strings.Contains(text, "2026-01-15") || !strings.Contains(text, "damaged page") || !strings.Contains(text, "meter m-0") {
		t.Fatalf("%+v, %v", f, err)
	}
}

func TestVerifyFindsABrokenStructure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	if err := l.Commit(t.Context(), load(1, 1)); err != nil {
		t.Fatal(err)
	}
	l.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[4096*3 : 4096*4])
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := sqlite.Verify(t.Context(), path, nil)
	if err != nil || !f.Damaged() {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := sqlite.Verify(t.Context(), path+"x", nil); err == nil {
		t.Fatal("a file that is not there is no error")
	}
}
