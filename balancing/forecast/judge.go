package forecast

import (
	"math"
	"slices"
)

// judgement is how one method did over the judged days, and what its bands are
// made of from now on.
type judgement struct {
	groups []group
	days   int // judged, with something to judge
}

// group is one reach of a judgement.
type group struct {
	reach
	pinball       [4]float64 // sums, for quantiles
	n             int        // forecasts judged
	inside, below int        // of the band; of the upper bound
	winkler, abs  float64    // sums
	share         float64    // sum of |miss|/y where y is not small
	shares        int
	aim           aim
	windows       [classes]window
}

// quantiles whose pinball loss is told.
var quantiles = [4]float64{0.1, 0.5, 0.9, 0.99}

// outcome of one forecast for the aim.
type outcome struct{ outside, above bool }

// judge holds a method against the truth day by day: the band of a day comes from
// the errors that were known when it began.
func (t *trial) judge(method int, small float64) *judgement {
	j := &judgement{}
	days := map[int]bool{}
	for g, r := range t.reaches {
		grp := group{reach: r, aim: newAim()}
		lag := r.lag(t.slots)
		seen := make([][]outcome, t.today+1)
		for d := t.judged - lag - bandDays; d < t.judged-lag; d++ {
			t.each(method, g, d, func(o int, miss float64) {
				w := &grp.windows[t.class(o, g)]
				w.sorted = append(w.sorted, miss)
			})
		}
		for c := range grp.windows {
			slices.Sort(grp.windows[c].sorted)
		}
		for d := t.judged; d < t.today; d++ {
			bands, raw, ok := grp.bands()
			t.each(method, g, d, func(o int, miss float64) {
				if !ok {
					return
				}
				c := t.class(o, g)
				at := o + r.at(o, t.slots)
				seen[d] = append(seen[d], grp.count(miss, t.y[at], small, bands[c], raw[c]))
				days[d] = true
			})
			// At the day's end all forecasts of the day lag days before have come to
			// their time.
			if ripe := d - lag; ripe >= t.judged {
				for _, o := range seen[ripe] {
					grp.aim.seen(o.outside, o.above)
				}
			}
			t.each(method, g, d-lag, func(o int, miss float64) { grp.windows[t.class(o, g)].add(miss) })
			t.each(method, g, d-lag-bandDays, func(o int, miss float64) { grp.windows[t.class(o, g)].drop(miss) })
		}
		j.groups = append(j.groups, grp)
	}
	j.days = len(days)
	return j
}

// each visits the errors of the forecasts made on a day.
func (t *trial) each(method, g, d int, visit func(o int, miss float64)) {
	if d < t.from || d >= t.today {
		return
	}
	for o := d * t.slots; o < (d+1)*t.slots; o++ {
		if miss := t.miss[method][g][o-t.from*t.slots]; known(miss) {
			visit(o, miss)
		}
	}
}

// bands are the offsets of each class, and the plain quantiles of the errors; the
// classes share where one has too few. False if all together are too few.
func (g *group) bands() (bands [classes]offsets, raw [classes][4]float64, ok bool) {
	var all []float64
	for c := range g.windows {
		sorted := g.windows[c].sorted
		if len(sorted) < fewest {
			if all == nil {
				all = g.together()
			}
			sorted = all
		}
		if len(sorted) < fewest {
			return bands, raw, false
		}
		bands[c] = g.aim.band(sorted)
		low, _ := ranks(len(sorted), 2*quantiles[0])
		raw[c] = [4]float64{sorted[low-1], 0, sorted[upperRank(len(sorted), 1-quantiles[2])-1], sorted[upperRank(len(sorted), 1-quantiles[3])-1]}
	}
	return bands, raw, true
}

func (g *group) together() []float64 {
	all := []float64{}
	for c := range g.windows {
		all = append(all, g.windows[c].sorted...)
	}
	slices.Sort(all)
	return all
}

// count adds one forecast that has come to its time: miss is truth less forecast.
func (g *group) count(miss, y, small float64, band offsets, raw [4]float64) outcome {
	g.n++
	for i, q := range quantiles {
		g.pinball[i] += pinball(q, miss, raw[i])
	}
	o := outcome{outside: miss < band.low || miss > band.high, above: miss > band.q90}
	if !o.outside {
		g.inside++
	}
	if !o.above {
		g.below++
	}
	g.winkler += winkler(missBand, miss, band.low, band.high)
	g.abs += math.Abs(miss)
	if y > small {
		g.share += math.Abs(miss) / y
		g.shares++
	}
	return o
}

// loss is what methods are chosen by: the mean pinball loss of the quantiles 0.1,
// 0.5 and 0.9, every reach up to a day alike. NaN if nothing was judged.
func (j *judgement) loss(slots int) float64 {
	sum, n := 0.0, 0.0
	for _, g := range j.groups {
		if g.from > slots || g.n == 0 {
			continue
		}
		sum += (g.pinball[0] + g.pinball[1] + g.pinball[2]) / float64(3*g.n)
		n++
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / n
}
