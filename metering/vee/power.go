package vee

import (
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
	ms      []int64
	watts   []int64
	sum     []int64 // twice the energy since the first sample, W·ms
	holes   []int32 // how many holes lie before the sample
}

// known reads the samples of the channel's direction, and reports whether there
// are any; power says nothing about other channels.
func (p *power) known() bool {
	if p.read {
		return len(p.ms) > 0
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
	p.ms, p.watts, p.sum, p.holes = make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n), make([]int32, 0, n)
	for i := range p.list {
		for j := range p.list[i].Powers {
			s := &p.list[i].Powers[j]
			ms := s.At.UnixMilli()
			if n := len(p.ms); n == 0 || ms > p.ms[n-1] {
				p.add(ms, max(0, sign*int64(s.Power)))
			}
		}
	}
	return n > 0
}

func (p *power) add(ms, watts int64) {
	var sum int64
	var holes int32
	if n := len(p.ms); n > 0 {
		dt := ms - p.ms[n-1]
		sum = p.sum[n-1] + (watts+p.watts[n-1])*dt
		if holes = p.holes[n-1]; dt > powerHole.Milliseconds() {
			holes++
		}
	}
	p.ms, p.watts = append(p.ms, ms), append(p.watts, watts)
	p.sum, p.holes = append(p.sum, sum), append(p.holes, holes)
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
	i, _ := slices.BinarySearch(p.ms, from)
	var sum int64
	for i = max(i-1, 0); i+1 < len(p.ms) && p.ms[i] < to; i++ {
		if p.ms[i+1]-p.ms[i] <= powerHole.Milliseconds() {
			dt := min(p.ms[i+1], to) - max(p.ms[i], from)
			sum += min(p.watts[i], p.watts[i+1]) * max(dt, 0)
		}
	}
	return sum / int64(time.Hour/time.Millisecond)
}

// until is twice the energy up to a moment, W·ms.
func (p *power) until(ms int64) (sum int64, holes int32, ok bool) {
	const edge = int64(powerEdge / time.Millisecond)
	i, exact := slices.BinarySearch(p.ms, ms)
	switch {
	case exact:
		return p.sum[i], p.holes[i], true
	case i == 0:
		dt := p.ms[0] - ms
		return -2 * p.watts[0] * min(dt, edge), 0, dt <= edge
	case i == len(p.ms):
		dt := ms - p.ms[i-1]
		return p.sum[i-1] + 2*p.watts[i-1]*min(dt, edge), p.holes[i-1], dt <= edge
	}
	dt, width := ms-p.ms[i-1], p.ms[i]-p.ms[i-1]
	if width > powerHole.Milliseconds() {
		return p.sum[i-1], p.holes[i-1], false
	}
	slope := (p.watts[i] - p.watts[i-1]) * dt / width
	return p.sum[i-1] + (2*p.watts[i-1]+slope)*dt, p.holes[i-1], true
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
