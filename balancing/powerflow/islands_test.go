package powerflow_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"asue/balancing/powerflow"

	"github.com/google/go-cmp/cmp"
)

// chain is a source A and buses B, C, D behind it, 10 MW each, with a generator at D.
func chain() powerflow.Network {
	n := powerflow.Network{BaseMVA: 100, Buses: []powerflow.Bus{{ID: "A", Kind: powerflow.Slack, BaseKV: 110}}}
	for _, id := range []string{"B", "C", "D"} {
		n.Branches = append(n.Branches, powerflow.Branch{ID: "to " + id, From: n.Buses[len(n.Buses)-1].ID, To: id, R: 0.01, X: 0.05, B: 0.01, Ratio: 1, RateMVA: 50})
		n.Buses = append(n.Buses, powerflow.Bus{ID: id, BaseKV: 110, LoadMW: 10, LoadMvar: 4})
	}
	n.Buses[3].Kind = powerflow.PV
	n.Generators = []powerflow.Generator{{Bus: "A", PU: 1.02}, {Bus: "D", PU: 1.01, MW: 5, MinMvar: -20, MaxMvar: 20}}
	return n
}

// TestDeadBuses: what is cut off from the source has no voltage, and its load is
// unserved, even where a generator is: nobody there holds voltage and frequency.
func TestDeadBuses(t *testing.T) {
	n := chain()
	n.Branches[1].Out = true
	_, r := solved(t, n, tight)
	var live []bool
	for _, b := range r.Buses {
		live = append(live, b.Live)
	}
	if diff := cmp.Diff([]bool{true, true, false, false}, live); diff != "" {
		t.Error(diff)
	}
	near(t, "unserved", r.UnservedMW, 20, 0)
	near(t, "served", r.LoadMW, 10, 0)
	if r.Branches[1].Live || r.Branches[2].Live || r.Buses[2].PU != 0 || r.Generators[1].MW != 0 {
		t.Errorf("%+v", r)
	}
	want := []powerflow.Island{{Live: true, Buses: 2, Slacks: []string{"A"}, LoadMW: 10}, {Buses: 2, LoadMW: 20}}
	if diff := cmp.Diff(want, r.Islands); diff != "" {
		t.Error(diff)
	}
}

// TestTwoIslands: each has its source and is solved as if it were alone.
func TestTwoIslands(t *testing.T) {
	n := chain()
	n.Branches[1].Out = true
	n.Buses[3].Kind = powerflow.Slack
	_, r := solved(t, n, tight)
	if r.UnservedMW != 0 || len(r.Islands) != 2 || r.Islands[0].AnglesAssumed {
		t.Errorf("%+v", r.Islands)
	}
	n.Branches[1].Out = false
	_, r = solved(t, n, tight)
	if len(r.Islands) != 1 || !r.Islands[0].AnglesAssumed {
		t.Errorf("two sources in one island, and nobody says that their angles are assumed: %+v", r.Islands)
	}
}

// TestSwitchesAndOpenEnds: a closed switch makes one bus of two; a line open at its
// far end is a charged stub, at whose end the voltage rises.
func TestSwitchesAndOpenEnds(t *testing.T) {
	n := chain()
	n.Buses = append(n.Buses, powerflow.Bus{ID: "C2", BaseKV: 110, LoadMW: 3})
	n.Switches = []powerflow.Switch{{A: "C", B: "C2", Closed: true}}
	_, r := solved(t, n, tight)
	if r.Buses[4].PU != r.Buses[2].PU || !r.Buses[4].Live {
		t.Errorf("%+v and %+v are one", r.Buses[2], r.Buses[4])
	}
	near(t, "load", r.LoadMW, 33, 0)
	n.Switches[0].Closed = false
	if _, r = solved(t, n, tight); r.Buses[4].Live || r.UnservedMW != 3 {
		t.Errorf("%+v", r.Buses[4])
	}

	n = chain()
	n.Branches[2].ToOpen = true
	_, r = solved(t, n, tight)
	f := r.Branches[2]
	if !f.Live || f.FromMvar >= 0 || f.ToMvar != 0 || f.FromMW <= 0 || r.Buses[3].Live {
		t.Errorf("an open line draws nothing but its charging: %+v", f)
	}
	// By hand: half of the charging sits at the near end, the other half behind r+jx.
	y := complex(0, 0.005)
	stub := y + 1/(1/y+complex(0.01, 0.05))
	vv := r.Buses[2].PU * r.Buses[2].PU * 100
	near(t, "stub, MW", f.FromMW, real(stub)*vv, 1e-9)
	near(t, "stub, Mvar", f.FromMvar, -imag(stub)*vv, 1e-9)
}

// TestOrderDoesNotMatter: the same network in another order gives the same figures.
func TestOrderDoesNotMatter(t *testing.T) {
	n := own(t)[2].n
	_, first := solved(t, n, tight)
	slices.Reverse(n.Buses)
	slices.Reverse(n.Branches)
	slices.Reverse(n.Generators)
	_, second := solved(t, n, tight)
	for i, b := range first.Buses {
		near(t, b.ID, second.Buses[len(n.Buses)-1-i].PU, b.PU, 1e-11)
	}
	_, third := solved(t, n, tight)
	if diff := cmp.Diff(second, third); diff != "" {
		t.Errorf("the same input gives another output:\n%s", diff)
	}
}

