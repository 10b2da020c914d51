package balance

import (
	"slices"

	"asue/metering"
)

// Kind is what a balance is drawn around.
type Kind string

// Kinds of balances.
const (
	OfNode       Kind = "node"       // from the meters at a node's head to the next ones below
	OfSubstation Kind = "substation" // from the inputs to the outgoing feeders
	OfZone       Kind = "zone"       // from the inputs to the residents
)

// Names under which the findings of the two balances around everything stand;
// no node of a site can have them.
const (
	Substation metering.NodeID = "@substation"
	Zone       metering.NodeID = "@zone"
)

// Subject is a part of the network around which a balance is drawn.
type Subject struct {
	ID   metering.NodeID `json:"id"` // the node, or Substation, or Zone
	Name string          `json:"name"`
	Kind Kind            `json:"kind"`
	// In measure what comes in, Out and OwnNeeds what goes out, each in its normal
	// direction; the other direction of each counts on the other side.
	In       []metering.PointID `json:"in"`
	Out      []metering.PointID `json:"out"`
	OwnNeeds []metering.PointID `json:"own_needs,omitempty"`
	Losses   []metering.NodeID  `json:"losses,omitempty"` // whose calculated losses lie inside
	// Dark are branches inside without any meter: what they draw is imbalance.
	Dark []metering.NodeID `json:"dark,omitempty"`
}

// Subjects lists the balances that the site's meters allow: around every node
// with meters at its head and below, in the order of the site file, then around
// the substation and the zone.
func (m *Model) Subjects() []Subject { return m.subjects }

// Subject finds a balance by its ID.
func (m *Model) Subject(id metering.NodeID) (Subject, bool) {
	for _, s := range m.subjects {
		if s.ID == id {
			return s, true
		}
	}
	return Subject{}, false
}

// Around finds the smallest balance in which a point measures what goes out, by
// which its energy is judged; of an input the one that it feeds. False for a
// point that is in none.
func (m *Model) Around(p metering.PointID) (Subject, bool) {
	for _, side := range []func(Subject) []metering.PointID{
		func(s Subject) []metering.PointID { return slices.Concat(s.Out, s.OwnNeeds) },
		func(s Subject) []metering.PointID { return s.In },
	} {
		// Balances of nodes come before those around everything.
		i := slices.IndexFunc(m.subjects, func(s Subject) bool { return slices.Contains(side(s), p) })
		if i >= 0 {
			return m.subjects[i], true
		}
	}
	return Subject{}, false
}

func (n *network) subjects() []Subject {
	var list []Subject
	var inputs []metering.NodeID
	for _, id := range n.order {
		node := n.nodes[id]
		if len(n.heads[id]) == 0 {
			continue
		}
		if node.Kind == metering.NodeInput {
			inputs = append(inputs, id)
		}
		if s := n.subject(id, node.Name, OfNode, everyHead, id); len(s.Out)+len(s.OwnNeeds) > 0 {
			list = append(list, s)
		}
	}
	if len(inputs) == 0 {
		return list
	}
	for _, s := range []Subject{
		n.subject(Substation, "substation", OfSubstation, feederHeads, inputs...),
		n.subject(Zone, "zone", OfZone, noHead, inputs...),
	} {
		if len(s.Out)+len(s.OwnNeeds) > 0 {
			list = append(list, s)
		}
	}
	return list
}

// subject is the balance from the heads of some nodes down to where stop says.
func (n *network) subject(id metering.NodeID, name string, kind Kind, stop func(metering.Node) bool, from ...metering.NodeID) Subject {
	s := Subject{ID: id, Name: name, Kind: kind}
	for _, node := range from {
		s.In = append(s.In, n.heads[node]...)
		inside := n.below(node, stop)
		s.Losses = append(s.Losses, inside.losses...)
		s.Dark = append(s.Dark, inside.dark...)
		for _, p := range inside.points {
			if n.points[p].Role == metering.RoleOwnNeeds {
				s.OwnNeeds = append(s.OwnNeeds, p)
			} else {
				s.Out = append(s.Out, p)
			}
		}
	}
	return s
}
