package metering

// Bases counts the figures of the network by their basis: how many were measured, come
// from passports, are assumed; under "" those of which nobody says anything. A figure
// is one key of an element in the site file, lists counting once; what a line takes
// from the table of conductors counts as its conductor, and the position of a switch
// as "closed".
func (n *Network) Bases() map[Basis]int {
	count := map[Basis]int{}
	note := func(o Origin, keys ...figureKey) {
		for _, k := range keys {
			if k.stated {
				p, _ := o.BasisOf(k.name)
				count[p.Basis]++
			}
		}
	}
	for _, f := range n.Feeds {
		note(f.Origin, figureKey{"voltage", true}, figureKey{"angle", f.Deg != 0 || f.AngleKnown}, figureKey{"short_circuit", f.ShortCircuitMVA > 0}, figureKey{"r_to_x", f.RToX > 0})
	}
	for _, l := range n.Lines {
		note(l.Origin, figureKey{"length", true}, figureKey{"conductor", l.Conductor != ""}, figureKey{"resistance", l.OhmPerKM > 0},
			figureKey{"reactance", l.ReactPerKM > 0}, figureKey{"susceptance", l.MicroSPerKM > 0}, figureKey{"current", l.Amperes > 0})
	}
	for _, t := range n.Transformers {
		note(t.Origin, figureKey{"voltages", true}, figureKey{"powers", true}, figureKey{"uk", true}, figureKey{"load_loss", true},
			figureKey{"no_load_loss", true}, figureKey{"no_load_current", true}, figureKey{"tap", t.Tap.StepPct > 0}, figureKey{"cooling", t.Cooling != ""})
	}
	for _, s := range n.Switches {
		note(s.Origin, figureKey{"closed", true}, figureKey{"current", s.Amperes > 0})
	}
	for _, t := range n.Transfers {
		note(t.Origin, figureKey{"after", true})
	}
	for _, v := range n.Voltages {
		note(v.Origin, figureKey{"min", true}, figureKey{"max", true}, figureKey{"highest", v.Highest > 0})
	}
	if len(n.Plan.Shares) > 0 {
		note(n.Plan.Origin, figureKey{"power_factor", true}, figureKey{"shares", true})
	}
	return count
}

// figureKey is a key of an element, and whether the site file states it.
type figureKey struct {
	name   string
	stated bool
}

// Buses are the nodes that lines, transformers and switches name, each once, in the
// order in which they do.
func (n *Network) Buses() []NodeID {
	var list []NodeID
	seen := map[NodeID]bool{}
	add := func(ids ...NodeID) {
		for _, id := range ids {
			if !seen[id] {
				seen[id] = true
				list = append(list, id)
			}
		}
	}
	for _, l := range n.Lines {
		add(l.From, l.To)
	}
	for _, t := range n.Transformers {
		add(t.Bus[:]...)
	}
	for _, s := range n.Switches {
		add(s.A, s.B)
	}
	return list
}
