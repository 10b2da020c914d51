package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/collector/outbox"
	"asue/metering"
)

// campaign is how often a campaign strikes: a few times in an ordinary run, as
// often as a variable of the environment says in a long one.
func campaign(t *testing.T, variable string, ordinary int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return ordinary
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q: want a number from 1", variable, text)
	}
	return n
}

// seedOf is the seed of a campaign: ASUE_SEED, or a new one.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("ASUE_SEED")
	if text == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("ASUE_SEED=%q: want a number", text)
	}
	return seed
}

// victim is an outbox to be damaged, as files, with what is in it.
type victim struct {
	image       map[string][]byte
	epoch       uint64
	last, acked uint64
	payloads    map[uint64][]byte // of every batch that there ever was
	kept        outbox.Ranges     // of these, the ones in the files
	gaps        outbox.Ranges
	spare       map[string][]bool // by file: bytes that hold no information
}

// makeVictims makes an outbox of about a MiB with all that one may hold, once as a
// kill leaves it, with its log, and once as a clean end does.
func makeVictims(t *testing.T) []*victim {
	t.Helper()
	path := filepath.Join(t.TempDir(), "o.db")
	b := open(t, path, outbox.Options{Retain: time.Hour, Budget: 900_000})
	dice := rand.New(rand.NewPCG(3, 1))
	v := &victim{epoch: b.Epoch(), payloads: map[uint64][]byte{}}
	for b.Stats().Dropped == 0 {
		group := make([]outbox.Entry, 1+dice.IntN(5))
		for i := range group {
			group[i] = outbox.Entry{Class: 1 + metering.Class(dice.IntN(2)), Encode: noisy(dice, dice.IntN(9)*dice.IntN(1200))}
		}
		rows, err := b.AppendAll(context.Background(), group)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			v.payloads[r.Seq] = r.Payload
		}
		if b.Last() > 20 && b.Acked() == 0 {
			if err := b.Forget(15); err != nil {
				t.Fatal(err)
			}
		}
	}
	v.last, v.acked = b.Last(), b.Acked()
	for _, seq := range numbers(t, b) {
		v.kept.Add(seq, seq)
	}
	v.image = crashImage(t, path)
	b.Close()
	w := *v
	w.image = crashImage(t, path)
	for _, x := range []*victim{v, &w} {
		x.survey(t)
	}
	if w.image["-wal"] != nil || len(v.image["-wal"]) < 100_000 || len(w.image[""]) < 900_000 || len(w.gaps) == 0 {
		t.Fatalf("database %d bytes, log %d, gaps %v", len(w.image[""]), len(v.image["-wal"]), w.gaps)
	}
	return []*victim{v, &w}
}

// noisy is text followed by n random bytes: a page of them is like no other.
func noisy(dice *rand.Rand, n int) func(outbox.ID) ([]byte, error) {
	noise := make([]byte, n)
	for i := range noise {
		noise[i] = byte(dice.Uint32())
	}
	return func(id outbox.ID) ([]byte, error) { return append(text(id), noise...), nil }
}

// survey finds the bytes that hold no information.
func (v *victim) survey(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "o.db")
	layOld(t, path, v.image)
	f, err := outbox.Verify(context.Background(), path, nil)
	if err != nil || f.Damaged() {
		t.Fatal(f.Faults, err)
	}
	for _, g := range f.Gaps {
		v.gaps.Add(g.From, g.To)
	}
	log := make([]bool, len(v.image["-wal"]))
	inLog := map[uint32]bool{}
	for at := 32; at < len(log); at += 24 + 4096 {
		if n := (at - 32) / (24 + 4096); n < f.Log.Frames {
			inLog[uint32(v.image["-wal"][at+2])<<8|uint32(v.image["-wal"][at+3])] = true
			continue
		}
		for i := at; i < min(len(log), at+24+4096); i++ {
			log[i] = true
		}
	}
	mark := make([]bool, len(v.image[".mark"]))
	v.spare = map[string][]bool{
		"": spareBytes(t, v.image[""], func(page uint32) bool { return inLog[page] }), "-wal": log, ".mark": mark,
	}
}

// layOld lays files that have been left alone for a while, so that Verify need not
// wait for them to settle.
func layOld(t testing.TB, path string, image map[string][]byte) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	for suffix, data := range image {
		if err := errors.Join(os.WriteFile(path+suffix, data, 0o600), os.Chtimes(path+suffix, old, old)); err != nil {
			t.Fatal(err)
		}
	}
}

// damage is one thing done to a victim's files.
type damage struct {
	victim *victim
	what   string
	image  map[string][]byte
	spare  bool // nothing that holds information was touched
}

