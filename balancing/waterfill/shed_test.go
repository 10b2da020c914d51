package waterfill_test

import (
	"fmt"
	"slices"
	"testing"

	"asue/balancing/waterfill"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// yard is loads and needs at random.
type yard struct {
	nodes []waterfill.Node
	steps []waterfill.Step
}

func yards() *rapid.Generator[yard] {
	return rapid.Custom(func(t *rapid.T) yard {
		var y yard
		for v := range rapid.IntRange(1, 5).Draw(t, "nodes") {
			n := waterfill.Node{ID: fmt.Sprint("N", v), Limit: waterfill.Unlimited()}
			if rapid.Bool().Draw(t, "needs") {
				n.Need = rapid.Int64Range(0, 400).Draw(t, "need")
			}
			if v > 0 && rapid.IntRange(0, 5).Draw(t, "root") > 0 {
				n.Parent = fmt.Sprint("N", rapid.IntRange(0, v-1).Draw(t, "parent"))
			}
			y.nodes = append(y.nodes, n)
		}
		for i := range rapid.IntRange(0, 8).Draw(t, "steps") {
			y.steps = append(y.steps, waterfill.Step{ID: fmt.Sprint("S", i), Node: rapid.SampledFrom(y.nodes).Draw(t, "node").ID,
				KW: rapid.Int64Range(-5, 200).Draw(t, "kW"), Importance: rapid.IntRange(1, 4).Draw(t, "importance"),
				ShedMinutes: rapid.Int64Range(0, 300).Draw(t, "minutes")})
		}
		return y
	})
}

func cost(s waterfill.Step) int64 {
	return s.KW*int64(s.Importance) + 50*int64(s.Importance) + s.ShedMinutes
}

// shed is by node what a set of steps sheds.
func (y yard) shed(taken func(i int) bool) []int64 {
	n := network{nodes: y.nodes}
	kw := make([]int64, len(y.nodes))
	for i, s := range y.steps {
		if taken(i) {
			for _, v := range n.path(s.Node) {
				kw[v] += max(0, s.KW)
			}
		}
	}
	return kw
}

// brute tries every set of steps and returns the least cost of one that covers
// every need, a need counting as what all steps under the node can give.
func (y yard) brute() int64 {
	all := y.shed(func(int) bool { return true })
	best := int64(-1)
	for set := range 1 << len(y.steps) {
		has := func(i int) bool { return set>>i&1 == 1 }
		covered := true
		for v, kw := range y.shed(has) {
			covered = covered && kw >= min(y.nodes[v].Need, all[v])
		}
		var total int64
		for i, s := range y.steps {
			if has(i) {
				total += cost(s)
				covered = covered && s.KW > 0
			}
		}
		if covered && (best < 0 || total < best) {
			best = total
		}
	}
	return best
}

func choose(t fataler, y yard, opt waterfill.ShedOptions) waterfill.Choice {
	t.Helper()
	c, err := waterfill.Shed(y.nodes, y.steps, opt)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return c
}

func TestShedAgainstEverySet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := yards().Draw(t, "yard")
		c := choose(t, y, waterfill.ShedOptions{})
		if c.Quantum > 2 {
			t.Fatalf("quantum %d for so little", c.Quantum)
		}
		if want := y.brute(); c.Cost != want && c.Quantum == 1 {
			t.Fatalf("%s costs %d, and %d would do", c.Why(), c.Cost, want)
		}
		y.covers(t, c)
	})
}

// covers holds what a choice says against the steps.
func (y yard) covers(t fataler, c waterfill.Choice) {
	t.Helper()
	taken := func(i int) bool { return slices.Contains(c.Steps, y.steps[i].ID) }
	short := map[string]int64{}
	for _, s := range c.Shortfalls {
		short[s.Node] = s.KW
		if s.KW != s.Need-s.Shed || s.KW <= 0 {
			t.Fatalf("shortfall %+v", s)
		}
	}
	all := y.shed(func(int) bool { return true })
	for v, kw := range y.shed(taken) {
		n := y.nodes[v]
		if want := max(0, n.Need-kw); short[n.ID] != want {
			t.Fatalf("%s: shortfall %d, want %d", n.ID, short[n.ID], want)
		}
		if kw < n.Need && kw < all[v] {
			t.Fatalf("%s: %d of %d kW, and %d are there", n.ID, kw, n.Need, all[v])
		}
	}
}

