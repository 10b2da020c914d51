package balancing

import (
	"slices"
	"time"

	"asue/metering"
)

// actingOf fills in what of a site can be limited and moved: the nodes below its
// supply, limits that hold at times, what residents may draw and must keep, and the
// actuators.
func actingOf(s *metering.Site, c *Config, at time.Time) {
	supply := supplyOf(s)
	for _, n := range s.Topology.Nodes {
		if slices.Contains(supply, n.ID) {
			continue
		}
		limit := n.Limit
		if !limit.IsStated() {
			limit = metering.Unlimited()
		}
		c.Nodes = append(c.Nodes, Node{ID: n.ID, Name: n.Name, Parent: below(supply, n.Parent), Limit: limit, MostVA: n.MostVA, MostA: n.MostA, VoltageKV: n.VoltageKV})
	}
	for _, src := range s.Sources {
		named := Source{Name: src.Name, Contract: src.Contract, Available: src.Available, Station: stationOf(s, src.ID)}
		for _, id := range supply {
			if slices.ContainsFunc(s.Topology.Path(id), func(n metering.Node) bool { return n.ID == src.Node }) {
				named.Nodes = append(named.Nodes, id)
			}
		}
		c.Sources = append(c.Sources, named)
	}
	c.Bands = s.Limits
	for _, cond := range s.Conditions {
		if cond.At(at) {
			addClaim(c, cond, below(supply, cond.Node))
		}
	}
	for _, a := range s.Armours {
		if a.At(at) {
			protect(c, a)
		}
	}
	for _, a := range s.Actuators {
		a.Node = below(supply, a.Node)
		c.Actuators = append(c.Actuators, a)
	}
	if least := smallest(s.Actuators); least > 0 {
		c.SmallestStep = least
	}
}

// supplyOf lists the nodes above the station: sources, and inputs with what lies
// between. Which of them feeds changes; what hangs below does not.
func supplyOf(s *metering.Site) []metering.NodeID {
	var ids []metering.NodeID
	for _, n := range s.Topology.Nodes {
		if n.Kind == metering.NodeSource || n.Kind == metering.NodeInput || slices.ContainsFunc(s.Sources, func(src metering.Source) bool { return src.Node == n.ID }) {
			for _, up := range s.Topology.Path(n.ID) {
				if !slices.Contains(ids, up.ID) {
					ids = append(ids, up.ID)
				}
			}
		}
	}
	return ids
}

// below is the node, or "" for one of the supply: what hangs there hangs on the
// site.
func below(supply []metering.NodeID, id metering.NodeID) metering.NodeID {
	if slices.Contains(supply, id) {
		return ""
	}
	return id
}

// ordinary is the class of a resident whose conditions state no category.
const ordinary = 2

// addClaim adds a condition to the resident's claim at its node. The category of
// supply is the class: what a plant of the first category may draw goes last.
func addClaim(c *Config, cond metering.Condition, node metering.NodeID) {
	class := int(cond.Category)
	if class < 1 {
		class = ordinary
	}
	for i := range c.Claims {
		if cl := &c.Claims[i]; cl.Resident == cond.Resident && cl.Node == node {
			cl.Allowed, cl.Class = cl.Allowed+cond.Power, min(cl.Class, class)
			return
		}
	}
	c.Claims = append(c.Claims, Claim{Resident: cond.Resident, Node: node, Allowed: cond.Power, Class: class})
}

// protect shares a resident's armour out to its claims by what each is allowed; the
// last one takes what rounding leaves.
func protect(c *Config, a metering.Armour) {
	var all metering.Power
	var own []*Claim
	for i := range c.Claims {
		if cl := &c.Claims[i]; cl.Resident == a.Resident {
			own, all = append(own, cl), all+cl.Allowed
		}
	}
	technological, emergency := a.Technological, a.Emergency
	for i, cl := range own {
		t, e := technological, emergency
		if i < len(own)-1 && all > 0 {
			t = metering.Power(float64(a.Technological) * float64(cl.Allowed) / float64(all))
			e = metering.Power(float64(a.Emergency) * float64(cl.Allowed) / float64(all))
		}
		cl.Technological, cl.Emergency, cl.TechnologicalFor = max(t, e), e, a.TechnologicalFor
		technological, emergency = technological-t, emergency-e
	}
}

// smallest is the smallest change that the actuators can make: a step, or what a
// set-point is told anew for; 0 if there are none.
func smallest(actuators []metering.Actuator) metering.Power {
	var least metering.Power
	for _, a := range actuators {
		step := a.Power
		switch a.Kind {
		case metering.ActuatorSetpoint:
			step = ActingDefaults().Reissue
		case metering.ActuatorBreaker:
			continue
		}
		if least == 0 || step < least {
			least = step
		}
	}
	return least
}
