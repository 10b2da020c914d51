package waterfill

import (
	"errors"
	"fmt"
)

// ErrCertificate says that an answer did not pass its own check. Nothing of it
// may be issued; what was issued before goes on until its lease ends.
var ErrCertificate = errors.New("the answer did not pass its check")

// certify checks an answer against its problem, without trust in how it was
// found. It believes of the answer only what it can verify: by leaf the share,
// the node that is said to hold it and that node's level.
//
// It holds that the shares are the weighted max–min optimum (bottleneck
// condition): each leaf below its upper bound hangs under a full node in which
// nobody who is above its own lower bound has more for its weight. It needs one
// pass over the network, because exact sums at a node have one denominator: what
// is held further down is whole, and what is held further up is held by one node.
func (f *forest) certify(p problem, w *water) error {
	c := checker{f: f, p: p, w: w, flows: make([]flow, len(f.parent))}
	for i := range f.at {
		if err := c.leaf(i); err != nil {
			return fmt.Errorf("%w: leaf %d: %w", ErrCertificate, i, err)
		}
	}
	for _, v := range f.order {
		if err := c.node(v); err != nil {
			return fmt.Errorf("%w: node %q: %w", ErrCertificate, f.nodes[v].ID, err)
		}
	}
	return nil
}

// flow is what a checker has found to flow through a node.
type flow struct {
	whole  int64    // exact: whole + rising·level of the node held
	rising int64    // weight of what is held by a node here or further up
	held   int32    // that node, if rising is not 0
	holds  bool     // somebody is said to be held by this node
	high   Fraction // the most for its weight that anybody has who is above its lower bound
	kw     int64    // after rounding
	most   int64    // what limits and upper bounds let through
}

type checker struct {
	f     *forest
	p     problem
	w     *water
	flows []flow
}

// leaf checks one share and adds it to its node.
func (c *checker) leaf(i int) error {
	lo, up, weight := c.p.lo[i], c.p.up[i], c.p.weight[i]
	whole, rest, kw, by := c.w.whole[i], c.w.rest[i], c.w.kw[i], c.w.held[i]
	at := &c.flows[c.f.at[i]]
	at.most += up
	at.kw += kw
	if kw != whole && (kw != whole+1 || rest == 0) {
		return fmt.Errorf("%d kW is not %d and a part, rounded", kw, whole)
	}
	if kw < lo || kw > up {
		return fmt.Errorf("%d kW is outside [%d, %d]", kw, lo, up)
	}
	if by < 0 {
		if whole != up || rest != 0 {
			return fmt.Errorf("held by nobody, and has less than %d kW", up)
		}
		at.whole += up
		if up > lo {
			at.rise(Fraction{up, weight})
		}
		return nil
	}
	if !c.f.under(c.f.at[i], by) {
		return fmt.Errorf("held by %q, under which it does not hang", c.f.nodes[by].ID)
	}
	c.flows[by].holds = true
	level := c.w.level[by]
	if level.Endless() || compareProducts(weight, level.Num, up, level.Den) >= 0 {
		return fmt.Errorf("level %v of %q gives it %d kW, and it has %d", level, c.f.nodes[by].ID, up, whole)
	}
	if compareProducts(weight, level.Num, lo, level.Den) <= 0 {
		if whole != lo || rest != 0 {
			return fmt.Errorf("level %v of %q gives it its least, %d kW, and it has %d", level, c.f.nodes[by].ID, lo, whole)
		}
		at.whole += lo
		return nil
	}
	if w, r := level.times(weight); w != whole || r != rest {
		return fmt.Errorf("level %v of %q gives it another share", level, c.f.nodes[by].ID)
	}
	at.rise(level)
	return at.hold(weight, by)
}

func (v *flow) rise(to Fraction) {
	if v.high.Den == 0 || v.high.compare(to) < 0 {
		v.high = to
	}
}

func (v *flow) hold(weight int64, by int32) error {
	if v.rising > 0 && v.held != by {
		return errors.New("leaves under one node are held by different ones above it")
	}
	v.rising += weight
	v.held = by
	return nil
}

// node checks one node after all below it, and adds it to its parent.
func (c *checker) node(v int32) error {
	at, limit := &c.flows[v], c.p.limit[v]
	if at.kw > limit {
		return fmt.Errorf("%d kW pass a limit of %d", at.kw, limit)
	}
	level := c.w.level[v]
	if at.rising > 0 {
		level = c.w.level[at.held]
	}
	if at.rising == 0 && at.whole > limit {
		return fmt.Errorf("%d kW pass a limit of %d", at.whole, limit)
	}
	over := 0 // -1, 0, 1: exactly below, at, above the limit
	switch {
	case at.rising > 0 && at.whole > limit:
		over = 1
	case at.rising > 0:
		over = compareProducts(at.rising, level.Num, limit-at.whole, level.Den)
	case at.whole < limit:
		over = -1
	}
	if over > 0 {
		return fmt.Errorf("more than its limit of %d kW flows", limit)
	}
	if at.holds {
		if over < 0 {
			return errors.New("it is said to hold leaves down and is not full")
		}
		if at.high.Den > 0 && at.high.compare(c.w.level[v]) > 0 {
			return fmt.Errorf("somebody has more for its weight than %v and would have to yield", c.w.level[v])
		}
		if at.kw != limit {
			return fmt.Errorf("%d kW after rounding, and it is full at %d", at.kw, limit)
		}
	}
	if at.rising > 0 && at.held == v {
		at.whole, at.rising = limit, 0
	}
	at.most = min(at.most, limit)
	return c.pass(v)
}

// pass adds a node to its parent, or draws the total at a root.
func (c *checker) pass(v int32) error {
	at, up := &c.flows[v], c.f.parent[v]
	if up < 0 {
		if at.rising > 0 {
			return errors.New("leaves are held by a node that is not above them")
		}
		if at.kw != at.most || at.whole != at.most {
			return fmt.Errorf("%d kW are shared, and limits let %d through", at.kw, at.most)
		}
		return nil
	}
	above := &c.flows[up]
	above.whole += at.whole
	above.kw += at.kw
	above.most += at.most
	if at.high.Den > 0 {
		above.rise(at.high)
	}
	if at.rising > 0 {
		return above.hold(at.rising, at.held)
	}
	return nil
}
