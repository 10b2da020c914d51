package vee

import (
	"time"

	"asue/metering"
)

// track is a chain's register over time: the readings that count in ascending
// order, and what happened between neighbours.
type track struct {
	channel metering.Channel
	stands  []stand
	frames  []frame
	knots   []knot
	odds    []odd    // odds[0] is unused: 0 means nothing odd
	gaps    []int32  // knots before which nobody saw the shape, ascending
	pending []sample // read last, and not yet to be told from garbage
	events  []Event
	stuck   string  // why the newest readings do not count, if the register stands still
	powers  []power // by stand
	steps   []clockStep
	anchors []anchor
}

// knot is a reading that counts. The way from the knot before belongs to it.
type knot struct {
	ms    int64
	raw   uint64
	delta uint64 // counts since the knot before, in that one's frame
	took  time.Duration
	frame int32
	odd   int32 // of the way from the knot before; 0 if there is nothing to say
}

func (k knot) at() time.Time { return time.UnixMilli(k.ms).UTC() }

// odd is what makes the way from one knot to the next unlike others.
type odd struct {
	broken bool  // what flowed is not known
	least  int64 // when broken: at least this much
	// stages, if there are any, say in which frame the content is to be read from
	// which moment on.
	stages []stage
	flags  metering.Flags // of every interval that the way reaches into
	// at is the moment of what happened if it is known exactly; the flags are then
	// of the interval only that it lies inside of.
	at     int64
	glitch bool  // a reading on the way was thrown out
	loose  int64 // what more is uncertain, in units
	reason string
}

// stage is a part of the way: the content goes evenly from raw to raw+delta
// between the two knots, as seen in a frame.
type stage struct {
	from       int64 // ms
	frame      int32
	raw, delta uint64
}

const period = int64(metering.BasePeriod / time.Millisecond)

// width is how long the way to a knot is, in ms.
func (t *track) width(hi int) int64 { return t.knots[hi].ms - t.knots[hi-1].ms }

// gapBefore reports whether nobody saw the shape of the way to a knot.
func (t *track) gapBefore(hi int) bool {
	return t.width(hi) > period || (t.knots[hi].odd != 0 && t.odds[t.knots[hi].odd].broken)
}

// knotTotal is the running total at a knot.
func (t *track) knotTotal(i int) (int64, bool) {
	k := &t.knots[i]
	return t.frames[k.frame].total(k.raw)
}

// stage is how the way to a knot is to be read at a moment.
func (t *track) stage(hi int, ms int64) stage {
	lo, k := &t.knots[hi-1], &t.knots[hi]
	s := stage{frame: lo.frame, raw: lo.raw, delta: k.delta}
	if k.odd != 0 {
		for _, st := range t.odds[k.odd].stages {
			if st.from <= ms {
				s = st
			}
		}
	}
	return s
}

// total is the running total at a moment on the way to a knot, floored, on the
// straight line between the two.
func (t *track) total(hi int, ms int64) (int64, bool) {
	lo := &t.knots[hi-1]
	switch ms {
	case lo.ms:
		return t.knotTotal(hi - 1)
	case t.knots[hi].ms:
		return t.knotTotal(hi)
	}
	s := t.stage(hi, ms)
	return t.frames[s.frame].between(s.raw, s.delta, ms-lo.ms, t.width(hi))
}

// flow is how much flowed on the way to a knot, rounded up; false if it is not
// known.
func (t *track) flow(hi int) (int64, bool) {
	lo, k := &t.knots[hi-1], &t.knots[hi]
	if k.odd == 0 {
		f := &t.frames[lo.frame]
		return f.ceil(k.delta, f.step)
	}
	if t.odds[k.odd].broken {
		return 0, false
	}
	a, okA := t.knotTotal(hi - 1)
	b, okB := t.knotTotal(hi)
	return b - a + 1, okA && okB
}

// oddity adds an oddity to the way to the last knot, or gives the one it has.
func (t *track) oddity(hi int) *odd {
	k := &t.knots[hi]
	if k.odd == 0 {
		if len(t.odds) == 0 {
			t.odds = append(t.odds, odd{})
		}
		k.odd = int32(len(t.odds))
		t.odds = append(t.odds, odd{})
	}
	return &t.odds[k.odd]
}

func (o *odd) say(flags metering.Flags, reason string) {
	o.flags |= flags
	o.reason = joined(o.reason, reason)
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
