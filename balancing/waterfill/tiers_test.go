package waterfill_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"asue/balancing/waterfill"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawClaims draws residents on a network of limits.
func drawClaims(t *rapid.T) ([]waterfill.Node, []waterfill.Claim) {
	n := networks(true).Draw(t, "network")
	var claims []waterfill.Claim
	for _, l := range n.leaves {
		c := waterfill.Claim{ID: l.ID, Node: l.Node, TU: rapid.Int64Range(0, 3000).Draw(t, "ТУ"), Demand: l.Up,
			Tech: l.Lo, Class: rapid.IntRange(0, 3).Draw(t, "class")}
		c.Emerg = c.Tech / 2
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			c.Fixed, c.Demand = true, l.Up/20
		case 1:
			pin := l.Up / 10
			c.Pin = &pin
		}
		claims = append(claims, c)
	}
	return n.nodes, claims
}

func firmEnd(c waterfill.Claim, s waterfill.Share) int64 { return max(s.Least, min(s.Asks, c.TU)) }

func TestTiersProtectArmourAndFirmParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes, claims := drawClaims(t)
		a, err := waterfill.Allot(nodes, claims)
		if err != nil {
			t.Fatal(err)
		}
		n := network{nodes: nodes}
		kw := make([]*big.Rat, len(claims))
		for i, c := range claims {
			n.leaves = append(n.leaves, waterfill.Leaf{ID: c.ID, Node: c.Node, Up: a.Shares[i].Asks})
			kw[i] = big.NewRat(a.Shares[i].KW, 1)
		}
		n.rounded(t, a)
		if n.most() != a.Cap {
			t.Fatalf("%d kW are shared, and limits let %d through", a.Cap, n.most())
		}
		flow := n.flows(kw)
		for i, c := range claims {
			s := a.Shares[i]
			if s.Violating {
				continue
			}
			if s.KW < s.Least {
				t.Fatalf("%s: %d kW, and %d must not be cut", c.ID, s.KW, s.Least)
			}
			if s.Why() == "" {
				t.Fatalf("%s has no reason", c.ID)
			}
			if s.KW < firmEnd(c, s) && !n.bottleneck(i, claims, a, flow) {
				t.Fatalf("%s has %d of %d firm kW under no node that is full with its like", c.ID, s.KW, firmEnd(c, s))
			}
		}
	})
}

// bottleneck reports whether claim i hangs under a full node under which nobody
// has power above ТУ, or of a later class beyond what must not be cut.
func (n network) bottleneck(i int, claims []waterfill.Claim, a waterfill.Answer, flow []*big.Rat) bool {
	for _, v := range n.path(claims[i].Node) {
		limit, ok := n.nodes[v].Limit.KW()
		if !ok || flow[v].Cmp(big.NewRat(limit, 1)) != 0 {
			continue
		}
		before := false
		for j, c := range claims {
			s := a.Shares[j]
			if n.below(c.Node, v) && !s.Violating && s.KW > s.Least {
				before = before || s.KW > firmEnd(c, s) || max(1, c.Class) > max(1, claims[i].Class)
			}
		}
		if !before {
			return true
		}
	}
	return false
}

// One class, no armour, nothing above ТУ: tiers are the one tier.
func TestOneTierIsASpecialCaseOfTiers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := networks(true).Draw(t, "network")
		var claims []waterfill.Claim
		for i, l := range n.leaves {
			n.leaves[i].Weight = l.Up + l.Weight
			claims = append(claims, waterfill.Claim{ID: l.ID, Node: l.Node, TU: l.Up + l.Weight, Demand: l.Up, Tech: l.Lo, Emerg: l.Lo})
		}
		single := solve(t, n)
		tiers, err := waterfill.Allot(n.nodes, claims)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(kilowattsOf(single), kilowattsOf(tiers)); diff != "" {
			t.Fatalf("one tier (-) and tiers (+):\n%s", diff)
		}
	})
}

