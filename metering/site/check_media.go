package site

import (
	"fmt"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

// carries reports whether a medium flows through the point; false when the file
// says one that could not be read.
func (d *pointDraft) carries(m metering.Medium) bool {
	if !d.medium.Stated() {
		return m == metering.Electricity
	}
	return isOneOf(d.medium, m)
}

// elsewhere reports whether the point stands outside the electric network.
func (d *pointDraft) elsewhere() bool { return d.medium.OK && d.medium.V != metering.Electricity }

// channels are those that the point can have; none when its medium is not known.
func (d *pointDraft) channels() []metering.Channel {
	if d.medium.Stated() && !d.medium.OK {
		return nil
	}
	return metering.Point{Medium: d.medium.V}.Channels()
}

// checkPlace wants a point of electricity to have a node, and one of another medium
// to have none: the nodes are those of the electric network.
func (c *checker) checkPlace(at *form.Node, p *pointDraft) {
	if p.carries(metering.Electricity) && !p.node.Stated() {
		c.missing(at, "a point", "node", pointNode)
	}
	if !p.elsewhere() {
		return
	}
	if p.node.Stated() {
		c.Refuse(p.node.At, form.Found("misplaced-node", fmt.Sprintf("a point of %s at the node %q", p.medium.V, p.node.V),
			"nodes are those of the electric network", "delete \"node\""))
	}
	if isOneOf(p.role, metering.RoleTransformer, metering.RoleSection, metering.RoleFeeder) {
		c.Refuse(p.role.At, form.Found("wrong-role", fmt.Sprintf("a point of %s with the role %q", p.medium.V, p.role.V),
			"this role stands in the electric network", "use input, resident, own-needs, technical or check"))
	}
}

// missing reports a key that must be there, as a form does.
func (c *checker) missing(at *form.Node, where, key, doc string) {
	c.Refuse(at, form.Found("missing-key", fmt.Sprintf("%s has no %q", where, key), "it must say: "+doc, fmt.Sprintf("add %q", key+": …")))
}

// checkBeside holds a check point against the point that it checks.
func (c *checker) checkBeside(p *pointDraft) {
	if p.role.OK && p.role.V != metering.RoleCheck {
		c.Refuse(p.checks.At, form.Found("misplaced-checks", fmt.Sprintf("a point of role %q that checks another one", p.role.V),
			"only a point of role \"check\" stands beside another one", "delete \"checks\", or correct the role"))
		return
	}
	other, ok := c.points.find(c.Report, p.checks)
	switch {
	case !ok:
	case other == p:
		c.Refuse(p.checks.At, form.Found("own-check", fmt.Sprintf("the point %q checks itself", p.id.V),
			"two meters are compared", "name the billing point beside it"))
	case isOneOf(other.role, metering.RoleCheck):
		c.Refuse(p.checks.At, form.Found("check-of-a-check", fmt.Sprintf("%q checks %q, which is a check point itself", p.id.V, p.checks.V),
			"a check point stands beside a billing one", "name the billing point"))
	case len(p.channels()) > 0 && len(other.channels()) > 0 && !slices.Equal(p.channels(), other.channels()):
		c.Refuse(p.checks.At, form.Found("wrong-medium", fmt.Sprintf("a check point of %s beside %q, a point of %s", mediumName(p.medium), p.checks.V, mediumName(other.medium)),
			"two meters are compared that measure the same", "correct one of the media, or name another point"))
	case p.node.OK && other.node.OK && p.node.V != other.node.V:
		c.Warn(p.checks.At, form.Found("check-elsewhere", fmt.Sprintf("the check point %q stands at %q, and %q at %q", p.id.V, p.node.V, p.checks.V, other.node.V),
			"between two nodes lie losses or other loads, so the two meters will differ", "name the point at the same node, or correct one of the nodes"))
	}
}

func mediumName(g given[metering.Medium]) metering.Medium { return g.Or(metering.Electricity) }

// checkTimes looks at the stretches of time of a point; what names one of them.
func (c *checker) checkTimes(p *pointDraft, what string, list []given[periodDraft]) {
	for i := range list {
		d := &list[i].V
		if d.from.OK && d.to.OK && d.period().reversed() {
			c.Refuse(d.to.At, form.Found("reversed-period", "a "+what+" that ends before it begins",
				"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
		}
		for j := range list[:i] {
			other := &list[j].V
			if d.from.OK && other.from.OK && d.to.OK == d.to.Stated() && other.to.OK == other.to.Stated() && d.period().overlaps(other.period()) {
				c.Warn(d.from.At, form.Found("overlapping-times", fmt.Sprintf("a %s of %q that overlaps another one", what, p.id.V),
					fmt.Sprintf("the other one begins in line %d", other.from.At.At.Line), "join the two, or correct one of them"))
			}
		}
	}
}

// checkClass looks for the rule set of the point's class.
func (c *checker) checkClass(p *pointDraft) {
	if p.class.OK && c.plant.validation.OK && !c.hasClass(p.class.V) {
		c.Refuse(p.class.At, form.Found("unknown-class", fmt.Sprintf("no rule set is of the class %q", p.class.V),
			"the class names the validation rules that hold at the point", form.DidYouMean(p.class.V, c.classes())))
	}
	if p.class.OK && !c.plant.validation.Stated() {
		c.Refuse(p.class.At, form.Found("unknown-class", fmt.Sprintf("no rule set is of the class %q", p.class.V),
			"the class names the validation rules that hold at the point", "add the rule set to \"validation\", or delete \"class\""))
	}
}

// checkMedium holds an install against what flows through its point.
func (c *checker) checkMedium(at *form.Node, m *meterDraft, d *installDraft, p *pointDraft) {
	c.checkReadings(d.start, p)
	c.checkReadings(d.end, p)
	c.checkModel(at, m, d, p)
	if p.carries(metering.Electricity) && !d.ct.Stated() {
		c.missing(at, "an install", "ct", installCT)
	}
	if p.elsewhere() {
		for _, stated := range []struct {
			key string
			at  *form.Node
		}{{"ct", d.ct.At}, {"vt", d.vt.At}, {"ct_class", d.ctClass.At}, {"vt_class", d.vtClass.At}, {"ct_verified_to", d.ctVerifiedTo.At}, {"vt_verified_to", d.vtVerifiedTo.At}} {
			if stated.at != nil {
				c.Refuse(stated.at, form.Found("misplaced-transformer", fmt.Sprintf("%q at a point of %s", stated.key, p.medium.V),
					"only meters of electricity stand behind instrument transformers", fmt.Sprintf("delete %q", stated.key)))
			}
		}
	}
	unit := map[bool]string{true: "Wh", false: "L"}[p.carries(metering.Electricity)]
	if d.pulse.OK && len(p.channels()) > 0 && d.pulse.V.unit != unit {
		c.Refuse(d.pulse.At, form.Found("wrong-medium", fmt.Sprintf("a pulse in %s at a point of %s", d.pulse.V.unit, mediumName(p.medium)),
			fmt.Sprintf("this medium is counted in %s", unit), "correct the pulse, or the medium of the point"))
	}
}

// checkReadings wants the readings of an act to be of the point's medium.
func (c *checker) checkReadings(readings given[map[metering.Channel]metering.Energy], p *pointDraft) {
	channels := p.channels()
	for _, channel := range metering.AllChannels() {
		if _, read := readings.V[channel]; !read || len(channels) == 0 || slices.Contains(channels, channel) {
			continue
		}
		c.Refuse(readings.At.Get(channel.String()), form.Found("wrong-medium", fmt.Sprintf("a reading of %s at a point of %s", channel, mediumName(p.medium)),
			"a point counts one medium", "use "+channelNames(channels)+", or correct the medium of the point"))
	}
}

func channelNames(list []metering.Channel) string {
	var names []string
	for _, c := range list {
		names = append(names, c.String())
	}
	return form.Listed(names)
}

// checkModel holds the registers of a meter against the medium of its point, as far
// as somebody has told which registers the model has.
func (c *checker) checkModel(at *form.Node, m *meterDraft, d *installDraft, p *pointDraft) {
	model, known := c.options.model(m.model.V)
	if !m.model.OK || !known || len(model.Channels) == 0 {
		return
	}
	if channels := p.channels(); len(channels) > 0 && !slices.ContainsFunc(channels, func(ch metering.Channel) bool { return slices.Contains(model.Channels, ch) }) {
		c.Refuse(d.point.At, form.Found("wrong-medium", fmt.Sprintf("the meter %q of model %q at %q, a point of %s", m.id.V, model.ID, d.point.V, mediumName(p.medium)),
			"its registers count "+channelNames(model.Channels)+" only", "correct the model, the point, or the medium of the point"))
		return
	}
	switch {
	case model.Pulses && !d.pulse.Stated():
		c.Refuse(at, form.Found("no-pulse", fmt.Sprintf("the meter %q counts pulses, and nothing says what one stands for", m.id.V),
			"without it a count is no volume and no energy", "add \"pulse\", what stands on the meter: 10 L, 0.01 m3, 1 Wh"))
	case !model.Pulses && d.pulse.Stated():
		c.Refuse(d.pulse.At, form.Found("misplaced-pulse", fmt.Sprintf("a pulse at the meter %q of model %q", m.id.V, model.ID),
			"the register map knows what a count of this meter stands for", "delete \"pulse\""))
	}
}
