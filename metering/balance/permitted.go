package balance

import "math"

// Formula is which form of the permitted imbalance is used. The zero Formula is
// the short one, by accuracy classes alone. The full form of RD 34.09.101-94
// multiplies by 1.1 and adds the terms below; its text has to be checked before
// it enters a contract, therefore every part of it is a parameter.
type Formula struct {
	Factor     float64 // 0 stands for 1; the full form: 1.1
	Angle      float64 // %, error through the phase angles of the transformers (δ_θ)
	Lead       float64 // %, voltage loss in the leads of the voltage transformer (δ_л)
	MeterExtra float64 // %, root of the sum of squares of the meter's additional errors
}

// Errors are the error limits of the parts of one metering system, in per cent
// of the energy that it measures; 0 for a part that is not there.
type Errors struct {
	Meter float64 `json:"meter"`
	CT    float64 `json:"ct"`
	VT    float64 `json:"vt"`
}

// Limit is the error limit of the whole metering system in per cent: the root of
// the sum of squares of its parts.
func (f Formula) Limit(e Errors) float64 {
	sum := e.Meter*e.Meter + e.CT*e.CT + e.VT*e.VT +
		f.Angle*f.Angle + f.Lead*f.Lead + f.MeterExtra*f.MeterExtra
	return f.factor() * math.Sqrt(sum)
}

func (f Formula) factor() float64 {
	if f.Factor == 0 {
		return 1
	}
	return f.Factor
}

// Part is one flow of a balance: its energy in any unit, and its error limit in
// per cent.
type Part struct{ Energy, Limit float64 }

// Permitted is the permitted imbalance in per cent of the inflow: the root of the
// sum of (δ·d)² over the flows of both sides, where d is the share of a flow in
// the sum of its side. A side without energy contributes nothing. The full
// form's factor is inside the limits already (Formula.Limit).
func Permitted(in, out []Part) float64 {
	return math.Sqrt(variance(in) + variance(out))
}

func variance(side []Part) float64 {
	sum, squares := 0.0, 0.0
	for _, p := range side {
		sum += p.Energy
		squares += p.Energy * p.Energy * p.Limit * p.Limit
	}
	if sum == 0 {
		return 0
	}
	return squares / (sum * sum)
}
