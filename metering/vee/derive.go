package vee

import (
	"fmt"
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

// Register is one cumulative register of one meter, as far as its energy is
// concerned.
type Register struct {
	Channel metering.Channel
	// Installs of the meter, disjoint in time. Their ratios multiply counts of
	// the secondary side, each in its own time; history is never multiplied anew.
	Installs []metering.Install
	// Modulus is the count at which the register starts anew from 0; 0 if unknown.
	Modulus int64
	// MaxPower is the greatest power that the point can carry physically; 0 if
	// unknown. A rollover is believed only within it.
	MaxPower metering.Power
}

// Derive finds the intervals that start in [from, to), ascending, of all points
// where the meter stood. from must be a multiple of BasePeriod.
//
// spans are the register's spans in ascending order: those of the range and, if
// there are any, the one before and the one after (Ledger.Spans gives just
// these). An interval comes out when a reading at or after its end is known; by
// the clock, without one, when it ends at or before closed: Null and
// FlagProvisional. Others are left out, and so are times at which the meter
// stood nowhere.
//
// Grade Actual needs both boundaries between readings at most BasePeriod apart,
// and a register that can be followed from one to the other; everything else is
// Null with the reason. Version and RecordedAt are left to the ledger.
func (r Register) Derive(spans []metering.RegisterSpan, from, to, closed time.Time) []metering.Interval {
	c := r.follow(spans)
	w := walk{r: r, c: c}
	out := make([]metering.Interval, 0, max(0, int(to.Sub(from)/metering.BasePeriod)))
	for p := metering.PeriodStart(from); p.Before(to); p = p.Add(metering.BasePeriod) {
		end := p.Add(metering.BasePeriod)
		reached := len(c.points) > 0 && c.points[len(c.points)-1].ms >= end.UnixMilli()
		if !reached && end.After(closed) {
			break
		}
		for _, in := range r.Installs {
			if in.From.Before(end) && (in.To.IsZero() || in.To.After(p)) {
				out = append(out, w.interval(in, p, end, reached))
			}
		}
	}
	return out
}

// installAt is the meter's install in force at t.
func (r Register) installAt(t time.Time) (metering.Install, bool) {
	if i := slices.IndexFunc(r.Installs, func(in metering.Install) bool { return in.At(t) }); i >= 0 {
		return r.Installs[i], true
	}
	return metering.Install{}, false
}

// walk goes along the boundaries in ascending order.
type walk struct {
	r       Register
	c       curve
	next    int      // first point at or after the boundary last asked for
	prev    boundary // the end of the interval before, once started
	started bool
	gap     gapText
}

func (w *walk) interval(in metering.Install, start, end time.Time, reached bool) metering.Interval {
	iv := metering.Interval{Point: in.Point, Channel: w.r.Channel, Start: start, Grade: metering.Null}
	switch {
	case in.From.After(start) || (!in.To.IsZero() && in.To.Before(end)):
		iv.Flags = metering.FlagSwap
		iv.Reason = "the meter was put in, taken out or changed inside the interval"
	case !reached:
		iv.Flags = metering.FlagProvisional
		iv.Reason = w.silence()
	default:
		w.measure(&iv, in, start.UnixMilli(), end.UnixMilli())
	}
	return iv
}

// silence says since when the register has not been read.
func (w *walk) silence() string {
	if n := len(w.c.points); n > 0 {
		return "no reading since " + stamp(w.c.points[n-1].at())
	}
	return "no reading of the register so far"
}

// boundary is where a moment lies among the points: between lo and hi, which are
// the same if a reading was taken at just that millisecond.
type boundary struct {
	ms     int64
	lo, hi int // -1: there is none
}

func (w *walk) boundary(ms int64) boundary {
	if w.started && w.prev.ms == ms {
		return w.prev
	}
	points := w.c.points
	if w.next == 0 || points[w.next-1].ms >= ms {
		w.next, _ = slices.BinarySearchFunc(points, ms, func(p point, ms int64) int { return int(p.ms - ms) })
	}
	for w.next < len(points) && points[w.next].ms < ms {
		w.next++
	}
	b := boundary{ms: ms, lo: w.next - 1, hi: w.next}
	switch {
	case w.next == len(points):
		b.hi = -1
	case points[w.next].ms == ms:
		b.lo = w.next
	}
	return b
}

// width is how far the two readings around the boundary lie apart, in ms.
func (c curve) width(b boundary) int64 { return c.points[b.hi].ms - c.points[b.lo].ms }

// measure fills in an interval whose end has been reached by a reading.
func (w *walk) measure(iv *metering.Interval, in metering.Install, start, end int64) {
	b0 := w.boundary(start)
	b1 := w.boundary(end)
	w.prev, w.started = b1, true
	if b0.lo < 0 {
		iv.Reason = "no reading at or before its start; the first one is of " + stamp(w.c.points[0].at())
		return
	}
	if a, b := w.c.points[b0.lo].breaks, w.c.points[b1.hi].breaks; a != b {
		iv.Reason = w.c.broken[a]
		return
	}
	f, ok := factorOf(metering.Count{Secondary: w.c.points[b0.lo].second}, in)
	if !ok {
		iv.Reason = fmt.Sprintf("the ratios CT %v and VT %v make no usable multiplier", in.CT, in.VT)
		return
	}
	const period = int64(metering.BasePeriod / time.Millisecond)
	if w.c.width(b0) > period || w.c.width(b1) > period {
		iv.Flags = metering.FlagGap
		iv.Reason = w.gap.reason(w.c, f, b0, b1, iv.Channel.Unit())
		return
	}
	w.subtract(iv, f, b0, b1)
}

func (w *walk) subtract(iv *metering.Interval, f factor, b0, b1 boundary) {
	wraps := w.c.points[b1.lo].wraps - w.c.points[b0.lo].wraps
	v0, ok0 := w.c.value(f, b0, 0)
	v1, ok1 := w.c.value(f, b1, uint64(wraps)*uint64(w.r.Modulus))
	quantum, okQuantum := f.quantum(w.c.points[b0.lo].step)
	if !ok0 || !ok1 || !okQuantum {
		iv.Reason = fmt.Sprintf("the register's content is out of range around %s", stamp(iv.Start))
		return
	}
	iv.Energy = metering.Energy(v1.units - v0.units)
	// The truth at a boundary lies between the two readings around it; a register
	// shows less than one count too little.
	up := (v1.high - v1.units) + (v0.units - v0.low)
	down := (v1.units - v1.low) + (v0.high - v0.units)
	iv.Uncertainty = metering.Energy(quantum + max(up, down) + w.c.timing(f, b0) + w.c.timing(f, b1))
	iv.Grade, iv.Method = metering.Actual, metering.MethodRegister
	w.remark(iv, b0, b1)
}

// remark sets the flags of a measured interval and says why.
func (w *walk) remark(iv *metering.Interval, b0, b1 boundary) {
	for _, b := range []boundary{b0, b1} {
		if width := w.c.width(b); width > WideBracket.Milliseconds() {
			iv.Flags |= metering.FlagInterpWide
			addReason(iv, fmt.Sprintf("boundary %s lies between readings %v apart",
				stamp(time.UnixMilli(b.ms)), time.Duration(width)*time.Millisecond))
		}
	}
	if w.c.points[b1.hi].wraps == w.c.points[b0.lo].wraps {
		return
	}
	iv.Flags |= metering.FlagRollover
	for i := b0.lo + 1; i <= b1.hi; i++ {
		if a, b := w.c.points[i-1], w.c.points[i]; a.wraps != b.wraps {
			addReason(iv, fmt.Sprintf("the register rolled over from %d to %d at %d counts before %s",
				a.raw, b.raw, w.r.Modulus, stamp(b.at())))
		}
	}
}

func addReason(iv *metering.Interval, text string) {
	if iv.Reason != "" {
		iv.Reason += "; "
	}
	iv.Reason += text
}

// value of a boundary in whole units, with the readings that enclose it.
type value struct{ units, low, high int64 }

// value interpolates at a boundary whose bracket is at most one base period
// wide, with offset counts added to the register.
func (c curve) value(f factor, b boundary, offset uint64) (v value, ok bool) {
	lo, hi := c.points[b.lo], c.points[b.hi]
	raw, delta := lo.raw+offset, uint64(0)
	if b.lo != b.hi {
		delta = hi.fromLow
	}
	if raw < offset || raw+delta < raw {
		return value{}, false
	}
	low, _, okLow := f.whole(raw, lo.step)
	high, okHigh := f.ceil(raw+delta, lo.step)
	if !okLow || !okHigh {
		return value{}, false
	}
	units := low
	if b.lo != b.hi {
		if units, ok = f.between(raw, delta, lo.step, b.ms-lo.ms, hi.ms-lo.ms); !ok {
			return value{}, false
		}
	}
	return value{units, low, high}, true
}

// timing bounds what the uncertain moment of the readings around a boundary may
// matter: half the time the read took, at the steepest slope beside it.
func (c curve) timing(f factor, b boundary) int64 {
	took := max(c.points[b.lo].took, c.points[b.hi].took)
	if took <= 0 {
		return 0
	}
	first, last := b.lo, b.hi
	if b.lo == b.hi {
		first, last = max(b.lo-1, 0), min(b.hi+1, len(c.points)-1)
	}
	var worst int64
	for i := first + 1; i <= last; i++ {
		p := c.points[i]
		width := (p.ms - c.points[i-1].ms) * int64(time.Millisecond)
		if units, ok := f.ceil(p.fromLow, p.step); ok {
			worst = max(worst, share(units, int64(took+1)/2, width))
		}
	}
	return worst
}

// gapText makes the reason of a gap, once for all intervals inside it.
type gapText struct {
	lo, hi int
	text   string
}

func (g *gapText) reason(c curve, f factor, b0, b1 boundary, unit string) string {
	const period = int64(metering.BasePeriod / time.Millisecond)
	var text string
	for _, b := range []boundary{b0, b1} {
		if c.width(b) <= period || (text != "" && b.lo == b0.lo) {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += g.one(c, f, b, unit)
	}
	return text
}

func (g *gapText) one(c curve, f factor, b boundary, unit string) string {
	if g.text != "" && g.lo == b.lo && g.hi == b.hi {
		return g.text
	}
	lo, hi := c.points[b.lo], c.points[b.hi]
	energy := "an energy out of range"
	if units, ok := f.ceil(hi.fromLow, hi.step); ok {
		energy = fmt.Sprintf("%d %s", units, unit)
	}
	*g = gapText{b.lo, b.hi, fmt.Sprintf("no readings from %s to %s, %s in that time", stamp(lo.at()), stamp(hi.at()), energy)}
	return g.text
}
