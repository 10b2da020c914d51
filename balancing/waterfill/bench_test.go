package waterfill_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"asue/balancing/waterfill"
)

// zone47 is a zone of 47 residents: a source, two transformers, four sections and
// twelve feeders, with armour, and limits that hold at three of the four levels.
func zone47() network {
	r := rand.New(rand.NewPCG(47, 1))
	n := network{nodes: []waterfill.Node{{ID: "SUP", Limit: waterfill.AtMost(29_700)}}}
	add := func(id, parent string, kw int64) {
		n.nodes = append(n.nodes, waterfill.Node{ID: id, Parent: parent, Limit: waterfill.AtMost(kw)})
	}
	for t := range 2 {
		transformer := fmt.Sprint("T", t)
		add(transformer, "SUP", 15_000)
		for s := range 2 {
			section := fmt.Sprint(transformer, "S", s)
			add(section, transformer, 8_000)
			for f := range 3 {
				add(fmt.Sprint(section, "F", f), section, 2_000+r.Int64N(2_500))
			}
		}
	}
	for i := range 47 {
		tu := 300 + r.Int64N(1_500)
		n.leaves = append(n.leaves, waterfill.Leaf{ID: fmt.Sprint("R", i), Node: n.nodes[len(n.nodes)-1-i%3-4*(i/3%4)].ID,
			Weight: tu, Lo: tu / 10, Up: tu/2 + r.Int64N(tu)})
	}
	return n
}

// wide is a tree of six levels, five children each, with leaves on the lowest
// and limits that hold at every level.
func wide(leaves int) network {
	r := rand.New(rand.NewPCG(6, 1))
	var n network
	var grow func(id, parent string, level int, kw int64)
	var feeders []string
	grow = func(id, parent string, level int, kw int64) {
		n.nodes = append(n.nodes, waterfill.Node{ID: id, Parent: parent, Limit: waterfill.AtMost(kw)})
		if level == 6 {
			feeders = append(feeders, id)
			return
		}
		for c := range 5 {
			grow(fmt.Sprint(id, ".", c), id, level+1, kw/6+r.Int64N(kw/12))
		}
	}
	grow("S", "", 1, int64(leaves)*600)
	for i := range leaves {
		tu := 300 + r.Int64N(1_500)
		n.leaves = append(n.leaves, waterfill.Leaf{ID: fmt.Sprint("R", i), Node: feeders[i%len(feeders)], Weight: tu, Lo: tu / 20, Up: tu/2 + r.Int64N(tu)})
	}
	return n
}

func (n network) claims() (claims []waterfill.Claim) {
	for i, l := range n.leaves {
		claims = append(claims, waterfill.Claim{ID: l.ID, Node: l.Node, TU: l.Weight, Demand: l.Up, Tech: l.Lo, Emerg: l.Lo / 2, Class: 1 + i%3})
	}
	return claims
}

// perCall is the time of one call, the median of all: on a busy machine the mean
// is that of its neighbours.
func perCall(b *testing.B, f func() error) time.Duration {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// BenchmarkAllot prints the figures of docs/benchmarks.md.
func BenchmarkAllot(b *testing.B) {
	figure := func(name string, n network, tiers bool) {
		b.Run(name, func(b *testing.B) {
			claims := n.claims()
			b.ReportAllocs()
			took := perCall(b, func() error {
				var err error
				if tiers {
					_, err = waterfill.Allot(n.nodes, claims)
				} else {
					_, err = waterfill.Solve(n.nodes, n.leaves)
				}
				return err
			})
			fmt.Printf("BENCH allot_%s %.1f us\n", name, float64(took.Nanoseconds())/1e3)
		})
	}
	figure("47_residents", zone47(), false)
	figure("47_residents_tiers", zone47(), true)
	figure("10000_leaves", wide(10_000), false)
	figure("10000_leaves_tiers", wide(10_000), true)
}

// BenchmarkAllotBesideLP measures the same zone both ways in one run: by one linear
// program, and by all that the fair shares take.
func BenchmarkAllotBesideLP(b *testing.B) {
	n := zone47()
	p := newProgram(n.nodes, n.leaves)
	fixed, open := make([]float64, len(n.leaves)), map[int]bool{}
	for i := range n.leaves {
		open[i] = true
	}
	timed := func(f func() error) time.Duration {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	var ours, one, all time.Duration
	for b.Loop() {
		const calls = 1000
		ours = timed(func() error {
			for range calls {
				if _, err := waterfill.Solve(n.nodes, n.leaves); err != nil {
					return err
				}
			}
			return nil
		}) / calls
		one = timed(func() error { _, err := p.maximise(fixed, open, -1, 0); return err })
		all = timed(func() error { _, err := p.solve(); return err })
	}
	fmt.Printf("BENCH allot_one_lp_ratio %.0f times\n", float64(one)/float64(ours))
	fmt.Printf("BENCH allot_lexicographic_lp_ratio %.0f times\n", float64(all)/float64(ours))
}

// BenchmarkShed chooses among 200 loads of 30 MW under the zone's limits.
func BenchmarkShed(b *testing.B) {
	n := zone47()
	r := rand.New(rand.NewPCG(200, 1))
	var steps []waterfill.Step
	for i := range 200 {
		steps = append(steps, waterfill.Step{ID: fmt.Sprint(i), Node: n.leaves[i%47].Node, KW: 50 + r.Int64N(200), Importance: 1 + r.IntN(5), ShedMinutes: r.Int64N(120)})
	}
	n.nodes[0].Need, n.nodes[1].Need, n.nodes[3].Need = 8_000, 3_000, 1_200
	took := perCall(b, func() error { _, err := waterfill.Shed(n.nodes, steps, waterfill.ShedOptions{}); return err })
	fmt.Printf("BENCH shed_200_steps %.2f ms\n", took.Seconds()*1e3)
}
