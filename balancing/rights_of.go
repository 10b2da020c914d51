package balancing

import (
	"slices"
	"time"

	"asue/metering"
)

// RightsOf are the rights that a site's conditions and armours give from at on, every
// change to come included, as they follow from a deed of the ledger.
func RightsOf(s *metering.Site, at time.Time, deed uint64) Rights {
	r := Rights{At: at, Deed: deed}
	feeders := feedersOf(s)
	for _, from := range changes(s, at) {
		r.Versions = append(r.Versions, standingOf(s, feeders, from))
	}
	return r
}

// changes are the moments from at on at which another condition or armour holds, at
// first, ascending.
func changes(s *metering.Site, at time.Time) []time.Time {
	moments := []time.Time{at}
	see := func(t time.Time) {
		if t.After(at) {
			moments = append(moments, t)
		}
	}
	for _, c := range s.Conditions {
		see(c.From)
		see(c.To)
	}
	for _, a := range s.Armours {
		see(a.From)
		see(a.ValidTo)
	}
	slices.SortFunc(moments, time.Time.Compare)
	return slices.CompactFunc(moments, time.Time.Equal)
}

// feedersOf are the points of a site that are counted as feeders.
func feedersOf(s *metering.Site) []metering.Point {
	var list []metering.Point
	for _, p := range s.Points {
		if p.MediumOf() == metering.Electricity && levelOf(s, p) == Feeders {
			list = append(list, p)
		}
	}
	return list
}

// standingOf is what a site's conditions and armours say at a moment.
func standingOf(s *metering.Site, feeders []metering.Point, at time.Time) Standing {
	v := Standing{From: at, Allowed: map[metering.ResidentID]metering.Power{}, Caps: map[metering.PointID]metering.Limit{}}
	supply := supplyOf(s)
	for _, r := range s.Residents {
		v.Allowed[r.ID] = 0
	}
	for _, c := range s.Conditions {
		if c.At(at) {
			v.add(c, below(supply, c.Node), c.Power)
			if _, known := v.Allowed[c.Resident]; known {
				v.Allowed[c.Resident] += c.Power + c.NonFirm
			}
		}
	}
	inForce := len(v.Claims)
	was := v.addEnded(s, supply, at)
	for _, a := range s.Armours {
		if a.At(at) {
			v.protect(a, inForce, was)
		}
	}
	for _, p := range feeders {
		v.Caps[p.ID] = capOf(s, p.Node, at)
	}
	return v
}

// ordinary is the class of a resident whose conditions state no category.
const ordinary = 2

// add adds a condition to the resident's claim at its node. The category of supply is
// the class: what a plant of the first category may draw goes last.
func (s *Standing) add(cond metering.Condition, node metering.NodeID, power metering.Power) {
	class := int(cond.Category)
	if class < 1 {
		class = ordinary
	}
	for i := range s.Claims {
		if cl := &s.Claims[i]; cl.Resident == cond.Resident && cl.Node == node {
			cl.Allowed, cl.Class = cl.Allowed+power, min(cl.Class, class)
			return
		}
	}
	s.Claims = append(s.Claims, Claim{Resident: cond.Resident, Node: node, Allowed: power, Class: class})
}

// addEnded adds claims of 0 W where a resident can draw and has no right any more, or
// not yet: whatever it draws there is above its technical conditions. It is the
// condition nearest above the place that counts; of somebody without any right, any. The
// power that each was about comes back, 0 if it lies ahead.
func (s *Standing) addEnded(site *metering.Site, supply []metering.NodeID, at time.Time) (was []metering.Power) {
	for _, p := range placesOf(site) {
		above := aboveOf(site, supply, p.node)
		if slices.ContainsFunc(s.Claims, func(cl Claim) bool { return cl.Resident == p.resident && slices.Contains(above, cl.Node) }) {
			continue
		}
		c, found := metering.Condition{}, false
		for _, id := range above {
			if !found {
				c, found = lastOf(site, at, func(c metering.Condition) bool { return c.Resident == p.resident && below(supply, c.Node) == id })
			}
		}
		if !found && !slices.ContainsFunc(s.Claims, func(cl Claim) bool { return cl.Resident == p.resident }) {
			c, found = lastOf(site, at, func(c metering.Condition) bool { return c.Resident == p.resident })
		}
		if !found {
			continue
		}
		s.add(c, below(supply, c.Node), 0)
		if c.From.After(at) {
			c.Power = 0
		}
		was = append(was, c.Power)
	}
	return was
}

