package forecast

import (
	"math"
	"slices"
)

// smoothing are the constants of Taylor's double seasonal method: of the level,
// the season of a day, the season of a week, and what is left of an error after a
// block.
type smoothing struct{ level, day, week, phi float64 }

// smoothings are the level, day and week that are tried, and smoothedPhis what may
// be left of an error; what would have done best is taken.
var (
	smoothings = []smoothing{
		{level: 0.005, day: 0.05, week: 0.10}, {level: 0.005, day: 0.10, week: 0.25}, {level: 0.02, day: 0.05, week: 0.10},
		{level: 0.02, day: 0.10, week: 0.25}, {level: 0.02, day: 0.20, week: 0.20}, {level: 0.06, day: 0.10, week: 0.15},
		{level: 0.002, week: 0.40}, {week: 1}, // last weeks, or the last one alone
	}
	smoothedPhis = [...]float64{0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.97}
)

// smoother is the state of the method: what is expected is level + day's season +
// week's season + φ^h·(last error).
type smoother struct {
	smoothing
	level float64
	day   []float64 // by slot
	week  []float64 // by weekday and slot
	err   float64   // of the last block, without the correction
	scale []float64 // usual error without the correction, by slot
}

// wild is how many usual errors one block may count for; scaling is how fast the
// usual error follows what is seen.
const (
	wild    = 4
	scaling = 0.05
)

// begin takes the first two weeks as they are.
func begin(p *past) *smoother {
	m := &smoother{day: make([]float64, p.slots), week: make([]float64, 7*p.slots), scale: make([]float64, p.slots)}
	early := p.y[:min(14, p.today)*p.slots]
	m.level, _ = average(early, func(int) bool { return true })
	for slot := range m.day {
		if mean, n := average(early, func(i int) bool { return i%p.slots == slot }); n > 0 {
			m.day[slot] = mean - m.level
		}
	}
	n := make([]float64, len(m.week))
	for d := range min(14, p.today) {
		for slot, v := range p.row(p.y, d) {
			if i := p.wd[d]*p.slots + slot; known(v) {
				n[i]++
				m.week[i] += (v - m.level - m.day[slot] - m.week[i]) / n[i]
			}
		}
	}
	for i := range m.scale {
		m.scale[i] = 0.25 * math.Abs(m.level)
	}
	return m
}

func average(list []float64, take func(i int) bool) (mean float64, n int) {
	for i, v := range list {
		if known(v) && take(i) {
			n++
			mean += (v - mean) / float64(n)
		}
	}
	return mean, n
}

// with is a copy with other constants.
func (m *smoother) with(s smoothing) *smoother {
	c := m.clone()
	c.smoothing = s
	return c
}

func (m *smoother) clone() *smoother {
	c := *m
	c.day, c.week, c.scale = slices.Clone(m.day), slices.Clone(m.week), slices.Clone(m.scale)
	return &c
}

// base is what is expected without the correction.
func (m *smoother) base(slot, weekday int) float64 {
	return m.level + m.day[slot] + m.week[weekday*len(m.day)+slot]
}

// take learns from a block, or lets one pass that is not known. What is learnt does
// not depend on φ.
func (m *smoother) take(y float64, slot, weekday int) {
	if !known(y) {
		m.err *= m.phi
		return
	}
	m.err = y - m.base(slot, weekday)
	scale := &m.scale[slot]
	most := wild * *scale
	learnt := min(max(m.err, -most), most)
	*scale += scaling * (min(math.Abs(m.err), 2*most+1) - *scale)
	m.level += m.smoothing.level * learnt
	m.day[slot] += m.smoothing.day * learnt
	m.week[weekday*len(m.day)+slot] += m.smoothing.week * learnt
}

// fitSmoothing tries the constants: by the mean size of the errors one block and
// one day ahead.
func fitSmoothing(p *past, start *smoother) smoothing {
	best, least := smoothings[0], math.Inf(1)
	for _, s := range smoothings {
		phi, loss := start.with(s).loss(p)
		if loss < least {
			best, least = s, loss
			best.phi = phi
		}
	}
	return best
}

// loss lets the method run over all of the past, and finds the φ that suits it.
func (m *smoother) loss(p *past) (phi, loss float64) {
	morrow := make([]float64, p.slots)
	day, n, before := 0.0, 0.0, math.NaN()
	var block [len(smoothedPhis)]float64
	for d := range p.today {
		for slot := range morrow {
			morrow[slot] = m.base(slot, p.wd[d])
		}
		for slot, y := range p.row(p.y, d) {
			m.take(y, slot, p.wd[d])
			if !known(y) {
				before = y
				continue
			}
			if d >= 14 && known(before) {
				day += math.Abs(y - morrow[slot])
				for i, phi := range smoothedPhis {
					block[i] += math.Abs(m.err - phi*before)
				}
				n++
			}
			before = m.err
		}
	}
	loss = math.Inf(1)
	for i, sum := range block {
		if l := (sum + day) / n; l < loss {
			phi, loss = smoothedPhis[i], l
		}
	}
	return phi, loss
}
