package site

import (
	"fmt"

	"asue/metering"
	"asue/metering/form"
)

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
	if d.power.OK && d.power.V == 0 && d.nonFirm.V == 0 {
		c.Warn(d.power.At, form.Found("zero-power", "a technical condition of 0 W", "it allows nothing", "write its power, or end it with \"to\""))
	}
	if p := d.period(); d.from.OK && d.to.OK && p.reversed() {
		c.Refuse(d.to.At, form.Found("reversed-period", fmt.Sprintf("the technical condition %q ends before it begins", d.id.V),
			"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
	}
	c.checkConnection(d)
	c.checkStages(d)
}

// checkConnection holds the voltage of the paper against that of the node.
func (c *checker) checkConnection(d *conditionDraft) {
	if n, ok := c.nodeOf(d.node); ok && d.voltage.OK && d.voltage.V != n.voltage.V {
		c.Warn(d.voltage.At, form.Found("condition-voltage", fmt.Sprintf("a technical condition at %v kV at the node %q of %v kV", d.voltage.V, d.node.V, n.voltage.V),
			"a resident is connected at the voltage of its node", "correct one of the two"))
	}
}

func (c *checker) checkStages(d *conditionDraft) {
	for i := range d.stages.V {
		s := &d.stages.V[i].V
		if s.power.OK && s.power.V == 0 {
			c.Refuse(s.power.At, form.Found("zero-power", "a stage of growth by 0 W", "it says how much more will be drawn", "write the power, or delete the stage"))
		}
		if s.due.OK && d.from.OK && s.due.V.Before(d.from.V) {
			c.Refuse(s.due.At, form.Found("reversed-period", fmt.Sprintf("a stage of growth that is due before the technical condition %q begins", d.id.V),
				"growth comes on top of what it allows", "correct one of the two times"))
		}
		if i == 0 {
			continue
		}
		if before := d.stages.V[i-1].V; s.due.OK && before.due.OK && !s.due.V.After(before.due.V) {
			c.Refuse(s.due.At, form.Found("not-ascending", "a stage of growth that is not due after the one before it",
				"stages follow one another", "write them in the order of \"due\", those of one day as one"))
		}
	}
}

// checkOverlap warns of two conditions of one resident at one node and time:
// they add up, and often the later one was meant to replace the earlier.
func (c *checker) checkOverlap(a, b *conditionDraft) {
	if !a.node.OK || !b.node.OK || a.node.V != b.node.V || !a.from.OK || !b.from.OK || !a.period().overlaps(b.period()) {
		return
	}
	c.Warn(b.from.At, form.Found("overlapping-conditions", fmt.Sprintf("the technical conditions %q and %q are in force at the same node and time", a.id.V, b.id.V),
		fmt.Sprintf("both count: together %v", a.power.V+b.power.V), fmt.Sprintf("if %q replaces %q, end that one with \"to\"", b.id.V, a.id.V)))
}

// checkCommissioned holds the begin of consumption against the right to it.
func (c *checker) checkCommissioned(res *residentDraft) {
	if !res.commissioned.OK || !read(res.conditions) || len(res.conditions.V) == 0 {
		return
	}
	for _, g := range res.conditions.V {
		if !g.V.from.OK || !res.commissioned.V.Before(g.V.from.V) {
			return
		}
	}
	c.Warn(res.commissioned.At, form.Found("commissioned-early", fmt.Sprintf("the resident %q draws since before any of its technical conditions", res.id.V),
		"nobody may draw without one", "correct the date, or add the technical condition of that time"))
}

// checkPromises looks at limits to come. Within a scenario those of one node follow
// one another, so that a date that was moved in one place only is seen.
func (c *checker) checkPromises() {
	type series struct {
		scenario string
		node     metering.NodeID
	}
	last := map[series]*promiseDraft{}
	for i := range c.plant.promises.V {
		p := &c.plant.promises.V[i].V
		if _, ok := c.nodes.find(c.Report, p.node); !ok || !p.scenario.OK || !p.from.OK {
			continue
		}
		of := series{p.scenario.V, p.node.V}
		if before := last[of]; before != nil && !p.from.V.After(before.from.V) {
			c.Refuse(p.from.At, form.Found("not-ascending", fmt.Sprintf("a promise for %q in the scenario %q that is not after the one before it", p.node.V, p.scenario.V),
				fmt.Sprintf("that one, of line %d, is replaced by this one from a later time on", before.from.At.At.Line), "write them in the order of \"from\""))
		}
		last[of] = p
	}
}
