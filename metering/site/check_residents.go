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
		c.checkArmour(&g.V)
		c.checkSimulation(&g.V)
	}
	c.checkSum()
}

func (c *checker) checkConditions(res *residentDraft, seen map[string]*form.Node) {
	for i := range res.conditions.V {
		d := &res.conditions.V[i].V
		if first, twice := seen[d.id.V]; twice && d.id.OK {
			c.Refuse(d.id.At, form.Found("duplicate-id", fmt.Sprintf("the technical condition %q stands twice", d.id.V),
				fmt.Sprintf("it stands in line %d already (%s)", first.At.Line, first.Path), "give one of the two another id"))
		} else if d.id.OK {
			seen[d.id.V] = d.id.At
		}
		c.checkCondition(d)
		for _, other := range res.conditions.V[:i] {
			c.checkOverlap(&other.V, d)
		}
	}
}

func (c *checker) checkCondition(d *conditionDraft) {
	if n, ok := c.nodes.find(c.Report, d.node); ok && isOneOf(n.kind, metering.NodeSource, metering.NodeInput, metering.NodeTransformer) {
		c.Warn(d.node.At, form.Found("odd-condition-node", fmt.Sprintf("a technical condition at %q, which is of kind %q", d.node.V, n.kind.V),
			"residents are connected to feeders or sections", "name the feeder"))
	}
	if d.power.OK && d.power.V == 0 {
		c.Warn(d.power.At, form.Found("zero-power", "a technical condition of 0 W", "it allows nothing", "write its power, or end it with \"to\""))
	}
	if p := d.period(); d.from.OK && d.to.OK && p.reversed() {
		c.Refuse(d.to.At, form.Found("reversed-period", fmt.Sprintf("the technical condition %q ends before it begins", d.id.V),
			"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
	}
}

func (d *conditionDraft) period() period { return period{d.from.V, d.to.V} }

// checkOverlap warns of two conditions of one resident at one node and time:
// they add up, and often the later one was meant to replace the earlier.
func (c *checker) checkOverlap(a, b *conditionDraft) {
	if !a.node.OK || !b.node.OK || a.node.V != b.node.V || !a.from.OK || !b.from.OK || !a.period().overlaps(b.period()) {
		return
	}
	c.Warn(b.from.At, form.Found("overlapping-conditions", fmt.Sprintf("the technical conditions %q and %q are in force at the same node and time", a.id.V, b.id.V),
		fmt.Sprintf("both count: together %v", a.power.V+b.power.V), fmt.Sprintf("if %q replaces %q, end that one with \"to\"", b.id.V, a.id.V)))
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
