package waterfill

import "sync"

// Relief is what would give a leaf more: KW more at its binding node, all else
// being the same, give it Gives kW.
type Relief struct {
	KW, Gives int64
	// From is the next full node further up, under which somebody else would have
	// to yield; empty if nobody would.
	From string
}

// relieved is how much more power at a node is looked at, in kW.
const relieved = 100

// Relief solves the share's tier again with 100 kW more at the binding node. It is
// zero if that gives the leaf less than a kilowatt: because it gets all, because
// another node holds it too, or because others come first. The first call for a
// binding node costs as much as the tier did; it may be called from several
// goroutines at once.
func (s Share) Relief() Relief {
	if s.by == nil {
		return Relief{}
	}
	return s.by.relief(s.leaf)
}

// decision is a tier that has been shared.
type decision struct {
	f    *forest
	p    problem
	w    *water
	full []bool // by node: full in the end, with all tiers

	mu sync.Mutex
	// gains is by node what leaves that it holds would get more, in whole kW.
	gains map[int32]map[int]int64
}

func (d *decision) relief(leaf int) Relief {
	by := d.w.held[leaf]
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gains == nil {
		d.gains = map[int32]map[int]int64{}
	}
	if d.gains[by] == nil {
		d.gains[by] = d.gain(by)
	}
	r := Relief{KW: relieved, Gives: d.gains[by][leaf]}
	if r.Gives == 0 {
		return Relief{}
	}
	for v := d.f.parent[by]; v >= 0 && r.From == ""; v = d.f.parent[v] {
		if d.full[v] {
			r.From = d.f.nodes[v].ID
		}
	}
	return r
}

// gain solves again with more at a node.
func (d *decision) gain(by int32) map[int]int64 {
	p := d.p
	p.limit = append([]int64{}, p.limit...)
	p.limit[by] += relieved
	again := d.f.pour(p)
	gains := map[int]int64{}
	for i, held := range d.w.held {
		if held != by {
			continue
		}
		more := again.whole[i] - d.w.whole[i]
		if again.part(i).compare(d.w.part(i)) < 0 {
			more--
		}
		if more > 0 {
			gains[i] = more
		}
	}
	return gains
}

// part is what is beyond the whole kilowatts of a leaf.
func (w *water) part(i int) Fraction {
	if w.rest[i] == 0 {
		return Fraction{0, 1}
	}
	return Fraction{w.rest[i], w.level[w.held[i]].Den}
}
