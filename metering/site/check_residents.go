package site

import (
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/form"
)

func (c *checker) checkResidents() {
	conditions := map[string]*form.Node{}
	for i := range c.plant.residents.V {
		g := &c.plant.residents.V[i]
		c.checkConditions(&g.V, conditions)
		c.checkState(g.At, &g.V)
		c.checkCommissioned(&g.V)
		c.checkArmour(&g.V)
		c.checkSimulation(&g.V)
	}
	c.checkSum()
}

func (c *checker) checkState(at *form.Node, res *residentDraft) {
	if isOneOf(res.state, metering.Working, metering.Idle) && len(res.conditions.V) == 0 {
		c.Refuse(at, form.Found("no-condition", fmt.Sprintf("the resident %q is %s and has no technical condition", res.id.V, res.state.V),
			"whatever it draws would be above what it may draw", "add \"conditions\", or the state \"in-realisation\""))
	}
}

func (c *checker) checkArmour(res *residentDraft) {
	if !res.armour.Stated() {
		return
	}
	a := &res.armour.V
	switch {
	case a.technological.Stated() && !a.technologicalFor.Stated():
		c.Refuse(a.technological.At, form.Found("no-duration", "a technological armour without its duration",
			"it holds for the time that the process needs to come to its end", "add \"technological_for\", like 40m"))
	case !a.technological.Stated() && a.technologicalFor.Stated():
		c.Refuse(a.technologicalFor.At, form.Found("no-armour", "a duration without a technological armour",
			"it is the duration of that armour", "add \"technological\", or delete the duration"))
	}
	if a.technological.OK && a.emergency.OK && a.emergency.V > a.technological.V {
		c.Refuse(a.emergency.At, form.Found("armour-order", fmt.Sprintf("emergency armour %v above technological %v", a.emergency.V, a.technological.V),
			"with the process stopped less is needed than while it comes to its end", "exchange the two, or correct one of them"))
	}
	greatest := a.emergency
	if a.technological.OK && a.technological.V > a.emergency.V {
		greatest = a.technological
	}
	if most, known := greatestSum(res.conditions.V); known && greatest.OK && greatest.V > most {
		c.Refuse(greatest.At, form.Found("armour-over-condition", fmt.Sprintf("an armour of %v above the technical conditions of %v", greatest.V, most),
			"what must not be cut is part of what may be drawn", "correct the armour or the technical conditions"))
	}
}

func (c *checker) checkSimulation(res *residentDraft) {
	peak := res.simulation.V.peak
	if !peak.OK {
		return
	}
	if isOneOf(res.state, metering.Idle) && peak.V > 0 {
		c.Warn(peak.At, form.Found("idle-with-load", fmt.Sprintf("the idle resident %q is simulated with a peak of %v", res.id.V, peak.V),
			"idle is one that draws nothing", "write 0 W, or another state"))
	}
	if most, known := greatestSum(res.conditions.V); known && peak.V > most {
		c.Warn(peak.At, form.Found("peak-over-condition", fmt.Sprintf("a simulated peak of %v above the technical conditions of %v", peak.V, most),
			"this resident will be shown above what it may draw", "correct it unless that is wanted"))
	}
}

// checkSum tells how far what was promised exceeds what can be had.
func (c *checker) checkSum() {
	var all []given[conditionDraft]
	for _, g := range c.plant.residents.V {
		all = append(all, g.V.conditions.V...)
	}
	sum, known := greatestSum(all)
	for i := range c.plant.sources.V {
		s := &c.plant.sources.V[i].V
		if !s.available.OK || !s.available.V || !s.contract.OK {
			continue
		}
		if contract, stated := s.contract.V.Power(); known && stated && sum > contract {
			c.Inform(s.contract.At, form.Found("oversubscribed", fmt.Sprintf("technical conditions of %v together, contract of %v", sum, contract),
				"not all residents draw their full power at one time; the system watches that they do not",
				"nothing, if that is so; compare it with the measured simultaneity"))
		}
		return
	}
}

// greatestSum is the greatest power that conditions allow together at any time;
// false when one of them could not be read or contradicts itself.
func greatestSum(conditions []given[conditionDraft]) (metering.Power, bool) {
	for _, g := range conditions {
		if !g.V.power.OK || !g.V.from.OK || (g.V.to.Stated() && !g.V.to.OK) || g.V.period().reversed() {
			return 0, false
		}
	}
	// The sum can only rise where a condition begins.
	var most metering.Power
	seen := map[time.Time]bool{}
	for _, start := range conditions {
		t := start.V.from.V
		if seen[t] {
			continue
		}
		seen[t] = true
		var sum metering.Power
		for _, g := range conditions {
			if !t.Before(g.V.from.V) && before(t, g.V.to.V) {
				sum += g.V.power.V
			}
		}
		most = max(most, sum)
	}
	return most, true
}
