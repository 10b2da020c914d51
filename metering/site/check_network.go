package site

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"asue/metering"
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
	for i := range c.plant.nodes.v {
		g := &c.plant.nodes.v[i]
		c.checkParent(g.at, &g.v)
		c.checkPassports(g.at, &g.v)
	}
	c.checkCycles()
}

func (c *checker) checkParent(at *node, n *nodeDraft) {
	if !n.parent.stated() {
		if n.kind.ok && n.kind.v != metering.NodeSource {
			c.refuse(at, finding{"no-parent", fmt.Sprintf("the %s %q has no parent", n.kind.v, n.id.v),
				"every node but a source is fed by another one; without a way to a source it would be dark", "add \"parent\", the node that feeds it in the normal state"})
		}
		return
	}
	parent, ok := c.nodes.find(c.reader, n.parent)
	switch {
	case n.kind.ok && n.kind.v == metering.NodeSource:
		c.refuse(n.parent.at, finding{"source-with-parent", fmt.Sprintf("the source %q has a parent", n.id.v),
			"a source is where the network begins", "delete \"parent\", or give the node another kind"})
	case ok && n.kind.ok && parent.kind.ok && !slices.Contains(parentKinds(n.kind.v), parent.kind.v):
		c.refuse(n.parent.at, finding{"wrong-parent", fmt.Sprintf("a node of kind %q under %q, which is of kind %q", n.kind.v, n.parent.v, parent.kind.v),
			fmt.Sprintf("what may feed it: %s", joined(parentKinds(n.kind.v), ", ")), "correct the parent or one of the kinds"})
	case ok && n.voltage.ok && parent.voltage.ok && parent.kind.ok:
		c.checkVoltage(n, parent)
	}
}

func (c *checker) checkVoltage(n, parent *nodeDraft) {
	switch {
	case parent.kind.v == metering.NodeTransformer && n.voltage.v >= parent.voltage.v:
		c.refuse(n.voltage.at, finding{"wrong-voltage", fmt.Sprintf("%v kV behind the transformer %q of %v kV", n.voltage.v, n.parent.v, parent.voltage.v),
			"a transformer's voltage is its high side; what it feeds has less", "correct one of the two voltages"})
	case parent.kind.v != metering.NodeTransformer && math.Abs(n.voltage.v-parent.voltage.v) > 0.1*parent.voltage.v:
		c.refuse(n.voltage.at, finding{"wrong-voltage", fmt.Sprintf("%v kV under %q of %v kV", n.voltage.v, n.parent.v, parent.voltage.v),
			"without a transformer between them two nodes have the same voltage", "correct one of the voltages, or the parent"})
	}
}

