package still_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"asue/metering/still"
)

// busy opens a database as a program that runs has it: in WAL mode, held
// exclusively.
func busy(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	exec(t, db, `CREATE TABLE word (n INTEGER PRIMARY KEY, text TEXT)`)
	return db
}

func exec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

func words(t *testing.T, f *still.File) int {
	t.Helper()
	var n int
	if err := f.DB.QueryRow(`SELECT count(*) FROM word`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func look(t *testing.T, path string) *still.File {
	t.Helper()
	f, err := still.Open(path, still.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func moved(t *testing.T, f *still.File) bool {
	t.Helper()
	m, err := f.Moved()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A program holds the file exclusively, with its last words in the log alone:
// they are seen, new ones are not, and no byte and no file changes.
func TestLooksAtAFileInUse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a b.db")
	db := busy(t, path)
	for range 300 {
		exec(t, db, `INSERT INTO word (text) VALUES (?)`, string(bytes.Repeat([]byte("word "), 200)))
	}
	before := contents(t, dir)
	f := look(t, path)
	if n := words(t, f); n != 300 {
		t.Fatalf("%d words seen, 300 are committed", n)
	}
	if f.Log.Frames == 0 || f.Log.Broken != 0 || f.Log.Unfinished != 0 || f.Log.BadHeader {
		t.Fatalf("log %+v", f.Log)
	}
	if d := differ(before, contents(t, dir)); d != "" {
		t.Fatalf("looking changed %s", d)
	}
	exec(t, db, `INSERT INTO word (text) VALUES ('new')`)
	if n := words(t, f); n != 300 || moved(t, f) {
		t.Fatalf("%d words, moved %t: what is appended later must neither be seen nor do harm", n, moved(t, f))
	}
	exec(t, db, `PRAGMA wal_checkpoint(PASSIVE)`)
	if !moved(t, f) {
		t.Fatal("a checkpoint went unnoticed")
	}
	f = look(t, path)
	exec(t, db, `INSERT INTO word (text) VALUES ('the log begins anew')`)
	if !moved(t, f) {
		t.Fatal("a log that was begun anew went unnoticed")
	}
}

// The engine's own reading of a copy is the twin: whatever is cut off the log,
// both see the same number of words.
func TestAgreesWithTheEngine(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "o.db")
	db := busy(t, path)
	for range 40 {
		exec(t, db, `INSERT INTO word (text) VALUES (?)`, string(bytes.Repeat([]byte("word "), 300)))
	}
	files := contents(t, dir)
	for cut := 0; cut <= len(files["o.db-wal"]); cut += 997 {
		p := filepath.Join(t.TempDir(), "o.db")
		write(t, p, files["o.db"])
		write(t, p+"-wal", files["o.db-wal"][:cut])
		f := look(t, p)
		var got int
		seen := f.DB.QueryRow(`SELECT count(*) FROM word`).Scan(&got)
		log := f.Log
		f.Close()
		engine, err := sql.Open("sqlite", "file:"+p)
		if err != nil {
			t.Fatal(err)
		}
		var want int
		truth := engine.QueryRow(`SELECT count(*) FROM word`).Scan(&want)
		engine.Close()
		if got != want || (seen == nil) != (truth == nil) {
			t.Fatalf("log cut at %d: %d words (%v), the engine sees %d (%v)", cut, got, seen, want, truth)
		}
		whole := cut == 0 || (cut >= 32 && (cut-32)%(4096+24) < 24)
		if !whole && log.Broken == 0 && !log.BadHeader && log.Unfinished == 0 {
			t.Fatalf("log cut at %d: not a word of it: %+v", cut, log)
		}
	}
}

// A flipped bit in any frame, salt or header of the log is told.
func TestFlippedLogIsTold(t *testing.T) {
	dir := t.TempDir()
	db := busy(t, filepath.Join(dir, "o.db"))
	exec(t, db, `INSERT INTO word (text) VALUES ('one')`)
	exec(t, db, `INSERT INTO word (text) VALUES ('two')`)
	files := contents(t, dir)
	p := filepath.Join(t.TempDir(), "o.db")
	write(t, p, files["o.db"])
	for at := 0; at < len(files["o.db-wal"]); at++ {
		if at > 100 && at%4120 > 64 { // headers byte by byte, pages here and there
			at += 90
		}
		at = min(at, len(files["o.db-wal"])-1)
		log := bytes.Clone(files["o.db-wal"])
		log[at] ^= 1 << (at % 8)
		write(t, p+"-wal", log)
		f, err := still.Open(p, still.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Log.Broken == 0 && !f.Log.BadHeader {
			t.Fatalf("a bit of byte %d was flipped: %+v", at, f.Log)
		}
		f.Close()
	}
}

// A broken frame in the middle costs its own page, not what comes behind it.
func TestLenientGoesOnBehindABrokenFrame(t *testing.T) {
	dir := t.TempDir()
	db := busy(t, filepath.Join(dir, "o.db"))
	for range 20 {
		exec(t, db, `INSERT INTO word (text) VALUES (?)`, string(bytes.Repeat([]byte("word "), 300)))
	}
	files := contents(t, dir)
	for _, at := range []int{5, 17, 25, 32 + 3*4120 + 9, 32 + 3*4120 + 100, 32 + 3*4120 + 20} {
		p := filepath.Join(t.TempDir(), "o.db")
		log := bytes.Clone(files["o.db-wal"])
		log[at] ^= 4
		write(t, p, files["o.db"])
		write(t, p+"-wal", log)
		f, err := still.Open(p, still.Options{Lenient: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := words(t, f); n != 20 {
			t.Errorf("byte %d of the log: %d words of 20; %+v", at, n, f.Log)
		}
		if f.Log.Broken > 2 || f.Log.Torn() {
			t.Errorf("byte %d of the log: %+v", at, f.Log)
		}
		f.Close()
	}
}

func TestNoSuchFile(t *testing.T) {
	if f, err := still.Open(filepath.Join(t.TempDir(), "none.db"), still.Options{}); err == nil {
		f.Close()
		t.Fatal("no error")
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour) // or Open would wait for it to settle
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range list {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func differ(before, after map[string][]byte) string {
	for name, data := range after {
		if !bytes.Equal(before[name], data) {
			return name
		}
	}
	if len(before) != len(after) {
		return "the list of files"
	}
	return ""
}
