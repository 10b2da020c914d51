package balancing

import (
	"math"
	"slices"
	"sort"
	"time"

	"asue/metering"
)

// sample is a register at one moment.
type sample struct {
	At      time.Time        `json:"t"`
	Milli   int64            `json:"mwh"` // thousandths of a Wh
	Quantum int64            `json:"q"`
	Meter   metering.MeterID `json:"m"`
}

// registers are samples of one point, ascending by time.
type registers []sample

// recent is how many young samples are kept beside those at the block's start.
const recent = 16

func (r *registers) insert(s sample) {
	i := sort.Search(len(*r), func(i int) bool { return !(*r)[i].At.Before(s.At) })
	if i < len(*r) && (*r)[i].At.Equal(s.At) {
		if s.Milli > (*r)[i].Milli {
			(*r)[i] = s
		}
		return
	}
	*r = slices.Insert(*r, i, s)
}

// trim keeps the sample before begin, the first after it, and the young ones.
func (r *registers) trim(begin time.Time) {
	first := sort.Search(len(*r), func(i int) bool { return (*r)[i].At.After(begin) })
	from := max(0, first-1)
	*r = slices.Delete(*r, 0, from)
	if n := len(*r); n > recent+2 {
		*r = slices.Delete(*r, 2, n-recent)
	}
}

// between is the energy from one moment to another within the samples, in Wh.
// guess is how much of that time lies in a gap of which only a part is asked
// for. ok is false if the moments lie outside, or if the register does not hang
// together: it fell, jumped faster than mostW allows, or belongs to two meters.
func (r registers) between(from, to time.Time, mostW float64) (wh float64, guess time.Duration, ok bool) {
	if len(r) < 2 || from.Before(r[0].At) || to.After(r[len(r)-1].At) || !from.Before(to) {
		return 0, 0, false
	}
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		if !b.At.After(from) || !a.At.Before(to) {
			continue
		}
		if a.Meter != b.Meter || math.Abs(float64(b.Milli-a.Milli)) > float64(2*b.Quantum)+mostW*b.At.Sub(a.At).Hours()*1000 {
			return 0, 0, false
		}
		begin, end := later(from, a.At), earlier(to, b.At)
		if gap := b.At.Sub(a.At); gap > hold && end.Sub(begin) < gap {
			guess += end.Sub(begin)
		}
		wh += float64(b.Milli-a.Milli) / 1000 * (float64(end.Sub(begin)) / float64(b.At.Sub(a.At)))
	}
	return wh, guess, true
}

// timeline is the site's power integrated from tick to tick.
type timeline []moment

type moment struct {
	At    time.Time
	Wh    float64       // since some beginning
	Guess time.Duration // of that time, how much was not seen
	W     float64
}

// hold is how long the power between two ticks may be drawn as a straight line.
const hold = time.Minute

// add goes on to a moment. Without a known power the last one is held and the
// time counts as guessed.
func (t *timeline) add(at time.Time, w float64, seen bool) {
	if len(*t) == 0 {
		if seen {
			*t = append(*t, moment{At: at, W: w})
		}
		return
	}
	last := (*t)[len(*t)-1]
	d := at.Sub(last.At)
	if d <= 0 {
		return
	}
	next := moment{At: at, W: w, Guess: last.Guess}
	if !seen {
		next.W = last.W
	}
	if !seen || d > hold {
		next.Guess += d
	}
	next.Wh = last.Wh + (last.W+next.W)/2*d.Hours()
	*t = append(*t, next)
}

func (t *timeline) trim(begin time.Time) {
	first := sort.Search(len(*t), func(i int) bool { return (*t)[i].At.After(begin) })
	if from := first - 1; from > 512 || from > len(*t)/2 {
		*t = slices.Delete(*t, 0, from)
	}
}

func (t timeline) at(when time.Time) (m moment, ok bool) {
	i := sort.Search(len(t), func(i int) bool { return t[i].At.After(when) })
	switch {
	case i == 0:
		return moment{}, false
	case i == len(t):
		return t[i-1], t[i-1].At.Equal(when)
	}
	a, b := t[i-1], t[i]
	f := float64(when.Sub(a.At)) / float64(b.At.Sub(a.At))
	w := a.W + (b.W-a.W)*f
	return moment{
		At:    when,
		W:     w,
		Wh:    a.Wh + (a.W+w)/2*when.Sub(a.At).Hours(),
		Guess: a.Guess + time.Duration(float64(b.Guess-a.Guess)*f),
	}, true
}

