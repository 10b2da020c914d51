package vee

import (
	"slices"
	"time"

	"asue/metering"
)

// WideBracket is the distance of two readings around a boundary from which on
// the boundary's interval carries FlagInterpWide: a third of the base period.
const WideBracket = 5 * time.Minute

// Grace is how long after an interval's end its readings may still be on their
// way before the clock closes it without them.
const Grace = 2 * time.Minute

// Derive finds the intervals that start in [from, to), and the gaps and events
// among the readings. from and to must be multiples of BasePeriod.
//
// An interval comes out when a reading at or after its end is known; by the
// clock, without one, when it ends at or before closed: Null and
// FlagProvisional. Others are left out, and so are times at which no meter stood
// at the point, before the first and after the last.
//
// Grade Actual needs a register that can be followed from one boundary to the
// other, with readings at most BasePeriod apart; everything else is Null with
// the reason, and what is known of it is a Partial.
func (c Chain) Derive(from, to, closed time.Time) Derivation {
	var d Derivation
	if len(c.Links) == 0 {
		return d
	}
	t := track{channel: c.Channel, stands: stands(c.Links)}
	t.read()
	w := walk{c: c, t: &t, closed: closed}
	if len(t.anchors) > 0 && len(t.stands) > 1 {
		w.carryOver()
	}
	n := max(0, int(to.Sub(from)/metering.BasePeriod))
	d.Intervals = make([]metering.Interval, 0, n)
	for p := metering.PeriodStart(from); p.Before(to); p = p.Add(metering.BasePeriod) {
		if !w.stood(p) {
			continue
		}
		iv, closed := w.interval(p)
		if !closed {
			break
		}
		d.Intervals = append(d.Intervals, iv)
	}
	d.Partials = w.partials
	if n := len(d.Intervals); n > 0 {
		d.Gaps = w.gapsIn(d.Intervals[0].Start, d.Intervals[n-1].End())
	}
	d.Events = t.told()
	return d
}

// read takes all readings of the chain in, stand by stand.
func (t *track) read() {
	t.powers = make([]power, len(t.stands))
	for i := range t.stands {
		list := t.stands[i].witnesses()
		t.steps = append(t.steps, clockSteps(list)...)
		first := len(t.knots)
		t.stuck = ""
		t.powers[i] = power{channel: t.channel, list: list}
		t.sift(i)
		if len(list) > 0 {
			t.thaw(first, &t.powers[i])
		}
	}
	coarse := false
	for i := range t.frames {
		coarse = coarse || t.frames[i].coarse
	}
	for i := 1; i < len(t.knots); i++ {
		if k := &t.knots[i]; (k.odd != 0 || k.ms-t.knots[i-1].ms > period) && t.gapBefore(i) {
			t.gaps = append(t.gaps, int32(i))
		}
	}
	if coarse {
		t.findAnchors()
	}
}

// told are the events in order, each once, those of clocks among them.
func (t *track) told() []Event {
	for _, s := range t.steps {
		if s.by > 0 {
			t.events = append(t.events, s.event(t.stands))
		}
	}
	slices.SortStableFunc(t.events, func(a, b Event) int { return a.From.Compare(b.From) })
	return slices.CompactFunc(t.events, func(a, b Event) bool {
		return a.Kind == b.Kind && a.From.Equal(b.From) && a.To.Equal(b.To) && a.Text == b.Text
	})
}
