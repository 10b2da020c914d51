package rules

import (
	"cmp"
	"fmt"
	"slices"

	"asue/metering"
)

// Assess judges a case: the intervals as they should stand, and what was found.
// It is a function of the case alone; the outcome put in as Current changes
// nothing. From and To must be multiples of metering.BasePeriod.
func Assess(c Case) Result {
	if !c.From.Equal(metering.PeriodStart(c.From)) || !c.To.Equal(metering.PeriodStart(c.To)) {
		panic(fmt.Sprintf("BUG: a case from %v to %v, not of whole base periods", c.From, c.To))
	}
	l := lookAt(&c)
	l.apply(doubting)
	l.estimate()
	l.confirmPeaks()
	l.apply(judging)
	order := func(f metering.Finding) int { return ruleByName[f.Rule] }
	slices.SortStableFunc(l.found, func(a, b metering.Finding) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(order(a), order(b)))
	})
	return Result{Intervals: l.iv, Findings: l.found}
}

// apply lets the rules of a stage look, each with the parameters in force.
func (l *look) apply(s stage) {
	for i := range table {
		look := table[i].check
		if table[i].stage != s {
			look = table[i].again
		}
		if look == nil || (s == doubting && table[i].stage != s) {
			continue
		}
		l.rule = &table[i]
		for k := range l.sets {
			if l.set = &l.sets[k]; !l.set.off[i] {
				look(l, l.set.lo, l.set.hi)
			}
		}
	}
}
