package balance

import (
	"math"

	"asue/metering"
)

// wh is an energy to the nearest watt-hour.
func wh(v float64) metering.Energy { return metering.Energy(math.Round(v)) }

// rootOf is the root of the sum of squares, rounded up.
func rootOf(a, b float64) metering.Energy { return metering.Energy(math.Ceil(math.Hypot(a, b))) }
