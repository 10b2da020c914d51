package vee

import (
	"time"

	"asue/metering"
)

// GoesOn reports whether reading b simply goes on from reading a of the link's
// register: up, in the same units, and by no more than the point can carry.
// Readings among which all do are decided about as they come.
func (l Link) GoesOn(a, b metering.RegisterReading) bool {
	if a.Count.Step != b.Count.Step || a.Count.Secondary != b.Count.Secondary || b.Count.Raw < a.Count.Raw || a.Count.Step <= 0 {
		return false
	}
	s := stand{links: []Link{l}}
	f := s.frameOf(sample{ms: a.At.UnixMilli(), step: uint64(a.Count.Step), second: a.Count.Secondary})
	room := f.room((b.At.Sub(a.At) + registerLag + (a.Took+b.Took)/2).Milliseconds())
	return f.rate == 0 || uint64(b.Count.Raw-a.Count.Raw) <= room
}

// thaws reports whether a register that has shown the same for a while up to i
// catches up at j with what the point can have carried since it showed something
// else.
func (z *sifter) thaws(f *frame, i, j int) bool {
	first := i
	for first > 0 && z.in[first-1].raw == z.in[i].raw && z.in[first-1].step == z.in[i].step {
		first--
	}
	if first == i {
		return false
	}
	if first > 0 && z.in[first-1].raw < z.in[i].raw {
		first--
	}
	k := &z.in[first]
	return z.in[j].raw-k.raw <= f.room(z.in[j].ms-k.ms+registerLag.Milliseconds())
}

// believed reports whether the power, where it is known, agrees that so many
// counts flowed from a to b.
func (z *sifter) believed(f *frame, a, b *sample, delta uint64) bool {
	energy, known := z.power.energy(a.ms, b.ms)
	units, ok := f.ceil(delta, f.step)
	if !known || !ok {
		return ok
	}
	slack := energy/4 + 3*f.quantum + int64(float64(z.s.maxPower())*registerLag.Seconds()/time.Hour.Seconds())
	return max(units-energy, energy-units) <= slack
}
