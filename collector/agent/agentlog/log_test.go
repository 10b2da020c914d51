package agentlog

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"asue/collector/agent"

	"github.com/google/go-cmp/cmp"
)

func record(n int) agent.Record {
	return agent.Record{At: time.Date(2026, 3, 2, 7, 0, n, 0, time.UTC), Kind: agent.RecordTerm, Term: uint64(n), Text: fmt.Sprintf("запись %d", n)}
}

func replayed(t *testing.T, l *Log) (terms []int) {
	t.Helper()
	if err := l.Replay(func(r agent.Record) error { terms = append(terms, int(r.Term)); return nil }); err != nil {
		t.Fatal(err)
	}
	return terms
}

func reopened(t *testing.T, dir string) *Log {
	t.Helper()
	l, err := Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestWhatWasAppendedIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "log")
	l := reopened(t, dir)
	for n := range 10 {
		if err := l.Append(record(n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, 0); err == nil {
		t.Error("two agents use one folder")
	}
	l.Close()
	again := reopened(t, dir)
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, replayed(t, again)); diff != "" {
		t.Error(diff)
	}
	var got []agent.Record
	_ = again.Replay(func(r agent.Record) error { got = append(got, r); return nil })
	if diff := cmp.Diff(record(3), got[3]); diff != "" {
		t.Error(diff)
	}
}

// Every way of tearing the end, and of damaging the middle.
func TestTornAndDamagedFiles(t *testing.T) {
	var whole []byte
	var ends []int
	for n := range 5 {
		whole = appendFrame(whole, fmt.Appendf(nil, `{"t":"2026-03-02T07:00:00Z","kind":"term","term":%d}`, n+1))
		ends = append(ends, len(whole))
	}
	for cut := range len(whole) + 1 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "agent.log"), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := reopened(t, dir)
		want := 0
		for _, end := range ends {
			if end <= cut {
				want++
			}
		}
		if got := len(replayed(t, l)); got != want {
			t.Fatalf("cut after %d bytes: %d records, want %d", cut, got, want)
		}
		if err := l.Append(record(9)); err != nil {
			t.Fatal(err)
		}
		l.Close()
		if got := replayed(t, reopened(t, dir)); len(got) != want+1 || got[want] != 9 {
			t.Fatalf("cut after %d bytes, and one more: %v", cut, got)
		}
	}
	for at := range whole {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x55
		records, torn, lost := scan(damaged)
		if len(records) != 4 || torn+lost == 0 {
			t.Fatalf("byte %d: %d records, %d torn, %d damaged", at, len(records), torn, lost)
		}
	}
	// Zeros behind the end, as a file system may leave them, are no records.
	if records, torn, _ := scan(append(bytes.Clone(whole), make([]byte, 4096)...)); len(records) != 5 || torn != 4096 {
		t.Errorf("zeros: %d records, %d torn", len(records), torn)
	}
	// An old block at a new place is no record.
	if records, _, _ := scan(append(bytes.Clone(whole), whole[:ends[1]]...)); len(records) != 5 {
		t.Errorf("a stale block: %d records", len(records))
	}
}

