package estimate

import (
	"asue/balancing/study"
	"asue/metering"
)

// spot is a place in the graph of the network: a bus, or the middle of a transformer.
type spot string

func busSpot(n metering.NodeID) spot  { return spot(n) }
func starSpot(n metering.NodeID) spot { return spot("star of " + n) }

// edge joins two spots.
type edge struct{ a, b spot }

// edges are the joints of the network as it stands. Those of lines come first, then
// three of each transformer, then switches; what is out or open joins nothing.
func (g *grid) edges(s study.Setting) []edge {
	list := make([]edge, 0, len(g.lines)+3*len(g.transformers)+len(g.switches))
	out := func(ids ...string) bool {
		for _, o := range s.Out {
			for _, id := range ids {
				if o == id && id != "" {
					return true
				}
			}
		}
		return false
	}
	for _, l := range g.lines {
		e := edge{busSpot(l.From), busSpot(l.To)}
		if out(string(l.ID), l.Towers) {
			e = edge{}
		}
		list = append(list, e)
	}
	for _, t := range g.transformers {
		for _, b := range t.Bus {
			e := edge{busSpot(b), starSpot(t.Node)}
			if out(string(t.Node)) {
				e = edge{}
			}
			list = append(list, e)
		}
	}
	for _, w := range g.switches {
		e := edge{busSpot(w.A), busSpot(w.B)}
		if !g.closed(s, w) {
			e = edge{}
		}
		list = append(list, e)
	}
	return list
}

func (g *grid) closed(s study.Setting, w metering.Switch) bool {
	if closed, said := s.Closed[w.ID]; said {
		return closed
	}
	return w.Closed
}

// edgeOf is the joint at which a meter stands.
func (g *grid) edgeOf(p place) int {
	switch p.kind {
	case atLine:
		return p.element
	case atHV, atWinding:
		return len(g.lines) + 3*p.element + p.winding
	}
	return len(g.lines) + 3*len(g.transformers) + p.element
}

// behind are the spots that have voltage by way of a joint alone; nil if there are none
// or the joint joins nothing. into says that the meter's positive direction leads there.
func (g *grid) behind(edges []edge, roots []spot, p place) (set map[spot]bool, into bool) {
	i := g.edgeOf(p)
	e := edges[i]
	if e == (edge{}) {
		return nil, false
	}
	with := reach(edges, roots, -1)
	without := reach(edges, roots, i)
	for s := range with {
		if !without[s] {
			if set == nil {
				set = map[spot]bool{}
			}
			set[s] = true
		}
	}
	return set, set[g.ahead(p)]
}

// ahead is where a meter's positive direction leads.
func (g *grid) ahead(p place) spot {
	switch p.kind {
	case atLine:
		return busSpot(g.lines[p.element].To)
	case atHV:
		return starSpot(g.transformers[p.element].Node)
	}
	return busSpot(p.bus)
}

// reach are the spots that joints connect with the roots, without one of them.
func reach(edges []edge, roots []spot, without int) map[spot]bool {
	seen := map[spot]bool{}
	next := append([]spot(nil), roots...)
	for _, r := range roots {
		seen[r] = true
	}
	for len(next) > 0 {
		at := next[len(next)-1]
		next = next[:len(next)-1]
		for i, e := range edges {
			if i == without || e == (edge{}) {
				continue
			}
			for _, to := range [2][2]spot{{e.a, e.b}, {e.b, e.a}} {
				if to[0] == at && !seen[to[1]] {
					seen[to[1]] = true
					next = append(next, to[1])
				}
			}
		}
	}
	return seen
}

// roots are the sending ends that give voltage.
func (g *grid) roots(s study.Setting) []spot {
	var list []spot
	for _, f := range g.feeds {
		for _, id := range s.Sources {
			if id == f.Source {
				list = append(list, busSpot(f.node))
			}
		}
	}
	return list
}

// losses are those of each element in the last state, MW and Mvar; zero where none was
// calculated.
type losses struct {
	line, transformer map[string]complex128
}

// learn takes the losses of a state over, and reports whether any has moved by more
// than matters.
func (l *losses) learn(g *grid, s metering.NetworkState) (moved bool) {
	next := losses{map[string]complex128{}, map[string]complex128{}}
	take := func(into, from map[string]complex128, id string, loss complex128) {
		into[id] = loss
		if d := loss - from[id]; square(real(d))+square(imag(d)) > square(lossMatters) {
			moved = true
		}
	}
	for _, v := range s.Lines {
		if v.Live {
			take(next.line, l.line, string(v.ID), complex(v.LossMW, v.FromMvar-v.ToMvar))
		}
	}
	for _, v := range s.Transformers {
		if v.Live {
			take(next.transformer, l.transformer, string(v.Node), complex(v.LossMW, v.Mvar[0]-v.Mvar[1]-v.Mvar[2]))
		}
	}
	*l = next
	return moved
}

// lossMatters is 2 kW: below the last digit that anybody is shown.
const lossMatters = 0.002

// behindLosses are the losses of the elements that lie behind a joint as a whole.
func (g *grid) behindLosses(l losses, set map[spot]bool) (sum complex128) {
	for _, v := range g.lines {
		if set[busSpot(v.From)] && set[busSpot(v.To)] {
			sum += l.line[string(v.ID)]
		}
	}
	for _, t := range g.transformers {
		if set[starSpot(t.Node)] {
			sum += l.transformer[string(t.Node)]
		}
	}
	return sum
}
