package forecast

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// Forecaster forecasts some series. It belongs to one goroutine.
type Forecaster struct {
	cfg     Config
	cal     *calendar
	reaches []reach
	series  []*series
	byID    map[string]*series
	warmth  map[int]float64 // mean temperature by day number
	fitted  int             // number of the day for which everything is fitted
	ready   bool
	served  float64 // residents' share of the zone's mean power
	scratch scratch
}

// series is one series between and after its fits.
type series struct {
	Series
	record   record
	excluded []metering.Period

	present int // method of the last choice
	model   *model
	bands   []*[classes]offsets // by reach; nil: not known
	young   bool
	exports bool // has drawn less than nothing
	score   Score
}

// New makes a forecaster that knows nothing of the past. It returns all faults of
// the configuration at once.
func New(cfg Config) (*Forecaster, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	f := &Forecaster{cfg: cfg, cal: newCalendar(cfg), reaches: reachesOf(cfg.Block, cfg.Horizon), byID: map[string]*series{}, warmth: map[int]float64{}}
	for _, s := range cfg.Series {
		if s.Shape == nil {
			s.Shape = Typical
		}
		one := &series{Series: s, present: profile}
		f.series = append(f.series, one)
		f.byID[s.ID] = one
	}
	return f, nil
}

// Add tells the energy, Wh, of a base period of a series; usable is false for what
// is not known, was estimated, or was not as the load wanted it. What was told of
// the same period before is forgotten. It fails for a series that is not
// configured and for a start that is no base period's.
func (f *Forecaster) Add(id string, start time.Time, energy metering.Energy, usable bool) error {
	s, ok := f.byID[id]
	if !ok {
		return fmt.Errorf("forecast: series %q: not configured", id)
	}
	if start.Unix()%int64(metering.BasePeriod/time.Second) != 0 || start.Nanosecond() != 0 {
		return fmt.Errorf("forecast: series %q: %v starts no base period of %v", id, start.UTC(), metering.BasePeriod)
	}
	value := int64(energy)
	if !usable || value == absent {
		value = absent
	}
	for _, p := range s.excluded {
		if overlaps(p, start) {
			value = absent
		}
	}
	s.record.set(start, value)
	return nil
}

// Exclude says that a series was held back (shed, capped) in a period: its energy
// there does not count, whether it was added before or comes later. The period
// must have an end.
func (f *Forecaster) Exclude(id string, p metering.Period) error {
	s, ok := f.byID[id]
	if !ok {
		return fmt.Errorf("forecast: series %q: not configured", id)
	}
	if p.From.IsZero() || !p.To.After(p.From) {
		return fmt.Errorf("forecast: series %q: exclude %v to %v: want a period that ends after it begins", id, p.From, p.To)
	}
	s.excluded = append(s.excluded, p)
	for t := metering.PeriodStart(p.From); t.Before(p.To); t = t.Add(metering.BasePeriod) {
		s.record.set(t, absent)
	}
	return nil
}

// overlaps reports whether a base period lies in another one, even partly.
func overlaps(p metering.Period, start time.Time) bool {
	return start.Before(p.To) && start.Add(metering.BasePeriod).After(p.From)
}

// Temperature tells the mean outdoor temperature, °C, of the site's day that
// contains t, measured or forecast. Once there are any, methods that use them
// compete with the others.
func (f *Forecaster) Temperature(t time.Time, celsius float64) {
	f.warmth[f.cal.number(t)] = celsius
}

// Refit makes the next Forecast fit everything anew: after much of the past has
// been added at once.
func (f *Forecaster) Refit() { f.ready = false }

// Forecast forecasts every series from the block that contains now on, in the
// order of the configuration. Energies of blocks that are not over at now are not
// looked at. With the first call of a day of the site everything is fitted anew;
// calls of one day go by the same fit. live are nowcasts by series; nil is none.
func (f *Forecaster) Forecast(now time.Time, live map[string]Nowcast) []Outlook {
	if day := f.cal.number(now); !f.ready || day != f.fitted {
		f.fit(day)
	}
	start := f.cal.start(now)
	starts := f.starts(start)
	var list []Outlook
	for _, s := range f.series {
		list = append(list, s.outlook(f, starts, live[s.ID]))
	}
	f.share(list)
	return list
}

// starts are the blocks up to the horizon.
func (f *Forecaster) starts(first time.Time) []time.Time {
	last := f.fitted + f.ahead()
	var list []time.Time
	for t := first; t.Before(first.Add(f.cfg.Horizon)) && f.cal.number(t) <= last; t = f.cal.next(t) {
		list = append(list, t)
	}
	return list
}

