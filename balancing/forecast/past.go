package forecast

import (
	"math"
	"time"

	"asue/metering"
)

// How much of the past a fit looks at, in days: bands learn from bandDays, methods
// are judged over judgeDays after these, and profiles need some days before.
const (
	bandDays  = 56
	judgeDays = 28
	warmDays  = 35
	youngDays = 14 // with less a series is young: its shape is not known
)

// Past is how much of the past a fit looks at: what lies before it need not be
// added.
const Past = (bandDays + judgeDays + warmDays) * 24 * time.Hour

// past is a series laid out for one fit: today is the first day of which nothing
// is known yet, ahead days follow it. Days and positions count from the first day.
type past struct {
	slots  int
	first  int // number of the first day
	today  int
	ahead  int
	y      []float64 // mean power, W; NaN where it is not known
	kind   []metering.DayKind
	like   []likeness
	wd     []int     // weekday as worked
	recent []int     // by position: the last one at or before it that is known, -1 for none within a day
	warmth []float64 // mean temperature of a day, °C; nil if none is given
}

// likeness is the kind of day in whose likeness a day is forecast.
type likeness uint8

const (
	likeWorkday likeness = iota
	likeSaturday
	likeRest // Sundays and holidays
	likeIdle // days with next to nothing
	likenesses
)

func likenessOf(k metering.DayKind) likeness {
	switch k {
	case metering.Saturday:
		return likeSaturday
	case metering.Sunday, metering.Holiday:
		return likeRest
	}
	return likeWorkday
}

// layPast lays out a record for a fit at the start of a day.
func layPast(c *calendar, r *record, today, ahead int) *past {
	first := today - (bandDays + judgeDays + warmDays)
	if t, ok := r.first(); ok {
		first = min(max(first, c.number(t)), today)
	} else {
		first = today
	}
	p := &past{slots: c.slots, first: first, today: today - first, ahead: ahead}
	p.y = make([]float64, (p.today+ahead+1)*c.slots)
	r.lay(c, first, p.y[:p.today*c.slots])
	for i := p.today * c.slots; i < len(p.y); i++ {
		p.y[i] = math.NaN()
	}
	for d := range p.days() {
		day := c.day(first + d)
		p.kind = append(p.kind, day.kind)
		p.like = append(p.like, likenessOf(day.kind))
		p.wd = append(p.wd, day.weekday)
	}
	p.observe(c)
	p.recent = make([]int, len(p.y))
	p.look(0)
	return p
}

func (p *past) days() int { return p.today + p.ahead + 1 }

// row are the positions of a day in a list of positions.
func (p *past) row(list []float64, d int) []float64 { return list[d*p.slots : (d+1)*p.slots] }

// look finds anew, from a position on, which positions are the last known ones.
func (p *past) look(from int) {
	last := -1
	if from > 0 {
		last = p.recent[from-1]
	}
	for i := from; i < len(p.y); i++ {
		if known(p.y[i]) {
			last = i
		}
		if last >= 0 && i-last >= p.slots {
			last = -1
		}
		p.recent[i] = last
	}
}

// mean of the known part of a day; NaN if less than half of it is known.
func (p *past) mean(d int) float64 {
	sum, n := 0.0, 0
	for _, v := range p.row(p.y, d) {
		if known(v) {
			sum += v
			n++
		}
	}
	if 2*n < p.slots {
		return math.NaN()
	}
	return sum / float64(n)
}

// grown is how many days are known.
func (p *past) grown() int {
	n := 0
	for d := range p.today {
		if known(p.mean(d)) {
			n++
		}
	}
	return n
}

// naive is what was drawn at the same time of the week before, or as many weeks
// before as it takes to find something.
func (p *past) naive(at int) float64 {
	for back := at - 7*p.slots; back >= 0 && back >= at-28*p.slots; back -= 7 * p.slots {
		if known(p.y[back]) {
			return p.y[back]
		}
	}
	return math.NaN()
}

// blocksOf is how many blocks a time holds.
func blocksOf(d, block time.Duration) int { return int(d / block) }
