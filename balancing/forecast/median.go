package forecast

import (
	"math"
	"slices"
)

// Like days: how many are looked at and how fast they lose weight, the newest
// first. A value farther than winsor robust deviations from the others' middle is
// taken for one that is just so far.
const (
	likeDays = 6
	fade     = 0.8
	winsor   = 3
	// robust turns a median absolute deviation into the standard deviation of a
	// normal distribution.
	robust = 1.4826
)

var fading = func() (w [likeDays]float64) {
	weight := 1.0
	for i := range w {
		w[i] = weight
		weight *= fade
	}
	return w
}()

// likeMedian is the weighted median of at most six values, the newest first: the
// least value below or at which half of the weight lies. NaN for none.
func likeMedian(newest []float64) float64 {
	n := len(newest)
	if n < 3 { // nobody stands apart from two
		return weightedMedian(newest)
	}
	var sorted, away, tame [likeDays]float64
	copy(sorted[:], newest)
	insertionSort(sorted[:n])
	middle := median(sorted[:n])
	for i, v := range sorted[:n] {
		away[i] = math.Abs(v - middle)
	}
	insertionSort(away[:n])
	most := winsor * robust * median(away[:n])
	for i, v := range newest {
		tame[i] = min(max(v, middle-most), middle+most)
	}
	return weightedMedian(tame[:n])
}

func weightedMedian(newest []float64) float64 {
	if len(newest) == 0 {
		return math.NaN()
	}
	var order [likeDays]int
	half := 0.0
	for i := range newest {
		half += fading[i] / 2
		j := i
		for ; j > 0 && newest[order[j-1]] > newest[i]; j-- {
			order[j] = order[j-1]
		}
		order[j] = i
	}
	sum := 0.0
	for _, i := range order[:len(newest)] {
		if sum += fading[i]; sum >= half {
			return newest[i]
		}
	}
	return newest[order[len(newest)-1]] // rounding
}

// insertionSort is the fastest for a handful.
func insertionSort(v []float64) {
	for i := 1; i < len(v); i++ {
		x, j := v[i], i
		for ; j > 0 && v[j-1] > x; j-- {
			v[j] = v[j-1]
		}
		v[j] = x
	}
}

// median of an ascending list that is not empty.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// medianOf sorts what it is given; NaN for nothing.
func medianOf(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	slices.Sort(list)
	return median(list)
}

func known(x float64) bool { return !math.IsNaN(x) }
