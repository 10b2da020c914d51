package waterfill

import "fmt"

// Leaf is somebody who draws power at a node: a resident, or with Lo = Up a fixed
// load.
type Leaf struct {
	ID     string
	Node   string
	Weight int64 // its share in relation to others, 1 to MaxKW
	Lo     int64 // kW that it must have
	Up     int64 // kW that it could use, ≥ Lo
}

// Answer says who gets what.
type Answer struct {
	// Feasible is false if there is a violation. Shares keep all limits even then.
	Feasible bool
	// Cap is the most that limits and upper bounds let through all roots together,
	// in kW. It is the sum of the shares.
	Cap        int64
	Shares     []Share     // in the order of the input
	Violations []Violation // in the order of the nodes; those of technological armour first
}

// Solve shares in one tier: weighted max–min. Leaves under a node that cannot
// carry their lower bounds are frozen at a proposal (Share.Violating), and the
// rest is solved.
//
// A faulty input fails with all its Faults; an answer that does not pass its check
// with ErrCertificate. The cost is that of sorting the leaves once for each level
// of the tree, and memory grows with the leaves.
func Solve(nodes []Node, leaves []Leaf) (Answer, error) {
	var faults Faults
	f := newForest(nodes, &faults)
	at := checkLeaves(f, leaves, &faults)
	if err := faults.err(); err != nil {
		return Answer{}, err
	}
	f.hang(at)
	p := problem{limit: f.limit, lo: make([]int64, len(leaves)), up: make([]int64, len(leaves)), weight: make([]int64, len(leaves))}
	for i, l := range leaves {
		p.lo[i], p.up[i], p.weight[i] = l.Lo, l.Up, l.Weight
	}
	least := p.lo
	violations, part := f.needs(p.lo, f.limit)
	if len(violations) > 0 {
		if err := f.freeze(&p, part, func(int) bool { return false }); err != nil {
			return Answer{}, err
		}
	}
	w, err := f.solve(p)
	if err != nil {
		return Answer{}, err
	}
	t := newTeller(f, w.kw, violations)
	d := &decision{f: f, p: p, w: w, full: t.full}
	shares := make([]Share, len(leaves))
	for i, l := range leaves {
		s := &shares[i]
		*s = Share{ID: l.ID, KW: w.kw[i], Least: least[i], Asks: l.Up, Weight: l.Weight, exact: exactly(w, i)}
		if part[f.at[i]] >= 0 {
			t.violate(s, part[f.at[i]])
		} else if w.held[i] >= 0 {
			t.hold(s, d, i)
		}
	}
	return Answer{Feasible: len(violations) == 0, Cap: f.total(w.cap), Shares: shares, Violations: violations}, nil
}

// checkLeaves finds the node of each leaf and tells what is wrong with leaves.
func checkLeaves(f *forest, leaves []Leaf, faults *Faults) []int32 {
	in := inspector{"leaves", faults}
	in.tooMany(len(leaves))
	in.ids(len(leaves), func(i int) string { return leaves[i].ID })
	for i, l := range leaves {
		in.power(i, l.ID, "Lo", "lower bound", l.Lo)
		in.power(i, l.ID, "Up", "upper bound", l.Up)
		in.power(i, l.ID, "Weight", "weight", l.Weight)
		if l.Weight == 0 {
			in.add(i, l.ID, "Weight", "write 1 or more", "weight 0 would leave it nothing to share by")
		}
		if l.Lo > l.Up {
			in.add(i, l.ID, "Lo", "lower the one or raise the other", "lower bound %d is above upper bound %d", l.Lo, l.Up)
		}
	}
	return in.places(f, len(leaves), func(i int) (string, string) { return leaves[i].ID, leaves[i].Node })
}

// tooMany keeps sums in their range.
func (in inspector) tooMany(n int) {
	if n > MaxLeaves {
		in.add(MaxLeaves, "", "ID", fmt.Sprintf("give at most %d", MaxLeaves), "there are %d of them", n)
	}
}

// solve finds the shares of a problem, rounds and checks them.
func (f *forest) solve(p problem) (*water, error) {
	w := f.pour(p)
	f.round(p, w)
	if err := f.certify(p, w); err != nil {
		return nil, err
	}
	return w, nil
}

// freeze fixes all leaves in overloaded parts at a proposal. The problem gets
// bounds of its own, the ones given stay.
func (f *forest) freeze(p *problem, part []int32, rigid func(leaf int) bool) error {
	proposal, err := f.propose(p.lo, p.limit, part, rigid)
	if err != nil {
		return err
	}
	lo, up := make([]int64, len(p.lo)), make([]int64, len(p.up))
	for i, v := range f.at {
		lo[i], up[i] = p.lo[i], p.up[i]
		if part[v] >= 0 {
			lo[i], up[i] = proposal[i], proposal[i]
		}
	}
	p.lo, p.up = lo, up
	return nil
}

// total adds up the roots.
func (f *forest) total(value []int64) int64 {
	var sum int64
	for v, up := range f.parent {
		if up < 0 {
			sum += value[v]
		}
	}
	return sum
}
