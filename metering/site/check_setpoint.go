package site

import (
	"fmt"

	"asue/metering"
	"asue/metering/form"
)

// checkSetpoint looks at what only a set-point has: its hard band.
func (c *checker) checkSetpoint(at *form.Node, a *actuatorDraft) {
	for _, times := range []struct {
		key string
		at  *form.Node
	}{{"min_on", a.minOn.At}, {"min_off", a.minOff.At}, {"max_off", a.maxOff.At}, {"per_hour", a.perHour.At}} {
		if times.at != nil {
			c.Refuse(times.at, form.Found("misplaced-times", fmt.Sprintf("%q at a set-point", times.key),
				"a set-point is moved by degrees and switches nothing; its rates are those of the agent", "delete it, or correct the kind"))
		}
	}
	whole := true
	for _, band := range []struct {
		key string
		v   given[metering.Power]
	}{{"least", a.least}, {"most", a.most}, {"failsafe", a.failSafe}} {
		if !band.v.Stated() {
			c.Refuse(at, form.Found("no-band", fmt.Sprintf("the set-point %q has no %q", a.id.V, band.key),
				"the agent keeps every command within the hard band, and goes to the fail-safe value when it is left alone", fmt.Sprintf("add %q, a power", band.key)))
		}
		whole = whole && band.v.OK
	}
	if whole {
		c.checkBand(a)
	}
	if a.most.OK {
		c.checkMost(a)
	}
}

func (c *checker) checkBand(a *actuatorDraft) {
	switch {
	case a.least.V > a.most.V:
		c.Refuse(a.least.At, form.Found("band-order", fmt.Sprintf("the hard band of %q runs from %v to %v", a.id.V, a.least.V, a.most.V),
			"no value lies in it", "exchange the two, or correct one of them"))
	case a.failSafe.V < a.least.V || a.failSafe.V > a.most.V:
		c.Refuse(a.failSafe.At, form.Found("failsafe-outside-band", fmt.Sprintf("the fail-safe value %v of %q lies outside its hard band, %v to %v", a.failSafe.V, a.id.V, a.least.V, a.most.V),
			"the agent would refuse to go there", "choose a value in the band"))
	}
	if a.least.V == a.most.V {
		c.Warn(a.least.At, form.Found("no-room", fmt.Sprintf("the hard band of %q is the one value %v", a.id.V, a.most.V),
			"then there is nothing to be set", "lower \"least\", or delete the actuator"))
	}
}

// checkMost holds the top of the band against the device and against what the
// resident may draw there.
func (c *checker) checkMost(a *actuatorDraft) {
	if a.power.OK && a.power.V < a.most.V {
		c.Refuse(a.power.At, form.Found("band-over-device", fmt.Sprintf("the device of %q takes %v at most, its band goes to %v", a.id.V, a.power.V, a.most.V),
			"a value that cannot be written cannot be allowed", "lower \"most\", or correct \"power\""))
	}
	res, ok := c.residents.byID[a.resident.V]
	if !a.resident.OK || !a.node.OK || !ok {
		return
	}
	if _, ok := c.nodes.byID[a.node.V]; !ok {
		return
	}
	var here []given[conditionDraft]
	for _, g := range res.conditions.V {
		if !g.V.node.OK {
			return
		}
		if c.liesBelow(g.V.node.V, a.node.V) {
			here = append(here, g)
		}
	}
	if most, known := greatestSum(here); known && len(here) > 0 && a.most.V > most {
		c.Refuse(a.most.At, form.Found("band-over-condition", fmt.Sprintf("the hard band of %q goes to %v, the technical conditions of %q at %q allow %v", a.id.V, a.most.V, a.resident.V, a.node.V, most),
			"no command may allow more than the document does", "lower \"most\", or correct the technical conditions"))
	}
}

// checkArmours holds what a resident's actuators can leave of it against its armour:
// the bands of its set-points, the steps of its relays.
func (c *checker) checkArmours() {
	for i := range c.plant.residents.V {
		res := &c.plant.residents.V[i].V
		if !res.id.OK || !res.armour.Stated() {
			continue
		}
		armour, ok := floorOf(&res.armour.V)
		if !ok || armour == 0 {
			continue
		}
		var bands, steps []*actuatorDraft
		unread := false
		for j := range c.plant.actuators.V {
			a := &c.plant.actuators.V[j].V
			switch {
			case !a.resident.OK || a.resident.V != res.id.V:
			case !a.kind.OK:
				unread = true
			case a.kind.V == metering.ActuatorSetpoint:
				bands = append(bands, a)
				unread = unread || !a.least.OK
			case a.kind.V == metering.ActuatorRelay:
				steps = append(steps, a)
				unread = unread || !a.power.OK
			}
		}
		if unread {
			continue
		}
		c.checkBandsAboveArmour(res, bands, armour)
		c.checkStepsAboveArmour(res, steps, armour)
	}
}

// floorOf is the power that must be left for a process to be brought to its end: the
// technological armour, or where there is none the emergency one.
func floorOf(a *armourDraft) (metering.Power, bool) {
	if a.technological.Stated() {
		return a.technological.V, a.technological.OK
	}
	return a.emergency.V, a.emergency.OK
}

func (c *checker) checkBandsAboveArmour(res *residentDraft, bands []*actuatorDraft, armour metering.Power) {
	var sum metering.Power
	for _, a := range bands {
		sum += a.least.V
	}
	if len(bands) == 0 || sum >= armour {
		return
	}
	last := bands[len(bands)-1]
	what := fmt.Sprintf("the hard band of %q begins at %v", last.id.V, sum)
	if len(bands) > 1 {
		what = fmt.Sprintf("the hard bands of the %d set-points of %q begin at %v together", len(bands), res.id.V, sum)
	}
	c.Refuse(last.least.At, form.Found("band-below-armour", fmt.Sprintf("%s, the armour of %q is %v", what, res.id.V, armour),
		"no command may cut into the armour (броня)", "raise \"least\""))
}

// checkStepsAboveArmour warns where all steps together are more than what the
// resident may draw above its armour: whoever opens them all may cut into it.
func (c *checker) checkStepsAboveArmour(res *residentDraft, steps []*actuatorDraft, armour metering.Power) {
	var sum metering.Power
	for _, a := range steps {
		sum += a.power.V
	}
	if most, known := greatestSum(res.conditions.V); known && len(steps) > 0 && sum+armour > most {
		last := steps[len(steps)-1]
		c.Warn(last.power.At, form.Found("steps-into-armour", fmt.Sprintf("the relays of %q switch %v together, of technical conditions of %v with an armour of %v", res.id.V, sum, most, armour),
			"with all of them open less than the armour (броня) may be left", "leave the load of the armour outside the relays, and correct \"power\""))
	}
}