// A coarse quantum, the greedy way and strict importance cover whatever can be
// covered too, and take nothing that is needless.
func TestEveryWayCoversAndTakesNothingNeedless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := yards().Draw(t, "yard")
		least := y.brute()
		for _, opt := range []waterfill.ShedOptions{{Quantum: 50}, {Quantum: 1000}, {Greedy: true}, {Strict: true}} {
			c := choose(t, y, opt)
			y.covers(t, c)
			if c.Cost < least {
				t.Fatalf("%+v: cost %d is below the least, %d", opt, c.Cost, least)
			}
			for _, id := range c.Steps {
				without := y.shed(func(i int) bool { return y.steps[i].ID != id && slices.Contains(c.Steps, y.steps[i].ID) })
				needed := false
				for v, kw := range without {
					needed = needed || kw < y.nodes[v].Need && without[v] < y.shed(func(i int) bool { return slices.Contains(c.Steps, y.steps[i].ID) })[v]
				}
				if !needed {
					t.Fatalf("%+v: %s is needless in %v", opt, id, c.Steps)
				}
			}
		}
	})
}

// plant has three loads of little importance and one large important one.
func plant(need int64) yard {
	return yard{
		nodes: []waterfill.Node{{ID: "SUP", Limit: waterfill.Unlimited(), Need: need}},
		steps: []waterfill.Step{
			{ID: "pump", Node: "SUP", KW: 300, Importance: 1, ShedMinutes: 4000}, {ID: "mill", Node: "SUP", KW: 300, Importance: 1},
			{ID: "press", Node: "SUP", KW: 400, Importance: 1}, {ID: "line", Node: "SUP", KW: 700, Importance: 2}, {ID: "idle", Node: "SUP", KW: 0, Importance: 1},
		},
	}
}

func TestImportanceRotationAndEligibility(t *testing.T) {
	f := func(name string, need int64, opt waterfill.ShedOptions, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, choose(t, plant(need), opt).Steps); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	f("the one that was shed less lately", 250, waterfill.ShedOptions{}, "mill")
	f("one operation rather than two", 500, waterfill.ShedOptions{}, "mill", "press")
	f("by cost alone", 800, waterfill.ShedOptions{}, "mill", "line")
	f("strictly by importance", 800, waterfill.ShedOptions{Strict: true}, "pump", "mill", "press")
	f("strictly, and it does not suffice", 1100, waterfill.ShedOptions{Strict: true}, "press", "line")
	f("the next in line", 250, waterfill.ShedOptions{Greedy: true}, "mill")
	f("what may not be shed does not count", 500, waterfill.ShedOptions{Eligible: func(s waterfill.Step) bool { return s.ID != "press" }}, "line")

	c := choose(t, plant(1800), waterfill.ShedOptions{})
	if want := "shed 1,700 kW with pump, mill, press and line; SUP stays 100 kW short of the 1,800 kW needed there"; c.Why() != want {
		t.Errorf("%q", c.Why())
	}
	if got := choose(t, plant(0), waterfill.ShedOptions{}).Why(); got != "shed nothing" {
		t.Errorf("%q", got)
	}
}

// 200 loads of 29 MW are reckoned in 24 kW, and stay in bounds.
func TestTheQuantumGrowsWithTheLoads(t *testing.T) {
	y := yard{nodes: []waterfill.Node{{ID: "SUP", Limit: waterfill.Unlimited(), Need: 12_345}}}
	for i := range 200 {
		y.steps = append(y.steps, waterfill.Step{ID: fmt.Sprint(i), Node: "SUP", KW: int64(60 + i%181), Importance: 1 + i%5})
	}
	c := choose(t, y, waterfill.ShedOptions{})
	y.covers(t, c)
	if c.Quantum != 24 || c.KW > 12_345+200 {
		t.Errorf("quantum %d, %d kW", c.Quantum, c.KW)
	}
}

func TestRestoreOneAtATime(t *testing.T) {
	nodes := []waterfill.Node{{ID: "SUP", Limit: waterfill.AtMost(2000)}, {ID: "F1", Parent: "SUP", Limit: waterfill.AtMost(500)}, {ID: "F2", Parent: "SUP", Limit: waterfill.Unlimited()}}
	first := waterfill.Dark{ID: "first", Node: "F2", MaxKW: 300, Importance: 1}
	second := waterfill.Dark{ID: "second", Node: "F2", MaxKW: 200, Importance: 1}
	large := waterfill.Dark{ID: "large", Node: "F1", MaxKW: 450, Importance: 2}
	behind := waterfill.Dark{ID: "behind", Node: "F1", MaxKW: 10, Importance: 1}
	huge := waterfill.Dark{ID: "huge", Node: "F2", MaxKW: 1700, Importance: 3}
	f := func(want string, dark ...waterfill.Dark) {
		t.Helper()
		if got, err := waterfill.Restore(nodes, dark); got != want || err != nil {
			t.Errorf("%q, want %q: %v", got, want, err)
		}
	}
	f("")
	f("first", first, second)
	f("second", second, first)
	f("large", first, waterfill.Dark{ID: "large", Node: "F1", MaxKW: 416, Importance: 2}) // 416 and a fifth are 500
	f("first", behind, large, first)                                                      // large lacks room at F1, and nothing takes that room from it
	f("", first, huge, second)                                                            // huge lacks room at the root
}

