package site

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/form"
)

func (c *checker) checkActuators() {
	outputs := map[output]*actuatorDraft{}
	devices := map[output]*actuatorDraft{} // by address and unit alone
	for i := range c.plant.actuators.V {
		g := &c.plant.actuators.V[i]
		a := &g.V
		c.agents.find(c.Report, a.agent)
		c.checkReached(a)
		c.checkOutput(a, outputs, devices)
		c.checkPlaceOfActuator(a)
		switch {
		case isOneOf(a.kind, metering.ActuatorSetpoint):
			c.checkSetpoint(g.At, a)
		case a.kind.OK:
			c.checkSwitch(g.At, a)
		}
	}
	c.checkArmours()
}

// checkReached wants an address that leads somewhere.
func (c *checker) checkReached(a *actuatorDraft) {
	if a.address.OK && isLine(a.address.V) {
		line := given[metering.LineID]{V: metering.LineID(a.address.V), At: a.address.At, OK: true}
		if _, ok := c.lines.find(c.Report, line); ok {
			c.checkMeterBeside(a)
		}
	}
}

// checkMeterBeside refuses an actuator that answers to a meter's unit id.
func (c *checker) checkMeterBeside(a *actuatorDraft) {
	for i := range c.plant.meters.V {
		m := &c.plant.meters.V[i].V
		if a.unit.OK && m.unit.OK && m.line.OK && string(m.line.V) == a.address.V && m.unit.V == a.unit.V {
			c.Refuse(a.unit.At, form.Found("duplicate-unit", fmt.Sprintf("the actuator %q and the meter %q have the same unit id %d on the line %q", a.id.V, m.id.V, a.unit.V, m.line.V),
				"both would answer at once, or a command would be written into a meter", "set another unit id in one of the devices, and write it here"))
			return
		}
	}
}

// output is what one actuator writes to.
type output struct {
	address string
	unit    int
	channel int
}

// checkOutput wants each output to be one actuator's, and each device to be of one
// model and under one agent.
func (c *checker) checkOutput(a *actuatorDraft, outputs, devices map[output]*actuatorDraft) {
	c.checkChannel(a)
	if !a.address.OK || !a.unit.OK || a.channel.Stated() && !a.channel.OK {
		return
	}
	at := output{a.address.V, a.unit.V, a.channel.Or(1)}
	if other, taken := outputs[at]; taken {
		c.Refuse(a.unit.At, form.Found("shared-output", fmt.Sprintf("the actuators %q and %q write to the same output: channel %d of unit %d at %s", other.id.V, a.id.V, at.channel, at.unit, at.address),
			"what one of them does would undo the other", "correct the channel, the unit or the address of one of the two"))
	}
	outputs[at] = a
	at.channel = 0
	other, known := devices[at]
	if !known {
		devices[at] = a
		return
	}
	if a.model.OK && other.model.OK && a.model.V != other.model.V {
		c.Refuse(a.model.At, form.Found("two-models", fmt.Sprintf("the device of unit %d at %s is of the model %q and of the model %q", at.unit, at.address, other.model.V, a.model.V),
			fmt.Sprintf("a device has one map; the other actuator, %q, stands in line %d", other.id.V, other.model.At.At.Line), "correct one of the two, or the unit"))
	}
	if a.agent.OK && other.agent.OK && a.agent.V != other.agent.V {
		c.Refuse(a.agent.At, form.Found("two-writers", fmt.Sprintf("the agents %q and %q write to one device, unit %d at %s", other.agent.V, a.agent.V, at.unit, at.address),
			"a device that two programs write to obeys neither", "give all its outputs to one agent"))
	}
}

