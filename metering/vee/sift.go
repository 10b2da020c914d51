package vee

import (
	"time"
)

// registerLag is how old a register's content may be when it is read: meters
// renew it every few seconds, gateways keep it a few more. What comes in one
// step after that time is not too much.
const registerLag = 15 * time.Second

// garbageRun is how many readings in a row may be wrong when the register then
// goes on from before.
const garbageRun = 2

// verdict is how a reading follows another one.
type verdict uint8

const (
	goesOn     verdict = iota // as a register does
	rolledOver                // through the top of the register
	restarted                 // anew from near zero
	fell                      // down, and nothing explains it
	jumped                    // up by more than the point can carry
	rescaled                  // in other units per count
)

// sifter walks along the readings of one stand and puts those that count into
// the track.
type sifter struct {
	*track
	s       *stand
	no      int32 // of the stand
	in      []sample
	first   int // knots of this stand begin here
	modulus uint64
	thrown  []sample // thrown out on the way to the next knot
}

// sift takes the readings of a stand into the track.
func (t *track) sift(no int) {
	s := &t.stands[no]
	z := sifter{track: t, s: s, no: int32(no), in: s.samples(), first: len(t.knots), modulus: s.modulus()}
	t.knots = append(make([]knot, 0, len(t.knots)+len(z.in)+2), t.knots...)
	t.pending = t.pending[:0]
	for i := 0; i < len(z.in); {
		i = z.take(i)
	}
	z.finish()
}

// take decides about the reading at i and gives the one to go on with.
func (z *sifter) take(i int) int {
	x := &z.in[i]
	n := len(z.knots)
	if n == z.first {
		z.begin(*x)
		return i + 1
	}
	a := &z.knots[n-1]
	if x.ms == a.ms {
		return i + 1 // the first one of a millisecond counts
	}
	f := &z.frames[a.frame]
	if x.raw >= a.raw && x.step == f.step && x.second == f.second && len(z.thrown) == 0 && len(z.s.links) == 1 {
		delta := x.raw - a.raw
		if f.rate == 0 || (delta <= f.room(x.ms-a.ms) && x.ms-a.ms < f.wrap) {
			z.knots = append(z.knots, knot{ms: x.ms, raw: x.raw, delta: delta, took: x.took, frame: a.frame})
			return i + 1
		}
	}
	return z.weigh(i)
}

// last is the last knot as a reading.
func (z *sifter) last() sample { return z.sampleOf(len(z.knots) - 1) }

func (t *track) sampleOf(i int) sample {
	k := t.knots[i]
	f := &t.frames[k.frame]
	return sample{ms: k.ms, raw: k.raw, step: f.step, took: k.took, second: f.second}
}

// judge is how b follows a, and by how many counts.
func (z *sifter) judge(a, b sample) (verdict, uint64) {
	if a.step != b.step || a.second != b.second {
		return rescaled, 0
	}
	f := &z.frames[z.knots[len(z.knots)-1].frame]
	if f.step != a.step || f.second != a.second || len(z.s.links) > 1 {
		other := z.s.frameOf(a)
		f = &other
	}
	room := f.room(b.ms - a.ms + (registerLag + (a.took+b.took)/2 + z.slack(a.ms, b.ms)).Milliseconds())
	m := z.modulus
	switch {
	case b.raw >= a.raw && (f.rate == 0 || b.raw-a.raw <= room):
		return goesOn, b.raw - a.raw
	case b.raw >= a.raw:
		return jumped, 0
	case m > 0 && f.rate > 0 && a.raw < m && b.raw+(m-a.raw) <= room:
		return rolledOver, b.raw + (m - a.raw)
	case f.rate > 0 && b.raw <= room:
		return restarted, 0
	}
	return fell, 0
}

// weigh decides about a reading that does not simply go on: garbage, or
// something that happened to the register. Readings that a following one may
// still turn into garbage are left pending.
func (z *sifter) weigh(i int) int {
	a, c := z.last(), z.in[i]
	v, delta := z.judge(a, c)
	if v == goesOn {
		z.accept(c, v, delta)
		return i + 1
	}
	for run := 1; run <= garbageRun && i+run < len(z.in); run++ {
		d := z.in[i+run]
		if dv, _ := z.judge(a, d); dv != goesOn {
			continue
		}
		if cv, _ := z.judge(c, d); run == 1 && v == rolledOver && cv == goesOn {
			break // both go on from it: it was no garbage
		}
		for j := i; j < i+run; j++ {
			z.throwOut(j)
		}
		return i + run
	}
	if v == restarted || v == fell {
		if back := z.garbageBefore(i); back > 0 {
			z.takeBack(back)
			b := z.last()
			v, delta = z.judge(b, c)
			z.accept(c, v, delta)
			return i + 1
		}
	}
	left := len(z.in) - i
	if v != rolledOver && (left == 1 || left == 2 && !z.follows(c, z.in[i+1])) {
		z.pending = append(z.pending, z.in[i:]...)
		return len(z.in)
	}
	z.accept(c, v, delta)
	return i + 1
}

func (z *sifter) follows(a, b sample) bool {
	v, _ := z.judge(a, b)
	return v == goesOn || v == rolledOver
}

// garbageBefore is how many of the last knots are garbage that was too high: the
// reading at i goes on from the knot before them. 0 if none is.
func (z *sifter) garbageBefore(i int) int {
	c := z.in[i]
	if i+1 < len(z.in) && !z.follows(c, z.in[i+1]) {
		return 0
	}
	for run := 1; run <= garbageRun; run++ {
		n := len(z.knots) - run
		if n-1 < z.first || z.knots[n].odd != 0 && z.odds[z.knots[n].odd].broken {
			return 0
		}
		if v, _ := z.judge(z.sampleOf(n-1), c); v == goesOn {
			return run
		}
	}
	return 0
}

// takeBack throws out the last knots.
func (z *sifter) takeBack(run int) {
	n := len(z.knots) - run
	for i := n; i < len(z.knots); i++ {
		z.glitch(z.sampleOf(n-1), z.sampleOf(i))
		z.thrown = append(z.thrown, z.sampleOf(i))
	}
	z.knots = z.knots[:n]
}

// throwOut throws out a reading.
func (z *sifter) throwOut(i int) {
	z.glitch(z.last(), z.in[i])
	z.thrown = append(z.thrown, z.in[i])
}

func (z *sifter) glitch(good, bad sample) {
	z.event(EventGlitch, good, bad, "reading of %d counts at %s thrown out: the register goes on from %d",
		bad.raw, stamp(bad.at()), good.raw)
}

// slack is how much more time may have passed between two stamps, because the
// clock that makes them was set.
func (z *sifter) slack(from, to int64) time.Duration {
	var most int64
	for _, st := range z.steps {
		if st.start <= to && st.start+period > from {
			most = max(most, st.by)
		}
	}
	return time.Duration(most) * time.Millisecond
}