func TestFaultsAreToldAtOnce(t *testing.T) {
	nodes := []waterfill.Node{
		{ID: "SUP"}, {ID: "T1", Parent: "F11", Limit: waterfill.AtMost(5)}, {ID: "F11", Parent: "T1", Limit: waterfill.AtMost(-5)},
		{ID: "T9", Parent: "T8", Limit: waterfill.Unlimited()}, {ID: "T9", Limit: waterfill.AtMost(waterfill.MaxKW + 1)}, {Limit: waterfill.AtMost(1)},
	}
	f := func(err error, want string) {
		t.Helper()
		if err == nil {
			t.Fatal("no fault")
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("faults (-want +got):\n%s", diff)
		}
	}
	const ofNodes = `nodes[4] "T9": the id is that of nodes[3] too: give each its own
nodes[5]: the id is missing: give it a name
nodes[0] "SUP": the limit is not stated: state its limit in kW, or that it is unlimited
nodes[2] "F11": limit -5 is negative: write 0 or more
nodes[3] "T9": parent "T8" is not a node: name one of the nodes, or none for a source
nodes[4] "T9": limit 1000000000001 is too large: write at most 1000000000000
nodes[1] "T1": its parents go round in a circle: T1, F11: one of them must be a source
`
	_, err := waterfill.Solve(nodes, []waterfill.Leaf{{ID: "A", Node: "X", Weight: 0, Lo: 5, Up: 4}, {ID: "A", Node: "SUP", Weight: 1, Lo: -1, Up: 1}})
	f(err, ofNodes+`leaves[1] "A": the id is that of leaves[0] too: give each its own
leaves[0] "A": weight 0 would leave it nothing to share by: write 1 or more
leaves[0] "A": lower bound 5 is above upper bound 4: lower the one or raise the other
leaves[1] "A": lower bound -1 is negative: write 0 or more
leaves[0] "A": it hangs on "X", which is not a node: name one of the nodes`)
	pin := int64(-1)
	_, err = waterfill.Allot(nodes[3:4], []waterfill.Claim{{ID: "A", Node: "T9", TU: -1, Demand: -1, Tech: -1, Emerg: -1, Class: -1, Fixed: true, Pin: &pin}})
	f(err, `nodes[0] "T9": parent "T8" is not a node: name one of the nodes, or none for a source
claims[0] "A": ТУ -1 is negative: write 0 or more
claims[0] "A": demand -1 is negative: write 0 or more
claims[0] "A": technological armour -1 is negative: write 0 or more
claims[0] "A": emergency armour -1 is negative: write 0 or more
claims[0] "A": pinned share -1 is negative: write 0 or more
claims[0] "A": a fixed load cannot be pinned: nobody can move it: leave out the one or the other
claims[0] "A": class -1 is negative: write 1 or more`)
	_, err = waterfill.Shed([]waterfill.Node{{ID: "SUP", Limit: waterfill.Unlimited(), Need: -1}}, []waterfill.Step{{ID: "A", Node: "F", KW: 2e9, ShedMinutes: -1}}, waterfill.ShedOptions{Quantum: -1})
	f(err, `nodes[0] "SUP": need -1 is negative: write 0 or more
steps[0]: quantum -1 is negative: write 0 or more
steps[0] "A": 2000000000 kW are too much for one step: write at most 1000000000
steps[0] "A": importance 0 is out of range: write 1, the first to go, to 1000
steps[0] "A": shed minutes -1 is negative: write 0 or more
steps[0] "A": it hangs on "F", which is not a node: name one of the nodes`)
	_, err = waterfill.Restore(nil, []waterfill.Dark{{ID: "A", MaxKW: -1}})
	f(err, `dark[0] "A": -1 kW is out of range for one load: write 0 to 1000000000
dark[0] "A": importance 0 is out of range: write 1 to 1000
dark[0] "A": it hangs on "", which is not a node: name one of the nodes`)
}
