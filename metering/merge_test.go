package metering_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

func drawWitness(rt *rapid.T) metering.Witness {
	w := metering.Witness{Meter: "m", Start: day}
	for range rapid.IntRange(0, 5).Draw(rt, "samples") {
		at := day.Add(time.Duration(rapid.OneOf(rapid.IntRange(0, 30_000), rapid.IntRange(0, 899_999)).Draw(rt, "ms")) * time.Millisecond)
		w = w.Merge(metering.Witness{Powers: []metering.PowerSample{{At: at, Power: metering.Power(rapid.IntRange(-3, 3).Draw(rt, "W"))}}})
	}
	for s := range w.Signs {
		w.Signs[s] = rapid.Int32Range(0, 5).Draw(rt, "sign")
	}
	return w
}

func TestWitnessMerge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b, c := drawWitness(rt), drawWitness(rt), drawWitness(rt)
		same := func(law string, x, y metering.Witness) {
			if fmt.Sprint(x) != fmt.Sprint(y) {
				rt.Errorf("%s:\n%+v\n%+v", law, x, y)
			}
		}
		same("a+b = b+a", a.Merge(b), b.Merge(a))
		same("(a+b)+c = a+(b+c)", a.Merge(b).Merge(c), a.Merge(b.Merge(c)))
		same("a+a = a", a, a.Merge(a))
		same("a+b+a = a+b", a.Merge(b), a.Merge(b).Merge(a))
		before := fmt.Sprint(a, b)
		a.Merge(b)
		if fmt.Sprint(a, b) != before {
			rt.Error("merging changed what was merged")
		}
		seen := map[time.Time]bool{}
		for _, p := range a.Merge(b).Powers {
			if slot := p.At.Truncate(metering.WitnessSlot); seen[slot] {
				rt.Errorf("two samples in the slot of %v", slot)
			} else {
				seen[slot] = true
			}
		}
	})
}

// Of two samples in a slot the earlier one stays, of two signs the greater one.
func TestWitnessMergeByHand(t *testing.T) {
	at := func(s int, w metering.Power) metering.PowerSample {
		return metering.PowerSample{At: day.Add(time.Duration(s) * time.Second), Power: w}
	}
	a := metering.Witness{Meter: "m", Start: day, Powers: []metering.PowerSample{at(3, 100), at(20, 300)}}
	b := metering.Witness{Meter: "m", Start: day, Powers: []metering.PowerSample{at(2, 90), at(10, 200), at(29, 310)}}
	a.Signs[metering.SignLowPhase], b.Signs[metering.SignLowPhase], b.Signs[metering.SignClockStep] = 400, 150, 20
	want := metering.Witness{Meter: "m", Start: day, Powers: []metering.PowerSample{at(2, 90), at(10, 200), at(20, 300)}}
	want.Signs[metering.SignLowPhase], want.Signs[metering.SignClockStep] = 400, 20
	if got := a.Merge(b); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func drawReading(rt *rapid.T) metering.RegisterReading {
	return metering.RegisterReading{
		At:   day.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "at")) * 20 * time.Second),
		Took: time.Duration(rapid.IntRange(0, 1).Draw(rt, "took")) * time.Millisecond,
		Count: metering.Count{
			Raw:       rapid.OneOf(rapid.Int64Range(0, 2), rapid.Int64Range(0, 30)).Draw(rt, "raw"),
			Step:      rapid.SampledFrom([]int64{1000, 10_000}).Draw(rt, "step"),
			Secondary: rapid.Bool().Draw(rt, "secondary"),
		},
	}
}

// TestSpanMerge puts readings together in every order and portion, and compares
// with what is to be kept of all of them at once.
func TestSpanMerge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(drawReading), 1, 60).Draw(rt, "readings")
		want := keptOf(all)
		shuffled := slices.Clone(all)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 4))
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := merged(shuffled, rng); !got.SameAs(want) {
			rt.Fatalf("%+v\nwant\n%+v", got, want)
		}
		if got := want.Merge(want); !got.SameAs(want) {
			rt.Fatalf("merged with itself: %+v, want %+v", got, want)
		}
	})
}

// merged puts readings together as a tree of random shape.
func merged(list []metering.RegisterReading, rng *rand.Rand) metering.RegisterSpan {
	if len(list) == 1 {
		return metering.SpanOf("m", metering.ActiveImport, list[0])
	}
	at := 1 + rng.IntN(len(list)-1)
	return merged(list[:at], rng).Merge(merged(list[at:], rng))
}

// keptOf is the dumb twin: from all readings of a period, two at each end, and
// while the contents are few the first and last of each.
func keptOf(all []metering.RegisterReading) metering.RegisterSpan {
	all = slices.Clone(all)
	slices.SortFunc(all, metering.RegisterReading.Compare)
	all = slices.CompactFunc(all, func(a, b metering.RegisterReading) bool { return a.Compare(b) == 0 })
	contents := map[metering.Count]bool{}
	for _, r := range all {
		contents[r.Count] = true
	}
	s := metering.RegisterSpan{Meter: "m", Quantity: metering.ActiveImport, Start: day, Many: len(contents) > metering.SpanContents}
	for i, r := range all {
		same := func(o metering.RegisterReading) bool { return o.Count == r.Count }
		edge := i < 2 || i >= len(all)-2
		step := !slices.ContainsFunc(all[:i], same) || !slices.ContainsFunc(all[i+1:], same)
		if edge || step && !s.Many {
			s.Readings = append(s.Readings, r)
		}
	}
	return s
}
