package site

import (
	"fmt"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

// roleKinds says at what kinds of nodes a role makes sense; nil for any.
func roleKinds(role metering.PointRole) []metering.NodeKind {
	switch role {
	case metering.RoleInput:
		return []metering.NodeKind{metering.NodeInput}
	case metering.RoleTransformer:
		return []metering.NodeKind{metering.NodeTransformer, metering.NodeSection}
	case metering.RoleSection:
		return []metering.NodeKind{metering.NodeSection}
	case metering.RoleFeeder:
		return []metering.NodeKind{metering.NodeFeeder}
	case metering.RoleResident:
		return []metering.NodeKind{metering.NodeFeeder, metering.NodeSection}
	case metering.RoleOwnNeeds:
		return []metering.NodeKind{metering.NodeOwnNeeds}
	}
	return nil
}

func (c *checker) checkPoints() {
	billed := map[metering.NodeID]bool{}       // nodes with a point that is not a check
	boundary := map[metering.ResidentID]bool{} // residents with a boundary point
	inputs := map[metering.NodeID]bool{}
	clear := c.plant.points.OK // whether all of the points could be understood
	for i := range c.plant.points.V {
		p := &c.plant.points.V[i].V
		_, named := c.residents.byID[p.resident.V]
		clear = clear && p.role.OK && (p.node.OK || p.elsewhere()) && (named || p.role.V != metering.RoleResident)
		if !p.carries(metering.Electricity) {
			continue
		}
		if p.role.OK && p.node.OK && p.role.V != metering.RoleCheck {
			billed[p.node.V] = true
		}
		if isOneOf(p.role, metering.RoleResident) {
			boundary[p.resident.V] = true
		}
		if isOneOf(p.role, metering.RoleInput) {
			inputs[p.node.V] = true
		}
	}
	for i := range c.plant.virtual.V {
		if v := &c.plant.virtual.V[i].V; v.mediumOf() == metering.Electricity && isOneOf(v.role, metering.RoleResident) {
			boundary[v.resident.V] = true
		}
	}
	for i := range c.plant.points.V {
		g := &c.plant.points.V[i]
		c.checkPoint(g.At, &g.V, billed)
	}
	if clear {
		c.checkInputs(inputs)
		c.checkBoundaries(boundary)
	}
}

func (c *checker) checkPoint(at *form.Node, p *pointDraft, billed map[metering.NodeID]bool) {
	n, ok := c.nodes.find(c.Report, p.node)
	c.checkPlace(at, p)
	c.checkTimes(p, "disconnection", p.disconnected.V)
	c.checkTimes(p, "time of faulty metering", p.faulty.V)
	c.checkClass(p)
	if kinds := roleKinds(p.role.V); ok && p.role.OK && n.kind.OK && kinds != nil && !slices.Contains(kinds, n.kind.V) {
		c.Refuse(p.role.At, form.Found("wrong-role", fmt.Sprintf("a point of role %q at %q, which is of kind %q", p.role.V, p.node.V, n.kind.V),
			fmt.Sprintf("this role stands at nodes of kind: %s", joined(kinds, ", ")), "correct the role or the node"))
	}
	c.checkPointResident(at, p, ok)
	switch {
	case p.checks.Stated():
		c.checkBeside(p)
	case isOneOf(p.role, metering.RoleCheck) && p.elsewhere():
		c.Warn(p.role.At, form.Found("lonely-check", fmt.Sprintf("the check point %q names no point that it checks", p.id.V),
			"a check point stands beside a billing one, to be compared with it", "add \"checks\""))
	case isOneOf(p.role, metering.RoleCheck) && ok && !billed[p.node.V]:
		c.Warn(p.node.At, form.Found("lonely-check", fmt.Sprintf("the check point %q has no other point at %q", p.id.V, p.node.V),
			"a check point stands beside a billing one, to be compared with it", "name the node of the point that it checks"))
	}
}

func (c *checker) checkPointResident(at *form.Node, p *pointDraft, nodeKnown bool) {
	if !p.role.OK {
		return
	}
	if p.resident.Stated() && !isOneOf(p.role, metering.RoleResident, metering.RoleCheck) {
		c.Refuse(p.resident.At, form.Found("misplaced-resident", fmt.Sprintf("a resident at a point of role %q", p.role.V),
			"only a boundary (role \"resident\") or its check point belongs to a resident", "delete \"resident\", or correct the role"))
		return
	}
	if !p.resident.Stated() && p.role.V == metering.RoleResident {
		c.Refuse(at, form.Found("no-resident", fmt.Sprintf("the point %q of role \"resident\" names no resident", p.id.V),
			"its energy would be nobody's", "add \"resident\""))
		return
	}
	res, ok := c.residents.find(c.Report, p.resident)
	if !ok || p.role.V != metering.RoleResident || !nodeKnown || len(res.conditions.V) == 0 {
		return
	}
	for _, d := range res.conditions.V {
		if !d.V.node.OK || d.V.node.V == p.node.V {
			return
		}
	}
	c.Warn(p.node.At, form.Found("point-without-condition", fmt.Sprintf("the resident %q has no technical condition at %q", p.resident.V, p.node.V),
		"energy is metered there and nothing allows it there", "name the node of its technical condition, or add one"))
}

// checkInputs wants the power of the whole site to be metered.
func (c *checker) checkInputs(inputs map[metering.NodeID]bool) {
	if len(inputs) == 0 {
		c.Warn(c.plant.points.At, form.Found("no-input-point", "no point has the role \"input\"",
			"the sum of these points is what the contract limits", "add the point at the site's input"))
		return
	}
	for i := range c.plant.nodes.V {
		n := &c.plant.nodes.V[i].V
		if n.id.OK && isOneOf(n.kind, metering.NodeInput) && !inputs[n.id.V] {
			c.Warn(n.id.At, form.Found("no-input-point", fmt.Sprintf("no point of role \"input\" stands at the input %q", n.id.V),
				"what comes in there would be missing in the power of the site", "add the point"))
		}
	}
}

// checkBoundaries wants each working resident to be metered.
func (c *checker) checkBoundaries(boundary map[metering.ResidentID]bool) {
	for i := range c.plant.residents.V {
		res := &c.plant.residents.V[i].V
		if res.id.OK && isOneOf(res.state, metering.Working) && !boundary[res.id.V] {
			c.Warn(res.id.At, form.Found("unmetered-resident", fmt.Sprintf("the working resident %q has no metering point", res.id.V),
				"its consumption cannot be seen", "add a point of role \"resident\""))
		}
	}
}
