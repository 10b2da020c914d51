package waterfill_test

import (
	"fmt"
	"math/big"
	"testing"

	"asue/balancing/waterfill"

	"pgregory.net/rapid"
)

// network is a case at random.
type network struct {
	nodes  []waterfill.Node
	leaves []waterfill.Leaf
}

// networks draws cases of up to 8 nodes and 12 leaves. With fitting, lower bounds
// fit nearly always.
func networks(fitting bool) *rapid.Generator[network] {
	return rapid.Custom(func(t *rapid.T) network {
		var n network
		for v := range rapid.IntRange(1, 8).Draw(t, "nodes") {
			node := waterfill.Node{ID: fmt.Sprintf("N%d", v), Limit: waterfill.AtMost(rapid.Int64Range(0, 5000).Draw(t, "limit"))}
			if rapid.IntRange(0, 7).Draw(t, "unlimited") == 0 {
				node.Limit = waterfill.Unlimited()
			}
			if v > 0 && rapid.IntRange(0, 9).Draw(t, "root") > 0 {
				node.Parent = fmt.Sprintf("N%d", rapid.IntRange(0, v-1).Draw(t, "parent"))
			}
			n.nodes = append(n.nodes, node)
		}
		for i := range rapid.IntRange(0, 12).Draw(t, "leaves") {
			l := waterfill.Leaf{ID: fmt.Sprintf("L%d", i), Node: rapid.SampledFrom(n.nodes).Draw(t, "node").ID,
				Weight: rapid.Int64Range(1, 3000).Draw(t, "weight"), Up: rapid.Int64Range(0, 3000).Draw(t, "up")}
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				l.Lo = rapid.Int64Range(0, l.Up).Draw(t, "lo")
				if fitting {
					l.Lo /= 20
				}
			case 1:
				l.Lo = l.Up / 50
			}
			n.leaves = append(n.leaves, l)
		}
		return n
	})
}

func solve(t fataler, n network) waterfill.Answer {
	t.Helper()
	a, err := waterfill.Solve(n.nodes, n.leaves)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return a
}

// feasible draws a case whose lower bounds fit.
func feasible(t *rapid.T) (network, waterfill.Answer) {
	n := networks(true).Draw(t, "network")
	a := solve(t, n)
	if !a.Feasible {
		t.SkipNow()
	}
	return n, a
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func exact(a waterfill.Answer) []*big.Rat {
	x := make([]*big.Rat, len(a.Shares))
	for i, s := range a.Shares {
		x[i] = s.Exact()
	}
	return x
}

func TestSharesAreFairAndKeepLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, a := feasible(t)
		if err := n.fair(exact(a)); err != nil {
			t.Fatal(err)
		}
		n.rounded(t, a)
	})
}

// Whatever does not fit, limits are kept and nothing is left over.
func TestInfeasibleCasesKeepLimitsToo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(false).Draw(t, "network")
		a := solve(t, n)
		n.rounded(t, a)
		if a.Feasible != (len(a.Violations) == 0) {
			t.Fatalf("feasible %v with %d violations", a.Feasible, len(a.Violations))
		}
		for i, s := range a.Shares {
			if s.Violating != n.overloaded(n.leaves[i].Node, a) {
				t.Fatalf("%s: violating %v", s.ID, s.Violating)
			}
			if !s.Violating && s.KW < n.leaves[i].Lo {
				t.Fatalf("%s has %d kW of the %d that it must have", s.ID, s.KW, n.leaves[i].Lo)
			}
		}
	})
}

// overloaded reports whether a violation lies on the way from a node to its root.
func (n network) overloaded(node string, a waterfill.Answer) bool {
	for _, v := range n.path(node) {
		for _, violation := range a.Violations {
			if violation.Node == n.nodes[v].ID {
				return true
			}
		}
	}
	return false
}

// rounded holds whole kilowatts against the exact shares and all limits.
func (n network) rounded(t fataler, a waterfill.Answer) {
	t.Helper()
	kw := make([]*big.Rat, len(a.Shares))
	sum := new(big.Rat)
	for i, s := range a.Shares {
		kw[i] = big.NewRat(s.KW, 1)
		sum.Add(sum, kw[i])
		away := new(big.Rat).Sub(kw[i], s.Exact())
		if away.Abs(away).Cmp(big.NewRat(1, 1)) >= 0 {
			t.Fatalf("%s: %d kW is a kilowatt or more from %v", s.ID, s.KW, s.Exact())
		}
	}
	if sum.Cmp(big.NewRat(a.Cap, 1)) != 0 {
		t.Fatalf("%v kW are shared, and %d could be", sum, a.Cap)
	}
	exactly := n.flows(exact(a))
	for v, flow := range n.flows(kw) {
		limit, limited := n.nodes[v].Limit.KW()
		if !limited {
			continue
		}
		if flow.Cmp(big.NewRat(limit, 1)) > 0 {
			t.Fatalf("%s carries %v kW of %d", n.nodes[v].ID, flow, limit)
		}
		if exactly[v].Cmp(big.NewRat(limit, 1)) == 0 && flow.Cmp(exactly[v]) != 0 {
			t.Fatalf("%s is full, and carries %v kW of %d after rounding", n.nodes[v].ID, flow, limit)
		}
	}
}

