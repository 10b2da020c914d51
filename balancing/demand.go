package balancing

import "math"

// Demand is a block in progress, in watts, watt-hours and hours. All fields must
// be finite, Length positive and 0 ≤ Elapsed ≤ Length.
type Demand struct {
	LimitW   float64 // allowed mean of the block
	LengthH  float64 // T
	ElapsedH float64 // τ
	EnergyWh float64 // E, drawn since the block's start
	PowerW   float64 // P now
	Margin   float64 // m, share of the limit kept free
	CeilingW float64 // greatest power at any moment, whatever the block allows
}

func (d Demand) restH() float64 { return d.LengthH - d.ElapsedH }

// target is the energy that the block may hold with its margin.
func (d Demand) target() float64 { return d.LimitW * (1 - d.Margin) * d.LengthH }

// ProjectionW is the mean of the whole block if the power stays as it is.
func (d Demand) ProjectionW() float64 {
	return (d.EnergyWh + d.PowerW*d.restH()) / d.LengthH
}

// AllowableRawW is the mean power for the rest of the block that just holds the
// limit: negative if it is exceeded already. At the very end of the block it is
// infinite, of the sign of what is left.
func (d Demand) AllowableRawW() float64 {
	left := d.target() - d.EnergyWh
	if d.restH() <= 0 {
		return math.Inf(cmp0(left))
	}
	return left / d.restH()
}

// AllowableW is AllowableRawW between zero and the ceiling.
func (d Demand) AllowableW() float64 {
	return min(max(0, d.AllowableRawW()), d.CeilingW)
}

// CorrectionW is by how much the power must fall now, at once and until the
// block's end, for the limit to hold; zero if it holds as it is.
func (d Demand) CorrectionW() float64 {
	return max(0, d.PowerW-d.AllowableRawW())
}

// Unavoidable reports whether the block ends above the limit even if no more
// power is drawn.
func (d Demand) Unavoidable() bool { return d.EnergyWh > d.LimitW*d.LengthH }

func cmp0(x float64) int {
	if x < 0 {
		return -1
	}
	return 1
}

// Sliding is the greatest constant power for which no window of len(means)
// minutes that ends within the next len(means) minutes has a mean above the
// limit, and after how many minutes the window that decides ends. means are the
// past minutes' mean powers, the newest last, and must not be empty.
//
// A negative result means that the limit is exceeded already or will be,
// whatever is done; see Compliance.
func Sliding(limitW float64, means []float64) (allowableW float64, minutes int) {
	t := len(means)
	allowableW = math.Inf(1)
	kept := 0.0 // what remains in the window that ends in h minutes
	for h := t; h >= 1; h-- {
		if h < t {
			kept += means[h]
		}
		if a := (limitW*float64(t) - kept) / float64(h); a < allowableW {
			allowableW, minutes = a, h
		}
	}
	return allowableW, minutes
}

// Compliance is after how many minutes without any load the window's mean comes
// back under the limit: 0 if it is under it now.
func Compliance(limitW float64, means []float64) int {
	sum := 0.0
	for _, p := range means {
		sum += p
	}
	for h, p := range means {
		if sum <= limitW*float64(len(means)) {
			return h
		}
		sum -= p
	}
	return len(means)
}
