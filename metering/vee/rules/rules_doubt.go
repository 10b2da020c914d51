package rules

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// identity is V01: what a stranger, or a meter set in another way, has counted is
// nobody's energy.
func identity(l *look, lo, hi int) {
	for _, m := range l.c.Identity {
		first, last := l.within(lo, hi, m.From, m.To)
		if first >= last {
			continue
		}
		text := fmt.Sprintf("%s of meter %s is %s, the site file says %s", m.What, m.Meter, m.Found, m.Expected)
		l.report(metering.Termination, first, last, text, count(last-first))
		for i := first; i < last; i++ {
			l.terminate(i, text)
		}
	}
	l.events(metering.Info, lo, hi, vee.EventSwap)
	l.events(metering.Info, lo, hi, vee.EventConfigChange)
}

func (l *look) terminate(i int, text string) {
	if l.on[i] == personal {
		return
	}
	l.mark(i, 0, text)
	iv := &l.iv[i]
	iv.Energy, iv.Uncertainty, iv.Grade, iv.Method = 0, 0, metering.Null, metering.MethodNone
	l.on[i] = terminated
}

// within are the slots of [lo, hi) that a time touches; a zero end is open.
func (l *look) within(lo, hi int, from, to time.Time) (first, last int) {
	first, last = lo, hi
	if !from.IsZero() {
		first = max(lo, slotOf(l.c.From, from))
	}
	if !to.IsZero() {
		last = min(hi, slotOf(l.c.From, to.Add(metering.BasePeriod-1)))
	}
	return first, last
}

// faultyMetering takes out what was measured while an act says that metering was
// faulty: the register's word does not count then.
func faultyMetering(l *look, lo, hi int) {
	for _, p := range l.c.Faulty {
		first, last := l.within(lo, hi, p.From, p.To)
		if first >= last {
			continue
		}
		l.report(metering.Failure, first, last, "metering was faulty, says an act", count(last-first))
		for i := first; i < last; i++ {
			if l.on[i] == measured {
				l.doubt(i, 0, fmt.Sprintf("faulty metering; the register said %s", l.say(l.iv[i].Energy)))
			}
		}
	}
}

// missingIntervals is V04, a local day at a time: how many were expected of it and
// how many there are.
func missingIntervals(l *look, lo, hi int) {
	for _, d := range l.days {
		first, last := max(d.lo, lo), min(d.hi, hi)
		from, to, n := -1, 0, 0
		for i := first; i < last; i++ {
			if l.on[i] != missing {
				continue
			}
			if from < 0 {
				from = i
			}
			to, n = i+1, n+1
		}
		if n > 0 {
			l.report(metering.Failure, from, to, fmt.Sprintf("%d of %d intervals of %s have no energy", n, last-first, d.start.In(l.c.zone()).Format(time.DateOnly)),
				number("expected", float64(last-first), "1"), number("got", float64(last-first-n), "1"))
		}
	}
}

// scaledTotal are slots that are to be scaled to a binding total.
type scaledTotal struct {
	first, last         int
	energy, uncertainty metering.Energy
}

// sumCheck is V06. The intervals of a binding total are scaled to it, and what is
// missing of them gets what the others leave; a total beside the register's own
// intervals is an alarm, for these are differences of the register already.
func sumCheck(l *look, lo, hi int) {
	for k := range l.c.Totals {
		t := &l.c.Totals[k]
		first, last := slotOf(l.c.From, t.From), slotOf(l.c.From, t.To)
		if first < lo || first >= hi || last > len(l.iv) {
			continue
		}
		sum, holes, ok := l.sum(first, last)
		binding := t.Binding && t.Energy >= 0 && int64(t.Energy) <= unbounded
		tolerance := max(l.set.number(sumSteps)*float64(t.Quantum), l.set.number(sumShare)*math.Abs(float64(t.Energy)))
		if ok && holes > 0 && binding && sum <= t.Energy {
			l.totals = append(l.totals, scaledTotal{first, last, t.Energy, t.Quantum})
			continue
		}
		excess := float64(sum - t.Energy)
		if !ok || excess <= tolerance && (holes > 0 || excess >= -tolerance) {
			continue
		}
		severity, act := metering.Alarm, l.mark
		if binding && holes == 0 {
			severity, act = metering.Failure, l.doubt
			l.totals = append(l.totals, scaledTotal{first, last, t.Energy, t.Quantum})
		}
		text := fmt.Sprintf("intervals add up to %s, the %s says %s", l.say(sum), t.Source, l.say(t.Energy))
		l.report(severity, first, last, text, l.energyOf("sum", sum), l.energyOf("total", t.Energy), number("tolerance", tolerance, l.c.Channel.Unit()))
		for i := first; i < last; i++ {
			act(i, metering.FlagSumCheck, text)
		}
	}
}

