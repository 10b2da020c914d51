package rules

import (
	"fmt"
	"time"

	"asue/metering"
)

// open estimates a piece whose energy no register knows.
func (l *look) open(st stretch) solution {
	switch w := l.way(st.parts[0].slot); w.method {
	case metering.MethodZero:
		return solution{
			shares: make([]int64, len(st.parts)), doubts: make([]int64, len(st.parts)),
			grade: metering.Substitute, method: metering.MethodZero, text: "disconnected",
		}
	case metering.MethodCheck:
		return l.beside(st, w.method, l.checkFor, "check meter"+l.ratioText(st.parts[0].slot))
	case metering.MethodNodal:
		return l.beside(st, w.method, func(slot int) *Flow { return flowAt(l.c.Nodal, l.c.slot(slot)) }, "the other flows of the node")
	case metering.MethodOther:
		text := "samples of the meter's own power"
		if flowAt(l.c.Other, l.c.slot(st.parts[0].slot)) != nil {
			text = "another device"
		}
		return l.beside(st, w.method, func(slot int) *Flow { return l.other(slot, w.faulty >= 0) }, text)
	case metering.MethodStatutory:
		return l.statutory(st, w)
	}
	if s, ok := l.byFactor(st); ok {
		return s
	}
	if length(st.parts) <= l.set.duration(linearOpen) {
		if weights, text, ok := l.line(st.parts, true); ok {
			return l.guess(st, metering.MethodLinear, weights, l.lineDoubts(st.parts), text)
		}
	}
	return l.byLikeDays(st)
}

// byLikeDays is E7.
func (l *look) byLikeDays(st stretch) solution {
	if weights, doubts, text, ok := l.like(st.parts, true); ok {
		return l.guess(st, metering.MethodLikeDay, weights, doubts, text)
	}
	return solution{text: "no check meter, no neighbours for a line, no like days"}
}

// guess makes energies in thousandths of a unit an estimate: at least what has
// flowed for certain, no part above what the point can carry.
func (l *look) guess(st stretch, m metering.Method, milli, doubts []int64, text string) solution {
	total := (sumOf(milli) + 500) / 1000
	if least := int64(st.least); total < least {
		total = least
		text += fmt.Sprintf(", raised to the %s that have flowed at least", l.say(st.least))
	}
	var most int64
	for _, c := range l.caps(st.parts, false) {
		most = min(most+c, unbounded)
	}
	if total > most {
		total = most
		text += ", no more than the point can carry"
	}
	shares := l.pourInto(total, milli, st.parts)
	for k := range shares {
		doubts[k] = plus(doubts[k], abs(shares[k]-(milli[k]+500)/1000))
	}
	return solution{shares: shares, doubts: doubts, grade: metering.Estimated, method: m, text: text}
}

// beside are E2, E3 and E4: what somebody else has seen in the same slots.
func (l *look) beside(st stretch, m metering.Method, flow func(slot int) *Flow, text string) solution {
	milli, doubts := make([]int64, len(st.parts)), make([]int64, len(st.parts))
	for k, p := range st.parts {
		f := flow(p.slot)
		e := max(0, int64(f.Energy))
		milli[k] = mulDiv(e*1000, p.over(), periodMS)
		if known := l.partial(p.slot); known.Measured > 0 && known.Measured.Milliseconds()+p.over() == periodMS && e >= int64(known.Known) {
			milli[k] = (e - int64(known.Known)) * 1000
		}
		doubts[k] = int64(f.Uncertainty)
	}
	return l.guess(st, m, milli, doubts, text)
}

// checkFor is the check meter's energy of a slot as the main meter would have seen
// it; nil if its class does not do, or it knows nothing.
func (l *look) checkFor(slot int) *Flow {
	c := l.c
	if len(c.Check) == 0 || c.Accuracy <= 0 || c.CheckAccuracy <= 0 || c.CheckAccuracy > l.set.number(checkClass)*c.Accuracy {
		return nil
	}
	iv := l.check.at(slot)
	if !hasEnergy(iv) || iv.Energy > plausible || (iv.Grade != metering.Actual && iv.Grade != metering.FinalGrade) {
		return nil
	}
	r := l.checkRatio(slot)
	e := mulDiv(max(0, int64(iv.Energy)), r.main, r.check)
	class := int64(float64(e)*(c.Accuracy+c.CheckAccuracy)/100) + 1
	return &Flow{iv.Start, metering.Energy(e), metering.Energy(plus(class, int64(iv.Uncertainty)))}
}

// ratio is what main and check meter said on the last local day before a slot's
// that both have seen whole: check·main/check is what the main one would have said.
type ratio struct {
	main, check int64
	day         time.Time // zero: no such day, 1:1
}

// checkRatio looks for that day, once for each local day that needs it.
func (l *look) checkRatio(slot int) ratio {
	end, _ := metering.LocalDay(l.c.slot(slot), l.c.zone())
	key := slotOf(l.c.From, end)
	if r, ok := l.ratios[key]; ok {
		return r
	}
	r := ratio{main: 1, check: 1}
	for range l.set.count(likeBack) {
		start, _ := metering.LocalDay(end.Add(-time.Minute), l.c.zone())
		if main, check, ok := l.bothOn(slotOf(l.c.From, start), slotOf(l.c.From, end)); ok {
			r = ratio{main, check, start}
			break
		}
		end = start
	}
	if l.ratios == nil {
		l.ratios = map[int]ratio{}
	}
	l.ratios[key] = r
	return r
}

func (l *look) bothOn(lo, hi int) (main, check int64, ok bool) {
	for i := lo; i < hi; i++ {
		m, okMain := l.history(i)
		c := l.check.at(i)
		if !okMain || !hasEnergy(c) || c.Grade != metering.Actual {
			return 0, 0, false
		}
		main, check = main+int64(m), check+int64(c.Energy)
	}
	return main, check, check > 0 && main > check/10 && main/10 < check
}

func (l *look) ratioText(slot int) string {
	r := l.checkRatio(slot)
	if r.day.IsZero() {
		return ", one to one"
	}
	return fmt.Sprintf(" times %.4f, the ratio of %s", float64(r.main)/float64(r.check), r.day.In(l.c.zone()).Format(time.DateOnly))
}

// other is the energy of a slot by another device, or by the samples of the
// meter's own power where that may be believed; nil if neither is there.
func (l *look) other(slot int, faulty bool) *Flow {
	if f := flowAt(l.c.Other, l.c.slot(slot)); f != nil {
		return f
	}
	if faulty || l.c.Channel != metering.ChannelActiveImport || len(l.c.Witnesses) == 0 {
		return nil
	}
	e, n := l.sampled(slot)
	if n < l.set.count(otherSamples) {
		return nil
	}
	// Sampled every 10 s single intervals were up to 9 % off, every minute 39 %.
	const full = int64(metering.BasePeriod / metering.WitnessSlot)
	share := min(1, 0.09*float64(full)/float64(n))
	return &Flow{l.c.slot(slot), e, metering.Energy(plus(int64(float64(e)*share)+1, int64(l.c.Quantum)))}
}
