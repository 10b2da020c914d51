package balancing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// sum is the power of one level.
type sum struct {
	level   Level
	w       float64
	guessed float64
	suspect bool
	known   bool
}

// zone is the site's power now.
type zone struct {
	sum
	differs string // in words, if two sources do not agree
}

// look finds the site's power. The first source that is known decides; if
// another one differs from it by more than is allowed, the larger is taken.
func (c *Controller) look(now time.Time) zone {
	var z zone
	for _, s := range []sum{c.inputs(now), c.transformers(now), c.feeders(now)} {
		switch {
		case !s.known:
		case !z.known:
			z.sum = s
		case s.level == Feeders && s.guessed > c.cfg.Agreement*s.w:
			// A sum with guesses in it contradicts nobody.
		case !c.agree(z.w, s.w):
			z.differs = fmt.Sprintf("%v say %v, %v say %v", z.level, known(z.w), s.level, known(s.w))
			if s.w > z.w {
				z.sum = s
			}
		}
	}
	return z
}

// agree compares two sources. Below a tenth of the limit the difference is
// measured against that tenth: losses and rounding are not small there.
func (c *Controller) agree(a, b float64) bool {
	scale := max(math.Abs(a), math.Abs(b))
	if limit, ok := c.cfg.Limit.Power(); ok {
		scale = max(scale, float64(limit)/10)
	}
	return math.Abs(a-b) <= c.cfg.Agreement*scale
}

func (c *Controller) inputs(now time.Time) sum {
	s := sum{level: Inputs}
	for _, p := range c.level[Inputs] {
		if !c.counts(p, now) {
			continue
		}
		f := p.freshness(now, &c.cfg)
		if f == silent {
			return sum{level: Inputs}
		}
		s.add(p.last.w, f)
	}
	return s
}

func (c *Controller) transformers(now time.Time) sum {
	s := sum{level: Transformers}
	for _, p := range c.level[Transformers] {
		f := p.freshness(now, &c.cfg)
		if f == silent {
			return sum{level: Transformers}
		}
		s.add(p.last.w, f)
	}
	return s
}

func (c *Controller) feeders(now time.Time) sum {
	s := sum{level: Feeders}
	for _, p := range c.level[Feeders] {
		f := p.freshness(now, &c.cfg)
		if f != silent {
			s.add(p.last.w, f)
			continue
		}
		w, ok := p.guess()
		if !ok {
			return sum{level: Feeders}
		}
		s.add(w, fresh)
		s.guessed += w
	}
	if !s.known || s.guessed > c.cfg.Uncovered*s.w {
		return sum{level: Feeders}
	}
	s.w = s.w*(1+c.cfg.LossFactor) + float64(c.cfg.Unmetered)
	return s
}

func (s *sum) add(w float64, f freshness) {
	s.w += w
	s.known = true
	s.suspect = s.suspect || f == suspect
}

// count counts the points by freshness.
func (c *Controller) count(now time.Time, st *State) {
	for _, p := range c.points {
		switch p.freshness(now, &c.cfg) {
		case fresh:
			st.Fresh++
		case suspect:
			st.Stale++
		case silent:
			st.Silent++
		}
	}
}

// over lists residents that draw more than they are allowed, the greatest excess
// first. A resident with a silent point is judged by the others alone.
func (c *Controller) over(now time.Time) []Excess {
	drawn := map[metering.ResidentID]float64{}
	for _, p := range c.points {
		if p.cfg.Resident != "" && p.freshness(now, &c.cfg) != silent {
			drawn[p.cfg.Resident] += p.last.w
		}
	}
	var over []Excess
	for _, r := range c.cfg.Residents {
		if v := known(drawn[r.ID]); v.Power > r.Allowed {
			over = append(over, Excess{Resident: r.ID, Name: r.Name, Power: v.Power, Allowed: r.Allowed, Excess: v.Power - r.Allowed})
		}
	}
	slices.SortStableFunc(over, func(a, b Excess) int {
		return cmp.Or(cmp.Compare(b.Excess, a.Excess), cmp.Compare(a.Resident, b.Resident))
	})
	return over
}
