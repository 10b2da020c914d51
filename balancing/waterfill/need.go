package waterfill

// Violation is a node that cannot even carry what must not be cut.
type Violation struct {
	Node    string
	Need    int64 // kW that must not be cut below it, each node below counting with no more than its limit
	Limit   int64 // kW
	Deficit int64 // kW, Need − Limit, > 0
	// Technological is set where it is the technological armour that does not fit,
	// and the part of the network below has been switched to the emergency armour.
	Technological bool
}

// needs lists the nodes whose lower bounds do not fit, each where the deficit
// arises, in the order of the input. part is by node the topmost of them on its
// way to the root, -1 if there is none.
func (f *forest) needs(lo, limit []int64) (violations []Violation, part []int32) {
	need := f.sumsWithin(lo, limit)
	part = make([]int32, len(limit))
	for v, most := range limit {
		if need[v] > most {
			violations = append(violations, Violation{Node: f.nodes[v].ID, Need: need[v], Limit: most, Deficit: need[v] - most})
		}
	}
	for i := len(f.order) - 1; i >= 0; i-- {
		v := f.order[i]
		part[v] = -1
		if up := f.parent[v]; up >= 0 {
			part[v] = part[up]
		}
		if part[v] < 0 && need[v] > limit[v] {
			part[v] = v
		}
	}
	return violations, part
}

// propose splits what the overloaded parts of a network can carry over the lower
// bounds of the leaves there: equal shares of them under the same full node
// (lo = 0, up = weight = lower bound). Leaves that cannot be cut keep theirs
// unless these alone do not fit. Shares of leaves outside the parts come out as 0.
func (f *forest) propose(lo, limit []int64, part []int32, rigid func(leaf int) bool) ([]int64, error) {
	n := len(f.at)
	p := problem{limit: make([]int64, len(limit)), lo: make([]int64, n), up: make([]int64, n), weight: make([]int64, n)}
	for v := range limit {
		p.limit[v] = unlimited
		if part[v] >= 0 {
			p.limit[v] = limit[v]
		}
	}
	for i, v := range f.at {
		p.weight[i] = max(1, lo[i])
		if part[v] < 0 {
			continue
		}
		p.up[i] = lo[i]
		if rigid(i) {
			p.lo[i] = lo[i]
		}
	}
	f.yield(&p, part)
	w, err := f.solve(p)
	if err != nil {
		return nil, err
	}
	return w.kw, nil
}

// yield lets go of what cannot be cut in those parts that cannot even carry that.
func (f *forest) yield(p *problem, part []int32) {
	_, worse := f.needs(p.lo, p.limit)
	broken := make([]bool, len(part))
	for v, top := range worse {
		if top == int32(v) {
			broken[part[v]] = true
		}
	}
	for i, v := range f.at {
		if part[v] >= 0 && broken[part[v]] {
			p.lo[i] = 0
		}
	}
}