// What does not fit under one feeder changes nothing under another that has room
// of its own.
func TestABadFeederDoesNotPoisonOthers(t *testing.T) {
	nodes := []waterfill.Node{
		{ID: "SUP", Limit: waterfill.AtMost(20000)}, {ID: "F1", Parent: "SUP", Limit: waterfill.AtMost(1000)}, {ID: "F2", Parent: "SUP", Limit: waterfill.AtMost(9000)},
	}
	claims := []waterfill.Claim{
		{ID: "A", Node: "F1", TU: 4000, Demand: 4000, Tech: 2000, Emerg: 300}, {ID: "B", Node: "F1", TU: 4000, Demand: 4000, Tech: 2000, Emerg: 300},
		{ID: "C", Node: "F2", TU: 9000, Demand: 12000, Tech: 4000, Emerg: 100},
	}
	a, err := waterfill.Allot(nodes, claims)
	if err != nil {
		t.Fatal(err)
	}
	want := []waterfill.Violation{{Node: "F1", Need: 4000, Limit: 1000, Deficit: 3000, Technological: true}}
	if diff := cmp.Diff(want, a.Violations); diff != "" || a.Feasible {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{500, 500, 9000}, kilowattsOf(a)); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	for i, s := range a.Shares {
		if s.Emergency != (i < 2) || s.Violating {
			t.Errorf("%s: emergency %v, violating %v", s.ID, s.Emergency, s.Violating)
		}
	}
	why(t, a, 0, "F1 is full: 1,000 kW; everyone of class 1 under it who asks for more gets 12.5 % of its ТУ; 100 kW more at F1 would give A 50 kW; the technological armour does not fit under F1: the emergency armour holds")
}

// Losses cannot be told to shrink: a proposal leaves them whole.
func TestAProposalLeavesFixedLoadsWhole(t *testing.T) {
	nodes := []waterfill.Node{{ID: "SUP", Limit: waterfill.AtMost(1000)}}
	claims := []waterfill.Claim{
		{ID: "LOSS", Node: "SUP", Demand: 100, Fixed: true},
		{ID: "A", Node: "SUP", TU: 1000, Demand: 1000, Tech: 1000, Emerg: 1000}, {ID: "B", Node: "SUP", TU: 500, Demand: 500, Tech: 500, Emerg: 500},
	}
	for limit, want := range map[int64][]int64{1000: {100, 600, 300}, 50: {3, 31, 16}} { // 50 kW do not even carry the losses
		nodes[0].Limit = waterfill.AtMost(limit)
		a, err := waterfill.Allot(nodes, claims)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, kilowattsOf(a)); diff != "" || a.Feasible {
			t.Errorf("%d kW (-want +got):\n%s", limit, diff)
		}
	}
}

func TestAPinHolds(t *testing.T) {
	pin := int64(700)
	nodes := []waterfill.Node{{ID: "SUP", Limit: waterfill.AtMost(1000)}}
	claims := []waterfill.Claim{{ID: "A", Node: "SUP", TU: 1000, Demand: 200, Pin: &pin}, {ID: "B", Node: "SUP", TU: 1000, Demand: 1000}}
	a, err := waterfill.Allot(nodes, claims)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{700, 300}, kilowattsOf(a)); diff != "" || !a.Feasible {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	pin = 1100
	if a, err = waterfill.Allot(nodes, claims); err != nil {
		t.Fatal(err)
	}
	want := []waterfill.Violation{{Node: "SUP", Need: 1100, Limit: 1000, Deficit: 100}}
	if diff := cmp.Diff(want, a.Violations); diff != "" {
		t.Errorf("a pin that does not fit (-want +got):\n%s", diff)
	}
}

func TestArmourLastsAndThenGivesWay(t *testing.T) {
	armour := waterfill.Armour{Tech: 2000, Lasts: 2 * time.Hour, Emerg: 300}
	f := func(since time.Duration, want int64, emergency bool) {
		t.Helper()
		if kw, em := armour.After(since); kw != want || em != emergency {
			t.Errorf("after %v: %d kW, emergency %v", since, kw, em)
		}
	}
	f(-1, 2000, false) // no notice
	f(0, 2000, false)
	f(2*time.Hour-1, 2000, false)
	f(2*time.Hour, 300, true)
	f(48*time.Hour, 300, true)
	armour.Tech = 100 // an act that does not make sense
	f(0, 300, false)
}

