package powerflow_test

import (
	"fmt"
	"slices"
	"testing"

	"asue/balancing/powerflow"

	"github.com/google/go-cmp/cmp"
)

// TestPublishedNetworks: meshed networks from a flat start and from the file's, cold
// and warm, to 1e-8 pu and 1e-6 MW: the project's own, and the published ones where
// they are at hand.
func TestPublishedNetworks(t *testing.T) {
	for _, one := range append(own(t), published(t)...) {
		if one.c.Want.Bus == nil {
			continue
		}
		for _, o := range []powerflow.Options{tight, {Tolerance: 1e-11, FileStart: true}} {
			s, r := solved(t, one.n, o)
			checkSolution(t, one.name, one.c.Want, one.c, r)
			if r.Iterations > 4+1 {
				t.Errorf("%s: %d iterations", one.name, r.Iterations)
			}
			if err := s.Solve(powerflow.Options{Warm: true, Tolerance: 1e-11}); err != nil {
				t.Fatal(err)
			}
			r = s.Result()
			checkSolution(t, one.name+", warm", one.c.Want, one.c, r)
			if r.Iterations != 0 {
				t.Errorf("%s: %d iterations from the solution itself", one.name, r.Iterations)
			}
		}
	}
}

func checkVoltages(t *testing.T, name string, want []voltage, s *powerflow.Solver, r powerflow.Result) {
	t.Helper()
	for _, b := range want {
		i, _ := s.Bus(fmt.Sprint(b.ID))
		near(t, fmt.Sprintf("%s: voltage of %d", name, b.ID), r.Buses[i].PU, b.VM, 1e-8)
		near(t, fmt.Sprintf("%s: angle of %d", name, b.ID), r.Buses[i].Deg, b.VA, 1e-6)
	}
}

func checkSolution(t *testing.T, name string, want solution, c caseFile, r powerflow.Result) {
	t.Helper()
	for i, b := range want.Bus {
		near(t, fmt.Sprintf("%s: voltage of %d", name, b.ID), r.Buses[i].PU, b.VM, 1e-8)
		near(t, fmt.Sprintf("%s: angle of %d", name, b.ID), r.Buses[i].Deg, b.VA, 1e-7)
	}
	near(t, name+": slack MW", r.SourceMW, want.Slack.P, 1e-6)
	near(t, name+": slack Mvar", r.SourceMvar, want.Slack.Q, 1e-6)
	near(t, name+": losses", r.LossMW, want.Losses.P, 1e-6)
	if want.Losses.Net != nil {
		near(t, name+": reactive losses", r.LossMvar, *want.Losses.Net, 1e-6)
	}
	for i, f := range want.Flow {
		near(t, fmt.Sprintf("%s: branch %d from, MW", name, i), r.Branches[i].FromMW, f.PF, 1e-6)
		near(t, fmt.Sprintf("%s: branch %d from, Mvar", name, i), r.Branches[i].FromMvar, f.QF, 1e-6)
		near(t, fmt.Sprintf("%s: branch %d to, MW", name, i), r.Branches[i].ToMW, f.PT, 1e-6)
		near(t, fmt.Sprintf("%s: branch %d to, Mvar", name, i), r.Branches[i].ToMvar, f.QT, 1e-6)
	}
	for _, pv := range want.PV {
		for i, g := range c.Input.Gen {
			if g.Bus == pv.Bus {
				near(t, fmt.Sprintf("%s: Mvar of %d", name, pv.Bus), r.Generators[i].Mvar, pv.Q, 1e-6)
			}
		}
	}
}

// TestReactiveLimits: the generators that the files say are at their limit in the
// end, whether begun cold or from the solution without limits.
func TestReactiveLimits(t *testing.T) {
	for _, one := range append(own(t), published(t)...) {
		if one.c.WantLimits != nil {
			t.Run(one.name, func(t *testing.T) { checkLimits(t, one) })
		}
	}
}

func checkLimits(t *testing.T, one testNetwork) {
	n, want := one.n, *one.c.WantLimits
	o := tight
	o.QLimits = true
	s, r := solved(t, n, o)
	check := func() {
		t.Helper()
		checkSolution(t, one.name, want, one.c, r)
		var limited []int
		for i, g := range r.Generators {
			if g.AtLimit {
				limited = append(limited, one.c.Input.Gen[i].Bus)
			}
		}
		if diff := cmp.Diff(want.Converted, limited); diff != "" {
			t.Error(diff)
		}
		for i, mvar := range want.Enforced {
			near(t, fmt.Sprintf("Mvar of generator %d", i), r.Generators[i].Mvar, mvar, 1e-6)
		}
	}
	check()
	o.Warm = true
	if err := s.Solve(o); err != nil {
		t.Fatal(err)
	}
	r = s.Result()
	check()

	// With half the load other limits bind: those left behind must not show.
	for i, b := range n.Buses {
		s.SetLoad(i, b.LoadMW/2, b.LoadMvar/2)
	}
	if err := s.Solve(o); err != nil {
		t.Fatal(err)
	}
	warm := s.Result()
	for i := range n.Buses {
		n.Buses[i].LoadMW /= 2
		n.Buses[i].LoadMvar /= 2
	}
	o.Warm = false
	_, cold := solved(t, n, o)
	for i := range n.Buses {
		near(t, "voltage with half the load, warm and cold, of "+n.Buses[i].ID, warm.Buses[i].PU, cold.Buses[i].PU, 1e-8)
	}
}

// TestNoseOfNineBuses walks the loading ray of MATPOWER's continuation test: loads
// and generation grow together until no solution is left, at λ = 0.99025 for the
// published nine buses.
func TestNoseOfNineBuses(t *testing.T) {
	for _, one := range append(own(t), published(t)...) {
		if one.c.WantNose != nil {
			t.Run(one.name, func(t *testing.T) { checkNose(t, one.n, *one.c.WantNose) })
		}
	}
}

func checkNose(t *testing.T, n powerflow.Network, want nose) {
	slices.Reverse(n.Buses) // order means nothing
	s, err := powerflow.New(n)
	if err != nil {
		t.Fatal(err)
	}
	at := func(lambda float64, o powerflow.Options) error {
		k := 1 + 1.5*lambda
		for i, b := range n.Buses {
			s.SetLoad(i, b.LoadMW*k, b.LoadMvar*k)
		}
		for i, g := range n.Generators {
			s.SetGeneration(i, g.MW*k, g.Mvar)
		}
		return s.Solve(o)
	}
	if err := at(want.At, tight); err != nil {
		t.Fatal(err)
	}
	checkVoltages(t, "on the way", want.Bus, s, s.Result())
	warm := powerflow.Options{Warm: true, Direct: true}
	good, step := want.At, 0.05
	for step > 1e-7 {
		if err := at(good+step, warm); err == nil {
			good += step
			continue
		}
		step /= 2
		if err := at(good, powerflow.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	near(t, "λ at the nose", good, want.Max, 2e-6)
}
