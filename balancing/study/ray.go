package study

import (
	"math"

	"asue/metering"
)

// Ray is a way in which the load of a site grows: Base stays, and of Step as many times
// as there are megawatts of growth. The loads of Step sum to 1 MW.
type Ray struct {
	Base, Step []Load
}

// Along is the ray of the load plan, from nothing: fixed shares and cos φ.
func (m *Model) Along() Ray { return Ray{Step: m.Loads(1)} }

// Growing is the ray of one more consumer at a node beside the load that there is.
// powerFactor is the inductive cos φ that it draws with, above 0.
func Growing(base []Load, node metering.NodeID, powerFactor float64) Ray {
	return Ray{Base: base, Step: []Load{{Node: node, MW: 1, Mvar: tanPhi(powerFactor)}}}
}

// At are the loads of the ray with growthMW of growth.
func (r Ray) At(growthMW float64) []Load {
	loads := make([]Load, 0, len(r.Base)+len(r.Step))
	loads = append(loads, r.Base...)
	for _, l := range r.Step {
		l.MW *= growthMW
		l.Mvar *= growthMW
		loads = append(loads, l)
	}
	return loads
}

func tanPhi(cos float64) float64 { return math.Sqrt(math.Max(0, 1-cos*cos)) / cos }

// TotalMW is the load at 0 MW of growth.
func (r Ray) TotalMW() (sum float64) {
	for _, l := range r.Base {
		sum += l.MW
	}
	return sum
}
