package regmap_test

import (
	"fmt"
	"math/bits"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/collector/device"
	"asue/collector/regmap"
	"asue/metering"
)

const quarter = 15 * time.Minute

var noon = time.Date(2026, 1, 14, 12, 0, 0, 0, time.UTC)

func archive(t *testing.T) (*regmap.Model, *regmap.Archive) {
	t.Helper()
	m, _ := library(t).Model("asue-reference-meter")
	if m.Archive == nil {
		t.Fatal("no archive")
	}
	return m, m.Archive
}

// Where records lie, and what one says.
func TestArchiveRecord(t *testing.T) {
	m, a := archive(t)
	for k, want := range map[int]string{
		0:    "fc 3 4096..4113 (18) profile: ea_imp … er_exp, 4 values",
		1:    "fc 3 4114..4131 (18) profile: ea_imp … er_exp, 4 values",
		2975: "fc 3 57646..57663 (18) profile: ea_imp … er_exp, 4 values",
	} {
		if got := a.Block(k).String(); got != want {
			t.Errorf("record %d: %s, want %s", k, got, want)
		}
	}
	words := []uint16{0x6967, 0x8540, 0, 0, 0x0001, 0xE240, 0, 0, 0, 7, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0, 0, 0, 0}
	record, written, err := a.Decode(words, metering.Direct, metering.Direct)
	want := device.Record{At: noon, Readings: []metering.Reading{
		{Quantity: metering.ActiveImport, Value: 123456, Count: metering.Count{Raw: 123456, Step: 1000}, Quality: metering.Good},
		{Quantity: metering.ActiveExport, Value: 7, Count: metering.Count{Raw: 7, Step: 1000}, Quality: metering.Good},
		{Quantity: metering.ReactiveImport, Quality: metering.NotAvailable, Reason: "the meter sends its code for no value: 0xffffffffffffffff"},
		{Quantity: metering.ReactiveExport, Count: metering.Count{Step: 1000}, Quality: metering.Good},
	}}
	if diff := cmp.Diff(want, record); diff != "" || !written || err != nil {
		t.Errorf("%v, %v: %s", written, err, diff)
	}
	// The same words in their place, by the block.
	readings, err := regmap.Decode(a.Block(2975), words, metering.Direct, metering.Direct)
	if diff := cmp.Diff(want.Readings, readings); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	for _, never := range [][2]uint16{{0, 0}, {0xFFFF, 0xFFFF}} {
		copy(words, never[:])
		if _, written, err := a.Decode(words, metering.Direct, metering.Direct); written || err != nil {
			t.Errorf("time %v: written %v, %v", never, written, err)
		}
	}
	if _, _, err := a.Decode(words[1:], metering.Direct, metering.Direct); err == nil {
		t.Error("a record cut short was taken")
	}

	b, ok := m.NewestBlock()
	if !ok || b.String() != "fc 3 96..96 (1) profile: archive_newest" {
		t.Errorf("newest: %v", b)
	}
	for word, want := range map[uint16]string{0: "0 true <nil>", 2975: "2975 true <nil>", 0xFFFF: "0 false <nil>", 2976: "0 false the newest record is said to be 2976, there are 2976"} {
		k, ok, err := m.NewestRecord([]uint16{word})
		if got := fmt.Sprint(k, ok, err); got != want {
			t.Errorf("newest %d: %s, want %s", word, got, want)
		}
	}
	other, _ := library(t).Model("eastron-sdm630")
	if _, ok := other.NewestBlock(); ok || other.Archive != nil {
		t.Error("an SDM630 has an archive")
	}
}

// ring is a meter's archive as the search sees it.
type ring struct {
	records []time.Time // zero: never written
	newest  int
}

// look runs a search and counts its reads.
func (r ring) look(a *regmap.Archive, end time.Time) (index int, found bool, reads int) {
	s := a.Search(r.newest, end)
	for {
		k, more := s.Next()
		if !more {
			return 0, false, reads
		}
		reads++
		if reads > 10*len(r.records) {
			panic("BUG: the search does not end")
		}
		if s.Take(r.records[k], !r.records[k].IsZero()) {
			return k, true, reads
		}
	}
}

// A ring without gaps takes two reads, wherever it begins.
func TestSearchWithoutGaps(t *testing.T) {
	_, a := archive(t)
	r := ring{records: make([]time.Time, a.Records), newest: 100}
	for age := range a.Records {
		r.records[(r.newest-age+a.Records)%a.Records] = noon.Add(-time.Duration(age) * quarter)
	}
	f := func(end time.Time, wantIndex int, wantFound bool, wantReads int) {
		t.Helper()
		k, found, reads := r.look(a, end)
		if k != wantIndex || found != wantFound || reads != wantReads {
			t.Errorf("%v: record %d %v in %d reads, want %d %v in %d", end, k, found, reads, wantIndex, wantFound, wantReads)
		}
	}
	f(noon, 100, true, 1)
	f(noon.Add(-quarter), 99, true, 2)
	f(noon.Add(-24*time.Hour), 4, true, 2)
	f(noon.Add(-100*quarter), 0, true, 2)
	f(noon.Add(-101*quarter), 2975, true, 2)
	f(noon.Add(-2975*quarter), 101, true, 2)
	f(noon.Add(quarter), 0, false, 1) // has not ended yet
	if _, found, _ := r.look(a, noon.Add(-2976*quarter)); found {
		t.Error("a record was found that has been overwritten")
	}
	if _, found, _ := r.look(a, noon.Add(-20*time.Minute)); found {
		t.Error("a record was found for a time that is no end of an interval")
	}
}

// With any gaps, a ring not full yet, and records overwritten since: what is there
// is found, what is not is not, in few reads.
func TestSearchAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 300).Draw(t, "records")
		a := &regmap.Archive{Period: quarter, Records: n, Words: 1}
		r := ring{records: make([]time.Time, n), newest: rapid.IntRange(0, n-1).Draw(t, "newest")}
		at := noon
		for age := range rapid.IntRange(0, n).Draw(t, "written") {
			r.records[((r.newest-age)%n+n)%n] = at
			gap := rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 1, 2, 5, 300}).Draw(t, "gap")
			at = at.Add(-time.Duration(gap) * quarter)
		}
		for i := range rapid.IntRange(0, 2).Draw(t, "overwritten") { // after the index was read
			r.records[(r.newest+1+i)%n] = noon.Add(time.Duration(i+1) * quarter)
		}
		end := noon.Add(-time.Duration(rapid.IntRange(-2, n+50).Draw(t, "back")) * quarter)
		want := -1
		for k, t := range r.records {
			if t.Equal(end) && !end.After(noon) {
				want = k
			}
		}
		k, found, reads := r.look(a, end)
		if found && !r.records[k].Equal(end) {
			t.Fatalf("record %d is of %v, not %v", k, r.records[k], end)
		}
		if !r.records[r.newest].After(noon) && found != (want >= 0) {
			t.Fatalf("%v: found %v, the twin %d, of %v from %d", end, found, want, r.records, r.newest)
		}
		if most := 2*bits.Len(uint(n)) + 3; reads > most {
			t.Fatalf("%d reads of %d records, at most %d", reads, n, most)
		}
	})
}
