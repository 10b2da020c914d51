package vee

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// actReach is how long before the first reading of all an act about putting a meter
// in may lie to bound what flowed until then. An older one is from before anybody
// kept intervals of the point: months are not spread between two readings.
const actReach = 35 * 24 * time.Hour

// begin makes the first knot of a stand, after the one of the act about putting
// the meter in, if there is one.
func (z *sifter) begin(i int) {
	x := z.in[i]
	f := z.s.frameOf(x)
	f.stand = z.no
	if raw, ok := z.s.actStart(z.channel); ok && z.s.from < x.ms && (len(z.knots) > 0 || x.ms-z.s.from <= actReach.Milliseconds()) {
		z.from = append(z.from, -1)
		z.open(z.actFrame(f.quantum), knot{ms: z.s.from, raw: raw})
		z.fromAct(i)
		return
	}
	z.from = append(z.from, int32(i))
	z.open(f, knot{ms: x.ms, raw: x.raw, took: x.took})
}

// open puts the first knot of a stand in and joins it with the meter before.
func (z *sifter) open(f frame, k knot) {
	n := len(z.knots)
	if n > 0 {
		before := &z.knots[n-1]
		if before.ms == k.ms {
			then, okThen := z.knotTotal(n - 1)
			now, okNow := f.total(k.raw)
			f.base = then - now
			f.usable = okThen && okNow
		}
	}
	z.frames = append(z.frames, f)
	k.frame = int32(len(z.frames) - 1)
	z.knots = append(z.knots, k)
	if n > 0 {
		z.changeMeter(n)
	}
}

// changeMeter says what is known of the way from the last knot of one meter to
// the first of the next: everything, if acts give both readings at one moment.
func (z *sifter) changeMeter(hi int) {
	a, b := z.sampleOf(hi-1), z.sampleOf(hi)
	was, is := &z.frames[z.knots[hi-1].frame], &z.frames[z.knots[hi].frame]
	old := &z.stands[z.no-1]
	o := z.oddity(hi)
	text := fmt.Sprintf("meter %s was changed for %s", old.meter(), z.s.meter())
	if a.ms == b.ms {
		o.at = a.ms
		text += fmt.Sprintf(" at %s, when they showed %d%s and %d%s", stamp(a.at()), a.raw, was.unit(z.channel), b.raw, is.unit(z.channel))
		o.loose = was.quantum + is.quantum
	} else {
		o.broken = true
		text += fmt.Sprintf(" between %s and %s, and the acts do not say what flowed then", stamp(a.at()), stamp(b.at()))
	}
	o.say(metering.FlagSwap, text)
	z.events = append(z.events, Event{
		Kind: EventSwap, Meter: old.meter(), From: a.at(), To: b.at(), Before: a.reading(), After: b.reading(), Text: text,
	})
}

// fromAct makes the first reading after the act's a knot.
func (z *sifter) fromAct(i int) {
	x := z.in[i]
	act := z.knots[len(z.knots)-1]
	f := z.s.frameOf(x)
	f.stand, f.base = z.no, z.frames[act.frame].base
	units, _, ok := f.whole(x.raw, x.step)
	z.frames = append(z.frames, f)
	z.knots = append(z.knots, knot{ms: x.ms, raw: x.raw, took: x.took, frame: int32(len(z.frames) - 1)})
	z.from = append(z.from, int32(i))
	z.byAct(len(z.knots)-1, stage{from: act.ms, frame: act.frame, raw: act.raw}, units, ok && f.usable, x.ms-act.ms)
}

// byAct describes the way between a reading and an act's, in whole units.
func (z *sifter) byAct(hi int, st stage, units int64, ok bool, ms int64) {
	o := z.oddity(hi)
	from := int64(st.raw)
	if !ok || units < from || !z.carries(units-from, ms) {
		o.broken = true
		o.say(metering.FlagSwap, fmt.Sprintf("the act's reading and the one of the meter, %d and %d %s, do not go together", from, units, z.channel.Unit()))
		return
	}
	st.delta = uint64(units - from)
	o.stages = append(o.stages, st)
}

// carries reports whether the point can carry so many units in some ms.
func (z *sifter) carries(units, ms int64) bool {
	p := z.s.maxPower()
	return p <= 0 || float64(units) <= float64(p)*1.05*float64(ms+registerLag.Milliseconds())/3.6e6+1
}

// finish adds the reading of the act about taking the meter out.
func (z *sifter) finish() {
	last := z.s.links[len(z.s.links)-1].Install
	reading, ok := last.EndReadings[z.channel]
	n := len(z.knots)
	if !ok || reading < 0 || z.s.to == math.MaxInt64 || n == z.first || z.knots[n-1].ms >= z.s.to {
		return
	}
	lo := z.knots[n-1]
	f := z.frames[lo.frame]
	units, _, okUnits := f.whole(lo.raw, f.step)
	act := z.actFrame(f.quantum)
	act.base = f.base
	z.frames = append(z.frames, act)
	frame := int32(len(z.frames) - 1)
	z.knots = append(z.knots, knot{ms: z.s.to, raw: uint64(reading), frame: frame})
	z.byAct(n, stage{from: lo.ms, frame: frame, raw: uint64(max(units, 0))}, int64(reading), okUnits && f.usable, z.s.to-lo.ms)
}

// actFrame is the frame of readings that acts give: whole units at the point. The
// person read them off a register that shows steps of a quantum.
func (z *sifter) actFrame(quantum int64) frame {
	return frame{
		factor: factor{1, 1000}, step: 1000, quantum: max(quantum, 1), usable: true, act: true, stand: z.no, wrap: math.MaxInt64,
	}
}

// unit is what the frame's readings are in.
func (f *frame) unit(ch metering.Channel) string {
	if f.act {
		return " " + ch.Unit()
	}
	return " counts"
}

// actStart is the reading of the act about putting the meter in.
func (s *stand) actStart(ch metering.Channel) (uint64, bool) {
	e, ok := s.links[0].Install.StartReadings[ch]
	return uint64(max(e, 0)), ok && e >= 0 && s.from != math.MinInt64
}