// flip turns bits of single bytes, all of them far apart.
func flip(v *victim, dice *rand.Rand, n int) damage {
	d := damage{victim: v, image: maps.Clone(v.image), spare: true}
	files := []string{""}
	if len(v.image["-wal"]) > 0 {
		files = append(files, "-wal", "-wal")
	}
	if dice.IntN(50) == 0 {
		files = []string{".mark"}
	}
	for range n {
		file := files[dice.IntN(len(files))]
		data := bytes.Clone(d.image[file])
		at := dice.IntN(len(data))
		if dice.IntN(8) == 0 { // headers and roots are small: look there more often
			at = dice.IntN(min(len(data), 4200))
		}
		bits := byte(1 << dice.IntN(8))
		if n > 1 {
			bits = byte(1 + dice.IntN(255))
		}
		data[at] ^= bits
		d.image[file] = data
		d.spare = d.spare && v.spare[file][at]
		d.what += fmt.Sprintf("byte %d of %q ^ %02x; ", at, file, bits)
	}
	return d
}

// outcome is what a damage has come to.
type outcome struct {
	spare, noticed, anew, salvaged bool
	kept, lost, quarantined        int
}

// suffer opens a damaged outbox and holds it to its promises; the error says which
// one it broke.
func (d damage) suffer(t testing.TB, dir string) (o outcome, err error) {
	path := filepath.Join(dir, "o.db")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return o, err
	}
	layOld(t, path, d.image)
	f, err := outbox.Verify(context.Background(), path, nil)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return o, fmt.Errorf("cannot be verified: %w", err)
	}
	o.noticed = err != nil || f.Damaged() || f.Log.Broken > 0
	for suffix, want := range d.image {
		if got, err := os.ReadFile(path + suffix); err != nil || !bytes.Equal(got, want) {
			return o, fmt.Errorf("verifying changed %q, %w", suffix, err)
		}
	}
	var said bytes.Buffer
	b, err := outbox.Open(path, outbox.Options{Retain: time.Hour, Pace: time.Microsecond, Log: textLog(&said)})
	if err != nil {
		return o, fmt.Errorf("start refused: %w", err)
	}
	defer b.Close()
	if strings.Contains(said.String(), "damage") {
		o.noticed = true
	}
	o.spare = d.spare
	if !o.noticed && !d.spare {
		return o, errors.New("nobody noticed")
	}
	if f.Damaged() && d.spare {
		return o, fmt.Errorf("complained of bytes without information: %q", f.Faults)
	}
	return o, d.settle(b, &o)
}

// settle accounts for every number, and sees that the outbox works on.
func (d damage) settle(b *outbox.Box, o *outcome) error {
	v := d.victim
	r := b.Report()
	o.anew, o.salvaged = b.Epoch() != v.epoch, r.MovedAside != ""
	o.quarantined = r.Quarantined
	if o.anew && !o.salvaged {
		return errors.New("a new epoch without a word")
	}
	known := outbox.Ranges{}
	known.Add(1, v.acked)
	for from := uint64(1); from <= b.Last(); {
		rows, next, err := b.Read(max(from, b.Acked()+1), b.Last(), 100, 1<<20)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		for _, r := range rows {
			if want, ok := v.payloads[r.Seq]; o.anew || !ok || !bytes.Equal(r.Payload, want) {
				return fmt.Errorf("batch %d was handed out with bytes that it never had", r.Seq)
			}
			known.Add(r.Seq, r.Seq)
			o.kept++
		}
		from = next
	}
	var last uint64
	for {
		row, ok, err := b.Announce(100, func(_ outbox.ID, lost []metering.Range) ([]byte, error) {
			for _, r := range lost {
				for seq := r.From; seq <= min(r.To, v.last); seq++ {
					if v.kept.Contains(seq) {
						o.lost++
					}
				}
				known.Add(r.From, r.To)
			}
			return nil, nil
		})
		if err != nil {
			return fmt.Errorf("announce: %w", err)
		}
		if !ok {
			break
		}
		last = row.Seq
	}
	if !o.anew && (len(known) == 0 || known[0].From != 1 || known[0].To < v.last) {
		return fmt.Errorf("of 1..%d only %v are kept or told lost", v.last, known)
	}
	rows, err := b.AppendAll(context.Background(), []outbox.Entry{{Class: metering.Billing, Encode: padded(9000)}, {Class: metering.Telemetry, Encode: encode}})
	if err != nil {
		return fmt.Errorf("takes nothing any more: %w", err)
	}
	if first := rows[0].Seq; first <= last || (!o.anew && first <= v.last) {
		return fmt.Errorf("number %d was given twice", first)
	}
	if err := b.Forget(b.Last()); err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	return nil
}

