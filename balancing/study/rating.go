package study

import "math"

// Derating is by how much the permissible current of a bare conductor, stated for air
// of +25 °C, changes with the temperature of the air. Points are in rising order of C.
type Derating struct {
	Points []DeratingPoint
	// WireC is the temperature of the wire that the points keep to, °C. It serves above
	// the last point alone: there the square-root law of the heat balance goes on.
	WireC float64
}

// DeratingPoint is a row of the table.
type DeratingPoint struct {
	C float64 // of the air, °C
	K float64 // permissible current over that at +25 °C
}

// BareWire is the table of ПУЭ 1.3.3 for bare wires of +70 °C and air of +25 °C. It
// ends at −5 °C, and nothing is extrapolated below: more than that needs an approved
// dynamic rating.
var BareWire = Derating{WireC: 70, Points: []DeratingPoint{
	{-5, 1.29}, {0, 1.24}, {5, 1.20}, {10, 1.15}, {15, 1.11}, {20, 1.05}, {25, 1.00},
	{30, 0.94}, {35, 0.88}, {40, 0.81}, {45, 0.74}, {50, 0.67},
}}

// At is the factor at a temperature of the air: linear between points, that of the
// first point below it, falling to 0 at WireC above the last.
func (d Derating) At(ambientC float64) float64 {
	p := d.Points
	if len(p) == 0 || ambientC <= p[0].C {
		return d.coldest()
	}
	for i := 1; i < len(p); i++ {
		if ambientC <= p[i].C {
			part := (ambientC - p[i-1].C) / (p[i].C - p[i-1].C)
			return p[i-1].K + part*(p[i].K-p[i-1].K)
		}
	}
	last := p[len(p)-1]
	if ambientC >= d.WireC {
		return 0
	}
	return last.K * math.Sqrt((d.WireC-ambientC)/(d.WireC-last.C))
}

// coldest is the factor below the first point; without a table nothing is derated.
func (d Derating) coldest() float64 {
	if len(d.Points) == 0 {
		return 1
	}
	return d.Points[0].K
}