// checkChannel holds kind and channel against what the model is known to have.
func (c *checker) checkChannel(a *actuatorDraft) {
	if a.channel.OK && a.channel.V > 1 && a.kind.OK && a.kind.V != metering.ActuatorRelay {
		c.Refuse(a.channel.At, form.Found("bad-channel", fmt.Sprintf("channel %d of a %s", a.channel.V, a.kind.V),
			"only relays share a device", "delete \"channel\""))
		return
	}
	m, known := c.options.actuatorModel(a.model.V)
	if !a.model.OK || !known {
		return
	}
	if m.Kind != "" && a.kind.OK && a.kind.V != m.Kind {
		c.Refuse(a.model.At, form.Found("wrong-model", fmt.Sprintf("the model %q for a %s", a.model.V, a.kind.V),
			fmt.Sprintf("it is the map of a %s", m.Kind), "correct the model or the kind"))
	}
	if m.Channels > 0 && a.channel.OK && a.channel.V > m.Channels {
		c.Refuse(a.channel.At, form.Found("bad-channel", fmt.Sprintf("channel %d of the model %q", a.channel.V, a.model.V),
			fmt.Sprintf("it has the channels 1 to %d", m.Channels), "correct the channel or the model"))
	}
}

// checkPlaceOfActuator wants an actuator to stand on the way to its resident, and the
// point that shows its effect to lie on that way too.
func (c *checker) checkPlaceOfActuator(a *actuatorDraft) {
	n, nodeKnown := c.nodes.find(c.Report, a.node)
	res, residentKnown := c.residents.find(c.Report, a.resident)
	if nodeKnown && residentKnown && !c.feeds(a.node.V, a.resident.V, res) {
		c.Refuse(a.node.At, form.Found("off-the-path", fmt.Sprintf("the actuator %q stands at %q, through which the resident %q is not fed", a.id.V, a.node.V, a.resident.V),
			"what it moves there is somebody else's load", "name a node on the way to the resident, or correct the resident"))
	}
	if nodeKnown && isOneOf(a.kind, metering.ActuatorBreaker) {
		c.checkBreakerNode(a, n)
	}
	if a.point.Stated() {
		c.checkEffect(a, nodeKnown)
	}
}

// feeds reports whether a resident is, or may be, fed through a node: a technical
// condition or a boundary of it lies there or below.
func (c *checker) feeds(node metering.NodeID, id metering.ResidentID, res *residentDraft) bool {
	for _, g := range res.conditions.V {
		if !g.V.node.OK || c.liesBelow(g.V.node.V, node) {
			return true
		}
	}
	for i := range c.plant.points.V {
		p := &c.plant.points.V[i].V
		if p.resident.OK && p.resident.V == id && p.carries(metering.Electricity) && (!p.node.OK || c.liesBelow(p.node.V, node)) {
			return true
		}
	}
	return res.conditions.Stated() && !res.conditions.OK
}

// checkBreakerNode warns of a breaker that darkens more than its resident.
func (c *checker) checkBreakerNode(a *actuatorDraft, n *nodeDraft) {
	if n.kind.OK && n.kind.V != metering.NodeFeeder {
		c.Warn(a.node.At, form.Found("odd-breaker-node", fmt.Sprintf("the breaker %q at %q, which is of kind %q", a.id.V, a.node.V, n.kind.V),
			"the breakers that are switched here are those of feeders", "name the feeder"))
	}
	var others []metering.ResidentID
	for i := range c.plant.residents.V {
		res := &c.plant.residents.V[i].V
		for _, g := range res.conditions.V {
			if res.id.OK && res.id.V != a.resident.V && g.V.node.OK && c.liesBelow(g.V.node.V, a.node.V) && !slices.Contains(others, res.id.V) {
				others = append(others, res.id.V)
			}
		}
	}
	if len(others) > 0 && a.resident.OK {
		c.Warn(a.node.At, form.Found("breaker-of-several", fmt.Sprintf("the breaker %q switches others than %q, too: %s", a.id.V, a.resident.V, joined(others, ", ")),
			"they would go dark with it", "name a feeder of this resident alone, if there is one"))
	}
}

