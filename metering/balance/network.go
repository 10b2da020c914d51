package balance

import (
	"fmt"
	"slices"

	"asue/metering"
)

// network is the site's forest with the points that measure it.
type network struct {
	nodes    map[metering.NodeID]metering.Node
	order    []metering.NodeID
	children map[metering.NodeID][]metering.NodeID
	points   map[metering.PointID]metering.Point
	// heads measure what enters a node, before its own line or transformer.
	heads map[metering.NodeID][]metering.PointID
	// ends measure what is drawn at a node, after its own line: residents and own
	// needs.
	ends map[metering.NodeID][]metering.PointID
}

func newNetwork(site *metering.Site) (*network, error) {
	n := &network{
		nodes:    map[metering.NodeID]metering.Node{},
		children: map[metering.NodeID][]metering.NodeID{},
		points:   map[metering.PointID]metering.Point{},
		heads:    map[metering.NodeID][]metering.PointID{},
		ends:     map[metering.NodeID][]metering.PointID{},
	}
	for _, node := range site.Topology.Nodes {
		n.nodes[node.ID] = node
		n.order = append(n.order, node.ID)
		n.children[node.Parent] = append(n.children[node.Parent], node.ID)
	}
	for _, id := range n.order {
		if n.circular(id) {
			return nil, fmt.Errorf("node %q is fed from itself: correct the parents on its way to the source", id)
		}
	}
	for _, p := range site.Points {
		if p.MediumOf() == metering.Electricity {
			n.place(p)
		}
	}
	return n, nil
}

func (n *network) circular(id metering.NodeID) bool {
	at := id
	for range len(n.order) + 1 {
		node, ok := n.nodes[at]
		if !ok {
			return false
		}
		at = node.Parent
	}
	return true
}

// place says what a point measures at its node. A section's incoming breaker
// counts before the transformer winding that feeds it: they measure the same.
func (n *network) place(p metering.Point) {
	n.points[p.ID] = p
	switch p.Role {
	case metering.RoleResident, metering.RoleOwnNeeds:
		n.ends[p.Node] = append(n.ends[p.Node], p.ID)
	case metering.RoleInput, metering.RoleTransformer, metering.RoleSection, metering.RoleFeeder:
		heads := n.heads[p.Node]
		switch {
		case len(heads) == 0 || n.points[heads[0]].Role == p.Role:
			n.heads[p.Node] = append(heads, p.ID)
		case p.Role != metering.RoleTransformer && n.points[heads[0]].Role == metering.RoleTransformer:
			n.heads[p.Node] = []metering.PointID{p.ID}
		}
	}
}

// lossy reports whether the node has a line or a transformer whose losses can be
// calculated.
func (n *network) lossy(id metering.NodeID) bool {
	node := n.nodes[id]
	return node.Transformer != nil && node.Transformer.RatedVA > 0 ||
		node.Line != nil && node.VoltageKV > 0
}

// cut is the points that together measure a flow, the nodes whose losses lie
// before them, and branches on the way that nobody measures.
type cut struct {
	points []metering.PointID
	losses []metering.NodeID
	dark   []metering.NodeID
}

func (c *cut) add(o cut) {
	c.points = append(c.points, o.points...)
	c.losses = append(c.losses, o.losses...)
	c.dark = append(c.dark, o.dark...)
}

// entering is the cut of what enters a node. It uses the meters at the head of
// nodes where stop says so, and others only where nothing is measured below.
func (n *network) entering(id metering.NodeID, stop func(metering.Node) bool) cut {
	heads := n.heads[id]
	if len(heads) > 0 && stop(n.nodes[id]) {
		return cut{points: heads}
	}
	below := n.below(id, stop)
	switch {
	case len(below.points) > 0:
		return below
	case len(heads) > 0:
		return cut{points: heads}
	}
	return cut{dark: []metering.NodeID{id}}
}

// below is the cut of what enters a node, measured after its own line or
// transformer.
func (n *network) below(id metering.NodeID, stop func(metering.Node) bool) cut {
	var c cut
	if n.lossy(id) {
		c.losses = append(c.losses, id)
	}
	c.points = append(c.points, n.ends[id]...)
	for _, child := range n.children[id] {
		c.add(n.entering(child, stop))
	}
	return c
}

// everyHead is the stop at the first meter of each branch.
func everyHead(metering.Node) bool { return true }

// noHead is the way down to those who draw the energy.
func noHead(metering.Node) bool { return false }

// feederHeads is the way down to what leaves the substation.
func feederHeads(n metering.Node) bool { return n.Kind == metering.NodeFeeder }

// compensates is the node whose losses a meter with loss compensation stands
// for: the nearest line or transformer above the meter.
func (n *network) compensates(p metering.PointID) (metering.NodeID, bool) {
	point := n.points[p]
	at := n.nodes[point.Node]
	if !slices.Contains(n.ends[point.Node], p) {
		at = n.nodes[at.Parent]
	}
	for at.ID != "" {
		if n.lossy(at.ID) {
			return at.ID, true
		}
		at = n.nodes[at.Parent]
	}
	return "", false
}
