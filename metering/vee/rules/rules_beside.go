package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// siblingChannels is V05: the other channels of the point have an energy wherever
// this one has.
func siblingChannels(l *look, lo, hi int) {
	if len(l.siblings) == 0 {
		return
	}
	alone := func(i int) bool {
		return l.known(i) && slices.ContainsFunc(l.siblings, func(s series) bool { return !hasEnergy(s.at(i)) })
	}
	runs(lo, hi, alone, func(i, j int) {
		var names []string
		for k := range l.siblings {
			for n := i; n < j; n++ {
				if !hasEnergy(l.siblings[k].at(n)) {
					names = append(names, l.c.Siblings[k].Channel.String())
					break
				}
			}
		}
		text := "no energy of " + strings.Join(names, ", ")
		l.report(metering.Warning, i, j, text, count(j-i))
		for ; i < j; i++ {
			l.mark(i, metering.FlagSibling, text)
		}
	})
}

func hasEnergy(iv *metering.Interval) bool { return iv != nil && iv.Grade != metering.Null }

// reactive is V17: reactive energy without active, or tan φ beyond all that a
// plant can do. It is judged at the reactive channels.
func reactive(l *look, lo, hi int) {
	s := activeSibling(l.c)
	if s < 0 {
		return
	}
	active := l.siblings[s]
	floor := metering.Energy(l.set.number(reactiveFloor) * float64(most(l.capacity(lo))))
	odd := func(i int) bool {
		a := active.at(i)
		if !l.known(i) || !hasEnergy(a) {
			return false
		}
		r := l.iv[i].Energy
		if a.Energy == 0 {
			return r > l.c.Quantum
		}
		return a.Energy > floor && float64(r) > l.set.number(reactiveRatio)*float64(a.Energy)
	}
	runs(lo, hi, odd, func(i, j int) {
		at := worst(i, j, func(i int) float64 { return float64(l.iv[i].Energy) })
		a, r := active.at(at).Energy, l.iv[at].Energy
		text := fmt.Sprintf("%s with %v of active energy: a phase or the voltage of the meter may be missing", l.say(r), a)
		l.report(metering.Warning, i, j, text, l.energyOf("reactive", r), number("active", float64(a), "Wh"), count(j-i))
		for ; i < j; i++ {
			l.mark(i, metering.FlagReactive, text)
		}
	})
}

// checkMeter is V23. What coarse registers and wide brackets may do to either is
// not held against them.
func checkMeter(l *look, lo, hi int) {
	if needCheck(l.c) != "" {
		return
	}
	share := l.set.number(checkFactor) * math.Hypot(l.c.Accuracy, l.c.CheckAccuracy) / 100
	differs := func(i int) bool {
		c := l.check.at(i)
		if !l.known(i) || !hasEnergy(c) || c.Grade != metering.Actual || l.iv[i].Grade != metering.Actual {
			return false
		}
		m := &l.iv[i]
		return math.Abs(float64(m.Energy-c.Energy)) > share*math.Abs(float64(m.Energy))+float64(m.Uncertainty+c.Uncertainty)
	}
	runs(lo, hi, differs, func(i, j int) {
		at := worst(i, j, func(i int) float64 { return math.Abs(float64(l.iv[i].Energy - l.check.at(i).Energy)) })
		main, check := l.iv[at].Energy, l.check.at(at).Energy
		text := fmt.Sprintf("main meter %s, check meter %s; %.3g %% are allowed", l.say(main), l.say(check), share*100)
		l.report(metering.Warning, i, j, text, l.energyOf("main", main), l.energyOf("check", check), number("allowed", share*100, "%"), count(j-i))
		for ; i < j; i++ {
			l.mark(i, metering.FlagCheckDiff, text)
		}
	})
}

// verification finds intervals that are measured by something whose verification
// has ended: they are not for billing.
func verification(l *look, lo, hi int) {
	for _, v := range l.c.Verified {
		if v.To.IsZero() {
			continue
		}
		first, last := l.within(lo, hi, v.To, time.Time{})
		if first >= last {
			continue
		}
		text := fmt.Sprintf("verification of the %s ended on %s", v.Part, v.To.In(l.c.zone()).Format(time.DateOnly))
		l.report(metering.Warning, first, last, text, count(last-first))
		for i := first; i < last; i++ {
			l.mark(i, metering.FlagUnverified, text)
		}
	}
}
