package forecast

import "math"

// Below heatBelow buildings are heated and above coolAbove they are cooled, °C.
const (
	heatBelow = 15.0
	coolAbove = 22.0
)

// degrees are the degree days of one day, or a weighted mean of some; NaN where
// the temperature is not known.
type degrees struct{ heat, cool float64 }

func degreesOf(celsius float64) degrees {
	if !known(celsius) {
		return degrees{celsius, celsius}
	}
	return degrees{max(0, heatBelow-celsius), max(0, celsius-coolAbove)}
}

func (p *past) degrees(d int) degrees {
	if p.warmth == nil {
		return degrees{math.NaN(), math.NaN()}
	}
	return degreesOf(p.warmth[d])
}

// weather is that of the days of a profile, weighted like them.
func (b *profiler) weather(days []int) degrees {
	if b.warmth == nil {
		return degrees{math.NaN(), math.NaN()}
	}
	var sum degrees
	weight := 0.0
	for i := range min(likeDays, len(days)) {
		d := b.degrees(days[len(days)-1-i])
		sum.heat += fading[i] * d.heat
		sum.cool += fading[i] * d.cool
		weight += fading[i]
	}
	return degrees{sum.heat / weight, sum.cool / weight}
}

// slope is what a degree day more than on the days of the profile adds to the
// mean power of a day, W.
type slope struct{ heat, cool float64 }

// shift is what a profile made lead days ahead is moved by; 0 where a temperature
// is missing.
func (s slope) shift(b *profiler, d, lead int) float64 {
	day, made := b.degrees(d), b.warm[lead][d]
	if by := s.heat*(day.heat-made.heat) + s.cool*(day.cool-made.cool); known(by) {
		return by
	}
	return 0
}

// fitSlope finds it by least squares over the days [from, to); zero with less than
// three weeks.
func fitSlope(b *profiler, from, to int) slope {
	var hh, cc, hc, hy, cy float64
	n := 0
	for d := max(0, from); d < to; d++ {
		day, made := b.degrees(d), b.warm[0][d]
		heat, cool := day.heat-made.heat, day.cool-made.cool
		var left float64
		slots := 0
		for s, v := range b.row(b.y, d) {
			if r := v - b.row(b.rows[0], d)[s]; known(r) {
				left += r
				slots++
			}
		}
		if !known(heat+cool) || 2*slots < b.slots {
			continue
		}
		left /= float64(slots)
		hh, cc, hc = hh+heat*heat, cc+cool*cool, hc+heat*cool
		hy, cy = hy+heat*left, cy+cool*left
		n++
	}
	if n < 21 {
		return slope{}
	}
	const ridge = 1e-3 // keeps a season without heating or cooling from dividing by zero
	hh, cc = hh+ridge, cc+ridge
	det := hh*cc - hc*hc
	if det <= 0 {
		return slope{}
	}
	return slope{(hy*cc - cy*hc) / det, (cy*hh - hy*hc) / det}
}
