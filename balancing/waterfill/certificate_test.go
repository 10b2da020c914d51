package waterfill

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// drawn is a problem that fits, on a network at random.
func drawn(t *rapid.T) (*forest, problem) {
	var nodes []Node
	for v := range rapid.IntRange(1, 7).Draw(t, "nodes") {
		n := Node{ID: fmt.Sprint("N", v), Limit: AtMost(rapid.Int64Range(0, 300).Draw(t, "limit"))}
		if v > 0 {
			n.Parent = fmt.Sprint("N", rapid.IntRange(0, v-1).Draw(t, "parent"))
		}
		nodes = append(nodes, n)
	}
	var faults Faults
	f := newForest(nodes, &faults)
	m := rapid.IntRange(1, 9).Draw(t, "leaves")
	p := problem{limit: f.limit, lo: make([]int64, m), up: make([]int64, m), weight: make([]int64, m)}
	at := make([]int32, m)
	for i := range m {
		at[i] = int32(rapid.IntRange(0, len(nodes)-1).Draw(t, "node"))
		p.weight[i] = rapid.Int64Range(1, 20).Draw(t, "weight")
		p.up[i] = rapid.Int64Range(0, 150).Draw(t, "up")
		p.lo[i] = rapid.Int64Range(0, p.up[i]).Draw(t, "lo") / 10
	}
	f.hang(at)
	if violations, _ := f.needs(p.lo, p.limit); len(violations) > 0 {
		clear(p.lo)
	}
	return f, p
}

// A kilowatt, or a part of one, that is moved from one leaf to another is noticed:
// the optimum is unique.
func TestCertificateNoticesAMovedKilowatt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := drawn(t)
		w, err := f.solve(p)
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, len(f.at)-1).Draw(t, "from")
		to := rapid.IntRange(0, len(f.at)-1).Draw(t, "to")
		if from == to {
			w.kw[from]++ // from nowhere
		} else {
			w.kw[from]--
			w.kw[to]++
			w.whole[from]--
			w.whole[to]++
		}
		if err := f.certify(p, w); !errors.Is(err, ErrCertificate) {
			t.Fatalf("a kilowatt moved from %d to %d passes", from, to)
		}
	})
}

// Whatever is changed in an answer: if it passes, it says the same shares.
func TestCertificateNeverPassesAnotherAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, p := drawn(t)
		w, err := f.solve(p)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint(w.whole, w.rest)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			i := rapid.IntRange(0, len(f.at)-1).Draw(t, "leaf")
			v := rapid.IntRange(0, len(f.parent)-1).Draw(t, "node")
			by := rapid.Int64Range(-2, 2).Draw(t, "by")
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				w.whole[i] += by
				w.kw[i] += by
			case 1:
				w.held[i] = int32(v)
			case 2:
				w.held[i] = -1
				w.whole[i], w.rest[i], w.kw[i] = p.up[i], 0, p.up[i]
			case 3:
				w.level[v] = Fraction{max(0, w.level[v].Num+by), max(1, w.level[v].Den)}
			case 4: // everything that a node holds follows a wrong level
				w.level[v] = Fraction{max(0, w.level[v].Num+by), max(1, w.level[v].Den)}
				for j, held := range w.held {
					if held == int32(v) {
						w.whole[j], w.rest[j] = p.share(j, w.level[v])
						w.kw[j] = w.whole[j]
					}
				}
			case 5:
				w.rest[i] = max(0, w.rest[i]+by)
			}
		}
		if f.certify(p, w) == nil && fmt.Sprint(w.whole, w.rest) != want {
			t.Fatalf("passes with %v %v, and the answer is %v", w.whole, w.rest, want)
		}
	})
}

// A solver that is wrong issues nothing: each of its steps is spoilt in turn.
func TestWhatDoesNotPassIsNotGivenOut(t *testing.T) {
	f := newForest([]Node{{ID: "SUP", Limit: AtMost(100)}}, new(Faults))
	f.hang([]int32{0, 0})
	p := problem{limit: f.limit, lo: []int64{0, 0}, up: []int64{90, 90}, weight: []int64{1, 2}}
	for name, spoil := range map[string]func(w *water){
		"level too low":      func(w *water) { w.level[0] = Fraction{33, 1} },
		"limit passed":       func(w *water) { w.kw[0]++ },
		"something left":     func(w *water) { w.kw[1]-- },
		"below lower bound":  func(w *water) { w.kw[0], w.whole[0] = -1, -1 },
		"above upper bound":  func(w *water) { w.kw[1], w.whole[1] = 91, 91 },
		"held by nobody":     func(w *water) { w.held[1] = -1 },
		"the other's weight": func(w *water) { w.whole[0], w.whole[1] = w.whole[1], w.whole[0] },
	} {
		w := f.pour(p)
		f.round(p, w)
		if err := f.certify(p, w); err != nil {
			t.Fatal(err)
		}
		spoil(w)
		if err := f.certify(p, w); !errors.Is(err, ErrCertificate) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTiersAreCheckedTogether(t *testing.T) {
	build := func() *allotting {
		f := newForest([]Node{{ID: "SUP", Limit: AtMost(100)}}, new(Faults))
		claims := []Claim{{ID: "A", Node: "SUP", TU: 80, Demand: 90, Class: 1}, {ID: "B", Node: "SUP", TU: 80, Demand: 90, Class: 2}}
		f.hang([]int32{0, 0})
		a := newAllotting(f, claims)
		for _, step := range []func() error{a.protect, a.firm, a.excess} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		return a
	}
	if err := build().check(); err != nil {
		t.Fatal(err)
	}
	for name, kw := range map[string][2]int64{
		"class 2 before class 1": {70, 30}, "excess before firm": {85, 15}, "too much": {80, 21}, "too little": {80, 19}, "more than asked": {91, 9},
	} {
		a := build()
		copy(a.kw, kw[:])
		if err := a.check(); !errors.Is(err, ErrCertificate) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
