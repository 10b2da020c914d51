package waterfill

import "slices"

// problem is one tier on a forest: bounds and weights by leaf, limits by node. The
// lower bounds fit: see needs.
type problem struct {
	limit          []int64
	lo, up, weight []int64
}

// water is the answer to a problem.
type water struct {
	cap   []int64    // by node: the most that limits and upper bounds let through
	level []Fraction // by node: the highest level that it bears; endless if all below get what they can use
	least []Fraction // by node: the lowest level on the way from it to its root
	// binder is by node the one whose level that is, the deepest of several; -1 if
	// it is endless.
	binder []int32
	// By leaf: the exact share is whole + rest/den, den that of the level; kw is
	// the share in whole kilowatts; held is the node that holds the leaf below its
	// upper bound, -1 if it gets all.
	whole, rest, kw []int64
	held            []int32
}

// pour finds every level and every exact share. Rounding is left to round.
func (f *forest) pour(p problem) *water {
	n, m := len(f.parent), len(f.at)
	w := &water{
		cap: f.caps(p), level: make([]Fraction, n), least: make([]Fraction, n), binder: make([]int32, n),
		whole: make([]int64, m), rest: make([]int64, m), held: make([]int32, m),
	}
	f.levels(p, w)
	for _, v := range slices.Backward(f.order) {
		w.least[v], w.binder[v] = w.level[v], v
		if w.level[v].Endless() {
			w.binder[v] = -1
		}
		if up := f.parent[v]; up >= 0 && w.least[up].compare(w.level[v]) < 0 {
			w.least[v], w.binder[v] = w.least[up], w.binder[up]
		}
	}
	for i, v := range f.at {
		w.held[i] = -1
		w.whole[i], w.rest[i] = p.share(i, w.least[v])
		if w.whole[i] < p.up[i] {
			w.held[i] = w.binder[v]
		}
	}
	return w
}

// share is clamp(weight·t, lo, up), exactly: whole + rest/t.Den.
func (p problem) share(i int, t Fraction) (whole, rest int64) {
	switch {
	case compareProducts(p.weight[i], t.Num, p.up[i], t.Den) >= 0:
		return p.up[i], 0
	case !p.rises(i, t):
		return p.lo[i], 0
	}
	return t.times(p.weight[i])
}

// rises reports whether leaf i has left its lower bound at level t, or would at
// the slightest higher one.
func (p problem) rises(i int, t Fraction) bool {
	return compareProducts(p.weight[i], t.Num, p.lo[i], t.Den) >= 0
}

// caps is by node the most that limits and upper bounds let through.
func (f *forest) caps(p problem) []int64 {
	most := f.sumsWithin(p.up, p.limit)
	for v, limit := range p.limit {
		most[v] = min(most[v], limit)
	}
	return most
}

// sumsWithin adds up values of leaves at each node, each child counting with no
// more than its limit. The node's own limit is not applied.
func (f *forest) sumsWithin(value, limit []int64) []int64 {
	sum := make([]int64, len(f.parent))
	for i, v := range f.at {
		sum[v] += value[i]
	}
	for _, v := range f.order {
		if p := f.parent[v]; p >= 0 {
			sum[p] += min(sum[v], limit[v])
		}
	}
	return sum
}

// event is a bend of a flow: from level at on, whole changes by that much and the
// slope by so much.
type event struct {
	at           Fraction
	whole, slope int64
}

// levels finds the level of each node. What flows through a node at level t is
// A + W·t between bends, both whole: A is what does not move (at its lower bound,
// at its upper one, behind a full child), W the weight of what rises. The bends
// below a node lie on a stack, in order for each child, and are merged there.
func (f *forest) levels(p problem, w *water) {
	bends := make([]event, 0, 2*len(f.at)+len(f.parent))
	var runs []int // where the bends of each node that waits for its parent begin
	var spare []event
	still, slope := make([]int64, len(f.parent)), make([]int64, len(f.parent)) // A and W at level 0
	for _, v := range f.order {
		own := len(bends)
		for _, i := range f.of(v) {
			bends = p.bend(int(i), bends, &still[v], &slope[v])
		}
		slices.SortFunc(bends[own:], func(a, b event) int { return a.at.compare(b.at) })
		runs = append(runs, own)
		below := runs[len(runs)-1-int(f.children[v]):]
		spare = merge(bends, below, spare)
		runs = runs[:len(runs)-int(f.children[v])]

		w.level[v] = endless
		if through := flowing(bends[below[0]:], still[v], slope[v]); through > p.limit[v] {
			bends, w.level[v] = cut(bends, below[0], still[v], slope[v], p.limit[v])
		}
		if up := f.parent[v]; up >= 0 {
			still[up] += still[v]
			slope[up] += slope[v]
		}
	}
}

// bend adds the bends of one leaf and what it draws at level 0.
func (p problem) bend(i int, bends []event, still, slope *int64) []event {
	lo, up, weight := p.lo[i], p.up[i], p.weight[i]
	switch {
	case lo == up:
		*still += lo
		return bends
	case lo == 0:
		*slope += weight
	default:
		*still += lo
		bends = append(bends, event{Fraction{lo, weight}, -lo, weight})
	}
	return append(bends, event{Fraction{up, weight}, up, -weight})
}

// flowing is what flows at an endless level, where nothing rises any more.
func flowing(bends []event, still, slope int64) int64 {
	for i := range bends {
		still += bends[i].whole
		slope += bends[i].slope
	}
	if slope != 0 {
		panic("BUG: something rises at an endless level")
	}
	return still
}

// cut finds the level at which a node is full, drops the bends beyond it and adds
// the one at which the flow stops there.
func cut(bends []event, from int, still, slope, limit int64) ([]event, Fraction) {
	for k := from; k < len(bends); k++ {
		e := bends[k]
		// still + slope·t > limit, in whole numbers. Up to here it was not above.
		if compareProducts(slope, e.at.Num, limit-still, e.at.Den) > 0 {
			full := Fraction{limit - still, slope}
			return append(bends[:k], event{full, limit - still, -slope}), full
		}
		still += e.whole
		slope += e.slope
	}
	panic("BUG: a node overflows at no level; its lower bounds do not fit")
}

// merge makes one ordered run of several that stand one after the other at the
// end of bends. runs says where each begins; only the first of it stays as it is.
func merge(bends []event, runs []int, spare []event) []event {
	for len(runs) > 1 {
		joined := runs[:0]
		for i := 0; i < len(runs); i += 2 {
			begin := runs[i]
			if i+1 < len(runs) {
				end := len(bends)
				if i+2 < len(runs) {
					end = runs[i+2]
				}
				spare = mergeTwo(bends[begin:end], runs[i+1]-begin, spare)
			}
			joined = append(joined, begin)
		}
		runs = joined
	}
	return spare
}

// mergeTwo merges e[:middle] and e[middle:], both in order.
func mergeTwo(e []event, middle int, spare []event) []event {
	if middle == 0 || middle == len(e) || e[middle-1].at.compare(e[middle].at) <= 0 {
		return spare
	}
	spare = append(spare[:0], e[:middle]...)
	i, j, k := 0, middle, 0
	for i < len(spare) && j < len(e) {
		if spare[i].at.compare(e[j].at) <= 0 {
			e[k] = spare[i]
			i++
		} else {
			e[k] = e[j]
			j++
		}
		k++
	}
	copy(e[k:], spare[i:])
	return spare
}