// TestFlips damages an outbox of a MiB at random places: start is never refused,
// every batch that is handed out is right to the byte, every number is kept, told
// lost or in quarantine, the outbox works on; and every damage is noticed, unless
// the bytes hold no information.
//
// ASUE_CAMPAIGN_FLIPS says how many, ASUE_SEED repeats a run.
func TestFlips(t *testing.T) {
	n, seed := campaign(t, "ASUE_CAMPAIGN_FLIPS", 200), seedOf(t)
	victims := makeVictims(t)
	dir := t.TempDir()
	var mu sync.Mutex
	var total struct{ flips, spare, noticed, anew, salvaged, kept, lost, quarantined, failed int }
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := worker; i < n; i += workers {
				dice := rand.New(rand.NewPCG(seed, uint64(i)))
				many := 1
				if i%6 > 0 { // five of six are of several bytes at once
					many = 2 + dice.IntN(7)
				}
				d := flip(victims[dice.IntN(2)], dice, many)
				o, err := d.suffer(t, filepath.Join(dir, strconv.Itoa(worker)))
				mu.Lock()
				total.flips++
				for _, c := range []struct {
					to *int
					is bool
				}{{&total.spare, o.spare}, {&total.noticed, o.noticed}, {&total.anew, o.anew}, {&total.salvaged, o.salvaged}} {
					if c.is {
						*c.to++
					}
				}
				total.kept, total.lost, total.quarantined = total.kept+o.kept, total.lost+o.lost, total.quarantined+o.quarantined
				if err != nil {
					if total.failed++; total.failed <= 20 {
						t.Errorf("flip %d of seed %d: %s: %v", i, seed, d.what, err)
					}
				}
				mu.Unlock()
			}
		}()
	}
	all.Wait()
	t.Logf("seed %d: %+v", seed, total)
}

// Wholesale damage: what disks, people and file systems do to files as such.
func TestDamagedFiles(t *testing.T) {
	victims := makeVictims(t)
	dice := rand.New(rand.NewPCG(seedOf(t), 2))
	inLog, inFile := victims[0], victims[1]
	other := makeVictims(t)[1]
	change := func(v *victim, suffix string, f func([]byte) []byte) map[string][]byte {
		image := maps.Clone(v.image)
		image[suffix] = f(bytes.Clone(image[suffix]))
		if image[suffix] == nil {
			delete(image, suffix)
		}
		return image
	}
	cases := map[string]damage{
		"log deleted":            {victim: inLog, image: change(inLog, "-wal", func([]byte) []byte { return nil })},
		"log emptied":            {victim: inLog, image: change(inLog, "-wal", func([]byte) []byte { return []byte{} })},
		"database deleted":       {victim: inFile, image: change(inFile, "", func([]byte) []byte { return nil })},
		"database of another":    {victim: inFile, image: change(inFile, "", func([]byte) []byte { return other.image[""] })},
		"mark of another":        {victim: inFile, image: change(inFile, ".mark", func([]byte) []byte { return other.image[".mark"] })},
		"log of another":         {victim: inLog, image: change(inLog, "-wal", func([]byte) []byte { return bytes.Clone(other.image[""]) })},
		"mark of noise":          {victim: inFile, image: change(inFile, ".mark", func(b []byte) []byte { return bytes.Repeat([]byte{7}, len(b)) })},
		"garbage behind the log": {victim: inLog, spare: true, image: change(inLog, "-wal", func(b []byte) []byte { return append(b, bytes.Repeat([]byte("noise"), 2000)...) })},
	}
	for i := range 24 {
		page := 4096 * dice.IntN(len(inFile.image[""])/4096)
		cases[fmt.Sprintf("zeroed page at %d", page)] = damage{victim: inFile,
			spare: !slices.Contains(inFile.spare[""][page:page+4096], false),
			image: change(inFile, "", func(b []byte) []byte { clear(b[page : page+4096]); return b })}
		cut := dice.IntN(len(inFile.image[""]))
		cases[fmt.Sprintf("database cut at %d", cut)] = damage{victim: inFile, image: change(inFile, "", func(b []byte) []byte { return b[:cut] })}
		logCut := 1 + dice.IntN(len(inLog.image["-wal"])-1)
		cases[fmt.Sprintf("log cut at %d", logCut)] = damage{victim: inLog, image: change(inLog, "-wal", func(b []byte) []byte { return b[:logCut] }), spare: inLog.spare["-wal"][logCut]}
		if i < 3 {
			more := 1 + dice.IntN(20_000)
			cases[fmt.Sprintf("%d bytes of noise behind the database", more)] = damage{victim: inFile, spare: true,
				image: change(inFile, "", func(b []byte) []byte { return append(b, bytes.Repeat([]byte{0xA5}, more)...) })}
		}
	}
	for name, d := range cases {
		t.Run(name, func(t *testing.T) {
			if name == "database of another" { // its epoch is what counts now
				d.victim = other
			}
			if _, err := d.suffer(t, filepath.Join(t.TempDir(), "d")); err != nil {
				t.Fatal(err)
			}
		})
	}
}