// Five residents of the zone under one full feeder and line: every reason once.
func TestReasonsInWords(t *testing.T) {
	v := find(t, "allocation.json", "A5")
	why(t, solve(t, network{v.nodes(), v.leaves()}), 0,
		"F11 is full: 6,000 kW; everyone under it who asks for more gets 60 % of its weight; 100 kW more at F11 would give A 60 kW, taken from others under SUP, which is full too")
	v = find(t, "allocation.json", "A2")
	why(t, solve(t, network{v.nodes(), v.leaves()}), 0, "gets all it asks for")
	why(t, solve(t, network{v.nodes(), v.leaves()}), 2, "SUP is full: 10,000 kW; everyone under it who asks for more gets 2700 kW for each unit of weight; 100 kW more at SUP would give C 50 kW")
	v = find(t, "allocation.json", "A4")
	why(t, solve(t, network{v.nodes(), v.leaves()}), 0,
		"SUP is full: 10,000 kW; everyone under it who asks for more gets 58.6 % of its weight, and that is below the 1,800 kW which it must have and keeps")
	v = find(t, "allocation.json", "A7")
	why(t, solve(t, network{v.nodes(), v.leaves()}), 0,
		"F1 cannot carry what must not be cut: 3,500 kW are needed, 3,000 kW allowed; this is a proposal in proportion to what must not be cut (2,000 kW here), and a person has to decide")
	v = find(t, "tiers.json", "T1")
	a, err := waterfill.Allot(v.nodes(), v.claims())
	if err != nil {
		t.Fatal(err)
	}
	why(t, a, 0, "SUP is full: 29,700 kW; everyone under it who asks for more than its ТУ gets 10.6 % of its ТУ on top; 100 kW more at SUP would give A 62 kW")
	v = find(t, "tiers.json", "T3")
	if a, err = waterfill.Allot(v.nodes(), v.claims()); err != nil {
		t.Fatal(err)
	}
	why(t, a, 0, "SUP is full: 15,000 kW; everyone of class 2 under it who asks for more gets 75 % of its ТУ; 100 kW more at SUP would give A 100 kW")
	why(t, a, 1, "gets all it asks for")
	why(t, a, 2, "SUP is full: 15,000 kW with what comes before class 3; it keeps the 500 kW which must not be cut")
	v = find(t, "tiers.json", "T5")
	if a, err = waterfill.Allot(v.nodes(), v.claims()); err != nil {
		t.Fatal(err)
	}
	why(t, a, 0, "gets all it asks for: it is within its armour")
}

func why(t *testing.T, a waterfill.Answer, i int, want string) {
	t.Helper()
	if got := a.Shares[i].Why(); got != want {
		t.Errorf("%s\n got: %s\nwant: %s", a.Shares[i].ID, got, want)
	}
}

// The same rule at both ends of what can be written.
func TestExtremes(t *testing.T) {
	const leaves = 10_000
	n := network{nodes: []waterfill.Node{{ID: "SUP", Limit: waterfill.AtMost(waterfill.MaxKW)}, {ID: "F", Parent: "SUP", Limit: waterfill.AtMost(waterfill.MaxKW - 1)}}}
	for i := range leaves {
		n.leaves = append(n.leaves, waterfill.Leaf{ID: fmt.Sprint(i), Node: "F", Weight: waterfill.MaxKW - int64(i), Up: waterfill.MaxKW})
		if i%3 == 0 {
			n.leaves[i].Weight = int64(i + 1)
		}
	}
	a := solve(t, n)
	if a.Cap != waterfill.MaxKW-1 || !a.Feasible {
		t.Errorf("cap %d", a.Cap)
	}
	n.leaves = n.leaves[:60] // as many as the slow check bears
	if err := n.fair(exact(solve(t, n))); err != nil {
		t.Error(err)
	}
	for _, limit := range []int64{0, 1} {
		n.nodes[1].Limit = waterfill.AtMost(limit)
		if a := solve(t, n); a.Cap != limit {
			t.Errorf("cap %d of %d", a.Cap, limit)
		}
	}
	if a := solve(t, network{}); !a.Feasible || a.Cap != 0 || len(a.Shares) != 0 {
		t.Errorf("nothing at all: %+v", a)
	}
}
