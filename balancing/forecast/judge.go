package forecast

import (
	"math"
	"slices"
)

// judgement is how one method did over the judged days, and what its bands are
// made of from now on.
type judgement struct {
	groups []group // by reach
	days   int     // judged, with something to judge
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
	windows       *[classes]window
	next          *[classes]offsets // bands from today on; nil: too little is known
}

// scratch is memory that trials use one after another.
type scratch struct {
	windows [classes]window
	in, out [classes][]float64
	seen    []outcome
	room    []float64
}

// quantiles whose pinball loss is told.
var quantiles = [4]float64{0.1, 0.5, 0.9, 0.99}

// outcome of one forecast for the aim.
type outcome struct{ outside, above bool }

// judge holds the forecasts of a method that looked as far ahead as some reaches
// against the truth, and adds to what was judged before. MAPE is over blocks above
// small, W.
func (t *trial) judge(j *judgement, method int, reaches []reach, small float64) {
	for _, r := range reaches {
		g := &group{reach: r, aim: newAim()}
		days := t.judgeReach(g, method, len(j.groups), small)
		j.groups = append(j.groups, *g)
		j.days = max(j.days, days)
	}
}

// judgeReach goes from day to day: the band of a day comes from the errors that
// were known when it began.
func (t *trial) judgeReach(grp *group, method, g int, small float64) (days int) {
	lag := grp.lag(t.slots)
	grp.windows = &t.scratch.windows
	in, out := &t.scratch.in, &t.scratch.out
	for c := range in {
		grp.windows[c].sorted, in[c], out[c] = grp.windows[c].sorted[:0], in[c][:0], out[c][:0]
	}
	seen := t.scratch.seen[:0]
	ends := make([]int, t.today) // of the outcomes of a day
	for d := t.judged - lag - bandDays; d < t.judged-lag; d++ {
		t.gather(in, method, g, d)
	}
	grp.slide(in, out)
	for d := t.judged; d < t.today; d++ {
		before := len(seen)
		if bands, raw, ok := grp.bands(); ok {
			first := (d - t.from) * t.slots
			for i, miss := range t.miss[method][g][first : first+t.slots] {
				if !known(miss) {
					continue
				}
				o := d*t.slots + i
				c := t.classes[g][first+i]
				seen = append(seen, grp.count(miss, t.y[o+grp.at(o, t.slots)], small, bands[c], raw[c]))
			}
		}
		if ends[d] = len(seen); len(seen) > before {
			days++
		}
		// At the day's end all forecasts of the day lag days before have come to their
		// time.
		ripe := d - lag
		if ripe >= t.judged {
			for _, o := range seen[ends[ripe-1]:ends[ripe]] {
				grp.aim.seen(o.outside, o.above)
			}
		}
		for c := range in {
			in[c], out[c] = in[c][:0], out[c][:0]
		}
		t.gather(in, method, g, ripe)
		t.gather(out, method, g, ripe-bandDays)
		grp.slide(in, out)
	}
	t.scratch.seen = seen
	if bands, _, ok := grp.bands(); ok {
		grp.next = &bands
	}
	grp.windows = nil
	return days
}

// gather appends the errors of the forecasts made on a day.
func (t *trial) gather(to *[classes][]float64, method, g, d int) {
	if d < t.from || d >= t.today {
		return
	}
	first := (d - t.from) * t.slots
	for i, miss := range t.miss[method][g][first : first+t.slots] {
		if known(miss) {
			c := t.classes[g][first+i]
			to[c] = append(to[c], miss)
		}
	}
}

func (g *group) slide(in, out *[classes][]float64) {
	for c := range g.windows {
		g.windows[c].slide(in[c], out[c])
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
		// The forecast itself stands for the median.
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
// 0.5 and 0.9, every reach alike. NaN if nothing was judged.
func (j *judgement) loss() float64 {
	sum, n := 0.0, 0.0
	for _, g := range j.groups {
		if g.n > 0 {
			sum += (g.pinball[0] + g.pinball[1] + g.pinball[2]) / float64(3*g.n)
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / n
}
