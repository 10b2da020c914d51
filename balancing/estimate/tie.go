package estimate

import (
	"math"

	"asue/metering"
)

// trend is how well a contradiction goes up and down with what one meter shows, as a
// wrong ratio or a lost phase would have it.
type trend struct {
	dd, dm, mm float64 // sums of squares and products of contradiction and measured value
	n          int
}

func (t *trend) add(difference, measured float64) {
	t.dd += difference * difference
	t.dm += difference * measured
	t.mm += measured * measured
	t.n++
}

// left is the part of the contradiction, 0…1, that no factor of this meter explains.
func (t *trend) left() float64 {
	if t.dd == 0 || t.mm == 0 {
		return 1
	}
	return math.Max(0, 1-t.dm*t.dm/t.mm/t.dd)
}

// likeliest chooses among meters that cannot be told apart at one moment: the one with
// which the contradiction has gone up and down until now. While none stands out it is
// the one that was chosen before, else the first.
func (e *Estimator) likeliest(s *sums, part int, tied []int, answer solution) int {
	best, least := tied[0], math.Inf(1)
	for _, i := range tied {
		y := &s.sayings[i]
		measured := real(y.flow)
		if part == 1 {
			measured = imag(y.flow)
		}
		key := doubtKey{nameOf(y.points), quantityOf(part)}
		d := e.doubts[key]
		if d == nil {
			d = &doubt{}
			e.doubts[key] = d
		}
		d.trend.add(answer.without[i], measured)
		left := d.trend.left()
		if d.trend.n < enoughToTell {
			left = 1
		}
		if !d.since.IsZero() {
			left *= stays
		}
		if left < least {
			best, least = i, left
		}
	}
	return best
}

const (
	enoughToTell = 30   // moments
	stays        = 0.67 // another must explain so much more to take the place
)

// nameOf is the meter by which a saying of several is named.
func nameOf(points []metering.PointID) metering.PointID {
	if len(points) == 0 {
		return ""
	}
	return points[0]
}

func quantityOf(part int) string {
	if part == 1 {
		return quantityReactive
	}
	return quantityPower
}

// Quantities of residuals.
const (
	quantityPower    = "power"
	quantityReactive = "reactive"
	quantityVoltage  = "voltage"
)
