package waterfill_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"asue/balancing/waterfill"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp" //nolint:misspell // the package spells itself so
)

// program finds the fair shares by linear programs alone: raise the lowest share
// for its weight as far as it goes, fix who cannot have more, and so on. It knows
// nothing of levels and trees but rows of sums.
type program struct {
	leaves []waterfill.Leaf
	rows   [][]int // leaves under each node with a limit
	limits []float64
}

func newProgram(nodes []waterfill.Node, leaves []waterfill.Leaf) program {
	p := program{leaves: leaves}
	parent := map[string]string{}
	for _, n := range nodes {
		parent[n.ID] = n.Parent
	}
	for _, n := range nodes {
		kw, limited := n.Limit.KW()
		if !limited {
			continue
		}
		var row []int
		for i, l := range leaves {
			for at := l.Node; at != ""; at = parent[at] {
				if at == n.ID {
					row = append(row, i)
				}
			}
		}
		if len(row) > 0 {
			p.rows, p.limits = append(p.rows, row), append(p.limits, float64(kw))
		}
	}
	return p
}

const near = 1e-7

// errNoFit says that lower bounds do not fit.
var errNoFit = errors.New("lower bounds do not fit")

func (p program) solve() ([]float64, error) {
	n := len(p.leaves)
	fixed := make([]float64, n)
	open := map[int]bool{}
	for i := range n {
		open[i] = true
	}
	for len(open) > 0 {
		// max t with x_i ≥ w_i·t for all that are open.
		t, err := p.maximise(fixed, open, -1, 0)
		if err != nil {
			return nil, err
		}
		some := false
		for i := range n {
			if !open[i] {
				continue
			}
			most, err := p.maximise(fixed, open, i, t)
			if err != nil {
				return nil, err
			}
			at := max(float64(p.leaves[i].Weight)*t, float64(p.leaves[i].Lo))
			if most <= at+1e-4 {
				fixed[i], some = most, true
				delete(open, i)
			}
		}
		if !some {
			return nil, fmt.Errorf("nobody is held at t = %v", t)
		}
	}
	return fixed, nil
}

// maximise maximises t (of = -1) or the share of one leaf, all open ones having at
// least t for their weight. Variables are y_i = x_i − lo_i ≥ 0, t ≥ 0 and a slack
// for each row; leaves that are fixed are no variables.
func (p program) maximise(fixed []float64, open map[int]bool, of int, least float64) (float64, error) {
	column := map[int]int{}
	for i := range p.leaves {
		if open[i] {
			column[i] = len(column)
		}
	}
	free := len(column)
	vars := free
	if of < 0 {
		vars++ // t
	}
	type row struct {
		coefficient map[int]float64
		most        float64
	}
	var rows []row
	for r, members := range p.rows {
		one := row{map[int]float64{}, p.limits[r]}
		for _, i := range members {
			if c, ok := column[i]; ok {
				one.coefficient[c] = 1
				one.most -= float64(p.leaves[i].Lo)
			} else {
				one.most -= fixed[i]
			}
		}
		if one.most < -1e-6 {
			return 0, errNoFit
		}
		one.most = max(0, one.most)
		if len(one.coefficient) > 0 {
			rows = append(rows, one)
		}
	}
	for i, c := range column {
		l := p.leaves[i]
		rows = append(rows, row{map[int]float64{c: 1}, float64(l.Up - l.Lo)})
		if of < 0 {
			// w·t − y ≤ lo. A leaf at its upper bound ends the round, and is fixed.
			rows = append(rows, row{map[int]float64{c: -1, free: float64(l.Weight)}, float64(l.Lo)})
		}
	}
	cost := make([]float64, vars+len(rows))
	if of < 0 {
		cost[free] = -1
	}
	// Floors y_i ≥ w_i·t − lo_i are moved into the variables: z_i = y_i − floor_i.
	floor := make([]float64, free)
	if of >= 0 {
		cost[column[of]] = -1
		for i, c := range column {
			l := p.leaves[i]
			floor[c] = max(0, min(float64(l.Weight)*least-float64(l.Lo), float64(l.Up-l.Lo)))
		}
		for r := range rows {
			for c, a := range rows[r].coefficient {
				rows[r].most -= a * floor[c]
			}
			rows[r].most = max(0, rows[r].most)
		}
	}
	a := mat.NewDense(len(rows), vars+len(rows), nil)
	b := make([]float64, len(rows))
	basic := make([]int, len(rows))
	for r, one := range rows {
		for c, v := range one.coefficient {
			a.Set(r, c, v)
		}
		a.Set(r, vars+r, 1)
		b[r] = one.most
		basic[r] = vars + r
	}
	value, _, err := lp.Simplex(cost, a, b, near, basic)
	if err != nil {
		return 0, err
	}
	if of < 0 {
		return -value, nil
	}
	return -value + floor[column[of]] + float64(p.leaves[of].Lo), nil
}

