package vee

import (
	"fmt"
	"time"

	"asue/metering"
)

// frozenSteps is how many steps a register must have missed, by the power, to
// count as frozen.
const frozenSteps = 3

// standing is how long a register must have shown the same to count as frozen:
// gateways that keep content for a few seconds are usual.
const standing = 8 * time.Second

// thaw takes out of the track the readings of a register that stood still while
// power flowed: a gateway handed out old content, or the register hung. They say
// nothing about their moment. If the register catches up afterwards, the energy
// is known and only its shape is lost; if it does not, the energy is lost.
func (t *track) thaw(first int, p *power) {
	if !t.standsStill(first) || !p.known() {
		return
	}
	kept := t.knots[:first]
	n := len(t.knots)
	for i := first; i < n; {
		last := i
		for last+1 < n && t.still(last+1) {
			last++
		}
		k := t.knots[i]
		missed, frozen := t.missed(k, t.knots[last].ms, p)
		if !frozen {
			kept = append(kept, t.knots[i:last+1]...)
			i = last + 1
			continue
		}
		kept = append(kept, k)
		text := fmt.Sprintf("the register stood still at %d counts from %s to %s while %d %s flowed by the power",
			k.raw, stamp(k.at()), stamp(t.knots[last].at()), missed, t.channel.Unit())
		after := sample{}
		if last+1 < n {
			after = t.sampleOf(last + 1)
			t.frozen(last+1, missed, text)
		} else {
			t.stuck = text
		}
		t.frozenEvent(k, t.knots[last], after, text, missed)
		i = last + 1
	}
	t.knots = kept
}

// standsStill reports whether a register showed the same for long enough somewhere.
func (t *track) standsStill(first int) bool {
	since := first
	for i := first; i < len(t.knots); i++ {
		if !t.still(i) {
			since = i
		}
		if t.knots[i].ms-t.knots[since].ms >= standing.Milliseconds() {
			return true
		}
	}
	return false
}

// still reports whether the register showed the same as at the knot before.
func (t *track) still(i int) bool {
	k := &t.knots[i]
	if i == 0 || k.delta != 0 || k.frame != t.knots[i-1].frame {
		return false
	}
	return k.odd == 0 || !t.odds[k.odd].broken && t.odds[k.odd].flags == 0
}

// stillSince is the first knot from which on the register showed what it shows at
// a knot.
func (t *track) stillSince(i int) int {
	for t.still(i) {
		i--
	}
	return i
}

// missed is how much should have flowed by the power while the register stood
// still from a knot on, and whether that is too much to be true.
func (t *track) missed(k knot, until int64, p *power) (int64, bool) {
	if until-k.ms < standing.Milliseconds() {
		return 0, false
	}
	energy := p.least(k.ms, until)
	return energy, energy > frozenSteps*t.frames[k.frame].quantum
}

// frozen describes the way from a register's standing still to its next content.
func (t *track) frozen(hi int, missed int64, text string) {
	flow, known := t.flow(hi)
	o := t.oddity(hi)
	if !known || flow < missed/2 || len(o.stages) > 0 {
		text += "; it did not catch up afterwards"
		o.broken, o.least = true, max(0, flow-1)
	}
	o.say(metering.FlagFrozen, text)
}

// unfreeze widens what is known at a boundary up to a reading that was frozen
// content already: its content is of an earlier moment, but not of one before the
// reading at lo, which showed another.
func (t *track) unfreeze(b *boundary) {
	t.lag(b)
	next := b.hi + 1
	if next >= len(t.knots) || t.knots[next].odd == 0 || t.odds[t.knots[next].odd].flags&metering.FlagFrozen == 0 {
		return
	}
	lo := b.lo
	if lo == b.hi && lo > 0 && !t.gapBefore(lo) {
		lo--
	}
	top, known := t.knotTotal(next)
	known = known && !t.odds[t.knots[next].odd].broken
	most := t.stands[t.frames[t.knots[lo].frame].stand].carried(t.knots[b.hi].ms - t.knots[lo].ms)
	low, ok := t.knotTotal(lo)
	switch bound := low + most + 2*t.frames[t.knots[lo].frame].quantum; {
	case known && (most == 0 || !ok):
		b.high = max(b.high, top)
	case known:
		b.high = max(b.high, min(top, bound))
	case ok:
		b.high = max(b.high, bound)
	}
}

// lag widens what is known at a boundary at which the register has shown the same
// for longer than the power allows, and not for long enough to count as frozen.
func (t *track) lag(b *boundary) {
	first := t.stillSince(b.hi)
	if first == b.hi {
		return
	}
	f := &t.frames[t.knots[b.hi].frame]
	if energy, ok := t.powers[f.stand].energy(t.knots[first].ms, b.ms); ok && energy > f.quantum {
		b.high = max(b.high, b.low+energy+f.quantum)
	}
}

func (t *track) frozenEvent(k, last knot, after sample, text string, missed int64) {
	f := t.frames[k.frame]
	e := Event{
		Kind: EventFrozen, Meter: t.stands[f.stand].meter(), From: k.at(), To: last.at(),
		Before: sample{ms: k.ms, raw: k.raw, step: f.step, took: k.took, second: f.second}.reading(), Text: text,
		Numbers: []metering.Number{
			{Name: "missed", Value: float64(missed), Unit: t.channel.Unit()},
			{Name: "for", Value: float64(last.ms-k.ms) / float64(time.Second/time.Millisecond), Unit: "s"},
		},
	}
	if after.ms != 0 {
		e.After = after.reading()
	}
	t.events = append(t.events, e)
}
