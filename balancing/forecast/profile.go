package forecast

import (
	"math"
)

// A day is idle if it has less than idleShare of the median of its kind over
// habitDays. A change of level is told by a cumulative sum of standardised
// residuals, less an allowance of one, that stays above alarmAt for alarmHours of
// a day, on two days of a kind in a row.
const (
	idleShare  = 0.20
	habitDays  = 28
	alarmAt    = 5.0
	alarmHours = 4
	allowance  = 1.0
	sigmaLeast = 0.01 // of the mean power: a load that never moves has residuals too
	fromMean   = 1.25 // turns a mean absolute deviation into a standard deviation
)

// profiler makes profiles day after day, each from what was known by then.
type profiler struct {
	*past
	// rows are the profiles by how many days before the day they were made: row d of
	// rows[k] is made of days before d-k.
	rows   [][]float64
	made   []recipe   // of the youngest row of each day
	lists  [][]int    // days by likeness, ascending
	like   []likeness // as the days turned out
	means  []float64
	spread []float64 // mean absolute residual of the days: by day a load is wilder than at night
	alarm  []int8
	since  int // days before it are forgotten
	// warm is the weather of the days that a row was made of, by lead and day.
	warm [][]degrees
	// idle tells of which days it was expected that they would be, by lead and day.
	idle [][]bool
}

// recipe is what a row was made of; equal recipes make equal rows.
type recipe struct {
	like  likeness
	days  int // of this likeness that were known
	since int
	lead  int
}

// profiles makes them all. The last one made of lead k is that of today+k.
func profiles(p *past) *profiler {
	b := &profiler{past: p, made: make([]recipe, p.days()), lists: make([][]int, likenesses)}
	for range p.ahead + 1 {
		row := make([]float64, len(p.y))
		for i := range row {
			row[i] = math.NaN()
		}
		b.rows = append(b.rows, row)
		b.warm = append(b.warm, make([]degrees, p.days()))
		b.idle = append(b.idle, make([]bool, p.days()))
	}
	for d := 0; ; d++ {
		for lead := 0; lead <= p.ahead; lead++ {
			b.make(d+lead, lead)
		}
		if d == p.today {
			return b
		}
		b.complete(d)
	}
}

// make makes the profile of a day lead days ahead of what is known.
func (b *profiler) make(d, lead int) {
	like := b.expected(d)
	b.idle[lead][d] = like == likeIdle
	r := recipe{like, len(b.lists[like]), b.since, lead}
	row := b.row(b.rows[lead], d)
	before := b.made[d]
	b.made[d] = r
	if lead < b.ahead && before.like == r.like && before.days == r.days && before.since == r.since && before.lead == lead+1 {
		copy(row, b.row(b.rows[lead+1], d))
		b.warm[lead][d] = b.warm[lead+1][d]
		return
	}
	days := b.likes(like)
	b.warm[lead][d] = b.weather(days)
	var newest [likeDays]float64
	for s := range row {
		n := 0
		for i := len(days) - 1; i >= 0 && n < likeDays; i-- {
			if v := b.y[days[i]*b.slots+s]; known(v) {
				newest[n] = v
				n++
			}
		}
		row[s] = likeMedian(newest[:n])
	}
}

// elsewhere is where days are borrowed when there was none of a likeness.
var elsewhere = [likenesses][]likeness{
	likeWorkday: {likeSaturday, likeRest}, likeSaturday: {likeRest, likeWorkday}, likeRest: {likeSaturday, likeWorkday}, likeIdle: {likeRest},
}

// likes are the days that a profile is made of, ascending: those since the last
// change of level, or if there is none the older ones.
func (b *profiler) likes(like likeness) []int {
	list := b.lists[like]
	for _, other := range elsewhere[like] {
		if len(list) == 0 {
			list = b.lists[other]
		}
	}
	list = list[max(0, len(list)-2*likeDays):]
	for i, d := range list {
		if d >= b.since {
			return list[i:]
		}
	}
	return list
}

// expected is the likeness of a day that is not known: what the calendar says,
// but idle if the last two such days were.
func (b *profiler) expected(d int) likeness {
	idle := 0
	for i := len(b.like) - 1; i >= 0 && idle < 2; i-- {
		if b.past.like[i] != b.past.like[d] || !known(b.means[i]) {
			continue
		}
		if b.like[i] != likeIdle {
			return b.past.like[d]
		}
		idle++
	}
	if idle == 2 {
		return likeIdle
	}
	return b.past.like[d]
}

// complete takes in a day that is over.
func (b *profiler) complete(d int) {
	expected := b.expected(d)
	mean := b.mean(d)
	like := b.past.like[d]
	if known(mean) && mean < idleShare*b.habit(d) {
		like = likeIdle
	}
	b.means = append(b.means, mean)
	b.like = append(b.like, like)
	b.spread = append(b.spread, math.NaN())
	b.alarm = append(b.alarm, 0)
	if !known(mean) {
		if b.anything(d) {
			b.lists[like] = append(b.lists[like], d)
		}
		return
	}
	if like != likeIdle || expected == likeIdle {
		b.watch(d)
	}
	b.lists[like] = append(b.lists[like], d)
}

func (b *profiler) anything(d int) bool {
	for _, v := range b.row(b.y, d) {
		if known(v) {
			return true
		}
	}
	return false
}

// habit is the median of the days of the same kind before d; 0 with less than
// three.
func (b *profiler) habit(d int) float64 {
	var list []float64
	for i := max(0, d-habitDays); i < d; i++ {
		if b.past.like[i] == b.past.like[d] && known(b.means[i]) {
			list = append(list, b.means[i])
		}
	}
	if len(list) < 3 {
		return 0
	}
	return medianOf(list)
}

// watch looks whether the day lay off its profile for hours, and whether that was
// so on the last day of its likeness too.
func (b *profiler) watch(d int) {
	sigma := b.sigma(d)
	profile := b.row(b.rows[0], d)
	away, n := 0.0, 0.0
	up, down, run, longest := 0.0, 0.0, 0, 0
	sign := int8(0)
	for s, v := range b.row(b.y, d) {
		r := v - profile[s]
		if !known(r) {
			continue
		}
		away, n = away+math.Abs(r), n+1
		z := r / sigma
		up, down = max(0, up+z-allowance), max(0, down-z-allowance)
		if up <= alarmAt && down <= alarmAt {
			run = 0
			continue
		}
		if run++; run > longest {
			longest, sign = run, 1
			if down > up {
				sign = -1
			}
		}
	}
	b.spread[d] = away / n
	if known(sigma) && longest >= alarmHours*b.slots/24 {
		b.alarm[d] = sign
	}
	last := -1
	if list := b.lists[b.like[d]]; len(list) > 0 {
		last = list[len(list)-1]
	}
	if b.alarm[d] != 0 && last > b.since && b.alarm[last] == b.alarm[d] {
		b.since = last
	}
}

// sigma is the usual residual before a day; NaN with less than a week.
func (b *profiler) sigma(d int) float64 {
	var list []float64
	level := 0.0
	for i := max(0, d-habitDays); i < d; i++ {
		if known(b.spread[i]) {
			list = append(list, b.spread[i])
			level += math.Abs(b.means[i])
		}
	}
	if len(list) < 7 {
		return math.NaN()
	}
	level /= float64(len(list))
	return max(fromMean*medianOf(list), sigmaLeast*level, 1)
}
