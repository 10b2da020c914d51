package waterfill

import (
	"cmp"
	"slices"
)

// round gives each leaf whole kilowatts: its exact share rounded down, and then
// one more, largest remainder first and of equal ones the first of the input,
// until the node that holds them is full again. So every full node stays full to
// the kilowatt, no share moves by a kilowatt or more, and no limit is passed:
// nodes further down that are not full have room for a kilowatt as long as the
// whole ones below them do not reach the limit, which is looked up.
func (f *forest) round(p problem, w *water) {
	w.kw = slices.Clone(w.whole)
	var due []int32 // leaves that may get one more
	for i := range w.kw {
		if w.rest[i] > 0 {
			due = append(due, int32(i))
		}
	}
	if len(due) == 0 {
		return
	}
	// Deepest node first: what is held further down is whole by then. Remainders
	// under one node have one denominator.
	slices.SortFunc(due, func(a, b int32) int {
		return cmp.Or(
			cmp.Compare(f.place[w.held[a]], f.place[w.held[b]]),
			cmp.Compare(w.rest[b], w.rest[a]),
			cmp.Compare(a, b))
	})
	sum := f.sums(w.kw)
	for _, i := range due {
		by := w.held[i]
		if sum[by] == p.limit[by] || !f.room(sum, p.limit, f.at[i], by) {
			continue
		}
		w.kw[i]++
		for v := f.at[i]; v >= 0; v = f.parent[v] {
			sum[v]++
		}
	}
}

// room reports whether a kilowatt more fits at every node from v up to below top.
func (f *forest) room(sum, limit []int64, v, top int32) bool {
	for ; v != top; v = f.parent[v] {
		if sum[v] >= limit[v] {
			return false
		}
	}
	return true
}