// aboveOf lists a node and those above it, the supply under its one name.
func aboveOf(s *metering.Site, supply []metering.NodeID, id metering.NodeID) []metering.NodeID {
	var list []metering.NodeID
	for _, n := range s.Topology.Path(id) {
		if !slices.Contains(supply, n.ID) {
			list = append(list, n.ID)
		}
	}
	return append(list, "")
}

// lastOf is the condition that has held last, else one that will.
func lastOf(s *metering.Site, at time.Time, of func(metering.Condition) bool) (last metering.Condition, found bool) {
	for _, c := range s.Conditions {
		if !of(c) {
			continue
		}
		if !found || last.From.After(at) && !c.From.After(at) || !c.From.After(at) && c.To.After(last.To) {
			last, found = c, true
		}
	}
	return last, found
}

// place is where a resident can draw.
type place struct {
	resident metering.ResidentID
	node     metering.NodeID
}

// placesOf lists where residents are metered or have actuators.
func placesOf(s *metering.Site) []place {
	var list []place
	see := func(r metering.ResidentID, n metering.NodeID) {
		if p := (place{r, n}); r != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, p := range s.Points {
		if p.Role == metering.RoleResident && p.MediumOf() == metering.Electricity {
			see(p.Resident, p.Node)
		}
	}
	for _, a := range s.Actuators {
		see(a.Resident, a.Node)
	}
	return list
}

// protect shares a resident's armour out to its claims by what each is allowed; the
// last one takes what rounding leaves. Where a right has ended and others hold, the part
// that it had is kept beside theirs: what must not be cut does not end with a right. The
// claims from inForce on have ended, was are their powers.
func (s *Standing) protect(a metering.Armour, inForce int, was []metering.Power) {
	var all metering.Power
	var own []*Claim
	for i := range s.Claims[:inForce] {
		if cl := &s.Claims[i]; cl.Resident == a.Resident {
			own, all = append(own, cl), all+cl.Allowed
		}
	}
	for i := range s.Claims[inForce:] {
		cl := &s.Claims[inForce+i]
		switch {
		case cl.Resident != a.Resident:
		case all == 0:
			own = append(own, cl)
		default:
			cl.armour(a, part(a.Technological, was[i], all+was[i]), part(a.Emergency, was[i], all+was[i]))
		}
	}
	technological, emergency := a.Technological, a.Emergency
	for i, cl := range own {
		t, e := technological, emergency
		if i < len(own)-1 && all > 0 {
			t, e = part(a.Technological, cl.Allowed, all), part(a.Emergency, cl.Allowed, all)
		}
		cl.armour(a, t, e)
		technological, emergency = technological-t, emergency-e
	}
}

func part(power, of, all metering.Power) metering.Power {
	return metering.Power(float64(power) * float64(of) / float64(all))
}

func (cl *Claim) armour(a metering.Armour, technological, emergency metering.Power) {
	cl.Technological, cl.Emergency, cl.TechnologicalFor = max(technological, emergency), emergency, a.TechnologicalFor
}

// capOf is what is allowed at a node and behind it: the technical conditions there, what
// may be curtailed included, else the node's own limit.
func capOf(s *metering.Site, node metering.NodeID, at time.Time) metering.Limit {
	var sum metering.Power
	found := false
	for _, c := range s.Conditions {
		if c.At(at) && slices.ContainsFunc(s.Topology.Path(c.Node), func(n metering.Node) bool { return n.ID == node }) {
			sum += c.Power + c.NonFirm
			found = true
		}
	}
	if found {
		return metering.LimitOf(sum)
	}
	if n, ok := s.Topology.Node(node); ok {
		return n.Limit
	}
	return metering.Limit{}
}
