package study

import (
	"math"
	"time"
)

// Step is a change of load at one moment, after a load that has lasted.
type Step struct {
	AmbientC float64
	Before   float64 // load before, part of the rated
	After    float64 // load since
}

// At are the temperatures a time after the step, °C. The formulas are those of the
// exponential method of IEC 60076-7.
func (c Cooling) At(s Step, after time.Duration) (oilC, hotSpotC float64) {
	return c.curve(s).at(after.Minutes())
}

// Permitted is the greatest load that may follow a load of before and last for d
// without passing a limit of the regime at any moment; 0 if the load before has passed
// one already. The hot spot may be hottest in the midst of the time: the oil beside the
// winding heats up faster than the tank.
func (c Cooling) Permitted(ambientC, before float64, d time.Duration, r Regime) float64 {
	d = min(d, c.settled())
	return greatest(r.Load, func(k float64) bool {
		return c.stands(Step{ambientC, before, k}, d, r) == d
	})
}

// Stands is how long a step may last until a limit of the regime is passed, and
// whether one is passed at all.
func (c Cooling) Stands(s Step, r Regime) (d time.Duration, passes bool) {
	all := c.settled()
	d = c.stands(s, all, r)
	return d, d < all
}

// settled is when nothing changes any more: ten times the slowest constant.
func (c Cooling) settled() time.Duration {
	slowest := max(c.K11*c.OilMinutes, c.OilMinutes/c.K22, c.K22*c.WindMinutes)
	return time.Duration(10 * slowest * float64(time.Minute))
}

// stands is how long a step of length d stays within the limits; d if it does to its
// end. Between two looks a minute apart the curve may rise above a limit and come
// back: by an eighth of its bend at most, which is 0.2 K for the fastest winding.
func (c Cooling) stands(s Step, d time.Duration, r Regime) time.Duration {
	curve := c.curve(s)
	within := func(t time.Duration) bool {
		oil, hot := curve.at(t.Minutes())
		return oil <= r.OilC && hot <= r.HotSpotC
	}
	if s.After > r.Load || !within(0) {
		return 0
	}
	for low := time.Duration(0); low < d; {
		high := min(low+time.Minute, d)
		if within(high) {
			low = high
			continue
		}
		for high-low > time.Second/100 {
			if mid := (low + high) / 2; within(mid) {
				low = mid
			} else {
				high = mid
			}
		}
		return low
	}
	return d
}

// curve is a step with all that does not depend on time.
type curve struct {
	c          Cooling
	ambient    float64
	oil, toOil float64 // rise before, and by how much it changes in the end
	hot, toHot float64
}

func (c Cooling) curve(s Step) curve {
	oil, hot := c.oil(s.Before, c.StepOil), c.GradientK*math.Pow(s.Before, c.StepWind)
	return curve{c: c, ambient: s.AmbientC,
		oil: oil, toOil: c.oil(s.After, c.StepOil) - oil,
		hot: hot, toHot: c.GradientK*math.Pow(s.After, c.StepWind) - hot}
}

// at are the temperatures t minutes after the step.
func (v curve) at(t float64) (oilC, hotSpotC float64) {
	c := v.c
	f1 := 1 - math.Exp(-t/(c.K11*c.OilMinutes))
	f2 := c.K21*(1-math.Exp(-t/(c.K22*c.WindMinutes))) - (c.K21-1)*(1-math.Exp(-t*c.K22/c.OilMinutes))
	oilC = v.ambient + v.oil + v.toOil*f1
	return oilC, oilC + v.hot + v.toHot*f2
}
