package forecast

import "math"

// correction is how much of a deviation from the profile is left after h blocks:
// φ^h, φ in [0, phiMost].
type correction struct {
	phi    float64
	powers []float64
}

// phiMost keeps a deviation from lasting for ever; huber is where Huber's weights
// begin to fall, in standard deviations.
const (
	phiMost = 0.98
	huber   = 1.345
	rounds  = 15
)

func newCorrection(phi float64, longest int) correction {
	c := correction{phi, make([]float64, longest+1)}
	p := 1.0
	for h := range c.powers {
		c.powers[h] = p
		p *= phi
	}
	return c
}

func (c correction) after(h int) float64 {
	if h < len(c.powers) {
		return c.powers[h]
	}
	return math.Pow(c.phi, float64(h))
}

// fitPhi finds φ of r_{t+1} = φ·r_t by least squares that a few large residuals do
// not decide, neither as what follows (Huber's weights, reweighted) nor as what
// goes before (Mallows' weights). NaN residuals are passed over; 0 for less than
// ten pairs.
func fitPhi(r []float64) float64 {
	var from, to []float64
	for i := 0; i+1 < len(r); i++ {
		if known(r[i]) && known(r[i+1]) {
			from, to = append(from, r[i]), append(to, r[i+1])
		}
	}
	if len(from) < 10 {
		return 0
	}
	before := leverage(from)
	phi := 0.0
	left := make([]float64, len(from))
	for i := range to {
		left[i] = math.Abs(to[i])
	}
	most := huber * robust * medianOf(left)
	if most == 0 {
		return 0 // nothing follows
	}
	for range rounds {
		above, below := 0.0, 0.0
		for i, x := range from {
			w := before[i]
			if e := math.Abs(to[i] - phi*x); e > most {
				w *= most / e
			}
			above += w * x * to[i]
			below += w * x * x
		}
		if below == 0 {
			return 0
		}
		was := phi
		phi = min(max(above/below, 0), phiMost)
		for i, x := range from {
			left[i] = math.Abs(to[i] - phi*x)
		}
		if most = huber * robust * medianOf(left); most == 0 || math.Abs(phi-was) < 1e-4 {
			break // half of the pairs lie on the line, or it moves no more
		}
	}
	return phi
}

// leverage are the weights of residuals by their size alone.
func leverage(r []float64) []float64 {
	weights := make([]float64, len(r))
	for i, x := range r {
		weights[i] = math.Abs(x)
	}
	most := 2 * robust * medianOf(weights)
	for i, x := range r {
		weights[i] = 1
		if x = math.Abs(x); x > most {
			weights[i] = most / x
		}
	}
	return weights
}
