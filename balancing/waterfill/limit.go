package waterfill

import (
	"fmt"
	"math"

	"asue/metering"
)

// MaxKW is the greatest number for a power or a weight: a petawatt.
const MaxKW = 1_000_000_000_000

// MaxLeaves is how many leaves one forest may have.
const MaxLeaves = 1_000_000

// Limit is the most that may flow through a node. Zero is a limit like any other;
// "unlimited" has to be said; the zero Limit says nothing and is refused.
type Limit struct {
	kw   int64
	said bool
}

// unlimited is above every sum that can occur.
const unlimited = math.MaxInt64

// AtMost is a limit of kw kilowatts, from 0 to MaxKW.
func AtMost(kw int64) Limit { return Limit{kw, true} }

// Unlimited is the limit of a node that has none.
func Unlimited() Limit { return Limit{unlimited, true} }

// KW is the limit in kilowatts, or false if there is none or nothing was said.
func (l Limit) KW() (int64, bool) { return l.kw, l.said && l.kw != unlimited }

// IsStated reports whether anything was said, a number or "unlimited".
func (l Limit) IsStated() bool { return l.said }

// String prints "6,000 kW", "unlimited" or "not stated".
func (l Limit) String() string {
	switch {
	case !l.said:
		return "not stated"
	case l.kw == unlimited:
		return "unlimited"
	}
	return kilowatts(l.kw)
}

// leastFactor is what a power factor is taken for at least: a feeder at rest
// shows any, and its limit must not go with it.
const leastFactor = 0.8

// Factor is the power factor that is reckoned with: the measured mean of five
// minutes, from 0.8 to 1. What is not known (NaN) counts as 0.8.
func Factor(measured float64) float64 {
	if !(measured > leastFactor) {
		return leastFactor
	}
	return min(measured, 1)
}

// ByApparent is the active power in kW that va volt-amperes carry at a measured
// power factor (see Factor): P = S·cos φ, rounded down.
func ByApparent(va, factor float64) int64 { return wholeKW(va * Factor(factor)) }

// ByCurrent is the active power in kW that a three-phase feeder of a nominal
// voltage carries at so many amperes: P = √3·U·I·cos φ, rounded down.
func ByCurrent(voltageKV, amperes, factor float64) int64 {
	return wholeKW(math.Sqrt(3) * voltageKV * 1000 * amperes * Factor(factor))
}

// wholeKW rounds watts down to kilowatts. What is not a number allows nothing.
func wholeKW(watts float64) int64 {
	kw := math.Floor(watts/1000 + 1e-9)
	if !(kw > 0) {
		return 0
	}
	return int64(min(kw, MaxKW))
}

// Capacity is the limit of a node of the network at a measured power factor: the
// lowest of its limits by power, apparent power and current. It is not stated if
// the node states none of them; then the caller has to say what holds.
func Capacity(n metering.Node, factor float64) Limit {
	var l Limit
	if n.Limit.IsUnlimited() {
		l = Unlimited()
	}
	lower := func(kw int64) {
		if !l.said || kw < l.kw {
			l = AtMost(kw)
		}
	}
	if p, ok := n.Limit.Power(); ok {
		lower(min(int64(p/metering.Kilowatt), MaxKW))
	}
	if n.MostVA > 0 {
		lower(ByApparent(n.MostVA, factor))
	}
	if n.MostA > 0 {
		lower(ByCurrent(n.VoltageKV, n.MostA, factor))
	}
	return l
}

// kilowatts prints a power for people: "6,000 kW".
func kilowatts(kw int64) string { return grouped(kw) + " kW" }

// grouped prints a number with commas between thousands.
func grouped(n int64) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
