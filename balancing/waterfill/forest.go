package waterfill

import (
	"slices"
	"strings"
)

// Node is a place with a limit. A node without a parent is a root: a source.
type Node struct {
	ID     string
	Parent string
	Limit  Limit
	// Need is how many kW must go under the node. Shed alone looks at it.
	Need int64
}

// forest is the network by number. Nodes keep the numbers of the input.
type forest struct {
	nodes  []Node
	index  map[string]int32
	parent []int32 // -1: root
	limit  []int64 // kW, or unlimited
	// order holds every node after all those below it, a node's subtree standing
	// together right before it.
	order    []int32
	place    []int32 // of a node in order
	size     []int32 // of its subtree, itself included
	children []int32 // how many
	at       []int32 // node of each leaf
	first    []int32 // leaves of node v are leaves[first[v]:first[v+1]]
	leaves   []int32
}

// newForest numbers nodes and orders them. It is whole only if it adds no fault.
func newForest(nodes []Node, faults *Faults) *forest {
	in := inspector{"nodes", faults}
	n := len(nodes)
	f := &forest{nodes: nodes, parent: make([]int32, n), limit: make([]int64, n), children: make([]int32, n)}
	f.index = in.ids(n, func(i int) string { return nodes[i].ID })
	for i, node := range nodes {
		f.limit[i], f.parent[i] = node.Limit.kw, -1
		if !node.Limit.said {
			in.add(i, node.ID, "Limit", "state its limit in kW, or that it is unlimited", "the limit is not stated")
		} else if kw, ok := node.Limit.KW(); ok {
			in.power(i, node.ID, "Limit", "limit", kw)
		}
		if node.Parent == "" {
			continue
		}
		p, known := f.index[node.Parent]
		if !known {
			in.add(i, node.ID, "Parent", "name one of the nodes, or none for a source", "parent %q is not a node", node.Parent)
			continue
		}
		f.parent[i] = p
	}
	if f.circles(in) {
		return f
	}
	f.arrange()
	return f
}

// circles tells every circle of parents once.
func (f *forest) circles(in inspector) (found bool) {
	seen := make([]int32, len(f.parent)) // 0: not yet, else the walk that came by
	for i := range f.parent {
		walk := int32(i + 1)
		v := int32(i)
		for v >= 0 && seen[v] == 0 {
			seen[v] = walk
			v = f.parent[v]
		}
		if v < 0 || seen[v] != walk {
			continue
		}
		found = true
		ring := []string{f.nodes[v].ID}
		for u := f.parent[v]; u != v && len(ring) < 6; u = f.parent[u] {
			ring = append(ring, f.nodes[u].ID)
		}
		in.add(int(v), f.nodes[v].ID, "Parent", "one of them must be a source", "its parents go round in a circle: %s", strings.Join(ring, ", "))
	}
	return found
}

// arrange lays the nodes in order. A walk from the roots down, turned round, has
// everything below a node right before it.
func (f *forest) arrange() {
	n := len(f.parent)
	next, first := make([]int32, n), make([]int32, n) // siblings; -1: no more
	for v := range first {
		first[v] = -1
	}
	var stack []int32
	for v := n - 1; v >= 0; v-- {
		p := f.parent[v]
		if p < 0 {
			stack = append(stack, int32(v))
			continue
		}
		next[v], first[p] = first[p], int32(v)
		f.children[p]++
	}
	f.order = make([]int32, 0, n)
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		f.order = append(f.order, v)
		for c := first[v]; c >= 0; c = next[c] {
			stack = append(stack, c)
		}
	}
	slices.Reverse(f.order)
	f.place, f.size = make([]int32, n), make([]int32, n)
	for i, v := range f.order {
		f.place[v] = int32(i)
		f.size[v]++
		if p := f.parent[v]; p >= 0 {
			f.size[p] += f.size[v]
		}
	}
}

// hang hangs leaves on nodes.
func (f *forest) hang(at []int32) {
	f.at = at
	f.first = make([]int32, len(f.parent)+1)
	for _, v := range at {
		f.first[v+1]++
	}
	for v := range f.parent {
		f.first[v+1] += f.first[v]
	}
	fill := slices.Clone(f.first)
	f.leaves = make([]int32, len(at))
	for i, v := range at {
		f.leaves[fill[v]] = int32(i)
		fill[v]++
	}
}

// of lists the leaves that hang on v itself.
func (f *forest) of(v int32) []int32 { return f.leaves[f.first[v]:f.first[v+1]] }

// under reports whether v is a or lies below it.
func (f *forest) under(v, a int32) bool {
	return f.place[v] <= f.place[a] && f.place[v] > f.place[a]-f.size[a]
}

// sums adds up values of leaves at each node.
func (f *forest) sums(value []int64) []int64 {
	sum := make([]int64, len(f.parent))
	for i, v := range f.at {
		sum[v] += value[i]
	}
	for _, v := range f.order {
		if p := f.parent[v]; p >= 0 {
			sum[p] += sum[v]
		}
	}
	return sum
}
