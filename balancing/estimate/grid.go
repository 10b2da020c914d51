package estimate

import (
	"slices"
	"time"

	"asue/metering"
)

// grid is the network of a site with the places of its meters.
type grid struct {
	site         *metering.Site
	buses        map[metering.NodeID]float64 // nominal kV
	order        []metering.NodeID           // buses in the order of the site file
	lines        []metering.NetworkLine
	transformers []metering.ThreeWinding
	switches     []metering.Switch
	feeds        []feed
	leaves       []leaf
	places       []place
	accuracies   map[metering.PointID]accuracy
}

// feed is a source with the line that leads from it.
type feed struct {
	metering.Feed
	node  metering.NodeID // sending end
	lines []int
	fit   bool // counted on by the site file
}

// leaf is what hangs directly below a bus and is no element of the network.
type leaf struct {
	node metering.NodeID
	bus  metering.NodeID
	kv   float64 // nominal
}

// placeKind is where a meter of the network itself stands.
type placeKind uint8

const (
	atLine    placeKind = iota // the receiving end of a line, into the site
	atHV                       // the high-voltage side of a transformer, into it
	atWinding                  // a winding, out of the transformer
	atSwitch                   // a switch, from the parent of the point's node to the node
)

// place is a meter of the network itself. The accuracy of all others is that of their
// feeders.
type place struct {
	point   metering.PointID
	kind    placeKind
	element int // index of the line, transformer or switch
	winding int // of atWinding
	bus     metering.NodeID
}

func newGrid(site *metering.Site, at time.Time) *grid {
	g := &grid{site: site, buses: map[metering.NodeID]float64{}, accuracies: map[metering.PointID]accuracy{}}
	n := &site.Network
	inForce := func(o metering.Origin) bool { return o.Holds(at) }
	for _, l := range n.Lines {
		if inForce(l.Origin) {
			g.lines = append(g.lines, l)
		}
	}
	for _, t := range n.Transformers {
		if inForce(t.Origin) {
			g.transformers = append(g.transformers, t)
		}
	}
	for _, s := range n.Switches {
		if inForce(s.Origin) {
			g.switches = append(g.switches, s)
		}
	}
	named := n.BusSet()
	for _, node := range site.Topology.Nodes {
		if named[node.ID] {
			g.buses[node.ID] = node.VoltageKV
			g.order = append(g.order, node.ID)
		}
	}
	g.addFeeds(at)
	g.addLeaves()
	g.addPlaces(at)
	return g
}

func (g *grid) addFeeds(at time.Time) {
	for _, f := range g.site.Network.Feeds {
		i := slices.IndexFunc(g.site.Sources, func(s metering.Source) bool { return s.ID == f.Source })
		if i < 0 || !f.Holds(at) {
			continue
		}
		one := feed{Feed: f, node: g.site.Sources[i].Node, fit: g.site.Sources[i].Available}
		for k, l := range g.lines {
			if l.From == one.node {
				one.lines = append(one.lines, k)
			}
		}
		g.feeds = append(g.feeds, one)
	}
}

func (g *grid) addLeaves() {
	inside := map[metering.NodeID]bool{}
	for _, t := range g.transformers {
		inside[t.Node] = true
	}
	for _, n := range g.site.Topology.Nodes {
		_, onBus := g.buses[n.Parent]
		if _, isBus := g.buses[n.ID]; onBus && !isBus && !inside[n.ID] {
			g.leaves = append(g.leaves, leaf{node: n.ID, bus: n.Parent, kv: n.VoltageKV})
		}
	}
}

// addPlaces finds what the meters of the network itself measure: what enters the node
// at which their point stands.
func (g *grid) addPlaces(at time.Time) {
	for _, p := range g.site.Points {
		if p.MediumOf() != metering.Electricity {
			continue
		}
		g.accuracies[p.ID] = accuracyOf(g.site, p.ID, at)
		node, _ := g.site.Topology.Node(p.Node)
		one := place{point: p.ID, bus: p.Node}
		switch {
		case g.enteredByLine(node, &one), g.enteredByTransformer(node, &one), g.enteredBySwitch(node, &one):
			g.places = append(g.places, one)
		}
	}
}

func (g *grid) enteredByLine(n metering.Node, p *place) bool {
	p.kind = atLine
	p.element = slices.IndexFunc(g.lines, func(l metering.NetworkLine) bool { return l.To == n.ID })
	return p.element >= 0
}

// enteredByTransformer: the node is a transformer, or a section behind one.
func (g *grid) enteredByTransformer(n metering.Node, p *place) bool {
	for i, t := range g.transformers {
		if t.Node == n.ID {
			p.kind, p.element, p.bus = atHV, i, t.Bus[0]
			return true
		}
		if k := slices.Index(t.Bus[1:], n.ID); k >= 0 && n.Parent == t.Node {
			p.kind, p.element, p.winding = atWinding, i, k+1
			return true
		}
	}
	return false
}

func (g *grid) enteredBySwitch(n metering.Node, p *place) bool {
	p.kind = atSwitch
	p.element = slices.IndexFunc(g.switches, func(s metering.Switch) bool {
		return s.A == n.ID && s.B == n.Parent || s.B == n.ID && s.A == n.Parent
	})
	return p.element >= 0
}

// pointsAt are the points of electricity at a node with one of some roles, in the
// order of the site file.
func (g *grid) pointsAt(n metering.NodeID, roles ...metering.PointRole) []metering.Point {
	var list []metering.Point
	for _, p := range g.site.Points {
		if p.Node == n && slices.Contains(roles, p.Role) && p.MediumOf() == metering.Electricity {
			list = append(list, p)
		}
	}
	return list
}

// checkOf are the check meters beside a point.
func (g *grid) checkOf(p metering.PointID) []metering.Point {
	var list []metering.Point
	for _, c := range g.site.Points {
		if c.Role == metering.RoleCheck && c.Checks == p {
			list = append(list, c)
		}
	}
	return list
}
