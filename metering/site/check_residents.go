package site

import (
	"fmt"
	"time"

	"asue/metering"
)

func (c *checker) checkResidents() {
	conditions := map[string]*node{}
	for i := range c.plant.residents.v {
		g := &c.plant.residents.v[i]
		c.checkConditions(&g.v, conditions)
		c.checkState(g.at, &g.v)
		c.checkArmour(&g.v)
		c.checkSimulation(&g.v)
	}
	c.checkSum()
}

func (c *checker) checkConditions(res *residentDraft, seen map[string]*node) {
	for i := range res.conditions.v {
		d := &res.conditions.v[i].v
		if first, twice := seen[d.id.v]; twice && d.id.ok {
			c.refuse(d.id.at, finding{"duplicate-id", fmt.Sprintf("the technical condition %q stands twice", d.id.v),
				fmt.Sprintf("it stands in line %d already (%s)", first.at.line, first.path), "give one of the two another id"})
		} else if d.id.ok {
			seen[d.id.v] = d.id.at
		}
		c.checkCondition(d)
		for _, other := range res.conditions.v[:i] {
			c.checkOverlap(&other.v, d)
		}
	}
}

func (c *checker) checkCondition(d *conditionDraft) {
	if n, ok := c.nodes.find(c.reader, d.node); ok && isOneOf(n.kind, metering.NodeSource, metering.NodeInput, metering.NodeTransformer) {
		c.warn(d.node.at, finding{"odd-condition-node", fmt.Sprintf("a technical condition at %q, which is of kind %q", d.node.v, n.kind.v),
			"residents are connected to feeders or sections", "name the feeder"})
	}
	if d.power.ok && d.power.v == 0 {
		c.warn(d.power.at, finding{"zero-power", "a technical condition of 0 W", "it allows nothing", "write its power, or end it with \"to\""})
	}
	if p := d.period(); d.from.ok && d.to.ok && p.reversed() {
		c.refuse(d.to.at, finding{"reversed-period", fmt.Sprintf("the technical condition %q ends before it begins", d.id.v),
			"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"})
	}
}

func (d *conditionDraft) period() period { return period{d.from.v, d.to.v} }

// checkOverlap warns of two conditions of one resident at one node and time:
// they add up, and often the later one was meant to replace the earlier.
func (c *checker) checkOverlap(a, b *conditionDraft) {
	if !a.node.ok || !b.node.ok || a.node.v != b.node.v || !a.from.ok || !b.from.ok || !a.period().overlaps(b.period()) {
		return
	}
	c.warn(b.from.at, finding{"overlapping-conditions", fmt.Sprintf("the technical conditions %q and %q are in force at the same node and time", a.id.v, b.id.v),
		fmt.Sprintf("both count: together %v", a.power.v+b.power.v), fmt.Sprintf("if %q replaces %q, end that one with \"to\"", b.id.v, a.id.v)})
}

func (c *checker) checkState(at *node, res *residentDraft) {
	if isOneOf(res.state, metering.Working, metering.Idle) && len(res.conditions.v) == 0 {
		c.refuse(at, finding{"no-condition", fmt.Sprintf("the resident %q is %s and has no technical condition", res.id.v, res.state.v),
			"whatever it draws would be above what it may draw", "add \"conditions\", or the state \"in-realisation\""})
	}
}

func (c *checker) checkArmour(res *residentDraft) {
	if !res.armour.stated() {
		return
	}
	a := &res.armour.v
	switch {
	case a.technological.stated() && !a.technologicalFor.stated():
		c.refuse(a.technological.at, finding{"no-duration", "a technological armour without its duration",
			"it holds for the time that the process needs to come to its end", "add \"technological_for\", like 40m"})
	case !a.technological.stated() && a.technologicalFor.stated():
		c.refuse(a.technologicalFor.at, finding{"no-armour", "a duration without a technological armour",
			"it is the duration of that armour", "add \"technological\", or delete the duration"})
	}
	if a.technological.ok && a.emergency.ok && a.emergency.v > a.technological.v {
		c.refuse(a.emergency.at, finding{"armour-order", fmt.Sprintf("emergency armour %v above technological %v", a.emergency.v, a.technological.v),
			"with the process stopped less is needed than while it comes to its end", "exchange the two, or correct one of them"})
	}
	greatest := a.emergency
	if a.technological.ok && a.technological.v > a.emergency.v {
		greatest = a.technological
	}
	if most, known := greatestSum(res.conditions.v); known && greatest.ok && greatest.v > most {
		c.refuse(greatest.at, finding{"armour-over-condition", fmt.Sprintf("an armour of %v above the technical conditions of %v", greatest.v, most),
			"what must not be cut is part of what may be drawn", "correct the armour or the technical conditions"})
	}
}

func (c *checker) checkSimulation(res *residentDraft) {
	peak := res.simulation.v.peak
	if !peak.ok {
		return
	}
	if isOneOf(res.state, metering.Idle) && peak.v > 0 {
		c.warn(peak.at, finding{"idle-with-load", fmt.Sprintf("the idle resident %q is simulated with a peak of %v", res.id.v, peak.v),
			"idle is one that draws nothing", "write 0 W, or another state"})
	}
	if most, known := greatestSum(res.conditions.v); known && peak.v > most {
		c.warn(peak.at, finding{"peak-over-condition", fmt.Sprintf("a simulated peak of %v above the technical conditions of %v", peak.v, most),
			"this resident will be shown above what it may draw", "correct it unless that is wanted"})
	}
}

// checkSum tells how far what was promised exceeds what can be had.
func (c *checker) checkSum() {
	var all []given[conditionDraft]
	for _, g := range c.plant.residents.v {
		all = append(all, g.v.conditions.v...)
	}
	sum, known := greatestSum(all)
	for i := range c.plant.sources.v {
		s := &c.plant.sources.v[i].v
		if !s.available.ok || !s.available.v || !s.contract.ok {
			continue
		}
		if contract, stated := s.contract.v.Power(); known && stated && sum > contract {
			c.inform(s.contract.at, finding{"oversubscribed", fmt.Sprintf("technical conditions of %v together, contract of %v", sum, contract),
				"not all residents draw their full power at one time; the system watches that they do not",
				"nothing, if that is so; compare it with the measured simultaneity"})
		}
		return
	}
}

// greatestSum is the greatest power that conditions allow together at any time;
// false when one of them could not be read or contradicts itself.
func greatestSum(conditions []given[conditionDraft]) (metering.Power, bool) {
	for _, g := range conditions {
		if !g.v.power.ok || !g.v.from.ok || (g.v.to.stated() && !g.v.to.ok) || g.v.period().reversed() {
			return 0, false
		}
	}
	// The sum can only rise where a condition begins.
	var most metering.Power
	seen := map[time.Time]bool{}
	for _, start := range conditions {
		t := start.v.from.v
		if seen[t] {
			continue
		}
		seen[t] = true
		var sum metering.Power
		for _, g := range conditions {
			if !t.Before(g.v.from.v) && before(t, g.v.to.v) {
				sum += g.v.power.v
			}
		}
		most = max(most, sum)
	}
	return most, true
}
