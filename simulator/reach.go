package simulator

import (
	"math"
	"slices"
)

// reached is who has voltage with some positions of the switches, and from where.
type reached struct {
	level  []int   // steps from the nearest root with voltage; −1: none
	parent []int   // −1: a root, or dead
	also   [][]int // further nodes that feed this one at the same distance
	order  []int   // by level, ascending
}

// reach searches from the roots with voltage over fixed connections, always towards
// the loads, and over closed switches, both ways. What two inputs reach at the same
// distance is fed by both, as by the two circuits of one line; a switch between two
// places that are both fed from elsewhere carries nothing here.
func (w *World) reach(closed func(*gearSwitch) bool) reached {
	nodes := w.net.nodes
	r := reached{level: make([]int, len(nodes)), parent: make([]int, len(nodes)), also: make([][]int, len(nodes))}
	for i := range nodes {
		r.level[i], r.parent[i] = -1, -1
		if nodes[i].normal < 0 && w.hasVoltage(i) {
			r.level[i] = 0
			r.order = append(r.order, i)
		}
	}
	visit := func(from, to int) {
		switch {
		case w.lostTransformer(to):
		case r.level[to] < 0:
			r.level[to], r.parent[to] = r.level[from]+1, from
			r.order = append(r.order, to)
		case r.level[to] == r.level[from]+1 && r.parent[to] != from:
			r.also[to] = append(r.also[to], from)
		}
	}
	for k := 0; k < len(r.order); k++ {
		at := r.order[k]
		for _, to := range w.net.gear.down[at] {
			visit(at, to)
		}
		for _, i := range w.net.gear.joins[at] {
			if s := &w.net.gear.switches[i]; closed(s) {
				visit(at, s.a+s.b-at)
			}
		}
	}
	return r
}

// hasVoltage reports whether a root has: a source that stands ready and has not
// tripped, or the place where a site file begins that knows no source.
func (w *World) hasVoltage(root int) bool {
	src := w.net.nodes[root].source
	return src == nil || (w.ready(src) || slices.Contains(w.net.gear.lent, root)) && !w.tripped(src.ID)
}

// energise hangs every node where its voltage comes from.
func (w *World) energise() {
	r := w.reach(func(s *gearSwitch) bool { return s.closed })
	nodes := w.net.nodes
	for i := range nodes {
		nodes[i].parent, nodes[i].fed, nodes[i].also = r.parent[i], r.level[i] >= 0, nil
	}
	for i, also := range r.also {
		if len(also) > 0 {
			nodes[i].also = w.shares(append(also, r.parent[i]))
		}
	}
	w.net.upwards = w.net.upwards[:0]
	for i := range nodes {
		if r.level[i] < 0 {
			w.net.upwards = append(w.net.upwards, i)
		}
	}
	for _, i := range slices.Backward(r.order) {
		w.net.upwards = append(w.net.upwards, i)
	}
}

// supplier is a further node that feeds another one, with its share of the power.
type supplier struct {
	node  int
	share float64
}

// shares splits power over ways by what each resists; the last way, the parent, takes
// what the others leave.
func (w *World) shares(ways []int) []supplier {
	admittance, sum := make([]float64, len(ways)), 0.0
	for k, i := range ways {
		z := 0.0
		for range w.net.nodes {
			n := &w.net.nodes[i]
			z += math.Hypot(n.ohm, n.xOhm)
			if i = n.parent; i < 0 {
				break
			}
		}
		admittance[k] = 1 / max(z, 1e-6)
		sum += admittance[k]
	}
	list := make([]supplier, len(ways)-1)
	for k := range list {
		list[k] = supplier{ways[k], admittance[k] / sum}
	}
	return list
}

// pass hands a node's flow to who feeds it: power p or q of a slot, or its ripple.
func (n *network) pass(i int, of func(*flow) *int64) {
	from := &n.nodes[i]
	if from.parent < 0 {
		return
	}
	rest := *of(&from.flow)
	for _, s := range from.also {
		part := int64(s.share * float64(*of(&from.flow)))
		*of(&n.nodes[s.node].flow) += part
		rest -= part
	}
	*of(&n.nodes[from.parent].flow) += rest
}