// sum adds slots up and counts those without an energy; false if there is one of
// which nothing can be said by the others.
func (l *look) sum(first, last int) (sum metering.Energy, holes int, ok bool) {
	for i := first; i < last; i++ {
		switch {
		case l.known(i):
			sum += l.iv[i].Energy
		case l.on[i] == missing && !l.gapAt(i):
			holes++
		default:
			return 0, 0, false
		}
	}
	return sum, holes, true
}

// limit is V08: more than the point can carry, 5 % to spare.
func limit(l *look, lo, hi int) {
	l.events(metering.Failure, lo, hi, vee.EventJump)
	l.beyond(lo, hi, func(i int) bool { return l.known(i) }, l.doubt)
}

// limitAgain looks at what was estimated: an energy that a register has counted is
// never cut, whatever the point can carry.
func limitAgain(l *look, lo, hi int) {
	l.beyond(lo, hi, func(i int) bool { return l.on[i] == estimated }, l.mark)
}

func (l *look) beyond(lo, hi int, of func(i int) bool, act func(i int, f metering.Flags, text string)) {
	if l.c.MaxPower <= 0 {
		return
	}
	top := metering.Energy(float64(most(l.c.MaxPower)) * l.set.number(limitSlack))
	runs(lo, hi, func(i int) bool { return l.iv[i].Energy > top && of(i) }, func(i, j int) {
		at := worst(i, j, func(i int) float64 { return float64(l.iv[i].Energy) })
		e := l.iv[at].Energy
		l.report(metering.Failure, i, j, fmt.Sprintf("%s in 15 minutes, the point can carry %s", l.say(e), l.sayPower(l.c.MaxPower)),
			l.energyOf("energy", e), l.powerOf("max_power", l.c.MaxPower), count(j-i))
		for ; i < j; i++ {
			act(i, metering.FlagLimit, fmt.Sprintf("%s is more than the point can carry", l.say(l.iv[i].Energy)))
		}
	})
}

// frozen is V13: the register stood still while power flowed.
func frozen(l *look, lo, hi int) {
	l.events(metering.Failure, lo, hi, vee.EventFrozen)
	if len(l.c.Witnesses) == 0 || l.c.Channel != metering.ChannelActiveImport {
		return
	}
	least := l.set.number(frozenSteps) * float64(max(l.c.Quantum, 1))
	runs(lo, hi, func(i int) bool {
		if l.on[i] != measured || l.iv[i].Energy != 0 {
			return false
		}
		e, n := l.sampled(i)
		return n >= l.set.count(powerSamples) && float64(e) > least
	}, func(i, j int) {
		var flowed metering.Energy
		for k := i; k < j; k++ {
			e, _ := l.sampled(k)
			flowed += e
			l.doubt(k, metering.FlagFrozen, fmt.Sprintf("the register stood still while power worth %s flowed", l.say(e)))
		}
		l.report(metering.Failure, i, j, fmt.Sprintf("the register stood still while power worth %s flowed", l.say(flowed)),
			l.energyOf("sampled_energy", flowed), l.energyOf("register_step", l.c.Quantum), count(j-i))
	})
}

// negative is V16. What a register does when it goes down was classified where it
// was read; an interval that is negative all the same is not believed. Nothing is
// clamped.
func negative(l *look, lo, hi int) {
	l.events(metering.Info, lo, hi, vee.EventRollover)
	l.events(metering.Warning, lo, hi, vee.EventReset)
	l.events(metering.Failure, lo, hi, vee.EventDecrease)
	runs(lo, hi, func(i int) bool { return l.known(i) && l.iv[i].Energy < -l.c.Quantum }, func(i, j int) {
		at := worst(i, j, func(i int) float64 { return -float64(l.iv[i].Energy) })
		e := l.iv[at].Energy
		l.report(metering.Failure, i, j, fmt.Sprintf("%s: energy of one direction cannot be negative", l.say(e)), l.energyOf("energy", e), count(j-i))
		for ; i < j; i++ {
			l.doubt(i, metering.FlagNegative, fmt.Sprintf("%s is negative", l.say(l.iv[i].Energy)))
		}
	})
}
