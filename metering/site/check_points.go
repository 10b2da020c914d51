package site

import (
	"fmt"
	"slices"

	"asue/metering"
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
	clear := c.plant.points.ok // whether all of the points could be understood
	for i := range c.plant.points.v {
		p := &c.plant.points.v[i].v
		_, named := c.residents.byID[p.resident.v]
		clear = clear && p.role.ok && p.node.ok && (named || p.role.v != metering.RoleResident)
		if p.role.ok && p.node.ok && p.role.v != metering.RoleCheck {
			billed[p.node.v] = true
		}
		if isOneOf(p.role, metering.RoleResident) {
			boundary[p.resident.v] = true
		}
		if isOneOf(p.role, metering.RoleInput) {
			inputs[p.node.v] = true
		}
	}
	for i := range c.plant.points.v {
		g := &c.plant.points.v[i]
		c.checkPoint(g.at, &g.v, billed)
	}
	if clear {
		c.checkInputs(inputs)
		c.checkBoundaries(boundary)
	}
}

func (c *checker) checkPoint(at *node, p *pointDraft, billed map[metering.NodeID]bool) {
	n, ok := c.nodes.find(c.reader, p.node)
	if kinds := roleKinds(p.role.v); ok && p.role.ok && n.kind.ok && kinds != nil && !slices.Contains(kinds, n.kind.v) {
		c.refuse(p.role.at, finding{"wrong-role", fmt.Sprintf("a point of role %q at %q, which is of kind %q", p.role.v, p.node.v, n.kind.v),
			fmt.Sprintf("this role stands at nodes of kind: %s", joined(kinds, ", ")), "correct the role or the node"})
	}
	c.checkPointResident(at, p, ok)
	if isOneOf(p.role, metering.RoleCheck) && ok && !billed[p.node.v] {
		c.warn(p.node.at, finding{"lonely-check", fmt.Sprintf("the check point %q has no other point at %q", p.id.v, p.node.v),
			"a check point stands beside a billing one, to be compared with it", "name the node of the point that it checks"})
	}
}

func (c *checker) checkPointResident(at *node, p *pointDraft, nodeKnown bool) {
	if !p.role.ok {
		return
	}
	if p.resident.stated() && !isOneOf(p.role, metering.RoleResident, metering.RoleCheck) {
		c.refuse(p.resident.at, finding{"misplaced-resident", fmt.Sprintf("a resident at a point of role %q", p.role.v),
			"only a boundary (role \"resident\") or its check point belongs to a resident", "delete \"resident\", or correct the role"})
		return
	}
	if !p.resident.stated() && p.role.v == metering.RoleResident {
		c.refuse(at, finding{"no-resident", fmt.Sprintf("the point %q of role \"resident\" names no resident", p.id.v),
			"its energy would be nobody's", "add \"resident\""})
		return
	}
	res, ok := c.residents.find(c.reader, p.resident)
	if !ok || p.role.v != metering.RoleResident || !nodeKnown || len(res.conditions.v) == 0 {
		return
	}
	for _, d := range res.conditions.v {
		if !d.v.node.ok || d.v.node.v == p.node.v {
			return
		}
	}
	c.warn(p.node.at, finding{"point-without-condition", fmt.Sprintf("the resident %q has no technical condition at %q", p.resident.v, p.node.v),
		"energy is metered there and nothing allows it there", "name the node of its technical condition, or add one"})
}

// checkInputs wants the power of the whole site to be metered.
func (c *checker) checkInputs(inputs map[metering.NodeID]bool) {
	if len(inputs) == 0 {
		c.warn(c.plant.points.at, finding{"no-input-point", "no point has the role \"input\"",
			"the sum of these points is what the contract limits", "add the point at the site's input"})
		return
	}
	for i := range c.plant.nodes.v {
		n := &c.plant.nodes.v[i].v
		if n.id.ok && isOneOf(n.kind, metering.NodeInput) && !inputs[n.id.v] {
			c.warn(n.id.at, finding{"no-input-point", fmt.Sprintf("no point of role \"input\" stands at the input %q", n.id.v),
				"what comes in there would be missing in the power of the site", "add the point"})
		}
	}
}

// checkBoundaries wants each working resident to be metered.
func (c *checker) checkBoundaries(boundary map[metering.ResidentID]bool) {
	for i := range c.plant.residents.v {
		res := &c.plant.residents.v[i].v
		if res.id.ok && isOneOf(res.state, metering.Working) && !boundary[res.id.v] {
			c.warn(res.id.at, finding{"unmetered-resident", fmt.Sprintf("the working resident %q has no metering point", res.id.v),
				"its consumption cannot be seen", "add a point of role \"resident\""})
		}
	}
}
