package powerflow

import (
	"slices"

	"asue/balancing/internal/disjoint"
)

// topology is which buses are one node and which nodes hang together.
type topology struct {
	node    []int // of each bus; nodes are numbered by their first bus
	nodes   int
	island  []int    // of each node; islands are numbered by their first bus
	slacks  [][]int  // of each island: nodes that hold voltage and angle
	live    []bool   // of each island
	members [][]int  // nodes of each island
	kind    []Kind   // of each node
	set     []setAt  // of each node: what a generator holds there
	closed  [][2]int // ends of each branch as nodes, −1 for an end that is open
	out     []bool   // of each node: some bus of it is
}

type setAt struct {
	pu, deg float64
	by      int // bus
}

// lay finds nodes and islands. The network has passed Check; what only shows when
// switches are closed is told here.
func lay(n Network, byID map[string]int) (*topology, Faults) {
	t := &topology{}
	t.join(n, byID)
	faults := t.hold(n, byID)
	t.connect(n, byID)
	return t, faults
}

// join makes nodes of buses that closed switches tie together.
func (t *topology) join(n Network, byID map[string]int) {
	sets := disjoint.New(len(n.Buses))
	for _, s := range n.Switches {
		if s.Closed {
			sets.Join(byID[s.A], byID[s.B])
		}
	}
	t.node = make([]int, len(n.Buses))
	number := make([]int, len(n.Buses))
	for i := range number {
		number[i] = -1
	}
	for i := range n.Buses {
		root := sets.Find(i)
		if number[root] < 0 {
			number[root], t.nodes = t.nodes, t.nodes+1
		}
		t.node[i] = number[root]
	}
	t.out = make([]bool, t.nodes)
	for i, b := range n.Buses {
		t.out[t.node[i]] = t.out[t.node[i]] || b.Out
	}
}

// hold says what is held at each node. The strongest kind of its buses counts, if a
// generator there is in service.
func (t *topology) hold(n Network, byID map[string]int) (faults Faults) {
	t.kind, t.set = make([]Kind, t.nodes), make([]setAt, t.nodes)
	for i := range t.set {
		t.set[i].by = -1
	}
	for _, g := range n.Generators {
		bus := byID[g.Bus]
		b, node := n.Buses[bus], t.node[bus]
		if g.Out || b.Kind == PQ || t.set[node].by == bus {
			continue
		}
		now := setAt{g.PU, b.StartDeg, bus}
		before := t.set[node]
		switch {
		case before.by >= 0 && before.pu != now.pu || before.by >= 0 && b.Kind == Slack && t.kind[node] == Slack && before.deg != now.deg:
			faults = append(faults, Fault{"buses", bus, "", "closed switches join it to bus " + n.Buses[before.by].ID + ", which is held at another voltage or angle",
				"open a switch, or hold both at the same"})
		case before.by < 0 || b.Kind > t.kind[node]:
			t.kind[node], t.set[node] = b.Kind, now
		}
	}
	return faults
}

// connect makes islands of nodes that branches tie together.
func (t *topology) connect(n Network, byID map[string]int) {
	sets := disjoint.New(t.nodes)
	t.closed = make([][2]int, len(n.Branches))
	for k, b := range n.Branches {
		from, to := t.node[byID[b.From]], t.node[byID[b.To]]
		gone := b.Out || t.out[from] || t.out[to]
		if gone || b.FromOpen {
			from = -1
		}
		if gone || b.ToOpen {
			to = -1
		}
		t.closed[k] = [2]int{from, to}
		if from >= 0 && to >= 0 {
			sets.Join(from, to)
		}
	}
	number := make([]int, t.nodes)
	for i := range number {
		number[i] = -1
	}
	t.island = make([]int, t.nodes)
	for i := range t.nodes {
		root := sets.Find(i)
		if number[root] < 0 {
			number[root] = len(t.members)
			t.members, t.slacks, t.live = append(t.members, nil), append(t.slacks, nil), append(t.live, false)
		}
		at := number[root]
		t.island[i] = at
		t.members[at] = append(t.members[at], i)
		if t.kind[i] == Slack && !t.out[i] {
			t.slacks[at], t.live[at] = append(t.slacks[at], i), true
		}
	}
}

func (t *topology) energised() bool { return slices.Contains(t.live, true) }