// tree draws a small network at random. Bounds are kept so that the lower ones fit
// more often than not.
func tree(r *rand.Rand) ([]waterfill.Node, []waterfill.Leaf) {
	nodes := make([]waterfill.Node, 1+r.IntN(5))
	for v := range nodes {
		nodes[v] = waterfill.Node{ID: fmt.Sprintf("N%d", v), Limit: waterfill.AtMost(r.Int64N(61) * 100)}
		if v > 0 && r.IntN(8) > 0 {
			nodes[v].Parent = nodes[r.IntN(v)].ID
		}
		if r.IntN(6) == 0 {
			nodes[v].Limit = waterfill.Unlimited()
		}
	}
	leaves := make([]waterfill.Leaf, 1+r.IntN(6))
	for i := range leaves {
		up := r.Int64N(31) * 100
		lo := int64(0)
		switch r.IntN(5) {
		case 0:
			lo = r.Int64N(up/4 + 1)
		case 1:
			if r.IntN(4) == 0 {
				lo = up
			}
		}
		leaves[i] = waterfill.Leaf{ID: fmt.Sprintf("L%d", i), Node: nodes[r.IntN(len(nodes))].ID, Weight: 1 + r.Int64N(40), Lo: lo, Up: up}
	}
	return nodes, leaves
}

// TestAgainstLinearPrograms holds 7,200 random trees against the other method.
func TestAgainstLinearPrograms(t *testing.T) {
	const batches, each = 12, 600
	first := rand.Uint64()
	results := make(chan [3]int, batches)
	t.Run("trees", func(t *testing.T) {
		for k := range batches {
			t.Run(fmt.Sprint(k), func(t *testing.T) {
				t.Parallel()
				compared, infeasible, failed := 0, 0, 0
				for i := range each {
					seed := first + uint64(k*each+i)
					switch err := agree(seed); {
					case errors.Is(err, errNoFit):
						infeasible++
					case errors.Is(err, lp.ErrSingular), errors.Is(err, lp.ErrLinSolve):
						failed++
					case err != nil:
						t.Errorf("seed %d: %v", seed, err)
					default:
						compared++
					}
				}
				results <- [3]int{compared, infeasible, failed}
			})
		}
	})
	close(results)
	var compared, infeasible, failed int
	for r := range results {
		compared, infeasible, failed = compared+r[0], infeasible+r[1], failed+r[2]
	}
	t.Logf("%d trees agree, %d are infeasible for both, %d linear programs failed", compared, infeasible, failed)
	if !t.Failed() && (compared < 5000 || failed > 0) {
		t.Errorf("%d trees compared, want 5,000; %d programs failed", compared, failed)
	}
}

// agree solves the tree of a seed in both ways.
func agree(seed uint64) error {
	nodes, leaves := tree(rand.New(rand.NewPCG(seed, 1)))
	a, err := waterfill.Solve(nodes, leaves)
	if err != nil {
		return err
	}
	want, err := newProgram(nodes, leaves).solve()
	if errors.Is(err, errNoFit) {
		if a.Feasible {
			return fmt.Errorf("feasible, and the linear program says that it is not")
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("linear program: %w", err)
	}
	if !a.Feasible {
		return fmt.Errorf("infeasible, and the linear program has %v", want)
	}
	for i, s := range a.Shares {
		if got, _ := s.Exact().Float64(); math.Abs(got-want[i]) > 1e-3 {
			return fmt.Errorf("%s gets %v kW, and %v by linear programs", s.ID, got, want[i])
		}
	}
	return nil
}