// ahead is how many days beyond today a forecast reaches into.
func (f *Forecaster) ahead() int {
	return (blocksOf(f.cfg.Horizon, f.cfg.Block) + f.cal.slots - 1) / f.cal.slots
}

// outlook forecasts one series for the blocks that start at some times.
func (s *series) outlook(f *Forecaster, starts []time.Time, live Nowcast) Outlook {
	out := Outlook{ID: s.ID, Method: methodNames[s.present]}
	if s.young {
		out.Method = Shaped
		if s.Allowed == 0 {
			out.Reason = fmt.Sprintf("less than %d days of usable data, and no technical conditions to go by", youngDays)
			return out
		}
	}
	if s.young {
		for _, t := range starts {
			out.Blocks = append(out.Blocks, s.shaped(f.cal, t))
		}
	} else {
		out.Blocks = s.learnt(f, starts)
	}
	if live.Elapsed > 0 {
		out.Blocks[0].nowcast(live, f.cfg.Block)
	}
	return out
}

// shaped is what a series without a past is taken for.
func (s *series) shaped(c *calendar, t time.Time) Block {
	share := s.Shape(c.day(c.number(t)).kind, metering.SinceMidnight(t, c.loc))
	return Block{Start: t.UTC(), Mean: metering.Power(share * float64(s.Allowed)), High: s.Allowed, Q90: s.Allowed}
}

// learnt forecasts from the past.
func (s *series) learnt(f *Forecaster, starts []time.Time) []Block {
	m := s.model
	first := f.cal.at(starts[0]) - m.first*m.slots
	today := m.today * m.slots
	s.record.lay(f.cal, m.first+m.today, m.y[today:today+m.slots])
	for i := first; i < today+m.slots; i++ {
		m.y[i] = math.NaN() // not over yet
	}
	m.look(today)
	smooth := m.smooth.clone()
	for at := today; at < first; at++ {
		smooth.take(m.y[at], at%m.slots, m.wd[m.today])
	}
	var list []Block
	for _, t := range starts {
		at := f.cal.at(t) - m.first*m.slots
		w := m.best(s.present, first-1, at, smooth)
		if !known(w) {
			list = append(list, s.shaped(f.cal, t))
			continue
		}
		b := Block{Start: t.UTC(), Mean: watts(w)}
		if by, ok := s.band(f.reaches, at-first+1, classOf(m.kind[at/m.slots], at%m.slots, m.slots)); ok {
			b.Low, b.High, b.Q90 = watts(w+by.low), watts(w+by.high), watts(w+by.q90)
		} else {
			b.High = max(s.Allowed, b.Mean)
			b.Q90 = b.High
		}
		if !s.exports {
			b.Mean, b.Low, b.High, b.Q90 = max(b.Mean, 0), max(b.Low, 0), max(b.High, 0), max(b.Q90, 0)
		}
		b.Low = min(b.Low, b.Mean)
		list = append(list, b)
	}
	return list
}

// best is the forecast of the chosen method, or where it cannot, that of another.
func (m *model) best(present, o, at int, s *smoother) float64 {
	for _, method := range []int{present, profile, mean} {
		if v := m.predict(method, o, at, s); known(v) {
			return v
		}
	}
	return math.NaN()
}

// band finds the offsets for a distance in blocks.
func (s *series) band(reaches []reach, distance int, c class) (offsets, bool) {
	distance = max(distance, 1) // within an hour that the clock shows twice
	for g, r := range reaches {
		if distance <= r.to || g == len(reaches)-1 {
			if s.bands[g] == nil {
				break
			}
			return s.bands[g][c], true
		}
	}
	return offsets{}, false
}

// nowcast blends in what is known of the block itself, by how much of it is over;
// the band narrows with what is left to be known.
func (b *Block) nowcast(live Nowcast, block time.Duration) {
	over := min(float64(live.Elapsed)/float64(block), 1)
	mean := float64(b.Mean)
	blend := (1-over)*mean + over*float64(live.Projection)
	bound := func(p metering.Power) metering.Power { return watts(blend + (1-over)*(float64(p)-mean)) }
	b.Low, b.High, b.Q90 = bound(b.Low), bound(b.High), bound(b.Q90)
	b.Mean = watts(blend)
}

func watts(w float64) metering.Power { return metering.Power(math.Round(w)) }
