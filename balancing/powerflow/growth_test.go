package powerflow_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"asue/balancing/powerflow"
)

// TestTwoThousandBuses: a large network converges from flat in a few iterations and
// balances, and neither solving cold nor solving warm takes memory.
func TestTwoThousandBuses(t *testing.T) {
	n := meshed(2000)
	s, r := solved(t, n, powerflow.Options{})
	if r.Iterations > 6 {
		t.Errorf("%d iterations", r.Iterations)
	}
	for _, o := range []powerflow.Options{{Direct: true}, {Warm: true}, {Warm: true, QLimits: true}} {
		step := 0.0
		got := testing.AllocsPerRun(3, func() {
			step += 0.01
			s.SetLoad(7, 4+step, 1)
			if err := s.Solve(o); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%+v takes memory %v times", o, got)
		}
	}
}

// TestTooMeshed: a network in which everything is tied to everything is refused
// before it fills the memory.
func TestTooMeshed(t *testing.T) {
	n := meshed(500)
	for i := range n.Buses {
		for j := range i {
			if i != j+1 {
				n.Branches = append(n.Branches, powerflow.Branch{From: n.Buses[j].ID, To: n.Buses[i].ID, X: 1, Ratio: 1})
			}
		}
	}
	n.Branches = n.Branches[:min(len(n.Branches), powerflow.MaxBranches)]
	if _, err := powerflow.New(n); !errors.Is(err, powerflow.ErrTooMeshed) {
		t.Errorf("%v, want too meshed", err)
	}
}

// meshed is an invented network: a country of √n by √n places, each tied to the one
// south of it, one in three to the one west of it too, as transmission networks have
// about 1.3 branches a bus. Every twentieth bus generates what twenty draw.
func meshed(buses int) powerflow.Network {
	r := rand.New(rand.NewPCG(uint64(buses), 7))
	n, wide := powerflow.Network{BaseMVA: 100}, int(math.Sqrt(float64(buses)))
	tie := func(a, b int) {
		n.Branches = append(n.Branches, powerflow.Branch{From: fmt.Sprint(a), To: fmt.Sprint(b), R: 0.002 + 0.004*r.Float64(), X: 0.01 + 0.03*r.Float64(), B: 0.02, Ratio: 1})
	}
	for i := range buses {
		bus := powerflow.Bus{ID: fmt.Sprint(i), LoadMW: 1 + 4*r.Float64(), LoadMvar: 2 * r.Float64()}
		switch {
		case i == 0:
			bus.Kind = powerflow.Slack
		case i%20 == 0:
			bus.Kind = powerflow.PV
		}
		if bus.Kind != powerflow.PQ {
			n.Generators = append(n.Generators, powerflow.Generator{Bus: bus.ID, MW: 70, PU: 1.02, MinMvar: -500, MaxMvar: 500})
		}
		n.Buses = append(n.Buses, bus)
		switch {
		case i >= wide:
			tie(i-wide, i)
			if r.IntN(3) == 0 {
				tie(i-1, i)
			}
		case i > 0:
			tie(i-1, i)
		}
	}
	return n
}
