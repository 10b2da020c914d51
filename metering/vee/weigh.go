package vee

import "fmt"

// How readings that do not go on from each other are weighed: of all ways to
// throw some out the one is taken that keeps most. To believe that something
// happened to the register costs a little more than throwing out two readings: two
// in a row may be garbage if the register then goes on from before, and three that
// go on from each other tell of something new.
const (
	worthKept  = 4
	costBreak  = 9
	costRolled = 1
	costBegin  = 6 // to begin the stand with another reading than the first

	weighedBack    = 8  // knots looked at again
	weighedAhead   = 24 // readings looked at ahead
	weighedDecided = 8  // of these decided about
)

// link is the best way to a reading that is weighed.
type link struct {
	in    int // index of the reading
	score int
	from  int // the link before; -1: none
	verdict
	delta uint64
}

// weigh decides about the readings around the one at i, which does not go on from
// the last knot. Readings at the end that a following one may still turn into
// garbage, or out of it, are left pending.
func (z *sifter) weigh(i int) int {
	n := len(z.knots)
	base := n - 1
	for base > z.first && n-base < weighedBack && z.plain(base) {
		base--
	}
	end := min(len(z.in), i+weighedAhead)
	links := z.links(base, end)
	best := 0
	for j := range links {
		if links[j].score >= links[best].score {
			best = j
		}
	}
	var chain []link
	for j := best; j >= 0; j = links[j].from {
		chain = append(chain, links[j])
	}
	decided := i + weighedDecided
	if end == len(z.in) {
		decided = links[best].in
	}
	z.takeBack(base)
	for j := len(chain) - 1; j >= 0; j-- {
		switch c := chain[j]; {
		case c.in > decided:
		case len(z.knots) == z.first:
			z.begin(c.in)
		case c.from >= 0:
			z.accept(c.in, c.verdict, c.delta)
		}
	}
	if end < len(z.in) {
		return decided + 1
	}
	z.pending = append(z.pending[:0], z.in[decided+1:]...)
	return len(z.in)
}

// plain reports whether nothing but readings thrown out lies on the way to a knot.
func (z *sifter) plain(i int) bool {
	return z.knots[i].odd == 0 && z.from[i-z.first] >= 0
}

// takeBack takes the knots behind the base back to be decided about anew; the base
// too, if it is the first reading of the stand.
func (z *sifter) takeBack(base int) {
	if base == z.first && z.knots[base].odd == 0 && z.from[0] >= 0 {
		base--
	}
	z.knots = z.knots[:base+1]
	z.from = z.from[:base+1-z.first]
}

// links finds the best way to each reading from the base on. The base is the
// first of them; if it is the first reading of the stand, others may do without.
func (z *sifter) links(base, end int) []link {
	first := int(z.from[base-z.first])
	links := make([]link, 0, end-first)
	links = append(links, link{in: first, score: worthKept, from: -1})
	free := base == z.first && z.knots[base].odd == 0 && first >= 0
	for j := max(first, z.lastIn(base)) + 1; j < end; j++ {
		if z.in[j].ms == z.in[j-1].ms && j-1 == links[len(links)-1].in && z.in[j].raw == z.in[j-1].raw {
			continue
		}
		l := link{in: j, from: -1, score: -1 << 30}
		if free {
			l.score = worthKept - costBegin
		}
		for k := range links {
			if z.in[j].ms == z.ms(links[k].in) {
				continue // of two readings of a millisecond one counts
			}
			v, delta := z.judge(links[k].in, j)
			score := links[k].score + worthKept
			switch v {
			case goesOn:
			case rolledOver:
				score -= costRolled
			default:
				score -= costBreak
			}
			if score > l.score {
				l.score, l.from, l.verdict, l.delta = score, k, v, delta
			}
		}
		links = append(links, l)
	}
	return links
}

// ms is the moment of a reading; of an act's one no reading has it.
func (z *sifter) ms(i int) int64 {
	if i < 0 {
		return -1
	}
	return z.in[i].ms
}

// lastIn is the last reading that the knots up to one have used.
func (z *sifter) lastIn(base int) int {
	last := -1
	for _, i := range z.from[:base-z.first+1] {
		last = max(last, int(i))
	}
	return last
}

// tellThrown marks the ways on which readings were thrown out.
func (z *sifter) tellThrown() {
	if n := len(z.from); n == len(z.in) && n == len(z.knots)-z.first {
		return // none was
	}
	before := -1
	for n, at := range z.from {
		hi := z.first + n
		if at < 0 {
			continue
		}
		var thrown []sample
		for i := before + 1; i < int(at); i++ {
			if x := z.in[i]; before < 0 || x.ms != z.in[before].ms || x.raw != z.in[before].raw {
				thrown = append(thrown, x)
				z.tellGlitch(x, before, int(at))
			}
		}
		before = int(at)
		if len(thrown) > 0 && hi > z.first {
			o := z.oddity(hi)
			o.glitch = true
			o.reason = joined(o.reason, thrownReason(thrown))
		}
	}
}

func (z *sifter) tellGlitch(bad sample, before, after int) {
	if before < 0 {
		z.event(EventGlitch, z.in[after], bad, "reading of %d counts at %s thrown out: the register begins with %d",
			bad.raw, stamp(bad.at()), z.in[after].raw)
		return
	}
	z.event(EventGlitch, z.in[before], bad, "reading of %d counts at %s thrown out: the register goes on from %d to %d",
		bad.raw, stamp(bad.at()), z.in[before].raw, z.in[after].raw)
}

func thrownReason(thrown []sample) string {
	text := fmt.Sprintf("reading of %d counts at %s thrown out as impossible", thrown[0].raw, stamp(thrown[0].at()))
	if n := len(thrown) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}
