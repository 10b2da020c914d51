package forecast

import (
	"math"
	"time"

	"asue/metering"
)

// record keeps the usable energy of one series by base period. Base periods are
// numbered from 1 January 1970, 00:00 UTC on.
type record struct {
	from   int64   // number of the first
	energy []int64 // Wh, or absent
}

// absent is the energy that is not known or not usable.
const absent = math.MinInt64

// keep is how many days are remembered, slack by how many more a record may grow
// before it is cut back.
const (
	keep  = 400
	slack = 30
	// quarters of a day
	quarters = int64(24 * time.Hour / metering.BasePeriod)
)

func quarterOf(t time.Time) int64 { return t.Unix() / int64(metering.BasePeriod/time.Second) }

func (r *record) set(t time.Time, energy int64) {
	at := quarterOf(t)
	if len(r.energy) == 0 {
		if energy == absent {
			return
		}
		r.from = at
	}
	end := r.from + int64(len(r.energy))
	switch {
	case at < end-(keep+slack)*quarters:
		return // beyond what is remembered
	case at < r.from:
		more := make([]int64, r.from-at, r.from-at+int64(len(r.energy)))
		for i := range more {
			more[i] = absent
		}
		r.energy, r.from = append(more, r.energy...), at
	}
	for ; end <= at; end++ {
		r.energy = append(r.energy, absent)
	}
	r.energy[at-r.from] = energy
	if over := int64(len(r.energy)) - (keep+slack)*quarters; over > 0 {
		over = int64(len(r.energy)) - keep*quarters
		r.energy = append(r.energy[:0], r.energy[over:]...)
		r.from += over
	}
}

// first is the start of the earliest base period, false if there is none.
func (r *record) first() (time.Time, bool) {
	if len(r.energy) == 0 {
		return time.Time{}, false
	}
	return time.Unix(r.from*int64(metering.BasePeriod/time.Second), 0), true
}

// sum is the energy of n base periods from a number on; false unless all are
// known.
func (r *record) sum(from, n int64) (int64, bool) {
	i := from - r.from
	if i < 0 || i+n > int64(len(r.energy)) {
		return 0, false
	}
	var sum int64
	for _, e := range r.energy[i : i+n] {
		if e == absent {
			return 0, false
		}
		sum += e
	}
	return sum, true
}

// lay writes the mean powers, W, of the days [from, from+len(to)/slots) into
// positions, NaN where a block is not wholly known.
func (r *record) lay(c *calendar, from int, to []float64) {
	n := int64(c.block / metering.BasePeriod)
	perHour := float64(time.Hour) / float64(c.block)
	for i := range to {
		to[i] = math.NaN()
	}
	for d := 0; d*c.slots < len(to); d++ {
		row := to[d*c.slots : (d+1)*c.slots]
		day := c.day(from + d)
		if day.regular() {
			q := quarterOf(day.start)
			for s := range row {
				if e, ok := r.sum(q+int64(s)*n, n); ok {
					row[s] = float64(e) * perHour
				}
			}
			continue
		}
		r.layIrregular(c, day, row, n, perHour)
	}
}

// layIrregular lays out a day on which the clock was moved: of an hour that is
// shown twice the mean is taken.
func (r *record) layIrregular(c *calendar, d day, row []float64, n int64, perHour float64) {
	times := make([]float64, len(row))
	for t := d.start; t.Before(d.end); t = t.Add(c.block) {
		s := int(metering.SinceMidnight(t, c.loc) / c.block)
		e, ok := r.sum(quarterOf(t), n)
		if !ok {
			continue
		}
		if times[s] == 0 {
			row[s] = 0
		}
		times[s]++
		row[s] += (float64(e)*perHour - row[s]) / times[s]
	}
}
