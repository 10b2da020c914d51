package rules

import (
	"math"
	"time"

	"asue/metering"
)

// heard are the witnesses of the case by slot, and the greatest of each sign that
// occurs at all, so that most rules need not look twice.
type heard struct {
	first []int32 // by slot: index of its first witness, plus one; nil if there are none
	top   [numSigns]int32
}

const numSigns = len(metering.Witness{}.Signs)

// hear puts the witnesses of the range down; they ascend by start, one for each
// meter that stood there.
func (l *look) hear() {
	if len(l.c.Witnesses) == 0 {
		return
	}
	l.heard.first = make([]int32, len(l.iv))
	for k := len(l.c.Witnesses) - 1; k >= 0; k-- {
		w := &l.c.Witnesses[k]
		i := slotOf(l.c.From, w.Start)
		if i < 0 || i >= len(l.iv) {
			continue
		}
		l.heard.first[i] = int32(k) + 1
		for s, v := range w.Signs {
			l.heard.top[s] = max(l.heard.top[s], v)
		}
	}
}

// witnesses are those of a slot.
func (l *look) witnesses(i int) []metering.Witness {
	if i < 0 || i >= len(l.heard.first) || l.heard.first[i] == 0 {
		return nil
	}
	k := int(l.heard.first[i]) - 1
	n := k + 1
	for n < len(l.c.Witnesses) && l.c.Witnesses[n].Start.Equal(l.c.Witnesses[k].Start) {
		n++
	}
	return l.c.Witnesses[k:n]
}

// sign is the greatest value that any meter of the point has shown in a slot.
func (l *look) sign(i int, s metering.Sign) int32 {
	var v int32
	for k := range l.witnesses(i) {
		v = max(v, l.witnesses(i)[k].Signs[s])
	}
	return v
}

// signs calls each for every run of slots in which a sign is above a bound.
func (l *look) signs(lo, hi int, s metering.Sign, above float64, each func(i, j int, top int32)) {
	if float64(l.heard.top[s]) <= above {
		return
	}
	runs(lo, hi, func(i int) bool { return float64(l.sign(i, s)) > above }, func(i, j int) {
		at := worst(i, j, func(i int) float64 { return float64(l.sign(i, s)) })
		each(i, j, l.sign(at, s))
	})
}

// sampled is the energy of a slot by the mean of its power samples, each counting
// for the time up to half way to its neighbours, and how many there are. Power
// that flows out counts as nothing. Of two meters at the point in one period the
// first that has samples counts: they are not added.
func (l *look) sampled(i int) (metering.Energy, int) {
	list := l.witnesses(i)
	for len(list) > 0 && len(list[0].Powers) == 0 {
		list = list[1:]
	}
	if len(list) == 0 {
		return 0, 0
	}
	powers, start := list[0].Powers, list[0].Start
	since := func(k int) int64 { return powers[k].At.Sub(start).Milliseconds() }
	var sum float64 // W·ms
	from, now := int64(0), since(0)
	for k := range powers {
		to, next := periodMS, int64(0)
		if k+1 < len(powers) {
			next = since(k + 1)
			to = (now + next) / 2
		}
		sum += math.Max(float64(powers[k].Power), 0) * float64(to-from)
		from, now = to, next
	}
	return metering.Energy(math.Round(sum / float64(time.Hour.Milliseconds()))), len(powers)
}
