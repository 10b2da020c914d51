package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"asue/metering"
	"asue/metering/sqlite"
)

func TestOpenNamesTheFaultAndTheRemedy(t *testing.T) {
	f := func(name, path string, want ...string) {
		t.Helper()
		l, err := sqlite.Open(t.Context(), path)
		if err == nil {
			l.Close()
			t.Errorf("%s: opened", name)
			return
		}
		for _, w := range append(want, path) {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", name, err, w)
			}
		}
	}
	dir := t.TempDir()
	f("missing folder", filepath.Join(dir, "no", "such", "ledger.db"), "does not exist", "create it")

	if runtime.GOOS == "linux" { // nobody writes there, the superuser neither
		f("read-only folder", "/proc/ledger.db", "cannot be written", "another data folder")
	}

	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, bytes.Repeat([]byte("this is no database\n"), 500), 0o600); err != nil {
		t.Fatal(err)
	}
	f("a file for a folder", filepath.Join(text, "ledger.db"), "is not a folder")
	f("not a database", text, "not a ledger")

	newer := filepath.Join(dir, "newer.db")
	mustOpen(t, newer).Close()
	execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
	f("newer schema", newer, "schema 99", "newer program")
}

func execute(t *testing.T, path, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestOpenInAFolderWithAwkwardName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "учёт 100% #1?x=y&z")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, filepath.Join(dir, "ledger.db"))
	defer l.Close()
	if _, err := os.Stat(filepath.Join(dir, "ledger.db")); err != nil {
		t.Errorf("the file is not where it should be: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".asue") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

// The file holds hashes of passwords.
func TestOthersCannotReadTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	defer l.Close()
	for _, f := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "ledger.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want context.Canceled", err)
	}
}

func TestFlippedByteIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	c := load(1, 1)
	if err := l.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	l.Close()
	for _, table := range []string{"interval_day", "span_day"} {
		execute(t, path, `UPDATE `+table+` SET page = CAST(substr(page, 1, 20) || x'ff' || substr(page, 22) AS BLOB)`)
	}
	l = mustOpen(t, path)
	defer l.Close()
	_, err := l.Intervals(t.Context(), metering.IntervalQuery{From: day, To: day.AddDate(0, 0, 1)})
	if err == nil || !strings.Contains(err.Error(), "damaged page") || !strings.Contains(err.Error(), "2026-01-15") {
		t.Errorf("Intervals = %v, want a damaged page with its day", err)
	}
	if _, err = l.Spans(t.Context(), "m-0", metering.ActiveImport, day, day.AddDate(0, 0, 1)); err == nil || !strings.Contains(err.Error(), "damaged page") {
		t.Errorf("Spans = %v, want a damaged page", err)
	}
	if err := l.Commit(t.Context(), c); err == nil || !strings.Contains(err.Error(), "damaged page") {
		t.Errorf("Commit on a damaged page = %v; it must not write over it", err)
	}
}

func openRaw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
