package vee

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
)

// powerHole is how far two samples of power may lie apart for the power between
// them to count as known, powerEdge how far the nearest one may be from a moment.
const (
	powerHole = 5 * time.Minute
	powerEdge = time.Minute
)

// power is what the witnesses of a stand say about how much flowed when. It
// shapes and doubts; it makes no energy.
type power struct {
	channel metering.Channel
	list    []metering.Witness // read when it is needed first
	read    bool
	points  []powerPoint
}

// powerPoint is a sample and what lies before it.
type powerPoint struct {
	ms    int64
	watts int64
	sum   int64 // twice the energy since the first sample, W·ms
	holes int32 // how many holes lie before
}

// known reads the samples of the channel's direction, and reports whether there
// are any; power says nothing about other channels.
func (p *power) known() bool {
	if p.read {
		return len(p.points) > 0
	}
	p.read = true
	sign := int64(0)
	switch p.channel {
	case metering.ChannelActiveImport:
		sign = 1
	case metering.ChannelActiveExport:
		sign = -1
	default:
		return false
	}
	n := 0
	for i := range p.list {
		n += len(p.list[i].Powers)
	}
	points := make([]powerPoint, 0, n)
	for i := range p.list {
		for j := range p.list[i].Powers {
			s := &p.list[i].Powers[j]
			next := powerPoint{ms: s.At.UnixMilli(), watts: max(0, sign*int64(s.Power))}
			if n := len(points); n > 0 {
				last := &points[n-1]
				dt := next.ms - last.ms
				if dt <= 0 {
					continue
				}
				next.sum = last.sum + (next.watts+last.watts)*dt
				if next.holes = last.holes; dt > powerHole.Milliseconds() {
					next.holes++
				}
			}
			points = append(points, next)
		}
	}
	p.points = points
	return n > 0
}

// at is the first sample at or after a moment.
func (p *power) at(ms int64) (i int, exact bool) {
	return slices.BinarySearchFunc(p.points, ms, func(q powerPoint, ms int64) int { return cmp.Compare(q.ms, ms) })
}

// energy is the integral of power over [from, to] in whole units, by trapezoids;
// false if the power of that time is not known.
func (p *power) energy(from, to int64) (int64, bool) {
	if !p.known() {
		return 0, false
	}
	a, holesA, okA := p.until(from)
	b, holesB, okB := p.until(to)
	const perWh = 2 * int64(time.Hour/time.Millisecond)
	return (b - a) / perWh, okA && okB && holesA == holesB
}

// least is what must have flowed in [from, to] at least, in whole units: between
// two samples the lower one counts, outside of them and in holes nothing.
func (p *power) least(from, to int64) int64 {
	if !p.known() {
		return 0
	}
	i, _ := p.at(from)
	var sum int64
	for i = max(i-1, 0); i+1 < len(p.points) && p.points[i].ms < to; i++ {
		a, b := &p.points[i], &p.points[i+1]
		if b.ms-a.ms <= powerHole.Milliseconds() {
			sum += min(a.watts, b.watts) * max(min(b.ms, to)-max(a.ms, from), 0)
		}
	}
	return sum / int64(time.Hour/time.Millisecond)
}

// until is twice the energy up to a moment, W·ms.
func (p *power) until(ms int64) (sum int64, holes int32, ok bool) {
	const edge = int64(powerEdge / time.Millisecond)
	i, exact := p.at(ms)
	n := len(p.points)
	switch {
	case exact:
		return p.points[i].sum, p.points[i].holes, true
	case i == 0:
		first := p.points[0]
		dt := first.ms - ms
		return -2 * first.watts * min(dt, edge), 0, dt <= edge
	case i == n:
		last := p.points[n-1]
		dt := ms - last.ms
		return last.sum + 2*last.watts*min(dt, edge), last.holes, dt <= edge
	}
	a, b := p.points[i-1], p.points[i]
	dt, width := ms-a.ms, b.ms-a.ms
	if width > powerHole.Milliseconds() {
		return a.sum, a.holes, false
	}
	slope := (b.watts - a.watts) * dt / width
	return a.sum + (2*a.watts+slope)*dt, a.holes, true
}

// clockStep is a base period in which the clock that stamps was set, or the
// meter's own clock was seen to be off.
type clockStep struct {
	start int64 // ms
	by    int64 // ms, the clock that stamps
	meter int64 // ms, the meter's own
}

// meterClockOff is from which error on the meter's own clock is worth a flag.
const meterClockOff = int64(time.Minute / time.Millisecond)

func clockSteps(list []metering.Witness) []clockStep {
	var steps []clockStep
	for i := range list {
		w := &list[i]
		s := clockStep{start: w.Start.UnixMilli(), by: int64(w.Signs[metering.SignClockStep]), meter: int64(w.Signs[metering.SignMeterClock])}
		if s.by > 0 || s.meter > meterClockOff {
			steps = append(steps, s)
		}
	}
	return steps
}
