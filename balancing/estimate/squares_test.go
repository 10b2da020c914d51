package estimate

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// twin solves the same equations by an orthogonal factorisation of the weighted matrix
// and takes the covariances from textbook formulas.
func twin(n int, list []equation) solution {
	used := slices.DeleteFunc(slices.Clone(list), func(e equation) bool { return e.out })
	h, z := mat.NewDense(len(used), n, nil), mat.NewVecDense(len(used), nil)
	for r, e := range used {
		for _, i := range e.of {
			h.Set(r, i, e.sign/e.sigma)
		}
		z.SetVec(r, e.value/e.sigma)
	}
	var qr mat.QR
	qr.Factorize(h) //nolint:misspell // the library's word
	var x mat.VecDense
	if err := qr.SolveVecTo(&x, false, z); err != nil {
		panic(err)
	}
	var gram, inverse mat.Dense
	gram.Mul(h.T(), h)
	if err := inverse.Inverse(&gram); err != nil {
		panic(err)
	}
	s := solution{}
	for i := range n {
		s.x, s.variance = append(s.x, x.AtVec(i)), append(s.variance, inverse.At(i, i))
	}
	for k, e := range list {
		row := mat.NewVecDense(n, nil)
		for _, i := range e.of {
			row.SetVec(i, e.sign)
		}
		r, own := e.value-mat.Dot(row, &x), mat.Inner(row, &inverse, row)
		s.residual = append(s.residual, r)
		spread := e.sigma*e.sigma - own
		switch {
		case e.out:
			s.deviation, s.without = append(s.deviation, math.Sqrt(e.sigma*e.sigma+own)), append(s.without, r)
		case spread < redundant*e.sigma*e.sigma:
			s.deviation, s.without = append(s.deviation, 0), append(s.without, r)
		default: // the residual that is left when this equation alone is taken away
			others := slices.Clone(list)
			others[k].out = true
			s.deviation, s.without = append(s.deviation, math.Sqrt(spread)), append(s.without, leftWithout(n, others, k))
		}
	}
	return s
}

func leftWithout(n int, list []equation, k int) float64 {
	x := leastSquares(n, list).x
	r := list[k].value
	for _, i := range list[k].of {
		r -= list[k].sign * x[i]
	}
	return r
}

func someEquations(t *rapid.T) (int, []equation) {
	n := rapid.IntRange(1, 8).Draw(t, "unknowns")
	var list []equation
	for i := range n { // every unknown has an equation of its own
		list = append(list, equation{of: []int{i}, sign: 1, sigma: 5})
	}
	for range rapid.IntRange(0, 14).Draw(t, "meters") {
		e := equation{sign: float64(rapid.SampledFrom([]int{-1, 1}).Draw(t, "sign")), sigma: rapid.Float64Range(0.01, 2).Draw(t, "sigma"), out: rapid.IntRange(0, 6).Draw(t, "out") == 0}
		for i := range n {
			if rapid.Bool().Draw(t, "in") {
				e.of = append(e.of, i)
			}
		}
		if len(e.of) > 0 {
			list = append(list, e)
		}
	}
	for i := range list {
		list[i].value = rapid.Float64Range(-20, 20).Draw(t, "value")
	}
	return n, list
}

func TestLeastSquaresHasATwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, list := someEquations(t)
		got, want := leastSquares(n, list), twin(n, list)
		same := func(what string, a, b []float64) {
			for i := range a {
				if math.Abs(a[i]-b[i]) > 1e-6*(1+math.Abs(b[i])) {
					t.Fatalf("%s %d: %v, the twin has %v", what, i, a[i], b[i])
				}
			}
		}
		same("unknown", got.x, want.x)
		same("variance", got.variance, want.variance)
		same("residual", got.residual, want.residual)
		same("deviation", got.deviation, want.deviation)
		same("without", got.without, want.without)
	})
}

// A metrologist's example: feeders of 2.0 and 3.0 MW below an input of 5.1 MW, all known
// to 0.1 MW. The hundred kilowatts that are over are shared out equally, a third each.
func TestThreeMetersShareADifference(t *testing.T) {
	list := []equation{
		{of: []int{0}, sign: 1, value: 2, sigma: 0.1}, {of: []int{1}, sign: 1, value: 3, sigma: 0.1}, {of: []int{0, 1}, sign: 1, value: 5.1, sigma: 0.1},
	}
	s := leastSquares(2, list)
	for i, want := range []float64{2 + 0.1/3, 3 + 0.1/3} {
		if math.Abs(s.x[i]-want) > 1e-12 {
			t.Errorf("feeder %d: %v, want %v", i, s.x[i], want)
		}
	}
	for i, want := range []float64{-0.1 / 3, -0.1 / 3, 0.1 / 3} {
		if math.Abs(s.residual[i]-want) > 1e-12 || math.Abs(s.without[i]-3*want) > 1e-12 {
			t.Errorf("meter %d: residual %v, %v without it; want %v and %v", i, s.residual[i], s.without[i], want, 3*want)
		}
	}
	// One contradiction among three: none of them stands out.
	list[2].value = 6
	worst, tied := worstOf(list, leastSquares(2, list))
	if worst < 0 || len(tied) != 3 {
		t.Errorf("worst %d of %v", worst, tied)
	}
	// A second meter at the input bears the first one out: a feeder's is wrong.
	list = append(list, equation{of: []int{0, 1}, sign: 1, value: 6, sigma: 0.1})
	if _, tied := worstOf(list, leastSquares(2, list)); !slices.Equal(tied, []int{0, 1}) {
		t.Errorf("tied %v", tied)
	}
	// A feeder's second meter as well: it is the other feeder.
	list = append(list, equation{of: []int{0}, sign: 1, value: 2, sigma: 0.1})
	if worst, tied := worstOf(list, leastSquares(2, list)); worst != 1 || len(tied) != 1 {
		t.Errorf("worst %d of %v", worst, tied)
	}
}

func TestAnUnknownWithoutAnEquationIsOurFault(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	leastSquares(2, []equation{{of: []int{0}, sign: 1, sigma: 1}})
}
