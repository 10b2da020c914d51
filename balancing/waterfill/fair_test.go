package waterfill_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The three checks of an allocation, by the book and slowly.
var (
	errLimits  = errors.New("(a) bounds and limits")
	errFair    = errors.New("(b) bottlenecks")
	errWasted  = errors.New("(c) nothing left over")
	everything = []error{errLimits, errFair, errWasted}
)

// fair checks exact shares: (a) they keep bounds and limits; (b) whoever is below
// its upper bound has a full node above it in which nobody who is above its lower
// bound has more for its weight; (c) as much is shared as limits and upper bounds
// let through.
func (n network) fair(x []*big.Rat) error {
	for i, l := range n.leaves {
		if x[i].Cmp(big.NewRat(l.Lo, 1)) < 0 || x[i].Cmp(big.NewRat(l.Up, 1)) > 0 {
			return fmt.Errorf("%w: %s has %v kW of %d..%d", errLimits, l.ID, x[i], l.Lo, l.Up)
		}
	}
	flow := n.flows(x)
	for v, node := range n.nodes {
		if limit, ok := node.Limit.KW(); ok && flow[v].Cmp(big.NewRat(limit, 1)) > 0 {
			return fmt.Errorf("%w: %s carries %v kW of %d", errLimits, node.ID, flow[v], limit)
		}
	}
	shared := new(big.Rat)
	for _, kw := range x {
		shared.Add(shared, kw)
	}
	if most := big.NewRat(n.most(), 1); shared.Cmp(most) != 0 {
		return fmt.Errorf("%w: %v of %v kW are shared", errWasted, shared.FloatString(0), most.FloatString(0))
	}
	for i, l := range n.leaves {
		if x[i].Cmp(big.NewRat(l.Up, 1)) < 0 && !n.held(i, x, flow) {
			return fmt.Errorf("%w: %s has %v kW, and nothing holds it there", errFair, l.ID, x[i].FloatString(0))
		}
	}
	return nil
}

// held reports whether leaf i has a bottleneck.
func (n network) held(i int, x, flow []*big.Rat) bool {
	mine := new(big.Rat).Quo(x[i], big.NewRat(n.leaves[i].Weight, 1))
	for _, v := range n.path(n.leaves[i].Node) {
		limit, ok := n.nodes[v].Limit.KW()
		if !ok || flow[v].Cmp(big.NewRat(limit, 1)) != 0 {
			continue
		}
		yields := true
		for j, l := range n.leaves {
			if n.below(l.Node, v) && x[j].Cmp(big.NewRat(l.Lo, 1)) > 0 {
				yields = yields && new(big.Rat).Quo(x[j], big.NewRat(l.Weight, 1)).Cmp(mine) <= 0
			}
		}
		if yields {
			return true
		}
	}
	return false
}

// path lists a node and those above it.
func (n network) path(node string) (path []int) {
	for node != "" {
		for v := range n.nodes {
			if n.nodes[v].ID == node {
				path = append(path, v)
				node = n.nodes[v].Parent
				break
			}
		}
	}
	return path
}

func (n network) below(node string, v int) bool {
	for _, u := range n.path(node) {
		if u == v {
			return true
		}
	}
	return false
}

// flows adds up shares at each node.
func (n network) flows(x []*big.Rat) []*big.Rat {
	flow := make([]*big.Rat, len(n.nodes))
	for v := range flow {
		flow[v] = new(big.Rat)
	}
	for i, l := range n.leaves {
		for _, v := range n.path(l.Node) {
			flow[v].Add(flow[v], x[i])
		}
	}
	return flow
}

// most is what limits and upper bounds let through.
func (n network) most() (total int64) {
	for v := range n.nodes {
		if n.nodes[v].Parent == "" {
			total += n.through(v)
		}
	}
	return total
}

func (n network) through(v int) (kw int64) {
	for _, l := range n.leaves {
		if l.Node == n.nodes[v].ID {
			kw += l.Up
		}
	}
	for c := range n.nodes {
		if n.nodes[c].Parent == n.nodes[v].ID {
			kw += n.through(c)
		}
	}
	if limit, ok := n.nodes[v].Limit.KW(); ok {
		return min(kw, limit)
	}
	return kw
}

