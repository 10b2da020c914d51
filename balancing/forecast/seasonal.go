package forecast

import "math"

// smoothing are the constants of Taylor's double seasonal method: of the level,
// the season of a day, the season of a week, and what is left of an error after a
// block.
type smoothing struct{ level, day, week, phi float64 }

// smoothings are what is tried; the one that would have done best is taken.
var smoothings = func() (list []smoothing) {
	for _, s := range [][3]float64{
		{0.005, 0.05, 0.10}, {0.005, 0.10, 0.25}, {0.02, 0.05, 0.10}, {0.02, 0.10, 0.25}, {0.02, 0.20, 0.20}, {0.06, 0.10, 0.15},
	} {
		list = append(list, smoothing{s[0], s[1], s[2], 0.7})
	}
	return list
}()

var smoothedPhis = []float64{0.4, 0.6, 0.8, 0.9, 0.97}

// smoother is the state of the method: what is expected is level + day's season +
// week's season + φ^h·(last error).
type smoother struct {
	smoothing
	level float64
	day   []float64 // by slot
	week  []float64 // by weekday and slot
	err   float64   // of the last block, without the correction
	scale float64   // usual size of what was not foreseen
}

// wild is how many usual errors one block may count for.
const wild = 4

// begin takes the first two weeks as they are.
func begin(p *past) *smoother {
	m := &smoother{day: make([]float64, p.slots), week: make([]float64, 7*p.slots)}
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
	m.scale = 0.05 * math.Abs(m.level)
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
	c.day, c.week = append([]float64(nil), m.day...), append([]float64(nil), m.week...)
	return &c
}

// base is what is expected without the correction.
func (m *smoother) base(slot, weekday int) float64 {
	return m.level + m.day[slot] + m.week[weekday*len(m.day)+slot]
}

// take learns from a block, or lets one pass that is not known. It returns what
// was not foreseen, NaN for the latter.
func (m *smoother) take(y float64, slot, weekday int) float64 {
	if !known(y) {
		m.err *= m.phi
		return y
	}
	base := m.base(slot, weekday)
	miss := y - base - m.phi*m.err
	most := wild * m.scale
	learnt := min(max(miss, -most), most)
	m.scale += 0.02 * (min(math.Abs(miss), 2*most+1) - m.scale)
	m.level += m.smoothing.level * learnt
	m.day[slot] += m.smoothing.day * learnt
	m.week[weekday*len(m.day)+slot] += m.smoothing.week * learnt
	m.err = y - base
	return miss
}

// fitSmoothing tries the constants: by the mean size of the errors one block and
// one day ahead.
func fitSmoothing(p *past, start *smoother) smoothing {
	best, least := smoothings[0], math.Inf(1)
	try := func(s smoothing) {
		if loss := start.with(s).loss(p); loss < least {
			best, least = s, loss
		}
	}
	for _, s := range smoothings {
		try(s)
	}
	for _, phi := range smoothedPhis {
		s := best
		s.phi = phi
		try(s)
	}
	return best
}

// loss lets the method run over all of the past.
func (m *smoother) loss(p *past) float64 {
	morrow := make([]float64, p.slots)
	sum, n := 0.0, 0
	for d := range p.today {
		for slot := range morrow {
			morrow[slot] = m.base(slot, p.wd[d])
		}
		for slot, y := range p.row(p.y, d) {
			miss := m.take(y, slot, p.wd[d])
			if d >= 14 && known(y) {
				sum += math.Abs(miss) + math.Abs(y-morrow[slot])
				n++
			}
		}
	}
	if n == 0 {
		return math.Inf(1)
	}
	return sum / float64(n)
}
