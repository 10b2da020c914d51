package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

// spanModel commits readings in random order and portions, some of them again,
// and expects of each period what a plain look at all of its readings keeps.
func (c *ledgerCase) spanModel() {
	round := 0
	rapid.Check(c, func(rt *rapid.T) {
		round++
		meter := metering.MeterID(fmt.Sprint("m", round))
		var pieces []metering.RegisterSpan
		model := map[time.Time][]metering.RegisterReading{}
		for range rapid.IntRange(1, 90).Draw(rt, "readings") {
			r := registered(rapid.SampledFrom([]int{92, 93, 95, 96}).Draw(rt, "period"), rapid.IntRange(0, 899).Draw(rt, "second"),
				rapid.OneOf(rapid.Int64Range(0, 1<<40), rapid.Int64Range(0, 3)).Draw(rt, "raw"))
			r.Count.Step = rapid.SampledFrom([]int64{1, 1000, 10_000}).Draw(rt, "step")
			r.Count.Secondary = rapid.Bool().Draw(rt, "secondary")
			r.Took = time.Duration(rapid.IntRange(0, 2e9).Draw(rt, "took"))
			s := metering.SpanOf(meter, metering.ActiveImport, r)
			pieces = append(pieces, s)
			model[s.Start] = append(model[s.Start], r)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2))
		pieces = append(pieces, pieces[:rng.IntN(len(pieces))]...)
		rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for len(pieces) > 0 {
			n := 1 + rng.IntN(len(pieces))
			if err := c.l.Commit(c.Context(), metering.Commit{ReceivedAt: day, Spans: pieces[:n]}); err != nil {
				rt.Fatal(err)
			}
			pieces = pieces[n:]
		}
		var want []metering.RegisterSpan
		for _, start := range slices.SortedFunc(maps.Keys(model), time.Time.Compare) {
			list := model[start]
			slices.SortFunc(list, metering.RegisterReading.Compare)
			want = append(want, metering.RegisterSpan{
				Meter: meter, Quantity: metering.ActiveImport, Start: start,
				Readings: keptOf(list), Many: contentsOf(list) > metering.SpanContents,
			})
		}
		got, err := c.l.Spans(c.Context(), meter, metering.ActiveImport, day, period(200))
		if err != nil {
			rt.Fatal(err)
		}
		if !slices.EqualFunc(want, got, metering.RegisterSpan.SameAs) {
			rt.Fatalf("spans:\n%+v\nwant\n%+v", got, want)
		}
	})
}

func (c *ledgerCase) spanEdges() {
	at := []int{0, 1, 5, 97, 96 * 40, 96*40 + 1}
	var all []metering.RegisterSpan
	for i, n := range at {
		all = append(all, span(n, 5, 10, int64(1000*i)))
	}
	c.commit(metering.Commit{Spans: all})
	// Another register and another meter must not show.
	other := span(3, 5, 10, 7)
	other.Quantity = metering.ReactiveImport
	foreign := span(3, 5, 10, 7)
	foreign.Meter = "m-2"
	c.commit(metering.Commit{Spans: []metering.RegisterSpan{other, foreign}})

	f := func(from, to int, want ...int) {
		c.Helper()
		var periods []int
		for _, s := range c.spans(period(from), period(to)) {
			periods = append(periods, int(s.Start.Sub(day)/metering.BasePeriod))
		}
		diff(c, fmt.Sprintf("periods of the spans of [%d, %d)", from, to), want, periods)
	}
	f(0, 1, 0, 1)
	f(0, 2, 0, 1, 5)
	f(1, 2, 0, 1, 5)
	f(2, 3, 1, 5)
	f(2, 6, 1, 5, 97)
	f(6, 7, 5, 97)
	f(98, 99, 97, 96*40)
	f(200, 300, 97, 96*40)
	f(-1000, -900, 0)
	f(96*50, 96*51, 96*40+1)
	f(-1000, 96*100, at...)
	f(5, 5, 1, 5)
}

// keptOf is what a span keeps of all readings of its period, which are sorted:
// two at each end, and while the contents are few the ends of each.
func keptOf(all []metering.RegisterReading) []metering.RegisterReading {
	all = slices.CompactFunc(slices.Clone(all), func(a, b metering.RegisterReading) bool { return a.Compare(b) == 0 })
	few := contentsOf(all) <= metering.SpanContents
	var kept []metering.RegisterReading
	for i, r := range all {
		same := func(o metering.RegisterReading) bool { return o.Count == r.Count }
		end := i < 2 || i >= len(all)-2
		if end || few && (!slices.ContainsFunc(all[:i], same) || !slices.ContainsFunc(all[i+1:], same)) {
			kept = append(kept, r)
		}
	}
	return kept
}

func contentsOf(all []metering.RegisterReading) int {
	seen := map[metering.Count]bool{}
	for _, r := range all {
		seen[r.Count] = true
	}
	return len(seen)
}