// checkCycles reports each ring of parents once, at its first node of the file.
func (c *checker) checkCycles() {
	done := map[metering.NodeID]bool{}
	for _, g := range c.plant.nodes.v {
		var path []metering.NodeID
		onPath := map[metering.NodeID]bool{}
		n := &g.v
		for n.id.ok && !done[n.id.v] && !onPath[n.id.v] {
			onPath[n.id.v] = true
			path = append(path, n.id.v)
			parent, ok := c.nodes.byID[n.parent.v]
			if !n.parent.ok || !ok {
				break
			}
			n = parent
		}
		if n.id.ok && onPath[n.id.v] && n.parent.ok && !done[n.id.v] {
			if start := slices.Index(path, n.id.v); c.closes(path, n) {
				ring := append(slices.Clone(path[start:]), n.id.v)
				c.refuse(n.parent.at, finding{"cycle", "the parents form a ring: " + joined(ring, " ← "),
					"energy comes from a source; here each node waits for the next", "give one of these nodes the parent that really feeds it"})
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
	return last.parent.ok && last.parent.v == n.id.v
}

func (c *checker) checkPassports(at *node, n *nodeDraft) {
	isTransformer := isOneOf(n.kind, metering.NodeTransformer)
	switch {
	case isTransformer && !n.transformer.stated():
		c.refuse(at, finding{"no-passport", fmt.Sprintf("the transformer %q has no passport values", n.id.v),
			"its losses are part of what the contract limits", "add \"transformer\" with rated, no_load_loss and load_loss"})
	case n.kind.ok && !isTransformer && n.transformer.stated():
		c.refuse(n.transformer.at, finding{"misplaced-passport", fmt.Sprintf("transformer data at a node of kind %q", n.kind.v),
			"only a transformer has them", "delete \"transformer\", or give the node the kind \"transformer\""})
	}
	if n.line.stated() && n.kind.ok && !isOneOf(n.kind, metering.NodeSource, metering.NodeFeeder, metering.NodeOwnNeeds) {
		c.refuse(n.line.at, finding{"misplaced-passport", fmt.Sprintf("line data at a node of kind %q", n.kind.v),
			"a source's overhead line or a feeder's cable has them", "delete \"line\", or move it to the source or the feeder"})
	}
	c.checkTransformer(&n.transformer.v)
	c.checkLine(&n.line.v)
}

// checkTransformer holds the passport against what power transformers are like:
// no-load losses of 0.05–0.5 % and load losses of 0.2–3 % of rated power cover
// 25 kVA to 250 MVA.
func (c *checker) checkTransformer(t *transformerDraft) {
	if t.rated.ok && t.rated.v == 0 {
		c.refuse(t.rated.at, finding{"zero-rated", "a transformer rated 0", "loading is current over rated current", "write the rated power of its passport"})
		return
	}
	if t.noLoad.ok && t.loadLoss.ok && t.noLoad.v >= t.loadLoss.v {
		c.warn(t.noLoad.at, finding{"implausible-transformer", fmt.Sprintf("no-load loss %v is not below load loss %v", t.noLoad.v, t.loadLoss.v),
			"in power transformers it is three to ten times less", "check whether the two are exchanged"})
		return
	}
	if t.rated.ok && t.loadLoss.ok {
		if share := float64(t.loadLoss.v) / t.rated.v; share < 0.001 || share > 0.05 {
			c.warn(t.loadLoss.at, finding{"implausible-transformer", fmt.Sprintf("load loss %v is %.3g %% of the rated power", t.loadLoss.v, 100*share),
				"in power transformers it is 0.1 to 5 %", "check the number and its unit against the passport"})
		}
	}
}

// conductorOhms are active resistances in Ω/km at 20 °C by ГОСТ 839-2019.
var conductorOhms = map[string]float64{
	"АС-70/11": 0.422, "АС-95/16": 0.301, "АС-120/19": 0.244, "АС-150/24": 0.204,
	"АС-185/29": 0.159, "АС-240/32": 0.118, "АС-300/39": 0.096,
}

func (c *checker) checkLine(w *wireDraft) {
	if !w.resistance.ok {
		return
	}
	if w.resistance.v < 0.005 || w.resistance.v > 5 {
		c.warn(w.resistance.at, finding{"implausible-line", fmt.Sprintf("%v ohm/km", w.resistance.v),
			"conductors and cables of power networks have 0.005 to 5 ohm/km", "check the number and its unit; it is per kilometre"})
		return
	}
	table, known := conductorOhms[strings.ReplaceAll(w.conductor.v, " ", "-")]
	if known && math.Abs(w.resistance.v-table) > 0.15*table {
		c.warn(w.resistance.at, finding{"implausible-line", fmt.Sprintf("%v ohm/km for %s", w.resistance.v, w.conductor.v),
			fmt.Sprintf("by ГОСТ 839 it has %v ohm/km at 20 °C", table), "check the conductor and the resistance against each other"})
	}
}

func (c *checker) checkSources() {
	if c.plant.sources.ok && len(c.plant.sources.v) == 0 {
		c.refuse(c.plant.sources.at, finding{"no-source", "the list of sources is empty", "a site is fed by at least one supply line", "add the supply line"})
		return
	}
	byNode := map[metering.NodeID]string{}
	for i := range c.plant.sources.v {
		g := &c.plant.sources.v[i]
		c.checkSource(g.at, &g.v, byNode)
	}
	for _, g := range c.plant.nodes.v {
		if _, described := byNode[g.v.id.v]; !described && g.v.id.ok && isOneOf(g.v.kind, metering.NodeSource) && c.plant.sources.ok {
			c.refuse(g.at, finding{"undescribed-source", fmt.Sprintf("no source begins at the node %q", g.v.id.v),
				"contract and availability of a supply line stand in \"sources\"", fmt.Sprintf("add a source with node: %s", g.v.id.v)})
		}
	}
	c.checkAvailability()
}

func (c *checker) checkSource(at *node, s *sourceDraft, byNode map[metering.NodeID]string) {
	if n, ok := c.nodes.find(c.reader, s.node); ok {
		if n.kind.ok && n.kind.v != metering.NodeSource {
			c.refuse(s.node.at, finding{"wrong-source-node", fmt.Sprintf("the source %q begins at %q, which is of kind %q", s.id.v, s.node.v, n.kind.v),
				"a supply line begins at a node of kind \"source\"", "name that node, or correct its kind"})
		}
		if other, taken := byNode[s.node.v]; taken {
			c.refuse(s.node.at, finding{"shared-source-node", fmt.Sprintf("the sources %q and %q begin at the same node %q", other, s.id.v, s.node.v),
				"each circuit of a supply is a node and a source of its own", "give each source its own node"})
		}
		byNode[s.node.v] = s.id.v
	}
	available := s.available.ok && s.available.v
	switch {
	case available && !s.contract.stated():
		c.refuse(at, finding{"no-contract", fmt.Sprintf("the source %q is available and has no contract", s.id.v),
			"the declared power is the limit of the whole site; without it nothing can be watched",
			"add \"contract\" with the declared power, or \"contract: unlimited\" if somebody has stated that there is none"})
	case s.available.ok && !available && !s.note.stated():
		c.warn(s.available.at, finding{"no-note", fmt.Sprintf("the source %q is not available, and nothing says why", s.id.v),
			"who reads it at night must know whether it can be had", "add \"note\" with the reason and the date"})
	}
}

func (c *checker) checkAvailability() {
	var available []*sourceDraft
	unread := false
	for i := range c.plant.sources.v {
		s := &c.plant.sources.v[i].v
		unread = unread || !s.available.ok
		if s.available.ok && s.available.v {
			available = append(available, s)
		}
	}
	switch {
	case len(available) == 0 && !unread && c.plant.sources.ok:
		c.refuse(c.plant.sources.at, finding{"no-available-source", "no source is available", "then nothing feeds the site and there is no limit to watch",
			"write \"available: true\" at the line that feeds it"})
	case len(available) > 1:
		c.warn(available[1].available.at, finding{"two-available-sources", fmt.Sprintf("the sources %q and %q are both available", available[0].id.v, available[1].id.v),
			fmt.Sprintf("only the first of the file, %q, is taken as feeding the site", available[0].id.v), "keep the reserve at \"available: false\" with a note, or list the feeding line first"})
	}
}
