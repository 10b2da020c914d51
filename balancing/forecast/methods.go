package forecast

// The methods as indices; the first four always compete.
const (
	naive = iota
	profile
	seasonal
	mean
	weather
	methods
)

var methodNames = [methods]Method{Naive, Profile, Seasonal, Mean, Temperature}

// model is a series with everything that its methods have learnt from the days
// before today.
type model struct {
	*past
	like   *profiler
	fix    correction
	smooth *smoother // as it began; after a trial, as of the start of today
	decay  correction
	slope  slope
}

// learn fits all methods but the choice between them.
func learn(p *past) *model {
	m := &model{past: p, like: profiles(p)}
	left := make([]float64, 0, judgeDays*p.slots)
	for i := max(0, p.today-judgeDays) * p.slots; i < p.today*p.slots; i++ {
		left = append(left, p.y[i]-m.like.rows[0][i])
	}
	m.fix = newCorrection(fitPhi(left), (p.ahead+2)*p.slots)
	start := begin(p)
	m.smooth = start.with(fitSmoothing(p, start))
	m.decay = newCorrection(m.smooth.phi, (p.ahead+2)*p.slots)
	return m
}

// predict forecasts the position at from what is known up to and with the position
// o < at; s has learnt all of that. NaN: it cannot. On days that are expected to be
// idle all methods but the naive one follow the profile of idle days.
func (m *model) predict(method, o, at int, s *smoother) float64 {
	if method != naive && m.idle(o, at) {
		method = profile
	}
	switch method {
	case naive:
		return m.naive(at)
	case profile:
		return m.corrected(o, at, slope{})
	case weather:
		return m.corrected(o, at, m.slope)
	case seasonal:
		return s.base(at%m.slots, m.wd[at/m.slots]) + s.err*m.decay.after(at-o)
	}
	sum, n := 0.0, 0.0
	for _, one := range []int{naive, profile, seasonal} {
		if v := m.predict(one, o, at, s); known(v) {
			sum += v
			n++
		}
	}
	return sum / n
}

// idle reports whether the day of a position was expected to be idle.
func (m *model) idle(o, at int) bool {
	to := at / m.slots
	return m.like.idle[to-(o+1)/m.slots][to]
}

// corrected is the profile moved by what is left of the last deviation from it.
func (m *model) corrected(o, at int, by slope) float64 {
	from, to := (o+1)/m.slots, at/m.slots
	lead := to - from
	v := m.like.rows[lead][at] + by.shift(m.like, to, lead)
	r := -1
	if o >= 0 {
		r = m.recent[o]
	}
	if r >= 0 {
		away := m.y[r] - m.like.rows[0][r] - by.shift(m.like, r/m.slots, 0)
		if known(away) {
			v += m.fix.after(at-r) * away
		}
	}
	return v
}