// Three ways in which it is done elsewhere, on the nested tree of case A5. Each
// fails the check that it has to.
func TestWrongAlgorithmsFailTheChecks(t *testing.T) {
	v := find(t, "allocation.json", "A5")
	n := network{v.nodes(), v.leaves()}
	refused := func(name string, x []*big.Rat, want error, text string) {
		t.Helper()
		err := n.fair(x)
		if !errors.Is(err, want) || err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %v with %q", name, err, want, text)
		}
		for _, other := range everything {
			if !errors.Is(other, want) && errors.Is(err, other) {
				t.Errorf("%s fails %v", name, other)
			}
		}
	}

	down := n.topDown()
	refused("each node splits its limit by weight", down, errWasted, "28092 of 29700 kW")
	if diff := cmp.Diff([]string{"60.0", "60.0", "72.7", "72.7", "74.3", "74.3"}, n.percents(down)); diff != "" {
		t.Errorf("top-down (-want +got):\n%s", diff)
	}

	up := n.bottomUp()
	refused("each overloaded node scales what is below it", up, errFair, "A has 2588 kW")
	if diff := cmp.Diff([]string{"43.1", "51.8", "77.6", "77.6", "87.4", "87.4"}, n.percents(up)); diff != "" {
		t.Errorf("bottom-up (-want +got):\n%s", diff)
	}

	first, last := n.firstCome(false), n.firstCome(true)
	refused("first come, first served", first, errFair, "B has 1000 kW")
	refused("last come, first served", last, errFair, "A has 0 kW")
	if cmp.Equal(n.percents(first), n.percents(last)) {
		t.Error("first come gives the same in another order")
	}

	if err := n.fair(exact(solve(t, n))); err != nil {
		t.Error(err)
	}
}

func (n network) percents(x []*big.Rat) (text []string) {
	for i, l := range n.leaves {
		share := new(big.Rat).Quo(x[i], big.NewRat(l.Weight, 100))
		text = append(text, share.FloatString(1))
	}
	return text
}

// topDown lets every node split what it may carry by the weights below it.
func (n network) topDown() []*big.Rat {
	x := make([]*big.Rat, len(n.leaves))
	var split func(node string, kw *big.Rat)
	split = func(node string, kw *big.Rat) {
		for v := range n.nodes {
			if n.nodes[v].ID == node {
				if limit, ok := n.nodes[v].Limit.KW(); ok {
					kw = least(kw, big.NewRat(limit, 1))
				}
			}
		}
		share := func(weight int64) *big.Rat {
			return new(big.Rat).Mul(kw, big.NewRat(weight, n.weight(node)))
		}
		for i, l := range n.leaves {
			if l.Node == node {
				x[i] = least(share(l.Weight), big.NewRat(l.Up, 1))
			}
		}
		for _, c := range n.nodes {
			if c.Parent == node {
				split(c.ID, share(n.weight(c.ID)))
			}
		}
	}
	split("SUP", big.NewRat(1<<40, 1))
	return x
}

func (n network) weight(node string) (sum int64) {
	for _, l := range n.leaves {
		for _, v := range n.path(l.Node) {
			if n.nodes[v].ID == node {
				sum += l.Weight
			}
		}
	}
	return sum
}

// bottomUp scales down everything below each overloaded node, from the feeders up.
func (n network) bottomUp() []*big.Rat {
	x := make([]*big.Rat, len(n.leaves))
	for i, l := range n.leaves {
		x[i] = big.NewRat(l.Up, 1)
	}
	for v := len(n.nodes) - 1; v >= 0; v-- { // children stand after their parents in this case
		limit, ok := n.nodes[v].Limit.KW()
		flow := n.flows(x)[v]
		if !ok || flow.Cmp(big.NewRat(limit, 1)) <= 0 {
			continue
		}
		scale := new(big.Rat).Quo(big.NewRat(limit, 1), flow)
		for i, l := range n.leaves {
			if n.below(l.Node, v) {
				x[i] = new(big.Rat).Mul(x[i], scale)
			}
		}
	}
	return x
}

// firstCome gives each leaf in turn whatever still fits.
func (n network) firstCome(reverse bool) []*big.Rat {
	x := make([]*big.Rat, len(n.leaves))
	for i := range x {
		x[i] = new(big.Rat)
	}
	for k := range n.leaves {
		i := k
		if reverse {
			i = len(n.leaves) - 1 - k
		}
		flow := n.flows(x)
		fits := big.NewRat(n.leaves[i].Up, 1)
		for _, v := range n.path(n.leaves[i].Node) {
			if limit, ok := n.nodes[v].Limit.KW(); ok {
				fits = least(fits, new(big.Rat).Sub(big.NewRat(limit, 1), flow[v]))
			}
		}
		x[i] = fits
	}
	return x
}

func least(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

// Each whole kilowatt of the wrong algorithms' shares is refused by the program's
// own check too: what is issued has to be the answer.
func TestFairSharesOfTheNestedTree(t *testing.T) {
	v := find(t, "allocation.json", "A5")
	a := solve(t, network{v.nodes(), v.leaves()})
	var levels []string
	for _, s := range a.Shares {
		levels = append(levels, s.Binding+" "+s.Level.String())
	}
	want := []string{"F11 3/5", "F11 3/5", "SUP 79/100", "SUP 79/100", "SUP 79/100", "SUP 79/100"}
	if diff := cmp.Diff(want, levels); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
}
