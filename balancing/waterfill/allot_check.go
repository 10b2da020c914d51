package waterfill

import "fmt"

// check holds the tiers together against what they are for; each tier by itself
// has its own certificate. All limits are kept, the limits let no more through,
// and nobody has what belongs to a later tier under the same full node as somebody
// who has been cut in an earlier one.
func (a *allotting) check() error {
	sum := a.f.sums(a.kw)
	for v, kw := range sum {
		if kw > a.f.limit[v] {
			return fmt.Errorf("%w: node %q: %d kW pass a limit of %d", ErrCertificate, a.f.nodes[v].ID, kw, a.f.limit[v])
		}
		if a.f.parent[v] < 0 && kw != a.cap[v] {
			return fmt.Errorf("%w: node %q: %d kW are shared, and limits let %d through", ErrCertificate, a.f.nodes[v].ID, kw, a.cap[v])
		}
	}
	last := a.lastRank()
	for i, v := range a.f.at {
		kw := a.kw[i]
		if kw < 0 || kw > a.asks[i] || a.part[v] < 0 && kw < a.least[i] {
			return fmt.Errorf("%w: claim %q: %d kW of %d..%d", ErrCertificate, a.claims[i].ID, kw, a.least[i], a.asks[i])
		}
		if a.part[v] >= 0 || kw >= a.firmEnd[i] {
			continue
		}
		if !a.justified(v, a.shares[i].Class, sum, last) {
			return fmt.Errorf("%w: claim %q is cut to %d of %d firm kW, and something of less right is not", ErrCertificate, a.claims[i].ID, kw, a.firmEnd[i])
		}
	}
	return nil
}

// lastRank is by node the last in right of what is served below it beyond what
// must not be cut: the class, or above all classes the excess.
func (a *allotting) lastRank() []int {
	last := make([]int, len(a.f.parent))
	for i, v := range a.f.at {
		switch {
		case a.part[v] >= 0 || a.kw[i] <= a.least[i]:
		case a.kw[i] > a.firmEnd[i]:
			last[v] = excessRank
		default:
			last[v] = max(last[v], a.shares[i].Class)
		}
	}
	for _, v := range a.f.order {
		if p := a.f.parent[v]; p >= 0 {
			last[p] = max(last[p], last[v])
		}
	}
	return last
}

const excessRank = unlimited

// justified reports whether a full node above a cut claim serves nothing that
// comes after it.
func (a *allotting) justified(v int32, class int, sum []int64, last []int) bool {
	for ; v >= 0; v = a.f.parent[v] {
		if sum[v] == a.f.limit[v] && last[v] <= class {
			return true
		}
	}
	return false
}

// tell writes down the reason of each share.
func (a *allotting) tell() {
	t := newTeller(a.f, a.kw, a.violations)
	for i, v := range a.f.at {
		s := &a.shares[i]
		s.KW, s.Least, s.Asks, s.exact = a.kw[i], a.least[i], a.asks[i], mixed{whole: a.kw[i]}
		switch {
		case a.part[v] >= 0:
			t.violate(s, a.part[v])
		case a.claims[i].Pin != nil:
			s.Reason = ReasonPinned
		case a.claims[i].Fixed:
			s.Reason = ReasonFixed
		}
	}
	for _, tier := range a.tiers {
		t.tell(tier, a.shares)
	}
}

// tell writes down what one tier has decided. Those who have all of the tier are
// done, or come again in a later one.
func (t *teller) tell(of tier, shares []Share) {
	d := &decision{f: t.f, p: of.p, w: of.w, full: t.full}
	for i := range shares {
		if !of.takes[i] {
			continue
		}
		shares[i].exact = exactly(of.w, i)
		if of.base != nil {
			shares[i].exact.whole += of.base[i]
		}
		if of.w.held[i] >= 0 {
			t.hold(&shares[i], d, i)
		}
	}
	for i, by := range of.w.held {
		if by >= 0 && of.takes[i] {
			t.taken[by] = true
		}
	}
}
