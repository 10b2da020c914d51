package vee

import (
	"fmt"
	"math"

	"asue/metering"
)

// accept makes the reading at i the next knot, with what happened on the way to it.
func (z *sifter) accept(i int, v verdict, delta uint64) {
	c := z.in[i]
	lo := z.knots[len(z.knots)-1]
	if z.frames[lo.frame].act {
		z.fromAct(i)
		return
	}
	z.knots = append(z.knots, knot{ms: c.ms, raw: c.raw, delta: delta, took: c.took, frame: lo.frame})
	z.from = append(z.from, int32(i))
	hi := len(z.knots) - 1
	if v == goesOn || v == rolledOver {
		z.goOn(hi, c, v == rolledOver)
		return
	}
	z.breakOff(hi, c, v)
}

// goOn follows the register into the last knot, through rollovers and changes of
// ratio.
func (z *sifter) goOn(hi int, c sample, over bool) {
	lo, k := z.knots[hi-1], &z.knots[hi]
	wraps := uint64(0)
	if over {
		wraps = 1
	}
	f := z.frames[lo.frame]
	if k.ms-lo.ms >= f.wrap {
		more, how, ok := z.wraps(hi, c)
		if !ok {
			least, _ := f.ceil(k.delta, f.step)
			z.lose(hi, c, how)
			z.oddity(hi).least = max(0, least-f.quantum)
			return
		}
		k.delta += more * z.modulus
		wraps += more
		if wraps > 0 {
			z.oddity(hi).say(0, how)
		}
	}
	if !z.changeRatio(hi, c, &f) {
		z.lose(hi, c, "the ratio changed and one of the two makes no usable multiplier")
		return
	}
	if wraps > 0 {
		z.rollOver(hi, c, &f, wraps)
	}
	if f != z.frames[k.frame] {
		z.frames = append(z.frames, f)
		k.frame = int32(len(z.frames) - 1)
	}
}

// rollOver sets the frame behind the register's top. The top is rounded up to
// whole units, so that the running total never goes back.
func (z *sifter) rollOver(hi int, c sample, f *frame, wraps uint64) {
	top, ok := f.ceil(z.modulus, f.step)
	if ok && wraps < 1<<20 && top < math.MaxInt64>>20 {
		f.base, ok = sum(f.base, top*int64(wraps))
	}
	if !ok {
		z.knots[hi].delta = 0
		z.lose(hi, c, "the register's top is out of range")
		return
	}
	a := z.sampleOf(hi - 1)
	text := fmt.Sprintf("the register rolled over from %d to %d at %d counts before %s", a.raw, c.raw, z.modulus, stamp(c.at()))
	if wraps > 1 {
		text += fmt.Sprintf(", %d times", wraps)
	}
	z.oddity(hi).say(metering.FlagRollover, text)
	z.event(EventRollover, a, c, "%s", text)
}

// changeRatio follows changes of CT and VT on the way to the last knot: what came
// before is multiplied with the old ratio, what came after with the new one. If
// nobody read the register at the change, its content is taken from the straight
// line between the readings.
func (z *sifter) changeRatio(hi int, c sample, f *frame) bool {
	lo, k := z.knots[hi-1], z.knots[hi]
	for at := int(f.link) + 1; at <= z.s.link(c.ms); at++ {
		when := z.s.links[at].Install.From.UnixMilli()
		next := z.s.frameOf(sample{ms: when, step: c.step, second: c.second})
		if next.factor == f.factor {
			f.link = next.link
			continue
		}
		old, _ := f.between(lo.raw, k.delta, when-lo.ms, k.ms-lo.ms)
		now, ok := next.between(lo.raw, k.delta, when-lo.ms, k.ms-lo.ms)
		if !ok || !f.usable {
			return false
		}
		next.base, next.stand = old-now, f.stand
		o := z.oddity(hi)
		text := fmt.Sprintf("the ratio changed from CT %v, VT %v to CT %v, VT %v at %s",
			z.s.links[at-1].Install.CT, z.s.links[at-1].Install.VT, z.s.links[at].Install.CT, z.s.links[at].Install.VT,
			stamp(z.s.links[at].Install.From))
		if when == k.ms {
			o.at = when
		} else {
			a, _ := f.ceil(k.delta, f.step)
			b, _ := next.ceil(k.delta, next.step)
			o.loose += max(a-b, b-a) + 1
			text += fmt.Sprintf(", between readings of %s and %s: the register's content then is interpolated", stamp(lo.at()), stamp(k.at()))
		}
		o.say(metering.FlagConfigChange, text)
		z.event(EventConfigChange, z.sampleOf(hi-1), c, "%s", text)
		*f = next
		z.frames = append(z.frames, next)
		o.stages = append(o.stages, stage{from: when, frame: int32(len(z.frames) - 1), raw: lo.raw, delta: k.delta})
		z.knots[hi].frame = int32(len(z.frames) - 1)
	}
	return true
}

