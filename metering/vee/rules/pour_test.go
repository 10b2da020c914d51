package rules

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The dumb twin of apportion gives one unit after the other to whoever is furthest
// below its exact share.
func TestApportionAgreesWithTheSlowWay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.Int64Range(0, 300).Draw(rt, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 50), 1, 12).Draw(rt, "weights")
		if sumOf(weights) == 0 {
			weights[0] = 1
		}
		got := apportion(total, weights)
		if sumOf(got) != total {
			rt.Fatalf("%v of %d by %v", got, total, weights)
		}
		sum := sumOf(weights)
		for i, w := range weights {
			// floor(share) ≤ got ≤ ceil(share), and whoever got the ceiling has no
			// smaller remainder than whoever did not.
			if low := total * w / sum; got[i] < low || got[i] > low+1 || (got[i] == low+1 && total*w%sum == 0) {
				rt.Fatalf("%v of %d by %v", got, total, weights)
			}
			for j, v := range weights {
				if got[i] > total*w/sum && got[j] == total*v/sum && total*w%sum < total*v%sum {
					rt.Fatalf("%v of %d by %v: %d before %d", got, total, weights, i, j)
				}
			}
		}
	})
}

// The dumb twin of pour looks for the level of the water by halving: each part
// holds min(cap, level·weight).
func TestPourAgreesWithTheLevel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 10).Draw(rt, "parts")
		weights := rapid.SliceOfN(rapid.Int64Range(1, 1000), n, n).Draw(rt, "weights")
		caps := rapid.SliceOfN(rapid.Int64Range(0, 1000), n, n).Draw(rt, "caps")
		total := rapid.Int64Range(0, 3000).Draw(rt, "total")
		got, ok := pour(total, weights, slices.Repeat([]int64{1}, n), caps)
		if fits := sumOf(caps) >= total; ok != fits {
			rt.Fatalf("%d into %v: %v", total, caps, ok)
		}
		if !ok {
			return
		}
		if sumOf(got) != total {
			rt.Fatalf("%v is not %d", got, total)
		}
		level := 0.0
		for low, high := 0.0, 1e6; high-low > 1e-9*high; {
			level = (low + high) / 2
			held := 0.0
			for i := range weights {
				held += math.Min(float64(caps[i]), level*float64(weights[i]))
			}
			if held < float64(total) {
				low = level
			} else {
				high = level
			}
		}
		for i := range weights {
			want := math.Min(float64(caps[i]), level*float64(weights[i]))
			// Rounding what is capped to whole units moves the level a little.
			if math.Abs(float64(got[i])-want) > float64(n)+0.001 || got[i] > caps[i] || got[i] < 0 {
				rt.Fatalf("%d by %v into %v: %v, part %d should hold %.2f", total, weights, caps, got, i, want)
			}
		}
	})
}

func TestPourWithoutWeights(t *testing.T) {
	got, ok := pour(10, []int64{0, 0, 5}, []int64{1, 3, 1}, []int64{9, 9, 2})
	if want := []int64{2, 6, 2}; !ok || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, ok, want)
	}
}
