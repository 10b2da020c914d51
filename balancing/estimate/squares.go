package estimate

import "math"

// equation says that some unknowns, each with +1 or −1, and an offset make a measured
// value.
type equation struct {
	of     []int // unknowns
	sign   float64
	value  float64 // measured, less the offset
	sigma  float64
	pseudo bool // a guess: never wrong, only weak
	out    bool // left out
}

// solution are the unknowns and what the equations are worth to them.
type solution struct {
	x        []float64
	variance []float64 // of x
	// Of each equation: its residual (value − what the unknowns make), the standard
	// deviation that this residual has if nothing is wrong, and the residual that is left
	// without it. An equation that nothing else checks has a deviation of 0.
	residual, deviation, without []float64
}

// leastSquares weighs all equations that are not left out by 1/σ². Every unknown needs
// an equation of its own, if only a guess: else it panics.
func leastSquares(n int, list []equation) solution {
	normal := make([][]float64, n)
	right := make([]float64, n)
	for i := range normal {
		normal[i] = make([]float64, n)
	}
	for _, e := range list {
		if e.out {
			continue
		}
		w := 1 / square(e.sigma)
		for _, i := range e.of {
			right[i] += w * e.sign * e.value
			for _, k := range e.of {
				normal[i][k] += w
			}
		}
	}
	inverse := invert(normal)
	s := solution{x: make([]float64, n), variance: make([]float64, n)}
	for i := range s.x {
		for k := range right {
			s.x[i] += inverse[i][k] * right[k]
		}
		s.variance[i] = inverse[i][i]
	}
	for _, e := range list {
		r, own := e.value, 0.0
		for _, i := range e.of {
			r -= e.sign * s.x[i]
			for _, k := range e.of {
				own += inverse[i][k]
			}
		}
		spread := square(e.sigma) - own
		if e.out { // it did not take part: its own error comes on top
			s.residual, s.deviation, s.without = append(s.residual, r), append(s.deviation, sqrt(square(e.sigma)+own)), append(s.without, r)
			continue
		}
		if spread < redundant*square(e.sigma) {
			s.residual, s.deviation, s.without = append(s.residual, r), append(s.deviation, 0), append(s.without, r)
			continue
		}
		s.residual = append(s.residual, r)
		s.deviation = append(s.deviation, sqrt(spread))
		s.without = append(s.without, r*square(e.sigma)/spread)
	}
	return s
}

// redundant is the part of an equation's variance that must be checked by others for
// its residual to say anything.
const redundant = 0.05

// invert is the inverse of a symmetric positive definite matrix, by Cholesky's method.
func invert(a [][]float64) [][]float64 {
	n := len(a)
	for k := range n { // a becomes L, lower
		for i := k; i < n; i++ {
			v := a[i][k]
			for j := range k {
				v -= a[i][j] * a[k][j]
			}
			if i > k {
				a[i][k] = v / a[k][k]
				continue
			}
			if !(v > 0) {
				panic("BUG: an unknown without an equation")
			}
			a[k][k] = math.Sqrt(v)
		}
	}
	inverse := make([][]float64, n)
	for c := range n {
		x := make([]float64, n)
		for i := c; i < n; i++ {
			v := 0.0
			if i == c {
				v = 1
			}
			for j := c; j < i; j++ {
				v -= a[i][j] * x[j]
			}
			x[i] = v / a[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			v := x[i]
			for j := i + 1; j < n; j++ {
				v -= a[j][i] * x[j]
			}
			x[i] = v / a[i][i]
		}
		inverse[c] = x
	}
	return inverse
}

func sqrt(x float64) float64 { return math.Sqrt(math.Max(0, x)) }
