package powerflow_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"asue/balancing/powerflow"
)

// tight is the tolerance of comparisons with published solutions.
var tight = powerflow.Options{Tolerance: 1e-11}

// readVector reads a file of testdata.
func readVector(t testing.TB, name string, into any) {
	t.Helper()
	readJSON(t, filepath.Join("testdata", name), into)
}

func readJSON(t testing.TB, file string, into any) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(src, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// solved makes a solver and solves.
func solved(t testing.TB, n powerflow.Network, o powerflow.Options) (*powerflow.Solver, powerflow.Result) {
	t.Helper()
	s, err := powerflow.New(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SolveWithTaps(o); err != nil {
		t.Fatal(err)
	}
	r := s.Result()
	if r.ImbalanceMVA > 1e-6 {
		t.Errorf("generation leaves %g MVA over", r.ImbalanceMVA)
	}
	return s, r
}

func near(t testing.TB, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.12g, want %.12g (±%g)", what, got, want, within)
	}
}

type twoBus struct {
	Cases []struct {
		Name string
		V1   float64 `json:"v1_pu"`
		R    float64 `json:"r_pu"`
		X    float64 `json:"x_pu"`
		B    float64 `json:"b_pu"`
		P    float64 `json:"p_pu"`
		Q    float64 `json:"q_pu"`
		Want struct {
			V2         float64 `json:"v2_pu"`
			A2         float64 `json:"a2_deg"`
			P1         float64 `json:"p1_pu"`
			Q1         float64 `json:"q1_pu"`
			Iterations int     `json:"nr_iterations_flat"`
		} `json:"expected"`
	}
	Nose []struct {
		E   float64 `json:"e_pu"`
		X   float64 `json:"x_pu"`
		Tan float64 `json:"tan_phi"`
		P   float64 `json:"p_max_pu"`
		V   float64 `json:"v_critical_pu"`
	} `json:"nose_points"`
}

func line(v1, r, x, b, p, q float64) powerflow.Network {
	return powerflow.Network{BaseMVA: 1,
		Buses:      []powerflow.Bus{{ID: "1", Kind: powerflow.Slack}, {ID: "2", LoadMW: p, LoadMvar: q}},
		Generators: []powerflow.Generator{{Bus: "1", PU: v1}},
		Branches:   []powerflow.Branch{{From: "1", To: "2", R: r, X: x, B: b, Ratio: 1}}}
}

// TestTwoBuses holds Newton's method against the closed form of a line between two
// buses, a quadratic equation.
func TestTwoBuses(t *testing.T) {
	var v twoBus
	readVector(t, "twobus_analytic.json", &v)
	for _, c := range v.Cases {
		_, r := solved(t, line(c.V1, c.R, c.X, c.B, c.P, c.Q), tight)
		near(t, c.Name+": v2", r.Buses[1].PU, c.Want.V2, 1e-10)
		near(t, c.Name+": a2", r.Buses[1].Deg, c.Want.A2, 1e-8)
		near(t, c.Name+": p1", r.SourceMW, c.Want.P1, 1e-10)
		near(t, c.Name+": q1", r.SourceMvar, c.Want.Q1, 1e-10)
		if r.Iterations > c.Want.Iterations {
			t.Errorf("%s: %d iterations, want at most %d", c.Name, r.Iterations, c.Want.Iterations)
		}
	}
}

// TestNoseOfTwoBuses: at 0.999 of what the line can carry there is a solution, below
// 0.7 of the source's voltage; at 1.001 there is none, and it is said how far it goes.
func TestNoseOfTwoBuses(t *testing.T) {
	var v twoBus
	readVector(t, "twobus_analytic.json", &v)
	for _, c := range v.Nose {
		_, r := solved(t, line(c.E, 0, c.X, 0, 0.999*c.P, 0.999*c.P*c.Tan), tight)
		// V² = (E²−2XQ)/2 + √(…): the upper root of the quadratic.
		p, q := 0.999*c.P*c.X, 0.999*c.P*c.Tan*c.X
		half := c.E*c.E/2 - q
		want := math.Sqrt(half + math.Sqrt(half*half-p*p-q*q))
		near(t, fmt.Sprintf("tan φ %.3g", c.Tan), r.Buses[1].PU, want, 1e-8)

		s, err := powerflow.New(line(c.E, 0, c.X, 0, 1.001*c.P, 1.001*c.P*c.Tan))
		if err != nil {
			t.Fatal(err)
		}
		carried := notConverged(t, s.Solve(tight), "2").Carried
		near(t, "carried", carried, 1/1.001, 1e-3)
	}
}
