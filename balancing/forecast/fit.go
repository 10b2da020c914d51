package forecast

import (
	"math"
	"time"
)

// smallShare of what is allowed is where errors are told as shares of the load.
const smallShare = 0.1

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
	s.judge(f)
}

// judge lets the methods compete and takes over the bands of the one that is
// chosen.
func (s *series) judge(f *Forecaster) {
	t := s.model.try(f.reaches, &f.scratch)
	near := f.reaches // up to a day: what methods are chosen by
	for len(near) > 1 && near[len(near)-1].to > t.slots {
		near = near[:len(near)-1]
	}
	small := smallShare * float64(s.Allowed)
	var judged [methods]*judgement
	var losses [methods]float64
	for m := range losses {
		losses[m] = math.NaN()
	}
	for _, m := range t.tried {
		judged[m] = &judgement{}
		t.judge(judged[m], m, near, small)
		if judged[m].days >= leastDays {
			losses[m] = judged[m].loss()
		}
	}
	s.present = choose(s.present, losses, t.tried)
	if judged[s.present] == nil {
		s.present = profile // temperatures are no longer given
	}
	chosen := judged[s.present]
	t.judge(chosen, s.present, f.reaches[len(near):], small)
	for g := range chosen.groups {
		s.bands[g] = chosen.groups[g].next
	}
	s.score = s.report(f.cfg.Block, t, chosen, losses)
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