// TestPhaseShift: a shift of 30° in a radial branch turns the angle behind it and
// changes nothing else.
func TestPhaseShift(t *testing.T) {
	n := chain()
	_, plain := solved(t, n, tight)
	n.Branches[0].ShiftDeg = 30
	_, turned := solved(t, n, tight)
	near(t, "angle", turned.Buses[1].Deg, plain.Buses[1].Deg-30, 1e-9)
	near(t, "voltage", turned.Buses[1].PU, plain.Buses[1].PU, 1e-12)
	near(t, "losses", turned.LossMW, plain.LossMW, 1e-9)
	near(t, "loading", turned.Branches[0].LoadingPercent, plain.Branches[0].LoadingPercent, 1e-7)
}

// TestSourceBehindReactance: a short circuit of 1,000 MVA at 115 kV is 13.225 Ω.
func TestSourceBehindReactance(t *testing.T) {
	n := powerflow.Network{BaseMVA: 100, Buses: []powerflow.Bus{{ID: "S", BaseKV: 110, LoadMW: 50}}}
	if err := n.AddSource(powerflow.Source{Bus: "S", KV: 115, ShortCircuitMVA: 1000}); err != nil {
		t.Fatal(err)
	}
	near(t, "X, Ω", n.Branches[0].X*110*110/100, 13.225, 1e-12)
	_, r := solved(t, n, tight)
	// Without reactive load V² = E²/2 + √(E⁴/4 − (PX)²), in kV, MW and Ω.
	ee, px := 115.0*115/2, 50*13.225
	near(t, "kV", r.Buses[0].KV, math.Sqrt(ee+math.Sqrt(ee*ee-px*px)), 1e-9)
}

// TestFailuresAreTyped: each way to fail says what and where.
func TestFailuresAreTyped(t *testing.T) {
	n := chain()
	n.Generators[0].Out = true
	if _, err := powerflow.New(n); !errors.Is(err, powerflow.ErrNoSource) {
		t.Errorf("%v, want no source", err)
	}

	n = chain()
	n.Buses[2].LoadMW = 5000
	s, err := powerflow.New(n)
	if err != nil {
		t.Fatal(err)
	}
	if e := notConverged(t, s.Solve(tight), "C"); !(e.Carried > 0 && e.Carried < 0.5) || !(e.MismatchMVA > 1) {
		t.Errorf("%+v", e)
	}
	s.SetLoad(2, 10, 4) // the solver is of use again
	if err := s.Solve(tight); err != nil {
		t.Error(err)
	}

	// A bus whose reactances cancel is not determined.
	n = powerflow.Network{BaseMVA: 100, Buses: []powerflow.Bus{{ID: "A", Kind: powerflow.Slack}, {ID: "B", LoadMW: 1}},
		Generators: []powerflow.Generator{{Bus: "A", PU: 1}},
		Branches:   []powerflow.Branch{{From: "A", To: "B", X: 0.1, Ratio: 1}, {From: "A", To: "B", X: -0.1, Ratio: 1}}}
	s, err = powerflow.New(n)
	if err != nil {
		t.Fatal(err)
	}
	var singular *powerflow.SingularError
	if err := s.Solve(tight); !errors.As(err, &singular) || singular.Bus != "B" {
		t.Errorf("%v, want singular at B", err)
	}

	// Near the nose of a line the direct way alone is not believed.
	s, err = powerflow.New(line(1, 0, 0.5, 0, 0.62678, 0.62678*0.484322104838))
	if err != nil {
		t.Fatal(err)
	}
	o := tight
	o.Direct = true
	var low *powerflow.LowVoltageError
	if err := s.Solve(o); !errors.As(err, &low) || low.Bus != "2" {
		t.Errorf("%v, want low voltage at 2", err)
	}
	if err := s.Solve(tight); err != nil {
		t.Errorf("by continuation: %v", err)
	}
}

// TestFaultsOfANetwork are told together.
func TestFaultsOfANetwork(t *testing.T) {
	n := powerflow.Network{
		Buses:      []powerflow.Bus{{ID: "A", Kind: powerflow.Slack}, {ID: "A"}, {ID: "", LoadMW: math.NaN()}},
		Generators: []powerflow.Generator{{Bus: "A", PU: 0}, {Bus: "Z", PU: 1, MinMvar: 1}},
		Branches:   []powerflow.Branch{{From: "A", To: "A"}},
		Switches:   []powerflow.Switch{{A: "A", B: "Y"}},
		Regulators: []powerflow.Regulator{{Branch: 7, Bus: "A", LowPU: 1, HighPU: 1, Min: 1}},
	}
	var got []string
	for _, f := range n.Check() {
		got = append(got, f.List+"."+f.Field)
		if f.What == "" || f.Remedy == "" {
			t.Errorf("%+v", f)
		}
	}
	want := []string{".BaseMVA", "buses.ID", "buses.ID", "buses.LoadMW", "generators.PU", "generators.Bus", "generators.MinMvar", "branches.To", "branches.X", "branches.Ratio",
		"switches.B", "regulators.Branch", "regulators.LowPU", "regulators.Min"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := powerflow.New(n); !errors.As(err, new(powerflow.Faults)) {
		t.Error(err)
	}
	// What shows only when switches are closed.
	two := chain()
	two.Buses[3].Kind = powerflow.Slack
	two.Switches = []powerflow.Switch{{A: "A", B: "D", Closed: true}}
	if _, err := powerflow.New(two); !errors.As(err, new(powerflow.Faults)) {
		t.Errorf("two sources of different voltage on one bus: %v", err)
	}
}
