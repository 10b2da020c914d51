package rules

import (
	"fmt"
	"slices"

	"asue/metering"
)

// estimate fills what is missing or was doubted.
//
// A stretch whose energy the registers know is scaled to it (E5): its energy is
// right, only its shape is guessed. Of other stretches each piece is estimated by
// the first of these that there is: nothing at a disconnected point (E9), the
// check meter (E2), the node's other flows (E3), another device (E4), average
// daily consumption while metering was faulty (E8), tan φ for reactive energy, a
// line over a short gap (E6), like days (E7). E1, a late reading, is not made here:
// it comes in by the registers and takes an estimate's place. E10 is an act
// (Amend).
func (l *look) estimate() {
	list := l.stretches()
	if len(list) == 0 {
		return
	}
	sums := make([]filling, len(l.iv))
	for _, st := range list {
		l.set = l.setAt(st.parts[0].slot)
		if st.bounded {
			l.add(sums, st, l.scaled(st))
			continue
		}
		for _, piece := range l.byItself(st) {
			s := l.open(piece)
			if s.shares != nil || l.way(piece.parts[0].slot).method != metering.MethodNone {
				l.add(sums, piece, s)
				continue
			}
			// What has no like days on one day may have some on another.
			for _, parts := range l.byDay(piece.parts) {
				day := piece
				day.parts, day.least = parts, 0
				l.add(sums, day, l.byLikeDays(day))
			}
		}
	}
	for i := range sums {
		l.fill(i, &sums[i])
	}
}

// byItself are the pieces of a stretch that are estimated each by itself. Of an open
// gap these are local days: it grows every quarter of an hour, and what was estimated
// of a day that is over must not change with it.
func (l *look) byItself(st stretch) []stretch {
	pieces := l.pieces(st)
	if !st.open {
		return pieces
	}
	var list []stretch
	for _, piece := range pieces {
		for _, parts := range l.byDay(piece.parts) {
			day := piece
			day.parts = parts
			list = append(list, day)
		}
	}
	return list
}

// setAt is the rule set in force at a slot, at the range's edge for slots outside.
func (l *look) setAt(slot int) *set {
	for k := range l.sets {
		if slot < l.sets[k].hi {
			return &l.sets[k]
		}
	}
	return &l.sets[len(l.sets)-1]
}

// solution is how a stretch is filled: one share and its uncertainty for each
// part. Without shares it could not be, and text says why.
type solution struct {
	shares, doubts []int64
	grade          metering.Grade
	method         metering.Method
	text           string
}

// filling is what stretches have put into one slot.
type filling struct {
	touched, failed bool
	energy, doubt   int64
	over            int64
	grade           metering.Grade
	method          metering.Method
	flags           metering.Flags
	texts           []string
}

func (l *look) add(sums []filling, st stretch, s solution) {
	for k, p := range st.parts {
		if p.slot < 0 || p.slot >= len(sums) {
			continue
		}
		f := &sums[p.slot]
		text := st.what + ": " + s.text
		if !slices.Contains(f.texts, text) {
			f.texts = append(f.texts, text)
		}
		f.flags |= st.flags
		f.over += p.over()
		if s.shares == nil {
			f.touched, f.failed = true, true
			continue
		}
		f.energy += s.shares[k]
		f.doubt = plus(f.doubt, s.doubts[k])
		if !f.touched || f.grade.Worse(s.grade) != f.grade {
			f.grade, f.method = s.grade, s.method
		}
		f.touched = true
	}
}

// fill writes an estimate down. A slot of which some time is not accounted for
// stays without energy.
func (l *look) fill(i int, f *filling) {
	if !f.touched || (l.on[i] != missing && l.on[i] != doubted) {
		return
	}
	iv := &l.iv[i]
	known := metering.Energy(0)
	over := f.over
	if l.on[i] == missing {
		p := l.partial(i)
		known, over = p.Known, over+p.Measured.Milliseconds()
	}
	if over < periodMS-1 && !f.failed {
		f.failed = true
		f.texts = append(f.texts, fmt.Sprintf("only %d of %d s are accounted for", over/1000, periodMS/1000))
	}
	if iv.Flags |= f.flags; iv.Flags == 0 {
		iv.Flags = metering.FlagGap
	}
	if f.failed {
		iv.Energy, iv.Uncertainty, iv.Grade, iv.Method = 0, 0, metering.Null, metering.MethodNone
		l.mark(i, 0, "not estimated: "+joined(f.texts))
		l.on[i] = terminated
		return
	}
	iv.Energy = known + metering.Energy(f.energy)
	iv.Uncertainty = metering.Energy(plus(f.doubt, l.edges(i, known != 0)))
	iv.Grade, iv.Method = f.grade, f.method
	l.mark(i, 0, joined(f.texts))
	l.on[i] = estimated
}

// edges bounds what a known part of a slot may be off at the slot's own ends: they
// are ends of its measured neighbours too, whose uncertainty contains them.
func (l *look) edges(i int, known bool) int64 {
	if !known {
		return 0
	}
	doubt := int64(l.c.Quantum)
	for _, n := range []int{i - 1, i + 1} {
		if iv := l.stands(n); iv != nil && !iv.Method.Estimates() {
			doubt = plus(doubt, int64(iv.Uncertainty))
		}
	}
	return doubt
}

// pieces cuts a stretch of unknown energy where another way of estimating begins.
func (l *look) pieces(st stretch) []stretch {
	var list []stretch
	for i := 0; i < len(st.parts); {
		j := i + 1
		way := l.way(st.parts[i].slot)
		for j < len(st.parts) && st.parts[j].slot == st.parts[j-1].slot+1 && l.way(st.parts[j].slot) == way {
			j++
		}
		piece := st
		piece.parts, piece.least = st.parts[i:j], 0
		list = append(list, piece)
		i = j
	}
	// What has flowed at least has flowed in the longest piece that is not
	// disconnected.
	at := -1
	for k := range list {
		if l.way(list[k].parts[0].slot).method != metering.MethodZero && (at < 0 || len(list[k].parts) > len(list[at].parts)) {
			at = k
		}
	}
	if at >= 0 {
		list[at].least = st.least
	}
	return list
}

// way is what there is to estimate a slot of unknown energy from.
type way struct {
	method metering.Method // MethodNone: shape and history
	faulty int             // index of the faulty period, -1 for none
	late   bool            // later in it than average consumption may be billed
}

func (l *look) way(slot int) way {
	w := way{faulty: -1}
	for k, p := range l.c.Faulty {
		if first, last := l.within(slot, slot+1, p.From, p.To); first < last {
			w.faulty = k
			w.late = !p.From.IsZero() && l.c.slot(slot+1).Sub(p.From) > l.set.duration(statutoryTime)
		}
	}
	switch {
	case l.covered(slot, l.c.Point.Disconnected):
		w.method = metering.MethodZero
	case l.checkFor(slot) != nil:
		w.method = metering.MethodCheck
	case flowAt(l.c.Nodal, l.c.slot(slot)) != nil:
		w.method = metering.MethodNodal
	case l.other(slot, w.faulty >= 0) != nil:
		w.method = metering.MethodOther
	case w.faulty >= 0 && (l.c.Previous != nil || l.c.Next != nil):
		w.method = metering.MethodStatutory
	}
	return w
}