// between is the energy from one moment to another in Wh, and how much of the
// time was guessed. What lies before the timeline's beginning is guessed at its
// first power.
func (t timeline) between(from, to time.Time) (wh float64, guess time.Duration, ok bool) {
	if !from.Before(to) {
		return 0, 0, true
	}
	if len(t) == 0 {
		return 0, 0, false
	}
	if first := t[0]; from.Before(first.At) {
		lead := earlier(first.At, to).Sub(from)
		wh, guess, from = first.W*lead.Hours(), lead, first.At
		if !from.Before(to) {
			return wh, guess, true
		}
	}
	a, ok1 := t.at(from)
	b, ok2 := t.at(to)
	return wh + b.Wh - a.Wh, guess + b.Guess - a.Guess, ok1 && ok2
}

// draw is an energy and how it was found.
type draw struct {
	wh     float64
	guess  time.Duration // how much of the time was not seen
	source string        // one of the Energy constants; empty if nothing is known
	grain  float64       // steps of the registers in it, in Wh
}

// fine is how many steps of its register an energy must hold to be better known
// by it than by integrated power: half a percent.
const fine = 200

// drawn is the energy from begin to now.
func (c *Controller) drawn(begin, now time.Time) draw {
	from, to, m := c.metered(begin, now)
	power := c.integrated(begin, now)
	if m.source == "" || (math.Abs(m.wh) < fine*m.grain && power.source == EnergyPower) {
		return power
	}
	lead, tail := c.integrated(begin, from), c.integrated(to, now)
	if lead.source == "" || tail.source == "" {
		return draw{}
	}
	m.wh += lead.wh + tail.wh
	m.guess += lead.guess + tail.guess
	switch {
	case m.guess > hold:
		m.source = EnergyEstimated
	case from.Sub(begin) > hold || now.Sub(to) > 2*hold:
		m.source = EnergyMixed
	}
	return m
}

func (c *Controller) integrated(begin, now time.Time) draw {
	wh, guess, ok := c.timeline.between(begin, now)
	switch {
	case !ok:
		return draw{}
	case guess > hold:
		return draw{wh: wh, guess: guess, source: EnergyEstimated}
	}
	return draw{wh: wh, guess: guess, source: EnergyPower}
}

// metered is the energy of all inputs that count by their registers, over the
// greatest part [from, to] of [begin, now] that all of them cover.
func (c *Controller) metered(begin, now time.Time) (from, to time.Time, d draw) {
	from, to = begin, now
	var used []*point
	for _, p := range c.level[Inputs] {
		if !c.counts(p, now) {
			continue
		}
		if len(p.registers) < 2 || slices.ContainsFunc(p.registers, c.coarse) {
			return from, to, draw{}
		}
		from = later(from, p.registers[0].At)
		to = earlier(to, p.registers[len(p.registers)-1].At)
		used = append(used, p)
	}
	if len(used) == 0 || !from.Before(to) {
		return from, to, draw{}
	}
	for _, p := range used {
		wh, guess, ok := p.registers.between(from, to, c.mostW())
		if !ok {
			return from, to, draw{}
		}
		d.wh += wh
		d.guess = max(d.guess, guess)
		d.grain += float64(p.registers[0].Quantum) / 1000
	}
	d.source = EnergyRegisters
	return from, to, d
}

// counts reports whether an input is part of the site's supply: one in service
// always is, another only if it has answered since the supply is as it is.
func (c *Controller) counts(p *point, now time.Time) bool {
	return c.inService[p.cfg.ID] || (p.freshness(now, &c.cfg) == fresh && p.last.at.After(c.supplyAt))
}

// coarse reports whether a register counts in steps too large for a block: more
// than half a percent of what it may hold.
func (c *Controller) coarse(s sample) bool {
	limit, ok := c.limit.Power()
	return ok && limit > 0 && float64(s.Quantum)/1000 > 0.005*float64(limit)*c.cfg.Block.Hours()
}

// mostW is the power beyond which a register must have jumped.
func (c *Controller) mostW() float64 {
	most := 0.0
	for _, l := range []metering.Limit{c.limit, c.cfg.Limit, c.cfg.Ceiling} {
		if p, ok := l.Power(); ok {
			most = max(most, 4*float64(p))
		}
	}
	if most == 0 {
		return mostReading
	}
	return most
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
