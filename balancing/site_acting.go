package balancing

import (
	"slices"

	"asue/metering"
)

// actingOf fills in what of a site can be limited and moved: the nodes below its
// supply, limits that hold at times, and the actuators.
func actingOf(s *metering.Site, c *Config) {
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
