package rules

import (
	"fmt"
	"time"

	"asue/metering"
)

// usage is V10, a local day at a time against what is usual on days of its kind,
// so that it does not matter how time was cut into cases.
func usage(l *look, lo, hi int) {
	l.eachDay(lo, hi, func(d day, own, usual KindUsage) {
		ratio, ok := own.against(usual)
		if !ok || (ratio >= l.set.number(usageLow) && ratio <= l.set.number(usageHigh)) {
			return
		}
		mean := usual.Energy / metering.Energy(usual.Days)
		l.report(metering.Warning, d.lo, d.hi, fmt.Sprintf("%s on this day; %s is usual on a %s", l.say(own.Energy), l.say(mean), d.kind),
			l.energyOf("energy", own.Energy), l.energyOf("usual", mean), number("ratio", ratio, "1"))
	})
}

// peak is V11, likewise.
func peak(l *look, lo, hi int) {
	l.eachDay(lo, hi, func(d day, own, usual KindUsage) {
		if usual.Peaks <= 0 {
			return
		}
		mean := usual.Peaks / metering.Energy(usual.Days)
		ratio := float64(own.Peaks) * float64(usual.Days) / float64(usual.Peaks)
		deviation := l.set.number(peakDeviation)
		if ratio >= 1-deviation && ratio <= 1+deviation {
			return
		}
		l.report(metering.Warning, d.lo, d.hi, fmt.Sprintf("highest interval %s; %s is usual on a %s", l.say(own.Peaks), l.say(mean), d.kind),
			l.energyOf("highest", own.Peaks), l.energyOf("usual", mean), number("ratio", ratio, "1"))
	})
}

// eachDay calls judge for every local day that lies in the range as a whole, is
// not estimated too much, and of whose kind enough days are known.
func (l *look) eachDay(lo, hi int, judge func(d day, own, usual KindUsage)) {
	if l.c.Usage == nil {
		return
	}
	for k := range l.days {
		d := &l.days[k]
		if d.lo < lo || d.lo >= hi || d.hi > len(l.iv) {
			continue
		}
		if d.kind == "" {
			d.kind = l.c.Calendar.KindOf(d.start, l.c.zone())
		}
		usual := l.c.Usage.Kinds[d.kind]
		if usual.Days < max(1, l.set.count(usageDays)) {
			continue
		}
		if own, ok := dayUsage(l.iv[d.lo:d.hi], l.set.number(usageEstimated)); ok {
			judge(*d, own, usual)
		}
	}
}

// prolonged is V25: how long grades S and E have followed each other.
func prolonged(l *look, lo, hi int) {
	guess := func(i int) bool {
		iv := l.stands(i)
		return iv != nil && (iv.Grade == metering.Substitute || iv.Grade == metering.Estimated)
	}
	runs(lo, hi, guess, func(i, j int) {
		first := i - l.reaches(i, guess)
		since := l.c.slot(first)
		if first <= -len(l.c.Before) && !l.c.EstimatedSince.IsZero() && l.c.EstimatedSince.Before(since) {
			since = l.c.EstimatedSince
		}
		if long := l.c.slot(j).Sub(since); long > l.set.duration(prolongedTime) {
			l.report(metering.Alarm, i, j, fmt.Sprintf("estimated without a break since %s", l.clock(since)),
				number("estimated", long.Seconds(), "s"), number("allowed", l.set.duration(prolongedTime).Seconds(), "s"))
		}
	})
}

// inactive is V15: energy at a point that is disconnected or without a contract.
func inactive(l *look, lo, hi int) {
	used := func(i int) bool {
		iv := l.stands(i)
		return iv != nil && iv.Energy > l.c.Quantum && l.inactiveAt(i)
	}
	runs(lo, hi, used, func(i, j int) {
		n := j - i + l.reaches(i, used)
		severity := metering.Warning
		if n >= l.set.count(inactiveAlarm) {
			severity = metering.Alarm
		}
		var sum metering.Energy
		for k := i; k < j; k++ {
			sum += l.iv[k].Energy
		}
		l.report(severity, i, j, fmt.Sprintf("%s at a point that is disconnected or without a contract", l.say(sum)), l.energyOf("energy", sum), count(n))
	})
}

// inactiveAt reports whether all of a slot lies in a time of disconnection or
// without a contract.
func (l *look) inactiveAt(slot int) bool {
	return l.covered(slot, l.c.Point.Disconnected) || l.covered(slot, l.c.Idle)
}

func (l *look) covered(slot int, periods []metering.Period) bool {
	for _, p := range periods {
		if start := l.c.slot(slot); p.Holds(start) && p.Holds(start.Add(metering.BasePeriod-1)) {
			return true
		}
	}
	return false
}

// overDeclared is V26, a matter of the bill: it doubts nothing. An estimate is no
// ground for a bill of that kind (CountsForPeak).
func overDeclared(l *look, lo, hi int) {
	if l.c.Channel != metering.ChannelActiveImport || len(l.c.Declared) == 0 {
		return
	}
	power, until, ok := metering.Power(0), lo, false
	over := func(i int) bool {
		if i >= until {
			power, until, ok = l.declaredFor(i)
		}
		return ok && l.known(i) && l.iv[i].MeanPower() > power && CountsForPeak(l.iv[i])
	}
	for i := lo; i < hi; i++ {
		if !over(i) {
			continue
		}
		declared, j, excess := power, i, metering.Energy(0)
		top := l.iv[i].MeanPower()
		for ; j < hi && over(j) && power == declared; j++ {
			top = max(top, l.iv[j].MeanPower())
			excess += l.iv[j].Energy - metering.Energy(declared/metering.Power(time.Hour/metering.BasePeriod))
		}
		l.report(metering.Event, i, j, fmt.Sprintf("%v, %v are declared", top, declared),
			l.powerOf("highest_power", top), l.powerOf("declared_power", declared), l.energyOf("excess", excess), count(j-i))
		i = j - 1
	}
}

// declaredAt is the declared power of a slot.
func (l *look) declaredAt(slot int) (metering.Power, bool) {
	p, _, ok := l.declaredFor(slot)
	return p, ok
}

// declaredFor is the declared power of a slot and the first slot from which on it
// may be another.
func (l *look) declaredFor(slot int) (p metering.Power, until int, ok bool) {
	until = len(l.iv)
	start := l.c.slot(slot)
	for _, d := range l.c.Declared {
		if d.Holds(start) {
			p, ok = d.Power, true
		}
		for _, end := range []time.Time{d.From, d.To} {
			if end.After(start) {
				until = min(until, slotOf(l.c.From, end.Add(metering.BasePeriod-1)))
			}
		}
	}
	return p, max(until, slot+1), ok
}
