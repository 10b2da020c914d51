package forecast

import (
	"math"
	"time"
)

// fit learns everything anew for a day, from the days before it.
func (f *Forecaster) fit(day int) {
	for _, s := range f.series {
		s.fit(f, day)
	}
	f.served = f.sharesOfTotal()
	f.fitted, f.ready = day, true
}

func (s *series) fit(f *Forecaster, day int) {
	p := layPast(f.cal, &s.record, day, f.ahead())
	if len(f.warmth) > 0 {
		p.warmth = f.temperatures(p)
	}
	s.model = &model{past: p}
	s.bands = make([]*[classes]offsets, len(f.reaches))
	s.score = Score{ID: s.ID, Method: Shaped}
	s.exports = false
	for _, v := range p.y {
		s.exports = s.exports || v < 0
	}
	if s.young = p.grown() < youngDays; s.young {
		return
	}
	s.model = learn(p)
	t := s.model.try(f.reaches)
	var judged [methods]*judgement
	losses := [methods]float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	for _, m := range t.tried {
		judged[m] = t.judge(m, 0.1*float64(s.Allowed))
		if judged[m].days >= leastDays {
			losses[m] = judged[m].loss(p.slots)
		}
	}
	s.present = choose(s.present, losses, t.tried)
	if judged[s.present] == nil {
		s.present = profile // temperatures are no longer given
	}
	for g := range judged[s.present].groups {
		if bands, _, ok := judged[s.present].groups[g].bands(); ok {
			s.bands[g] = &bands
		}
	}
	s.score = s.report(f.cfg.Block, t, judged, losses)
}

func (f *Forecaster) temperatures(p *past) []float64 {
	list := make([]float64, p.days())
	for d := range list {
		celsius, ok := f.warmth[p.first+d]
		if !ok {
			celsius = math.NaN()
		}
		list[d] = celsius
	}
	return list
}

// sharesOfTotal is how much of the zone's mean power the residents drew in the
// last weeks; 1 if it is not known.
func (f *Forecaster) sharesOfTotal() float64 {
	total, ok := f.byID[Total]
	if !ok {
		return 1
	}
	whole := total.level()
	sum := 0.0
	for _, s := range f.series {
		if v := s.level(); s != total && known(v) {
			sum += v
		}
	}
	if !known(whole) || whole <= 0 || sum <= 0 {
		return 1
	}
	return min(sum/whole, 1)
}

// level is the mean power of the last four weeks; NaN if nothing is known.
func (s *series) level() float64 {
	p := s.model.past
	mean, n := average(p.y[max(0, p.today-judgeDays)*p.slots:p.today*p.slots], func(int) bool { return true })
	if n == 0 {
		return math.NaN()
	}
	return mean
}

// share reconciles the residents' means with the zone's, top down: each gets the
// part of what all residents will draw together that its own mean has among theirs.
func (f *Forecaster) share(list []Outlook) {
	zone := -1
	for i := range list {
		if list[i].ID == Total && len(list[i].Blocks) > 0 {
			zone = i
		}
	}
	for i := range list {
		for b := range list[i].Blocks {
			list[i].Blocks[b].Part = list[i].Blocks[b].Mean
		}
	}
	if zone < 0 {
		return
	}
	for b := range list[zone].Blocks {
		sum := 0.0
		for i := range list {
			if i != zone && len(list[i].Blocks) > 0 {
				sum += float64(list[i].Blocks[b].Mean)
			}
		}
		if sum <= 0 {
			continue
		}
		scale := f.served * float64(list[zone].Blocks[b].Mean) / sum
		for i := range list {
			if i != zone && len(list[i].Blocks) > 0 {
				list[i].Blocks[b].Part = watts(scale * float64(list[i].Blocks[b].Mean))
			}
		}
	}
}

// span of blocks as a time.
func span(blocks int, block time.Duration) time.Duration { return time.Duration(blocks) * block }
