package rules

import (
	"fmt"
	"time"

	"asue/metering"
)

// statutory is E8: average daily consumption of the settlement period before, or
// else after, a time of faulty metering, for at most 30 days from its detection
// (order No. 143, item 61), spread over each local day by the shape of like days.
func (l *look) statutory(st stretch, w way) solution {
	if w.late {
		return solution{text: fmt.Sprintf("faulty metering since %s: average consumption is billed for %.0f days, beyond them an act has to say what is",
			l.clock(l.c.Faulty[w.faulty].From), l.set.duration(statutoryTime).Hours()/24)}
	}
	use, which := l.c.Previous, "previous"
	if use == nil || use.Days <= 0 {
		use, which = l.c.Next, "next"
	}
	if use == nil || use.Days <= 0 {
		return solution{text: "no settlement period with a known energy"}
	}
	if use.Energy < 0 || use.Energy/metering.Energy(use.Days) > plausible*daySlots {
		return solution{text: "the settlement period's energy is out of range"}
	}
	daily := (int64(use.Energy) + int64(use.Days)/2) / int64(use.Days)
	s := solution{grade: metering.Estimated, method: metering.MethodStatutory}
	s.text = fmt.Sprintf("average daily consumption %s of the %s settlement period", l.say(metering.Energy(daily)), which)
	for _, parts := range l.byDay(st.parts) {
		start, end := metering.LocalDay(l.c.slot(parts[0].slot), l.c.zone())
		lo := slotOf(l.c.From, start)
		shares := l.wholeDay(lo, slotOf(l.c.From, end), daily)
		for _, p := range parts {
			share := mulDiv(shares[p.slot-lo], p.over(), periodMS)
			s.shares = append(s.shares, share)
			s.doubts = append(s.doubts, share) // no more is known than that it is about so much
		}
	}
	return s
}

// wholeDay shares an energy out over the slots [lo, hi) of a local day.
func (l *look) wholeDay(lo, hi int, energy int64) []int64 {
	parts := make([]part, 0, hi-lo)
	for i := lo; i < hi; i++ {
		parts = append(parts, part{i, int64(i) * periodMS, int64(i+1) * periodMS})
	}
	weights, _, _, ok := l.like(parts, false)
	if !ok || sumOf(weights) == 0 {
		weights = rooms(parts)
	}
	return l.pourInto(energy, weights, parts)
}

// byFactor estimates a reactive channel by tan φ of the like period and the active
// energy, whatever grade that has: reactive energy follows active, so it is not
// estimated by itself. False if the case has none of this.
func (l *look) byFactor(st stretch) (solution, bool) {
	k := activeSibling(l.c)
	if k < 0 {
		return solution{}, false
	}
	active := &l.siblings[k]
	fit := func(slot int) (metering.Energy, bool) {
		a := active.at(slot)
		e, ok := l.history(slot)
		return e, ok && hasEnergy(a) && (a.Grade == metering.Actual || a.Grade == metering.FinalGrade)
	}
	var milli, doubts []int64
	var used []time.Time
	for _, parts := range l.byDay(st.parts) {
		days := l.likeDays(parts, true, fit)
		var r, a int64
		for _, d := range days {
			used = append(used, d.date)
			for _, slot := range d.slots {
				e, _ := l.history(slot)
				r, a = r+max(0, int64(e)), a+max(0, int64(active.at(slot).Energy))
			}
		}
		for _, p := range parts {
			now, ok := energyAt(active.at(p.slot))
			if !ok || a == 0 || r > 1000*a {
				return solution{}, false
			}
			v := mulDiv(mulDiv(max(0, now)*1000, r, a), p.over(), periodMS)
			milli = append(milli, v)
			doubts = append(doubts, v/1000+1) // no more is known than that it is about so much
		}
	}
	return l.guess(st, metering.MethodLikeDay, milli, doubts, "active energy times tan φ of like days "+l.dates(used)), true
}
