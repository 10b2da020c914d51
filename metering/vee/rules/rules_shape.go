package rules

import (
	"fmt"

	"asue/metering"
)

// spike is V07: (M1 - M3) / M3 of a local day, M1 its highest and M3 its third
// highest interval. A peak of three intervals passes.
func spike(l *look, lo, hi int) {
	floor := l.set.number(spikeFloor) * float64(most(l.capacity(lo)))
	for _, d := range l.days {
		if d.lo < lo || d.lo >= hi {
			continue
		}
		var m1, m2, m3 metering.Energy
		n := 0
		for i := d.lo; i < d.hi; i++ {
			iv := l.stands(i)
			if iv == nil {
				continue
			}
			n++
			switch e := iv.Energy; {
			case e > m1:
				m1, m2, m3 = e, m1, m2
			case e > m2:
				m2, m3 = e, m2
			case e > m3:
				m3 = e
			}
		}
		excess := l.set.number(spikeExcess)
		if n < 3 || float64(m1) < floor || m1 <= 2*l.c.Quantum || float64(m1-m3) <= excess*float64(m3) {
			continue
		}
		text := fmt.Sprintf("highest interval %s, third highest %s", l.say(m1), l.say(m3))
		numbers := []metering.Number{l.energyOf("highest", m1), l.energyOf("third", m3)}
		if m3 > 0 {
			numbers = append(numbers, number("excess", float64(m1-m3)/float64(m3), "1"))
		}
		l.report(metering.Warning, d.lo, d.hi, text, numbers...)
		for i := max(d.lo, 0); i < min(d.hi, len(l.iv)); i++ {
			if l.known(i) && float64(l.iv[i].Energy-m3) > excess*float64(m3) {
				l.mark(i, metering.FlagSpike, text)
			}
		}
	}
}

// capacity is the declared power at a slot, or what the point can carry; 0 if
// neither is known.
func (l *look) capacity(slot int) metering.Power {
	if p, ok := l.declaredAt(slot); ok {
		return p
	}
	return l.c.MaxPower
}

// jump is V09: |W_i - W_(i-1)| / W_(i-1). From nothing to something is no jump.
func jump(l *look, lo, hi int) {
	excess := l.set.number(jumpExcess)
	prev := l.stands(lo - 1)
	for i := lo; i < hi; i++ {
		now := l.stands(i)
		if prev != nil && now != nil && prev.Energy > 0 {
			change := now.Energy - prev.Energy
			if change < 0 {
				change = -change
			}
			if float64(change) > excess*float64(prev.Energy) && change > now.Uncertainty+prev.Uncertainty {
				l.report(metering.Info, i, i+1, fmt.Sprintf("from %s to %s in one interval", l.say(prev.Energy), l.say(now.Energy)),
					l.energyOf("before", prev.Energy), l.energyOf("energy", now.Energy))
			}
		}
		prev = now
	}
}

// zeroRun is V12: nothing for long where something is drawn as a rule. A- and the
// reactive channels are empty at most points.
func zeroRun(l *look, lo, hi int) {
	switch l.c.Channel {
	case metering.ChannelActiveExport, metering.ChannelReactiveImport, metering.ChannelReactiveExport:
		return
	}
	zero := func(i int) bool {
		iv := l.stands(i)
		return iv != nil && iv.Energy == 0 && iv.Flags&metering.FlagOutage == 0 && !l.inactiveAt(i)
	}
	runs(lo, hi, zero, func(i, j int) {
		n := j - i + l.reaches(i, zero)
		severity := metering.Info
		switch {
		case n >= l.set.count(zeroWarning):
			severity = metering.Warning
		case n < l.set.count(zeroInfo):
			return
		}
		l.report(severity, i, j, fmt.Sprintf("no energy in %d intervals", n), count(n))
	})
}

// reaches is how many slots before i hit without a break, as far as is known.
func (l *look) reaches(i int, hit func(int) bool) int {
	n := 0
	for hit(i - n - 1) {
		n++
	}
	return n
}

// flatLine is V14: identical energies. A coarse register makes equal intervals by
// itself; there nothing is said.
func flatLine(l *look, lo, hi int) {
	least := metering.Energy(l.set.number(flatSteps) * float64(max(l.c.Quantum, 1)))
	same := func(i int) bool {
		a, b := l.stands(i-1), l.stands(i)
		return a != nil && b != nil && a.Energy == b.Energy && b.Energy >= least && b.Flags&metering.FlagQuantum == 0 &&
			!a.Method.Estimates() && !b.Method.Estimates()
	}
	runs(lo, hi, same, func(i, j int) {
		// The first of the equal ones is the one before the run.
		n := j - i + 1 + l.reaches(i, same)
		if n >= l.set.count(flatRun) {
			l.report(metering.Warning, max(i-1, lo), j, fmt.Sprintf("%s in each of %d intervals", l.say(l.stands(i).Energy), n),
				l.energyOf("energy", l.stands(i).Energy), count(n))
		}
	})
}
