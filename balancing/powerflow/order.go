package powerflow

import "slices"

// plan is the elimination of a symmetric sparse matrix of blocks, found once and
// used for every factorisation: which blocks there are, and which are changed by
// which.
type plan struct {
	n     int
	start []int32 // per pivot: where its neighbours begin in next, below and right
	next  []int32 // later pivots that pivot k is tied to, ascending
	right []int32 // block (k, next)
	below []int32 // block (next, k)
	// target is, pivot by pivot and for each pair of its neighbours in turn, the
	// block that the elimination changes.
	target []int32
	blocks int // blocks 0…n−1 are the diagonal
}

// maxUpdates bounds a plan: 2,000 buses of a transmission network need some 60,000.
const maxUpdates = 20_000_000

// leastDegree orders the nodes of a graph so that few ties arise while they are
// eliminated: always the one with the fewest ties next, the lowest number of these
// first. Its ties at that moment are what the pivot is tied to. It returns nil if
// the elimination would take too much.
func leastDegree(ties [][]int) (order []int, tied [][]int) {
	n := len(ties)
	adj := make([][]int, n)
	for i, t := range ties {
		adj[i] = slices.Clone(t)
		slices.Sort(adj[i])
		adj[i] = slices.Compact(adj[i])
	}
	queue := newDegrees(adj)
	tied = make([][]int, n)
	updates := 0
	var merged []int
	for range n {
		k := queue.least()
		order = append(order, k)
		tied[k] = adj[k]
		if updates += len(adj[k]) * len(adj[k]); updates > maxUpdates {
			return nil, nil
		}
		for _, i := range adj[k] {
			merged = union(merged[:0], adj[i], adj[k], i, k)
			adj[i] = append(adj[i][:0:cap(adj[i])], merged...)
			queue.moved(i, len(adj[i]))
		}
	}
	return order, tied
}

// union is the sorted union of a and b without two members.
func union(into, a, b []int, without, too int) []int {
	for len(a) > 0 || len(b) > 0 {
		var v int
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			v, a = a[0], a[1:]
		case len(a) == 0 || b[0] < a[0]:
			v, b = b[0], b[1:]
		default:
			v, a, b = a[0], a[1:], b[1:]
		}
		if v != without && v != too {
			into = append(into, v)
		}
	}
	return into
}

// degrees gives the node of least degree: a heap of (degree, node) in which old
// entries are left until they come up.
type degrees struct {
	heap   [][2]int
	degree []int // present; −1 once it was given out
}

func newDegrees(adj [][]int) *degrees {
	d := &degrees{degree: make([]int, len(adj))}
	for i, a := range adj {
		d.moved(i, len(a))
	}
	return d
}

func (d *degrees) moved(node, degree int) {
	d.degree[node] = degree
	d.heap = append(d.heap, [2]int{degree, node})
	for i := len(d.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !less(d.heap[i], d.heap[up]) {
			break
		}
		d.heap[i], d.heap[up] = d.heap[up], d.heap[i]
		i = up
	}
}

func (d *degrees) least() int {
	for {
		top := d.heap[0]
		last := len(d.heap) - 1
		d.heap[0] = d.heap[last]
		d.heap = d.heap[:last]
		for i := 0; ; {
			low := i
			for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
				if less(d.heap[c], d.heap[low]) {
					low = c
				}
			}
			if low == i {
				break
			}
			d.heap[i], d.heap[low] = d.heap[low], d.heap[i]
			i = low
		}
		if d.degree[top[1]] == top[0] {
			d.degree[top[1]] = -1
			return top[1]
		}
	}
}

func less(a, b [2]int) bool { return a[0] < b[0] || a[0] == b[0] && a[1] < b[1] }

// newPlan lays out the blocks. tied are the later pivots of each pivot, by position.
// It returns the index of every block by its place too.
func newPlan(tied [][]int) (*plan, map[[2]int]int32) {
	p := &plan{n: len(tied), blocks: len(tied), start: []int32{0}}
	at := make(map[[2]int]int32, 4*len(tied))
	for k := range tied {
		at[[2]int{k, k}] = int32(k)
	}
	for k, later := range tied {
		for _, i := range later {
			at[[2]int{k, i}], at[[2]int{i, k}] = int32(p.blocks), int32(p.blocks+1)
			p.next = append(p.next, int32(i))
			p.right, p.below = append(p.right, int32(p.blocks)), append(p.below, int32(p.blocks+1))
			p.blocks += 2
		}
		p.start = append(p.start, int32(len(p.next)))
	}
	for _, later := range tied {
		for _, i := range later {
			for _, j := range later {
				b, ok := at[[2]int{i, j}]
				if !ok {
					panic("BUG: elimination changes a block that is not laid out")
				}
				p.target = append(p.target, b)
			}
		}
	}
	return p, at
}
