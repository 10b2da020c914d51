package balancing

import (
	"slices"
	"time"

	"asue/metering"
)

// ConfigOf makes a configuration from a site as it is at one moment: the limit of
// the line in service, the cuts of the network and what each resident is
// allowed, what of it can be moved and how. poll gives the period in which a point is read; adjust the result
// before New where the site's contract differs from Defaults.
func ConfigOf(s *metering.Site, at time.Time, poll func(metering.PointID) time.Duration) Config {
	c := Defaults()
	if s.Location != nil {
		c.Location = s.Location
	}
	inService := map[metering.PointID]bool{}
	if src, ok := s.Feeding(); ok {
		supply := SupplyOf(s, at, src)
		c.Limit, c.Feeding = supply.Limit, supply.Feeding
		for _, id := range supply.InService {
			inService[id] = true
		}
	}
	actingOf(s, &c)
	c.Rights = RightsOf(s, at, 0)
	now := c.Rights.Versions[0]
	c.Claims = now.Claims
	// The smallest step is a default for a zone of tens of megawatts; a small site
	// has smaller ones.
	if limit, ok := c.Limit.Power(); ok {
		c.SmallestStep = min(c.SmallestStep, metering.Power((c.Trigger-c.Target)*float64(limit)))
	}
	for _, p := range s.Points {
		if p.MediumOf() != metering.Electricity {
			continue
		}
		point := Point{ID: p.ID, Level: levelOf(s, p), Node: below(supplyOf(s), p.Node), Poll: poll(p.ID), InService: inService[p.ID]}
		if p.Role == metering.RoleResident {
			point.Resident = p.Resident
		}
		if point.Level == Feeders {
			point.Cap = now.Caps[p.ID]
		}
		c.Points = append(c.Points, point)
	}
	for _, r := range s.Residents {
		c.Residents = append(c.Residents, Resident{ID: r.ID, Name: r.Name, Allowed: now.Allowed[r.ID]})
	}
	return c
}

// SupplyOf is the message that a source feeds the site from at on.
func SupplyOf(s *metering.Site, at time.Time, src metering.Source) Supply {
	supply := Supply{At: at, Feeding: src.Name, Limit: src.Contract}
	for _, p := range s.Inputs() {
		if slices.ContainsFunc(s.Topology.Path(p.Node), func(n metering.Node) bool { return n.ID == src.Node }) {
			supply.InService = append(supply.InService, p.ID)
		}
	}
	return supply
}

func levelOf(s *metering.Site, p metering.Point) Level {
	switch {
	case p.Role == metering.RoleInput:
		return Inputs
	case p.Role == metering.RoleTransformer:
		return Transformers
	case leaves(p) && !shadowed(s, p):
		return Feeders
	}
	return NoLevel
}

// leaves reports whether the point measures what leaves the station.
func leaves(p metering.Point) bool {
	return p.Role == metering.RoleFeeder || p.Role == metering.RoleResident || p.Role == metering.RoleOwnNeeds
}

// shadowed reports whether another point nearer to the source measures the same
// energy: one above it, or a feeder's at the same node.
func shadowed(s *metering.Site, p metering.Point) bool {
	path := s.Topology.Path(p.Node)
	for _, other := range s.Points {
		if other.MediumOf() != metering.Electricity || !leaves(other) || other.ID == p.ID {
			continue
		}
		at := slices.IndexFunc(path, func(n metering.Node) bool { return n.ID == other.Node })
		if at > 0 || (at == 0 && other.Role == metering.RoleFeeder && p.Role != metering.RoleFeeder) {
			return true
		}
	}
	return false
}
