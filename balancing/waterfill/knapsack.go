package waterfill

import "math"

// never is the cost of what cannot be.
const never = math.MaxInt64 / 4

// cheapest takes the set of usable steps of least cost that covers all needs: a
// covering knapsack on the tree. Costs f_v[r] of shedding exactly r quanta under v
// come from its own steps, one after the other, and from its children by min-plus
// convolution; below its need a node's costs are struck out. A need that all
// usable steps under a node do not cover is what they cover.
func (s *shedding) cheapest(use []bool) {
	clear(s.taken)
	k := knapsack{s: s, use: use, tables: make([]table, len(s.need)), below: make([][]int32, len(s.need))}
	for _, v := range s.f.order {
		if p := s.f.parent[v]; p >= 0 {
			k.below[p] = append(k.below[p], v)
		}
		k.tables[v] = k.table(v)
	}
	for _, v := range s.f.order {
		if s.f.parent[v] < 0 {
			k.take(v, k.tables[v].best())
		}
	}
	// Loads below the quantum count for nothing above, and needs are rounded up.
	s.fill(use, func(a, b Step) bool { return a.cost() < b.cost() })
	s.takeBack()
}

type knapsack struct {
	s      *shedding
	use    []bool
	tables []table
	below  [][]int32
}

// table is the costs of one node, and how they came about.
type table struct {
	cost []int64 // by quanta shed, never if it cannot be exactly that
	// steps are the node's own that count; with[j][r] says that the cheapest way to
	// shed r quanta with the first j+1 of them sheds the last of these.
	steps []int32
	with  [][]bool
	// part[c][r] is how many of r quanta child c sheds, with the children before it
	// and the own steps.
	part [][]int32
}

func (k *knapsack) table(v int32) table {
	t := table{cost: []int64{0}}
	for _, i := range k.s.f.of(v) {
		if quanta := k.quanta(i); k.use[i] && quanta > 0 {
			t.add(i, quanta, k.s.steps[i].cost())
		}
	}
	for _, c := range k.below[v] {
		if len(k.tables[c].cost) == 1 { // nothing to shed there
			t.part = append(t.part, nil)
			continue
		}
		t.join(k.tables[c].cost)
	}
	need := (k.s.need[v] + k.s.quantum - 1) / k.s.quantum
	for r := range min(need, int64(len(t.cost)-1)) {
		t.cost[r] = never
	}
	return t
}

func (k *knapsack) quanta(i int32) int { return int(max(0, k.s.steps[i].KW) / k.s.quantum) }

// add lets a step be shed or not.
func (t *table) add(i int32, quanta int, cost int64) {
	with := make([]bool, len(t.cost)+quanta)
	sum := make([]int64, len(with))
	for r := range sum {
		sum[r] = never
		if r < len(t.cost) {
			sum[r] = t.cost[r]
		}
		if r >= quanta && t.cost[r-quanta]+cost < sum[r] {
			sum[r], with[r] = t.cost[r-quanta]+cost, true
		}
	}
	t.cost = sum
	t.steps = append(t.steps, i)
	t.with = append(t.with, with)
}

// join lets a child shed part of what is shed.
func (t *table) join(child []int64) {
	sum := make([]int64, len(t.cost)+len(child)-1)
	part := make([]int32, len(sum))
	for r := range sum {
		sum[r] = never
	}
	for c, costC := range child {
		if costC >= never {
			continue
		}
		for r, costR := range t.cost {
			if costR+costC < sum[r+c] {
				sum[r+c], part[r+c] = costR+costC, int32(c)
			}
		}
	}
	t.cost = sum
	t.part = append(t.part, part)
}

// best is how many quanta cost least, the fewest of several.
func (t *table) best() int {
	best := 0
	for r, cost := range t.cost {
		if cost < t.cost[best] {
			best = r
		}
	}
	return best
}

// take marks the steps by which r quanta are shed under v.
func (k *knapsack) take(v int32, r int) {
	t := &k.tables[v]
	for c := len(t.part) - 1; c >= 0; c-- {
		if t.part[c] == nil {
			continue
		}
		part := int(t.part[c][r])
		k.take(k.below[v][c], part)
		r -= part
	}
	for j := len(t.steps) - 1; j >= 0; j-- {
		if t.with[j][r] {
			k.s.taken[t.steps[j]] = true
			r -= k.quanta(t.steps[j])
		}
	}
}
