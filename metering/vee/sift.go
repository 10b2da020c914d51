package vee

import (
	"time"
)

// registerLag is how old a register's content may be when it is read: meters
// renew it every few seconds, gateways keep it a few more. What comes in one
// step after that time is not too much.
const registerLag = 15 * time.Second

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
	power   *power
	no      int32 // of the stand
	in      []sample
	first   int // knots of this stand begin here
	modulus uint64
	from    []int32 // which of in each knot of this stand is; -1: an act's
}

// sift takes the readings of a stand into the track.
func (t *track) sift(no int) {
	s := &t.stands[no]
	z := sifter{track: t, s: s, power: &t.powers[no], no: int32(no), in: s.samples(), first: len(t.knots), modulus: s.modulus()}
	t.knots = append(make([]knot, 0, len(t.knots)+len(z.in)+2), t.knots...)
	z.from = make([]int32, 0, len(z.in)+1)
	t.pending = t.pending[:0]
	for i := 0; i < len(z.in); {
		i = z.take(i)
	}
	z.tellThrown()
	z.finish()
}

// take decides about the reading at i and gives the one to go on with.
func (z *sifter) take(i int) int {
	x := &z.in[i]
	n := len(z.knots)
	if n == z.first {
		z.begin(i)
		return i + 1
	}
	a := &z.knots[n-1]
	if x.ms == a.ms {
		return i + 1 // the first one of a millisecond counts
	}
	f := &z.frames[a.frame]
	if x.raw >= a.raw && x.step == f.step && x.second == f.second && len(z.s.links) == 1 {
		delta := x.raw - a.raw
		if f.rate == 0 || (delta <= f.room(x.ms-a.ms) && x.ms-a.ms < f.wrap) {
			z.knots = append(z.knots, knot{ms: x.ms, raw: x.raw, delta: delta, took: x.took, frame: a.frame})
			z.from = append(z.from, int32(i))
			return i + 1
		}
	}
	if v, delta := z.judge(int(z.from[len(z.from)-1]), i); v == goesOn {
		z.accept(i, v, delta)
		return i + 1
	}
	return z.weigh(i)
}

func (t *track) sampleOf(i int) sample {
	k := t.knots[i]
	f := &t.frames[k.frame]
	return sample{ms: k.ms, raw: k.raw, step: f.step, took: k.took, second: f.second}
}

// judge is how the reading at j follows the one at i, and by how many counts. An
// act's reading (-1) is followed by anything.
func (z *sifter) judge(i, j int) (verdict, uint64) {
	if i < 0 {
		return goesOn, 0
	}
	a, b := &z.in[i], &z.in[j]
	if a.step != b.step || a.second != b.second {
		return rescaled, 0
	}
	f := z.frameFor(a)
	room := f.room(b.ms - a.ms + (registerLag + (a.took+b.took)/2 + z.slack(a.ms, b.ms)).Milliseconds())
	m := z.modulus
	switch {
	case b.raw >= a.raw && (f.rate == 0 || b.raw-a.raw <= room || z.thaws(f, i, j)):
		return goesOn, b.raw - a.raw
	case b.raw >= a.raw:
		return jumped, 0
	case m > 0 && f.rate > 0 && a.raw < m && b.raw+(m-a.raw) <= room && z.believed(f, a, b, b.raw+(m-a.raw)):
		return rolledOver, b.raw + (m - a.raw)
	case f.rate > 0 && b.raw <= room:
		return restarted, 0
	}
	return fell, 0
}

// frameFor is the frame of a reading, that of the last knot if it will do.
func (z *sifter) frameFor(a *sample) *frame {
	if n := len(z.knots); n > z.first && len(z.s.links) == 1 {
		if f := &z.frames[z.knots[n-1].frame]; f.step == a.step && f.second == a.second {
			return f
		}
	}
	f := z.s.frameOf(*a)
	return &f
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
