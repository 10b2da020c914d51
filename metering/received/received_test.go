package received_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/received"
)

// TestSet compares with numbers counted one by one.
func TestSet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var s received.Set
		seen := map[uint64]bool{}
		for range rapid.IntRange(0, 12).Draw(rt, "ranges") {
			from := rapid.Uint64Range(1, 30).Draw(rt, "from")
			r := metering.Range{From: from, To: from + rapid.Uint64Range(0, 6).Draw(rt, "length")}
			news := false
			for n := r.From; n <= r.To; n++ {
				news = news || !seen[n]
				seen[n] = true
			}
			if s.Add(r) != news {
				rt.Fatalf("adding %v to %v: news must be %v", r, s, news)
			}
			var want []metering.Range
			for n := uint64(1); n < 50; n++ {
				switch {
				case !seen[n]:
				case seen[n-1]:
					want[len(want)-1].To = n
				default:
					want = append(want, metering.Range{From: n, To: n})
				}
			}
			if !slices.Equal(s, want) {
				rt.Fatalf("%v, want %v", s, want)
			}
		}
		m := s.Mark("c", 7)
		missing := map[uint64]bool{}
		for _, r := range m.Missing {
			for n := r.From; n <= r.To; n++ {
				missing[n] = true
			}
		}
		for n := uint64(1); n <= m.Highest; n++ {
			if seen[n] == missing[n] || n <= m.Contiguous && missing[n] {
				rt.Fatalf("mark %+v of %v", m, s)
			}
		}
		if seen[m.Highest+1] || m.Contiguous < m.Highest && !missing[m.Contiguous+1] {
			rt.Fatalf("mark %+v of %v", m, s)
		}
	})
}

func TestSetUpToTheLastNumber(t *testing.T) {
	const last = 1<<63 - 1
	var s received.Set
	if !s.Add(metering.Range{From: last, To: last}) || !s.Add(metering.Range{From: 1, To: last - 1}) || s.Add(metering.Range{From: 5, To: last}) || len(s) != 1 {
		t.Errorf("%v", s)
	}
}
