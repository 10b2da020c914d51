package forecast

import (
	"math"
	"slices"
)

// What is aimed at: two misses in ten of a band, one in ten of the upper bound;
// how fast the aim follows what is seen; and how few residuals are too few.
const (
	missBand  = 0.20
	missUpper = 0.10
	adapt     = 0.01
	fewest    = 30
)

// ranks are the residuals, counted from 1, between which the next one lies with a
// probability of at least 1-miss, if it is exchangeable with n others: ⌊(n+1)·miss/2⌋
// and ⌈(n+1)·(1-miss/2)⌉. Where that is beyond the ends, the ends.
func ranks(n int, miss float64) (low, high int) {
	const rounding = 1e-9
	low = int(math.Floor(float64(n+1)*miss/2 + rounding))
	return max(low, 1), min(upperRank(n, miss/2), n)
}

func upperRank(n int, miss float64) int {
	const rounding = 1e-9
	return min(max(int(math.Ceil(float64(n+1)*(1-miss)-rounding)), 1), n)
}

// offsets turn a point forecast into a band.
type offsets struct{ low, high, q90 float64 }

// aim is the rate of misses that is asked for so that the rate which is seen is
// right.
type aim struct{ outside, above float64 }

func newAim() aim { return aim{missBand, missUpper} }

// seen moves the aim after a forecast has come to its time.
func (a *aim) seen(outside, above bool) {
	a.outside = step(a.outside, missBand, outside)
	a.above = step(a.above, missUpper, above)
}

func step(alpha, wanted float64, missed bool) float64 {
	miss := 0.0
	if missed {
		miss = 1
	}
	return min(max(alpha+adapt*(wanted-miss), wanted/20), min(3*wanted, 0.8))
}

// band finds the offsets of a list of residuals, ascending and not empty. The
// bounds hold the forecast itself.
func (a aim) band(sorted []float64) offsets {
	low, high := ranks(len(sorted), a.outside)
	return offsets{
		low:  min(sorted[low-1], 0),
		high: max(sorted[high-1], 0),
		q90:  max(sorted[upperRank(len(sorted), a.above)-1], 0),
	}
}

// window are residuals of a sliding stretch of time, ascending.
type window struct{ sorted, spare []float64 }

// slide takes some residuals in and lets others go that came in before; it sorts
// both.
func (w *window) slide(in, out []float64) {
	slices.Sort(in)
	slices.Sort(out)
	to := w.spare[:0]
	for _, r := range w.sorted {
		if len(out) > 0 && out[0] == r {
			out = out[1:]
			continue
		}
		for len(in) > 0 && in[0] <= r {
			to, in = append(to, in[0]), in[1:]
		}
		to = append(to, r)
	}
	if len(out) > 0 {
		panic("BUG: a residual leaves a window that it never entered")
	}
	w.sorted, w.spare = append(to, in...), w.sorted
}
