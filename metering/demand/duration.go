package demand

import (
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Duration is how long a load was above which power: the mean powers of its
// blocks, the greatest first.
type Duration struct {
	Minutes int
	Powers  []metering.Power
}

// DurationPoint is a point of the curve: during Share of the time, 0..1, the
// power was at least Power.
type DurationPoint struct {
	Share float64        `json:"share"`
	Power metering.Power `json:"power_w"`
}

// Duration orders the known blocks of a load, estimates among them.
func (l Load) Duration(blocks []Block) Duration {
	var d Duration
	for _, b := range blocks {
		length := time.Duration(b.N) * metering.BasePeriod
		d.Minutes = int(length / time.Minute)
		if s := l.over(b); s.Known() {
			d.Powers = append(d.Powers, powerOf(s.Energy, length))
		}
	}
	slices.Sort(d.Powers)
	slices.Reverse(d.Powers)
	return d
}

// Quantile is the greatest power that is reached during at least a share of the
// time, 0..1: an exact value of the load, not one between two. False without
// blocks.
func (d Duration) Quantile(share float64) (metering.Power, bool) {
	n := len(d.Powers)
	if n == 0 {
		return 0, false
	}
	rank := int(math.Ceil(share * float64(n)))
	return d.Powers[min(max(rank, 1), n)-1], true
}

// Draw is the curve in at most n points for drawing, n ≥ 2: its ends, and points
// at equal distances of time between them.
func (d Duration) Draw(n int) []DurationPoint {
	size := len(d.Powers)
	if size == 0 || n < 2 {
		return nil
	}
	n = min(n, size)
	var list []DurationPoint
	for i := range n {
		rank := 0
		if n > 1 {
			rank = i * (size - 1) / (n - 1)
		}
		list = append(list, DurationPoint{float64(rank+1) / float64(size), d.Powers[rank]})
	}
	return list
}
