package site

import (
	"fmt"
	"math"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

// parentKinds says what may feed what.
func parentKinds(k metering.NodeKind) []metering.NodeKind {
	switch k {
	case metering.NodeInput:
		return []metering.NodeKind{metering.NodeSource}
	case metering.NodeTransformer:
		return []metering.NodeKind{metering.NodeSection, metering.NodeInput, metering.NodeFeeder}
	case metering.NodeSection:
		return []metering.NodeKind{metering.NodeInput, metering.NodeTransformer, metering.NodeSection, metering.NodeFeeder}
	case metering.NodeFeeder, metering.NodeOwnNeeds:
		return []metering.NodeKind{metering.NodeSection, metering.NodeTransformer, metering.NodeFeeder}
	}
	return nil
}

func (c *checker) checkNodes() {
	for i := range c.plant.nodes.V {
		g := &c.plant.nodes.V[i]
		c.checkParent(g.At, &g.V)
		c.checkPassports(g.At, &g.V)
	}
	c.checkCycles()
}

func (c *checker) checkParent(at *form.Node, n *nodeDraft) {
	if !n.parent.Stated() {
		if n.kind.OK && n.kind.V != metering.NodeSource {
			c.Refuse(at, form.Found("no-parent", fmt.Sprintf("the %s %q has no parent", n.kind.V, n.id.V),
				"every node but a source is fed by another one; without a way to a source it would be dark", "add \"parent\", the node that feeds it in the normal state"))
		}
		return
	}
	parent, ok := c.nodes.find(c.Report, n.parent)
	switch {
	case n.kind.OK && n.kind.V == metering.NodeSource:
		c.Refuse(n.parent.At, form.Found("source-with-parent", fmt.Sprintf("the source %q has a parent", n.id.V),
			"a source is where the network begins", "delete \"parent\", or give the node another kind"))
	case ok && n.kind.OK && parent.kind.OK && !slices.Contains(parentKinds(n.kind.V), parent.kind.V):
		c.Refuse(n.parent.At, form.Found("wrong-parent", fmt.Sprintf("a node of kind %q under %q, which is of kind %q", n.kind.V, n.parent.V, parent.kind.V),
			fmt.Sprintf("what may feed it: %s", joined(parentKinds(n.kind.V), ", ")), "correct the parent or one of the kinds"))
	case ok && n.voltage.OK && parent.voltage.OK && parent.kind.OK:
		c.checkVoltage(n, parent)
	}
}

func (c *checker) checkVoltage(n, parent *nodeDraft) {
	switch {
	case parent.kind.V == metering.NodeTransformer && n.voltage.V >= parent.voltage.V:
		c.Refuse(n.voltage.At, form.Found("wrong-voltage", fmt.Sprintf("%v kV behind the transformer %q of %v kV", n.voltage.V, n.parent.V, parent.voltage.V),
			"a transformer's voltage is its high side; what it feeds has less", "correct one of the two voltages"))
	case parent.kind.V != metering.NodeTransformer && math.Abs(n.voltage.V-parent.voltage.V) > 0.1*parent.voltage.V:
		c.Refuse(n.voltage.At, form.Found("wrong-voltage", fmt.Sprintf("%v kV under %q of %v kV", n.voltage.V, n.parent.V, parent.voltage.V),
			"without a transformer between them two nodes have the same voltage", "correct one of the voltages, or the parent"))
	}
}

// checkCycles reports each ring of parents once, at its first node of the file.
func (c *checker) checkCycles() {
	done := map[metering.NodeID]bool{}
	for _, g := range c.plant.nodes.V {
		var path []metering.NodeID
		onPath := map[metering.NodeID]bool{}
		n := &g.V
		for n.id.OK && !done[n.id.V] && !onPath[n.id.V] {
			onPath[n.id.V] = true
			path = append(path, n.id.V)
			parent, ok := c.nodes.byID[n.parent.V]
			if !n.parent.OK || !ok {
				break
			}
			n = parent
		}
		if n.id.OK && onPath[n.id.V] && n.parent.OK && !done[n.id.V] {
			if start := slices.Index(path, n.id.V); c.closes(path, n) {
				ring := append(slices.Clone(path[start:]), n.id.V)
				c.Refuse(n.parent.At, form.Found("cycle", "the parents form a ring: "+joined(ring, " ← "),
					"energy comes from a source; here each node waits for the next", "give one of these nodes the parent that really feeds it"))
			}
		}
		for _, id := range path {
			done[id] = true
		}
	}
}

// closes reports whether the last node of a path has the given one as parent.
func (c *checker) closes(path []metering.NodeID, n *nodeDraft) bool {
	last := c.nodes.byID[path[len(path)-1]]
	return last.parent.OK && last.parent.V == n.id.V
}

func (c *checker) checkPassports(at *form.Node, n *nodeDraft) {
	isTransformer := isOneOf(n.kind, metering.NodeTransformer)
	switch {
	case isTransformer && !n.transformer.Stated():
		c.Refuse(at, form.Found("no-passport", fmt.Sprintf("the transformer %q has no passport values", n.id.V),
			"its losses are part of what the contract limits", "add \"transformer\" with rated, no_load_loss and load_loss"))
	case n.kind.OK && !isTransformer && n.transformer.Stated():
		c.Refuse(n.transformer.At, form.Found("misplaced-passport", fmt.Sprintf("transformer data at a node of kind %q", n.kind.V),
			"only a transformer has them", "delete \"transformer\", or give the node the kind \"transformer\""))
	}
	if n.line.Stated() && n.kind.OK && !isOneOf(n.kind, metering.NodeSource, metering.NodeFeeder, metering.NodeOwnNeeds) {
		c.Refuse(n.line.At, form.Found("misplaced-passport", fmt.Sprintf("line data at a node of kind %q", n.kind.V),
			"a source's overhead line or a feeder's cable has them", "delete \"line\", or move it to the source or the feeder"))
	}
	c.checkTransformer(&n.transformer.V)
	c.checkLine(&n.line.V)
}

// checkTransformer holds the passport against what power transformers are like:
// no-load losses of 0.05–0.5 % and load losses of 0.2–3 % of rated power cover
// 25 kVA to 250 MVA.
func (c *checker) checkTransformer(t *transformerDraft) {
	if t.rated.OK && t.rated.V == 0 {
		c.Refuse(t.rated.At, form.Found("zero-rated", "a transformer rated 0", "loading is current over rated current", "write the rated power of its passport"))
		return
	}
	if t.noLoad.OK && t.loadLoss.OK && t.noLoad.V >= t.loadLoss.V {
		c.Warn(t.noLoad.At, form.Found("implausible-transformer", fmt.Sprintf("no-load loss %v is not below load loss %v", t.noLoad.V, t.loadLoss.V),
			"in power transformers it is three to ten times less", "check whether the two are exchanged"))
		return
	}
	if t.rated.OK && t.loadLoss.OK {
		if share := float64(t.loadLoss.V) / t.rated.V; share < 0.001 || share > 0.05 {
			c.Warn(t.loadLoss.At, form.Found("implausible-transformer", fmt.Sprintf("load loss %v is %.3g %% of the rated power", t.loadLoss.V, 100*share),
				"in power transformers it is 0.1 to 5 %", "check the number and its unit against the passport"))
		}
	}
}

func (c *checker) checkLine(w *wireDraft) {
	if !w.resistance.OK {
		return
	}
	if w.resistance.V < 0.005 || w.resistance.V > 5 {
		c.Warn(w.resistance.At, form.Found("implausible-line", fmt.Sprintf("%v ohm/km", w.resistance.V),
			"conductors and cables of power networks have 0.005 to 5 ohm/km", "check the number and its unit; it is per kilometre"))
		return
	}
	table, known := metering.ConductorNamed(w.conductor.V)
	if known && math.Abs(w.resistance.V-table.DCOhmPerKM) > 0.15*table.DCOhmPerKM {
		c.Warn(w.resistance.At, form.Found("implausible-line", fmt.Sprintf("%v ohm/km for %s", w.resistance.V, w.conductor.V),
			fmt.Sprintf("by ГОСТ 839 it has %v ohm/km at 20 °C", table.DCOhmPerKM), "check the conductor and the resistance against each other"))
	}
}

func (c *checker) checkSources() {
	if c.plant.sources.OK && len(c.plant.sources.V) == 0 {
		c.Refuse(c.plant.sources.At, form.Found("no-source", "the list of sources is empty", "a site is fed by at least one supply line", "add the supply line"))
		return
	}
	byNode := map[metering.NodeID]string{}
	for i := range c.plant.sources.V {
		g := &c.plant.sources.V[i]
		c.checkSource(g.At, &g.V, byNode)
	}
	for _, g := range c.plant.nodes.V {
		if _, described := byNode[g.V.id.V]; !described && g.V.id.OK && isOneOf(g.V.kind, metering.NodeSource) && c.plant.sources.OK {
			c.Refuse(g.At, form.Found("undescribed-source", fmt.Sprintf("no source begins at the node %q", g.V.id.V),
				"contract and availability of a supply line stand in \"sources\"", fmt.Sprintf("add a source with node: %s", g.V.id.V)))
		}
	}
	c.checkAvailability()
}

func (c *checker) checkSource(at *form.Node, s *sourceDraft, byNode map[metering.NodeID]string) {
	if n, ok := c.nodes.find(c.Report, s.node); ok {
		if n.kind.OK && n.kind.V != metering.NodeSource {
			c.Refuse(s.node.At, form.Found("wrong-source-node", fmt.Sprintf("the source %q begins at %q, which is of kind %q", s.id.V, s.node.V, n.kind.V),
				"a supply line begins at a node of kind \"source\"", "name that node, or correct its kind"))
		}
		if other, taken := byNode[s.node.V]; taken {
			c.Refuse(s.node.At, form.Found("shared-source-node", fmt.Sprintf("the sources %q and %q begin at the same node %q", other, s.id.V, s.node.V),
				"each circuit of a supply is a node and a source of its own", "give each source its own node"))
		}
		byNode[s.node.V] = s.id.V
	}
	available := s.available.OK && s.available.V
	switch {
	case available && !s.contract.Stated():
		c.Refuse(at, form.Found("no-contract", fmt.Sprintf("the source %q is available and has no contract", s.id.V),
			"the declared power is the limit of the whole site; without it nothing can be watched",
			"add \"contract\" with the declared power, or \"contract: unlimited\" if somebody has stated that there is none"))
	case s.available.OK && !available && !s.note.Stated():
		c.Warn(s.available.At, form.Found("no-note", fmt.Sprintf("the source %q is not available, and nothing says why", s.id.V),
			"who reads it at night must know whether it can be had", "add \"note\" with the reason and the date"))
	}
}

func (c *checker) checkAvailability() {
	var available []*sourceDraft
	unread := false
	for i := range c.plant.sources.V {
		s := &c.plant.sources.V[i].V
		unread = unread || !s.available.OK
		if s.available.OK && s.available.V {
			available = append(available, s)
		}
	}
	switch {
	case len(available) == 0 && !unread && c.plant.sources.OK:
		c.Refuse(c.plant.sources.At, form.Found("no-available-source", "no source is available", "then nothing feeds the site and there is no limit to watch",
			"write \"available: true\" at the line that feeds it"))
	case len(available) > 1:
		c.Warn(available[1].available.At, form.Found("two-available-sources", fmt.Sprintf("the sources %q and %q are both available", available[0].id.V, available[1].id.V),
			fmt.Sprintf("only the first of the file, %q, is taken as feeding the site", available[0].id.V), "keep the reserve at \"available: false\" with a note, or list the feeding line first"))
	}
}