// Neither the order of nodes nor that of leaves matters, but for who gets the odd
// kilowatt.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(false).Draw(t, "network")
		a := solve(t, n)
		mixed := network{rapid.Permutation(n.nodes).Draw(t, "nodes again"), rapid.Permutation(n.leaves).Draw(t, "leaves again")}
		want := map[string]*big.Rat{}
		for _, s := range a.Shares {
			want[s.ID] = s.Exact()
		}
		b := solve(t, mixed)
		for _, s := range b.Shares {
			// A proposal is rounded before the rest is solved, so its odd kilowatt stays odd.
			if s.Exact().Cmp(want[s.ID]) != 0 && a.Feasible {
				t.Fatalf("%s: %v kW, and %v in another order", s.ID, want[s.ID], s.Exact())
			}
		}
		if a.Cap != b.Cap || len(a.Violations) != len(b.Violations) {
			t.Fatalf("cap %d and %d", a.Cap, b.Cap)
		}
	})
}

func TestScaleDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, a := feasible(t)
		k := rapid.Int64Range(2, 1_000_000).Draw(t, "times")
		big1 := network{append([]waterfill.Node{}, n.nodes...), append([]waterfill.Leaf{}, n.leaves...)}
		for v := range big1.nodes {
			if kw, ok := big1.nodes[v].Limit.KW(); ok {
				big1.nodes[v].Limit = waterfill.AtMost(kw * k)
			}
		}
		for i := range big1.leaves {
			big1.leaves[i].Lo *= k
			big1.leaves[i].Up *= k
		}
		for i, x := range exact(solve(t, big1)) {
			if want := new(big.Rat).Mul(exact(a)[i], big.NewRat(k, 1)); x.Cmp(want) != 0 {
				t.Fatalf("%s: %v kW of %d times the power, want %v", n.leaves[i].ID, x, k, want)
			}
		}
	})
}

// More at a root takes from nobody; more further down takes from nobody there.
func TestMoreAtANodeTakesFromNobodyUnderIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, a := feasible(t)
		v := rapid.IntRange(0, len(n.nodes)-1).Draw(t, "node")
		kw, limited := n.nodes[v].Limit.KW()
		if !limited {
			t.SkipNow()
		}
		more := network{append([]waterfill.Node{}, n.nodes...), n.leaves}
		more.nodes[v].Limit = waterfill.AtMost(kw + rapid.Int64Range(1, 2000).Draw(t, "more"))
		b := solve(t, more)
		for i, x := range exact(b) {
			if n.below(n.leaves[i].Node, v) && x.Cmp(exact(a)[i]) < 0 {
				t.Fatalf("%s: %v kW become %v with more at %s", n.leaves[i].ID, exact(a)[i], x, n.nodes[v].ID)
			}
		}
	})
}

func TestAskingForMoreGivesNobodyElseMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, a := feasible(t)
		if len(n.leaves) == 0 {
			t.SkipNow()
		}
		i := rapid.IntRange(0, len(n.leaves)-1).Draw(t, "leaf")
		greedy := network{n.nodes, append([]waterfill.Leaf{}, n.leaves...)}
		greedy.leaves[i].Up += rapid.Int64Range(1, 2000).Draw(t, "more")
		b := solve(t, greedy)
		for j, x := range exact(b) {
			if j != i && x.Cmp(exact(a)[j]) > 0 {
				t.Fatalf("%s has %v kW, and %v when %s asks for more", n.leaves[j].ID, exact(a)[j], x, n.leaves[i].ID)
			}
		}
		// What it asked for without need is of no use to it: up to its true need it has
		// what it had.
		used := exact(b)[i]
		if up := big.NewRat(n.leaves[i].Up, 1); used.Cmp(up) > 0 {
			used = up
		}
		if used.Cmp(exact(a)[i]) != 0 {
			t.Fatalf("%s can use %v kW by asking for more, and %v honestly", n.leaves[i].ID, used, exact(a)[i])
		}
	})
}

// What the reason promises comes true: so much more at the binding node gives so
// much more.
func TestReliefComesTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, a := feasible(t)
		for i, s := range a.Shares {
			r := s.Relief()
			if r.KW == 0 {
				continue
			}
			more := network{append([]waterfill.Node{}, n.nodes...), n.leaves}
			for v, node := range n.nodes {
				if kw, ok := node.Limit.KW(); ok && node.ID == s.Binding {
					more.nodes[v].Limit = waterfill.AtMost(kw + r.KW)
				}
			}
			gained := new(big.Rat).Sub(exact(solve(t, more))[i], s.Exact())
			if short := gained.Sub(gained, big.NewRat(r.Gives, 1)); short.Sign() < 0 || short.Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("%s: %q, and it is %v kW more", s.ID, s.Why(), short)
			}
		}
	})
}

// Reasons may be asked for by several at once, and are the same.
func TestReasonsAreForSeveralReaders(t *testing.T) {
	a := solve(t, zone47())
	told := make(chan string, 8)
	for range cap(told) {
		go func() {
			var all string
			for _, s := range a.Shares {
				all += s.Why()
			}
			told <- all
		}()
	}
	first := <-told
	for range cap(told) - 1 {
		if next := <-told; next != first {
			t.Fatalf("%q and %q", first, next)
		}
	}
}
