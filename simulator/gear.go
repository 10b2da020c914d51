package simulator

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// gear is the switchgear of a site whose network is described: where its switches
// stand, and the automatic transfers that move them. A site without such a description
// has none, and outage.go hangs what has lost its line on another input.
type gear struct {
	switches  []gearSwitch
	transfers []transfer
	down      [][]int // fixed connections of a node, towards the loads
	joins     [][]int // switches at a node

	lent      []int // roots of lines that persons have put into service
	fitSince  int64 // since when the normal positions would do; 0: they would not, or are
	brokenFor int64 // since when the way back is half done; 0: it is not under way
}

type gearSwitch struct {
	metering.Switch
	a, b   int // nodes
	closed bool
}

type transfer struct {
	metering.Transfer
	watch, reserve int
	open, close    []int // switches
	since          int64 // since when its condition holds; 0: it does not
	acted          bool  // a transfer acts once, until the normal state is back
}

// How switches go back to their normal positions, which no automatic device does: by
// hand, when the normal state has been possible for backAfter. Lines whose angles nobody
// has measured are not worked in parallel, so what comes over is dark for backGap.
const (
	backAfter = 2 * time.Minute
	backGap   = time.Second
)

// addGear makes the switchgear of a described network as it stands in the normal state.
func (n *network) addGear(site *metering.Site, at time.Time, index map[metering.NodeID]int) (*gear, []error) {
	if site.Network.IsZero() {
		return nil, nil
	}
	g := &gear{down: make([][]int, len(n.nodes)), joins: make([][]int, len(n.nodes))}
	var faults []error
	place := func(what string, id metering.NodeID) int {
		i, ok := index[id]
		if !ok {
			faults = append(faults, fmt.Errorf("%s: its node %q is not in the topology", what, id))
		}
		return i
	}
	known := map[metering.ElementID]int{}
	for _, s := range site.Network.Switches {
		if !s.Holds(at) {
			continue
		}
		name := fmt.Sprintf("switch %s", s.ID)
		known[s.ID] = len(g.switches)
		g.switches = append(g.switches, gearSwitch{s, place(name, s.A), place(name, s.B), s.Closed})
	}
	for _, t := range site.Network.Transfers {
		if !t.Holds(at) {
			continue
		}
		name := fmt.Sprintf("transfer %s", t.ID)
		x := transfer{Transfer: t, watch: place(name, t.Watch), reserve: place(name, t.Reserve)}
		for _, list := range []struct {
			from []metering.ElementID
			to   *[]int
		}{{t.Open, &x.open}, {t.Close, &x.close}} {
			for _, id := range list.from {
				i, ok := known[id]
				if !ok {
					faults = append(faults, fmt.Errorf("%s: there is no switch %q", name, id))
					continue
				}
				*list.to = append(*list.to, i)
			}
		}
		g.transfers = append(g.transfers, x)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	for i := range g.switches {
		s := &g.switches[i]
		g.joins[s.a], g.joins[s.b] = append(g.joins[s.a], i), append(g.joins[s.b], i)
	}
	for i := range n.nodes {
		if up := n.nodes[i].normal; up >= 0 && !g.joined(up, i) {
			g.down[up] = append(g.down[up], i)
		}
	}
	n.addImpedances(site, at, index)
	return g, nil
}

// joined reports whether a switch stands between two nodes.
func (g *gear) joined(a, b int) bool {
	return slices.ContainsFunc(g.joins[a], func(i int) bool { return g.switches[i].a == b || g.switches[i].b == b })
}

// switchOver moves what has to move now, and finds out who has voltage then.
func (w *World) switchOver() {
	for range 2*len(w.net.gear.transfers) + 4 { // each moves once at a moment, and nothing goes round
		w.energise()
		if !w.transfers() && !w.byHand() && !w.goBack() {
			return
		}
	}
	w.energise()
}

// transfers lets an automatic transfer act that is due, and reports whether one has.
func (w *World) transfers() bool {
	g, nodes := w.net.gear, w.net.nodes
	for i := range g.transfers {
		t := &g.transfers[i]
		if t.Out || t.acted || g.brokenFor > 0 || nodes[t.watch].fed || !nodes[t.reserve].fed {
			t.since = 0
			continue
		}
		if t.since == 0 {
			t.since = w.now
		}
		if w.now < t.since+int64(t.After) {
			continue
		}
		t.acted, t.since = true, 0
		for _, s := range t.open {
			g.switches[s].closed = false
		}
		w.closeLive(t.close)
		return true
	}
	return false
}

// closeLive closes those of some switches that have voltage at one side at least: a
// line that is dead is not connected to a live bus by anybody.
func (w *World) closeLive(list []int) {
	var live []int
	for _, i := range list {
		if s := &w.net.gear.switches[i]; w.net.nodes[s.a].fed || w.net.nodes[s.b].fed {
			live = append(live, i)
		}
	}
	for _, i := range live {
		w.net.gear.switches[i].closed = true
	}
}

// byHand connects a reserve line, once persons have had the time for it, where no
// transfer has: the switches of dead inputs are opened and that of a live one closed.
func (w *World) byHand() bool {
	since, lost := w.outage()
	if !lost || w.now < since.Add(handOver).UnixNano() || w.net.gear.brokenFor > 0 {
		return false
	}
	g, nodes := w.net.gear, w.net.nodes
	input := func(i int) bool { return nodes[i].Kind == metering.NodeInput }
	for i := range g.switches {
		s := &g.switches[i]
		from, to := s.a, s.b
		if !input(from) {
			from, to = to, from
		}
		if s.closed || !input(from) || !nodes[from].fed || nodes[to].fed {
			continue
		}
		for k := range g.switches {
			if x := &g.switches[k]; x.closed && (input(x.a) && !nodes[x.a].fed || input(x.b) && !nodes[x.b].fed) {
				x.closed = false
			}
		}
		s.closed = true
		g.lent = append(g.lent, w.net.root(from))
		return true
	}
	return false
}

// goBack brings the switches to their normal positions when that has been possible for
// long enough: first what has to open, then, a moment later, what has to close.
func (w *World) goBack() bool {
	g := w.net.gear
	if g.brokenFor > 0 {
		if w.now < g.brokenFor+int64(backGap) {
			return false
		}
		for i := range g.switches {
			g.switches[i].closed = g.switches[i].Closed
		}
		for i := range g.transfers {
			g.transfers[i].acted = false
		}
		g.lent, g.brokenFor, g.fitSince = nil, 0, 0
		return true
	}
	astray := slices.ContainsFunc(g.switches, func(s gearSwitch) bool { return s.closed != s.Closed })
	if !astray || !w.fits() {
		g.fitSince = 0
		return false
	}
	if g.fitSince == 0 {
		g.fitSince = w.now
	}
	if w.now < g.fitSince+int64(backAfter) {
		return false
	}
	for i := range g.switches {
		g.switches[i].closed = g.switches[i].closed && g.switches[i].Closed
	}
	g.brokenFor = w.now
	return true
}

// fits reports whether the normal positions would feed the station, and all of it that
// has voltage now.
func (w *World) fits() bool {
	would := w.reach(func(s *gearSwitch) bool { return s.Closed })
	station := false
	for i := range w.net.nodes {
		n := &w.net.nodes[i]
		if n.fed && would.level[i] < 0 && n.Kind != metering.NodeSource && n.Kind != metering.NodeInput {
			return false
		}
		station = station || would.level[i] >= 0 && n.Kind == metering.NodeTransformer
	}
	return station
}

// turns are the moments at which something moves if nothing else happens before.
func (g *gear) turns() (list []int64) {
	for _, t := range g.transfers {
		if t.since > 0 {
			list = append(list, t.since+int64(t.After))
		}
	}
	if g.brokenFor > 0 {
		return append(list, g.brokenFor+int64(backGap))
	}
	if g.fitSince > 0 {
		list = append(list, g.fitSince+int64(backAfter))
	}
	return list
}

// root is the end of a node's line in the normal state.
func (n *network) root(i int) int {
	for range n.nodes {
		if n.nodes[i].normal < 0 {
			break
		}
		i = n.nodes[i].normal
	}
	return i
}
