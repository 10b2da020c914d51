package pages_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/pages"
)

// Order agrees with a plain sort, however the intervals come.
func TestOrderAgreesWithSorting(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var list []metering.Interval
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if rapid.Bool().Draw(rt, "before 1970") {
			start = time.Date(1969, 12, 31, 20, 0, 0, 0, time.UTC)
		}
		far := rapid.SampledFrom([]int{1, 1, 1, 100_000}).Draw(rt, "far")
		for p := range rapid.IntRange(1, 5).Draw(rt, "points") {
			for _, ch := range metering.Channels()[:rapid.IntRange(1, 4).Draw(rt, "channels")] {
				for n := range rapid.IntRange(0, 40).Draw(rt, "intervals") {
					list = append(list, metering.Interval{
						Point: metering.PointID(fmt.Sprint("p-", 9-p)), Channel: ch, Start: start.Add(time.Duration(n*far) * metering.BasePeriod), Energy: metering.Energy(len(list)),
					})
				}
			}
		}
		if rapid.Bool().Draw(rt, "mixed") {
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
			rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		want := slices.Clone(list)
		slices.SortFunc(want, func(a, b metering.Interval) int {
			switch {
			case !a.Start.Equal(b.Start):
				return a.Start.Compare(b.Start)
			case a.Point != b.Point:
				if a.Point < b.Point {
					return -1
				}
				return 1
			}
			return int(a.Channel) - int(b.Channel)
		})
		pages.Order(list)
		if !slices.Equal(list, want) {
			rt.Fatalf("got\n%v\nwant\n%v", list, want)
		}
	})
}
