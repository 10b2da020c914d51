package simulator

import (
	"hash/fnv"
	"time"
)

// source is a stream of noise that can be asked for any moment: the same source
// gives the same value for the same moment, in whatever order it is asked.
type source uint64

// sourceFor derives a stream from the world's seed and a name.
func sourceFor(seed uint64, name string) source {
	h := fnv.New64a()
	h.Write([]byte(name)) // a hash never fails
	return source(mix(seed ^ mix(h.Sum64())))
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the
// result depends on every bit of x.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// at is uniform in [0, 1), drawn anew for each n.
func (s source) at(n int64) float64 {
	return float64(mix(uint64(s)^uint64(n)*0xd6e8feb86659fd93)>>11) / (1 << 53)
}

// swing is uniform in [-1, 1), drawn anew for each n.
func (s source) swing(n int64) float64 { return 2*s.at(n) - 1 }

// drift is noise in [-1, 1] that wanders smoothly, with a new random knot every
// period; ns is the moment in Unix nanoseconds.
func (s source) drift(ns int64, period time.Duration) float64 {
	knot := floorDiv(ns, int64(period))
	x := float64(ns-knot*int64(period)) / float64(period)
	x = x * x * (3 - 2*x)
	a, b := s.swing(knot), s.swing(knot+1)
	return a + (b-a)*x
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
