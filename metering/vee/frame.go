package vee

import (
	"math"
	"math/bits"
	"time"

	"asue/metering"
)

// frame says what a register's content means at the point: a multiplier, and
// what is to be added so that the values of a whole chain are one running total.
// A new frame begins wherever the content goes on from somewhere else: behind a
// rollover, a change of ratio or scale, a change of meter.
type frame struct {
	factor
	step    uint64
	second  bool
	base    int64 // running total = base + floor(content at the point)
	stand   int32
	quantum int64 // one count at the point in whole units, rounded up; ≥ 1
	coarse  bool
	act     bool   // readings that acts give
	usable  bool   // the multiplier is one that can be worked with
	rate    uint64 // counts per ms that the point can carry at most, times 2^32; 0 if unknown
	wrap    int64  // ms in which the register can pass its top
	little  int64  // energy below which a step of a hundredth is not worth a word
	link    int32
}

// frameOf is the frame of a reading, without its base.
func (s *stand) frameOf(x sample) frame {
	at := s.link(x.ms)
	l := s.links[at]
	f := frame{step: x.step, second: x.second, link: int32(at)}
	f.factor, f.usable = factorOf(metering.Count{Secondary: x.second}, l.Install)
	if !f.usable {
		return f
	}
	if f.quantum, f.usable = f.factor.quantum(x.step); !f.usable {
		return f
	}
	power := s.maxPower()
	f.coarse = Coarse(metering.Energy(f.quantum), power)
	f.little = int64(power) / int64(time.Hour/metering.BasePeriod) / 20
	f.rate, f.wrap = f.counts(power), math.MaxInt64
	if m := s.modulus(); m > 0 && f.rate > 0 {
		f.wrap = int64(min(float64(m)*(1<<32)/float64(f.rate), 1<<62))
	}
	return f
}

// Quantum is one count of a register in whole units at the point, rounded up, at
// least 1; false if the install's ratios make no usable multiplier.
func Quantum(c metering.Count, in metering.Install) (metering.Energy, bool) {
	f, ok := factorOf(c, in)
	if !ok || c.Step <= 0 {
		return 0, false
	}
	q, ok := f.quantum(uint64(c.Step))
	return metering.Energy(q), ok
}

// Coarse reports whether one step of a register, in units at the point, is more
// than a two-hundredth of what a point can carry in a base period. The steps of
// such a register are anchors, between which its witnesses' power gives the
// shape. An unknown power (0) makes no register coarse.
func Coarse(quantum metering.Energy, maxPower metering.Power) bool {
	return maxPower > 0 && int64(quantum) > int64(maxPower)/int64(time.Hour/metering.BasePeriod)/200
}

// counts is how many counts per ms, times 2^32, a power makes with 5 % to
// spare, rounded up.
func (f frame) counts(power metering.Power) uint64 {
	if power <= 0 {
		return 0
	}
	// Wh per ms = W / 3.6e6; counts = Wh · div / (step · num).
	perMs := float64(power) * 1.05 / 3.6e6 * float64(f.div) / (float64(f.step) * float64(f.num))
	scaled := math.Ceil(perMs * (1 << 32))
	if scaled >= 1<<63 {
		return 0
	}
	return uint64(max(scaled, 1))
}

// room is how many counts the point can carry in some ms, and one more.
func (f *frame) room(ms int64) uint64 {
	hi, lo := bits.Mul64(f.rate, uint64(ms))
	if hi >= 1<<31 {
		return math.MaxInt64
	}
	return hi<<32 | lo>>32 + 1
}

// quantum is one count of the register in whole units at the point, rounded up,
// at least 1; false if it is absurdly large (2^40 units).
func (f factor) quantum(step uint64) (int64, bool) {
	q, ok := f.ceil(1, step)
	return max(q, 1), ok && q < 1<<40
}

// total is the running total at a content.
func (f *frame) total(raw uint64) (int64, bool) {
	units, _, ok := f.whole(raw, f.step)
	if !ok || !f.usable {
		return 0, false
	}
	return sum(f.base, units)
}

// between is the running total part of the way from raw to raw+delta.
func (f *frame) between(raw, delta uint64, dt, width int64) (int64, bool) {
	if !f.usable {
		return 0, false
	}
	units, ok := int64(0), false
	if width < maxWidth {
		units, ok = f.factor.between(raw, delta, f.step, dt, width)
	} else {
		units, ok = f.factor.betweenFar(raw, delta, f.step, dt, width)
	}
	if !ok {
		return 0, false
	}
	return sum(f.base, units)
}

// sum is a + b; false if it does not fit.
func sum(a, b int64) (int64, bool) {
	s := a + b
	return s, (s > a) == (b > 0)
}
