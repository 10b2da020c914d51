package vee

import (
	"fmt"
	"time"

	"asue/metering"
)

// frozenSteps is how many steps a register must have missed, by the power, to
// count as frozen.
const frozenSteps = 3

// thaw takes out of the track the readings of a register that stood still while
// power flowed: a gateway handed out old content, or the register hung. They say
// nothing about their moment. If the register catches up afterwards, the energy
// is known and only its shape is lost; if it does not, the energy is lost.
func (t *track) thaw(first int, p *power) {
	if len(p.ms) == 0 {
		return
	}
	kept := t.knots[:first]
	n := len(t.knots)
	for i := first; i < n; {
		last := i
		for last+1 < n && t.knots[last+1].delta == 0 && t.knots[last+1].odd == 0 {
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

// missed is how much should have flowed by the power while the register stood
// still from a knot on, and whether that is too much to be true.
func (t *track) missed(k knot, until int64, p *power) (int64, bool) {
	if until-k.ms < registerLag.Milliseconds() {
		return 0, false
	}
	energy, ok := p.energy(k.ms, until)
	return energy, ok && energy > frozenSteps*t.frames[k.frame].quantum
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