// checkEffect wants the point that shows the effect to measure electricity on the way
// from the actuator to the load, or above it.
func (c *checker) checkEffect(a *actuatorDraft, nodeKnown bool) {
	p, ok := c.points.find(c.Report, a.point)
	if !ok || p.medium.Stated() && !p.medium.OK {
		return
	}
	switch {
	case p.elsewhere():
		c.Refuse(a.point.At, form.Found("point-elsewhere", fmt.Sprintf("the point %q of %s shows no effect of the actuator %q", a.point.V, p.medium.V, a.id.V),
			"the effect is one of electric power", "name a point of electricity"))
	case nodeKnown && p.node.OK && !c.liesBelow(p.node.V, a.node.V) && !c.liesBelow(a.node.V, p.node.V):
		c.Refuse(a.point.At, form.Found("point-elsewhere", fmt.Sprintf("the point %q stands at %q, which does not lie on one way with %q", a.point.V, p.node.V, a.node.V),
			"nothing of what the actuator does would be seen there", "name the point that measures this load, or delete \"point\""))
	case a.resident.OK && p.resident.OK && p.resident.V != a.resident.V:
		c.Refuse(a.point.At, form.Found("point-elsewhere", fmt.Sprintf("the point %q is the boundary of %q, the actuator %q moves the load of %q", a.point.V, p.resident.V, a.id.V, a.resident.V),
			"nothing of what the actuator does would be seen there", "name the point of its own resident"))
	}
}

// checkSwitch looks at what only a relay or a breaker has.
func (c *checker) checkSwitch(at *form.Node, a *actuatorDraft) {
	for _, band := range []struct {
		key string
		v   given[metering.Power]
	}{{"least", a.least}, {"most", a.most}, {"failsafe", a.failSafe}} {
		if band.v.Stated() {
			c.Refuse(band.v.At, form.Found("misplaced-band", fmt.Sprintf("%q at a %s", band.key, a.kind.V),
				"only a set-point has a hard band; a relay or a breaker keeps its position when it is left alone", "delete it, or correct the kind"))
		}
	}
	switch {
	case !a.power.Stated():
		c.Refuse(at, form.Found("no-power", fmt.Sprintf("the %s %q has no power", a.kind.V, a.id.V),
			"nobody could tell what opening it would bring", "add \"power\", the rated power of what it switches"))
	case a.power.OK && a.power.V == 0:
		c.Refuse(a.power.At, form.Found("zero-power", fmt.Sprintf("the %s %q switches 0 W", a.kind.V, a.id.V),
			"opening it would bring nothing", "write the rated power of what it switches"))
	}
	if isOneOf(a.kind, metering.ActuatorBreaker) && isOneOf(a.mode, metering.ModeAuto.String()) {
		c.Refuse(a.mode.At, form.Found("breaker-in-auto", fmt.Sprintf("the breaker %q in the mode \"auto\"", a.id.V),
			"a breaker is opened on the word of two persons and never of the system's own accord", "write \"confirm\" or a weaker mode"))
	}
	minOff, maxOff := a.minOff.Or(usualMinOff), a.maxOff.Or(usualMaxOff)
	if !(a.minOff.Stated() && !a.minOff.OK) && !(a.maxOff.Stated() && !a.maxOff.OK) && maxOff < minOff {
		where := a.maxOff.At
		if where == nil {
			where = a.minOff.At
		}
		c.Refuse(where, form.Found("times-contradict", fmt.Sprintf("the load of %q may stay shed for %s at most and %s at least", a.id.V, form.FormatDuration(maxOff), form.FormatDuration(minOff)),
			"\"max_off\" is how long one event may last, \"min_off\" how soon it may end", "lengthen \"max_off\" or shorten \"min_off\""))
	}
	c.checkRate(a)
}

// checkRate warns of operations that the times do not leave room for.
func (c *checker) checkRate(a *actuatorDraft) {
	if !a.perHour.OK || a.minOn.Stated() && !a.minOn.OK || a.minOff.Stated() && !a.minOff.OK {
		return
	}
	pair := a.minOn.Or(usualMinOn) + a.minOff.Or(usualMinOff) // off and on again
	if pair > 0 && time.Duration(a.perHour.V)*pair/2 > time.Hour+pair/2 {
		c.Warn(a.perHour.At, form.Found("rate-out-of-reach", fmt.Sprintf("%d operations an hour at %q", a.perHour.V, a.id.V),
			fmt.Sprintf("with \"min_on\" and \"min_off\" it can be off and on again once in %s", form.FormatDuration(pair)), "write fewer, or shorten the times"))
	}
}
