package powerflow_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"asue/balancing/powerflow"
)

// radial is a tree in ohms, kilovolts and amperes: bus 0 is the source, every other
// bus hangs on one before it by a line or by a transformer.
type radial struct {
	up     []int        // of each bus; −1 for the source
	z      []complex128 // Ω at the voltage of the bus itself
	y      []complex128 // S, charging of the line, half at each end
	ratio  []float64    // kV of up per kV of the bus at no load; 1 for a line
	baseKV []float64
	load   []complex128 // MVA
	source float64      // kV
}

// sweep solves a tree without any matrix: currents are summed from the leaves to the
// source, voltages are carried from the source to the leaves, until nothing moves.
// It shares nothing with Newton's method but Ohm's law, and works in ohms, so that
// an impedance on the wrong side of a transformer shows.
func (r radial) sweep() (kv []complex128, ok bool) {
	n := len(r.up)
	kv, current := make([]complex128, n), make([]complex128, n)
	kv[0] = complex(r.source, 0)
	for i := 1; i < n; i++ {
		kv[i] = kv[r.up[i]] / complex(r.ratio[i], 0)
	}
	for range 500 {
		for i := range n {
			current[i] = cmplx.Conj(r.load[i] / kv[i]) // MVA/kV: √3·kA
		}
		through := make([]complex128, n)
		for i := n - 1; i > 0; i-- {
			through[i] = current[i] + r.y[i]/2*kv[i]
			at := kv[i] + r.z[i]*through[i]
			current[r.up[i]] += (through[i] + r.y[i]/2*at) / complex(r.ratio[i], 0)
		}
		moved := 0.0
		for i := 1; i < n; i++ {
			next := kv[r.up[i]]/complex(r.ratio[i], 0) - r.z[i]*through[i]
			moved = math.Max(moved, cmplx.Abs(next-kv[i])/r.baseKV[i])
			kv[i] = next
		}
		if moved < 1e-13 {
			return kv, true
		}
		if math.IsNaN(moved) || moved > 1e6 {
			return nil, false
		}
	}
	return nil, false
}

// network is the tree in per unit. Base voltages differ from the transformers' ratios,
// as they do in life.
func (r radial) network(base float64) powerflow.Network {
	n := powerflow.Network{BaseMVA: base}
	for i := range r.up {
		b := powerflow.Bus{ID: fmt.Sprint(i), BaseKV: r.baseKV[i], LoadMW: real(r.load[i]), LoadMvar: imag(r.load[i])}
		if i == 0 {
			b.Kind = powerflow.Slack
			n.Generators = append(n.Generators, powerflow.Generator{Bus: "0", PU: r.source / r.baseKV[0]})
		}
		n.Buses = append(n.Buses, b)
		if i == 0 {
			continue
		}
		zb := r.baseKV[i] * r.baseKV[i] / base
		n.Branches = append(n.Branches, powerflow.Branch{From: fmt.Sprint(r.up[i]), To: b.ID, R: real(r.z[i]) / zb, X: imag(r.z[i]) / zb,
			B: imag(r.y[i]) * zb, Ratio: r.ratio[i] * r.baseKV[i] / r.baseKV[r.up[i]]})
	}
	return n
}

// randomRadial draws a tree of 2 to 40 buses at 110, 35 and 10 kV whose load drops
// the voltage by up to a fifth or so.
func randomRadial(r *rand.Rand) radial {
	n := 2 + r.IntN(39)
	levels := []float64{110, 35, 10}
	level := make([]int, n)
	t := radial{up: make([]int, n), z: make([]complex128, n), y: make([]complex128, n), ratio: make([]float64, n), baseKV: make([]float64, n), load: make([]complex128, n), source: 105 + 16*r.Float64()}
	t.up[0], t.baseKV[0], t.ratio[0] = -1, 110, 1
	for i := 1; i < n; i++ {
		up := r.IntN(i)
		t.up[i], level[i], t.ratio[i] = up, level[up], 1
		if level[up] < 2 && r.IntN(3) == 0 {
			level[i] = level[up] + 1
			t.ratio[i] = levels[level[up]] / levels[level[i]] * (0.88 + 0.2*r.Float64())
		}
		kv := levels[level[i]]
		t.baseKV[i] = kv
		mva := 0.5 + 2*r.Float64()
		if level[i] == 0 {
			mva *= 4
		}
		t.load[i] = complex(mva*(0.5+r.Float64()), mva*(r.Float64()-0.2))
		if r.IntN(4) == 0 {
			t.load[i] = 0
		}
		// Of the order of 0.2 % of the voltage a megawatt at 10 kV.
		zb := kv * kv / 100
		t.z[i] = complex(zb*0.03*r.Float64(), zb*(0.01+0.05*r.Float64()))
		if t.ratio[i] == 1 {
			t.y[i] = complex(0, 1e-5*r.Float64()*10/math.Sqrt(kv))
		}
	}
	return t
}

// TestNewtonAndSweepAgree on 10,000 random trees, to 1e-9 pu.
func TestNewtonAndSweepAgree(t *testing.T) {
	const trees = 10_000
	r := rand.New(rand.NewPCG(110, 35))
	left, worst := 0, 0.0
	for i := range trees {
		tree := randomRadial(r)
		n := tree.network(100)
		if i%2 == 1 { // base powers must not matter
			n = tree.network(7)
		}
		s, err := powerflow.New(n)
		if err != nil {
			t.Fatal(err)
		}
		failed := s.Solve(powerflow.Options{Tolerance: 1e-12})
		kv, ok := tree.sweep()
		if !ok || failed != nil {
			// The sweep gives up before the nose; Newton must not give up where the sweep does not.
			if left++; ok {
				t.Errorf("tree %d: the sweep finds a solution, Newton: %v", i, failed)
			}
			continue
		}
		for k, b := range s.Result().Buses {
			got := cmplx.Rect(b.PU, b.Deg*math.Pi/180)
			want := kv[k] / complex(tree.baseKV[k], 0)
			worst = math.Max(worst, cmplx.Abs(got-want))
		}
		if worst > 1e-9 {
			t.Fatalf("tree %d: they differ by %g pu", i, worst)
		}
	}
	t.Logf("%d trees, %d beyond what they can carry; the greatest difference is %.1g pu", trees, left, worst)
	if left > trees/20 {
		t.Errorf("%d of %d trees have no solution to compare", left, trees)
	}
}