// breakOff makes a knot from which the register is followed anew, because how it
// got there is not known.
func (z *sifter) breakOff(hi int, c sample, v verdict) {
	a := z.sampleOf(hi - 1)
	where := fmt.Sprintf("between %s and %s", stamp(a.at()), stamp(c.at()))
	var text string
	var flags metering.Flags
	var kind EventKind
	var least int64
	switch v {
	case rescaled:
		kind, flags = EventConfigChange, metering.FlagConfigChange
		text = fmt.Sprintf("the register's scale changed %s: %d%s and then %d%s thousandths of a %s per count",
			where, a.step, side(a.second), c.step, side(c.second), z.channel.Unit())
	case restarted:
		kind, flags = EventReset, metering.FlagReset
		f := z.s.frameOf(c)
		least, _, _ = f.whole(c.raw, c.step)
		text = fmt.Sprintf("the register started anew %s: %d and then %d counts; what it had counted since the first of these is lost", where, a.raw, c.raw)
	case jumped:
		kind, flags = EventJump, metering.FlagLimit
		text = fmt.Sprintf("the register went up from %d to %d counts %s, which is more than the point can carry", a.raw, c.raw, where)
	default:
		kind, flags = EventDecrease, metering.FlagNegative
		text = fmt.Sprintf("the register went back from %d to %d counts %s", a.raw, c.raw, where)
	}
	z.event(kind, a, c, "%s", text)
	z.lose(hi, c, text)
	o := z.oddity(hi)
	o.flags |= flags
	o.least = least
}

func side(secondary bool) string {
	if secondary {
		return " secondary"
	}
	return ""
}

// lose makes the way to a knot unknown and begins anew there.
func (z *sifter) lose(hi int, c sample, reason string) {
	f := z.s.frameOf(c)
	f.stand = z.no
	z.frames = append(z.frames, f)
	k := &z.knots[hi]
	k.frame, k.delta = int32(len(z.frames)-1), 0
	o := z.oddity(hi)
	o.broken, o.stages, o.loose = true, nil, 0
	o.say(0, reason)
}

// wraps is how many times more the register passed its top than the readings on
// both sides show, when more time has passed than it needs for that: as many as
// the power around the gap makes.
func (z *sifter) wraps(hi int, c sample) (more uint64, how string, ok bool) {
	k := z.knots[hi]
	dt := k.ms - z.knots[hi-1].ms
	hours := float64(dt) / 3.6e6
	unknown := fmt.Sprintf("no reading for %.1f h, in which the register can pass its top of %d counts", hours, z.modulus)
	slope, ok := z.slopeAround(hi, c)
	if !ok {
		return 0, unknown + ", and no power around it says how often", false
	}
	expected, m := slope*float64(dt), float64(z.modulus)
	n := math.Round((expected - float64(k.delta)) / m)
	n = max(n, 0)
	delta := float64(k.delta) + n*m
	f := z.frames[z.knots[hi-1].frame]
	if math.Abs(delta-expected) > m/4 || expected > 2*m || k.delta+uint64(n)*z.modulus > f.room(dt) {
		return 0, fmt.Sprintf("%s; the power around it, %.0f counts in that time, does not say how often", unknown, expected), false
	}
	return uint64(n), fmt.Sprintf("%s: by the power around it, %.0f counts in that time", unknown, expected), true
}

// slopeAround is how many counts per ms the register made in the base periods
// before and after the way to a knot.
func (z *sifter) slopeAround(hi int, c sample) (float64, bool) {
	var counts, ms float64
	for i := hi - 1; i > z.first; i-- {
		k := z.knots[i]
		if z.knots[i-1].ms < z.knots[hi-1].ms-period || k.odd != 0 {
			break
		}
		counts, ms = counts+float64(k.delta), ms+float64(z.width(i))
	}
	last := int(z.from[len(z.from)-1])
	for i := last + 1; i < len(z.in) && z.in[i].ms <= c.ms+period; i++ {
		if v, delta := z.judge(last, i); v == goesOn {
			counts, ms = counts+float64(delta), ms+float64(z.in[i].ms-z.in[last].ms)
			last = i
		}
	}
	return counts / max(ms, 1), ms > 0
}
