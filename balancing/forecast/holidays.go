package forecast

import (
	"math"
	"time"

	"asue/metering"
)

// observe lets a load that works through holidays do so: if on most of those that
// are known, weekdays all of them, it drew what it draws on workdays rather than
// what it draws on Sundays, its holidays are what their weekday says. Until one is
// known the calendar's word is taken.
func (p *past) observe(c *calendar) {
	workdays, sundays := p.habit(metering.Workday), p.habit(metering.Sunday)
	if !known(workdays) || !known(sundays) {
		return
	}
	works, rests := 0, 0
	for d := range p.today {
		if mean := p.mean(d); p.kind[d] == metering.Holiday && p.weekday(c, d) != time.Sunday && p.weekday(c, d) != time.Saturday && known(mean) {
			if math.Abs(mean-workdays) < math.Abs(mean-sundays) {
				works++
			} else {
				rests++
			}
		}
	}
	if works <= rests {
		return
	}
	for d := range p.days() {
		if p.kind[d] == metering.Holiday {
			p.set(d, metering.Calendar{}.KindOf(c.noon(p.first+d), c.loc), p.weekday(c, d))
		}
	}
}

// habit is the median of the means of all days of a kind; NaN if there is none.
func (p *past) habit(kind metering.DayKind) float64 {
	var list []float64
	for d := range p.today {
		if mean := p.mean(d); p.kind[d] == kind && known(mean) {
			list = append(list, mean)
		}
	}
	return medianOf(list)
}

// weekday is that of the date, whatever is worked.
func (p *past) weekday(c *calendar, d int) time.Weekday { return c.noon(p.first + d).Weekday() }

func (p *past) set(d int, kind metering.DayKind, worked time.Weekday) {
	p.kind[d], p.like[d], p.wd[d] = kind, likenessOf(kind), int(worked)
}