func TestCompactedLogKeepsItsPast(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(dir, 200)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		if err := l.Append(record(n)); err != nil {
			t.Fatal(err)
		}
		if l.Large() {
			if err := l.Compact([]agent.Record{record(n)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.Close()
	got := replayed(t, reopened(t, dir))
	if len(got) > 4 || got[len(got)-1] != 199 {
		t.Errorf("%v", got)
	}
	if old, _ := filepath.Glob(filepath.Join(dir, "*.old")); len(old) != oldFiles {
		t.Errorf("old files: %v", old)
	}
}

// faultyDisk keeps files in memory: what was not synced is lost at a crash, and the
// operation of a number fails, or is the last one.
type faultyDisk struct {
	files  map[string][]byte // durable
	ops    int
	failAt int  // 0: none
	crash  bool // the operation that fails is the last one, and may be done in part
	dead   bool
	dice   *rand.Rand
}

var errBroken = errors.New("input/output error")

// step reports whether an operation is done, and in which part when the machine
// stops in it.
func (d *faultyDisk) step() (part float64, err error) {
	if d.dead {
		return 0, errBroken
	}
	if d.ops++; d.ops == d.failAt {
		d.dead = d.crash
		return d.dice.Float64(), errBroken
	}
	return 1, nil
}

func (d *faultyDisk) mkdir(string) error            { return nil }
func (d *faultyDisk) lock(string) (func(), error)   { return func() {}, nil }
func (d *faultyDisk) read(p string) ([]byte, error) { return bytes.Clone(d.files[p]), nil }
func (d *faultyDisk) keepOld(string, int)           {}

func (d *faultyDisk) write(path string, content []byte) error {
	part, err := d.step()
	d.files[path] = bytes.Clone(content[:int(part*float64(len(content)))])
	return err
}

func (d *faultyDisk) rename(from, to string) error {
	part, err := d.step()
	if err != nil && part < 0.5 {
		return err // it did not happen
	}
	d.files[to] = d.files[from]
	delete(d.files, from)
	return err
}

func (d *faultyDisk) open(path string) (file, error) {
	if d.dead {
		return nil, errBroken
	}
	return &faultyFile{d, path}, nil
}

type faultyFile struct {
	d    *faultyDisk
	path string
}

func (f *faultyFile) append(p []byte) error {
	part, err := f.d.step()
	f.d.files[f.path] = append(f.d.files[f.path], p[:int(part*float64(len(p)))]...)
	return err
}

func (f *faultyFile) close() error { return nil }

// At each operation of a life the disk fails once, or the machine stops in it: what
// was acknowledged is there afterwards, in order, and what was not is there whole
// or not at all.
func TestEveryOperationMayFail(t *testing.T) {
	for _, crash := range []bool{false, true} {
		for at := 1; at <= 120; at++ {
			d := &faultyDisk{files: map[string][]byte{}, failAt: at, crash: crash, dice: rand.New(rand.NewPCG(uint64(at), 7))}
			l, err := open("log", 900, d)
			if err != nil {
				t.Fatal(err)
			}
			var acknowledged []int
			tried := 0
			for n := 1; n <= 60 && !d.dead; n++ {
				tried = n
				if l.Append(record(n)) == nil {
					acknowledged = append(acknowledged, n)
				}
				if l.Large() && !d.dead {
					keep := acknowledged[max(0, len(acknowledged)-3):]
					var rs []agent.Record
					for _, k := range keep {
						rs = append(rs, record(k))
					}
					if l.Compact(rs) == nil {
						acknowledged = slices.Clone(keep)
					}
				}
			}
			d.dead, d.failAt = false, 0
			after, err := open("log", 900, d)
			if err != nil {
				t.Fatalf("operation %d, crash %v: %v", at, crash, err)
			}
			got := replayed(t, after)
			if !endsWith(got, acknowledged) && !(len(got) > 0 && got[len(got)-1] == tried && endsWith(got[:len(got)-1], acknowledged)) {
				t.Fatalf("operation %d, crash %v: there is %v, acknowledged was %v", at, crash, got, acknowledged)
			}
		}
	}
}

// endsWith: a compaction that failed may have happened or not, so that more of the
// past may be there, or just what it was to keep.
func endsWith(got, want []int) bool {
	if len(got) >= len(want) {
		return slices.Equal(got[len(got)-len(want):], want)
	}
	return len(got) >= 3 && slices.Equal(got, want[len(want)-len(got):])
}

func FuzzScan(f *testing.F) {
	f.Add(appendFrame(appendFrame(nil, []byte(`{"kind":"boot"}`)), []byte(`{}`)))
	f.Fuzz(func(t *testing.T, file []byte) {
		records, torn, damaged := scan(file)
		total := torn + damaged
		for _, r := range records {
			total += headBytes + len(r)
		}
		if total != len(file) {
			t.Fatalf("%d bytes of %d are accounted for", total, len(file))
		}
	})
}
