package powerflow_test

import (
	"errors"
	"testing"

	"asue/balancing/powerflow"
)

// both is the zone with both transformers on one 10 kV bus, fed from Akzhar.
func both(t *testing.T, loadMW float64) powerflow.Network {
	return zone(t, zoneSwitching{Akz: [2]int{1, 1}, T: [2]int{1, 1}, Bridge: 1, SV35: 1, SV10: 1}, loadMW)
}

// TestParallelTransformersMoveTogether, also when they hunt: at different positions
// they would drive a current round through both.
func TestParallelTransformersMoveTogether(t *testing.T) {
	n := both(t, 80)
	n.Regulators[1].Start = 5
	s, r := solved(t, n, tight)
	if s.Position(0) != s.Position(1) || r.Buses[6].KV < 10.374 || r.Buses[6].KV > 10.626 {
		t.Errorf("positions %v, %v kV", r.Positions, r.Buses[6].KV)
	}

	for i := range n.Regulators { // a third of a step
		n.Regulators[i].LowPU, n.Regulators[i].HighPU = 1.05*(1-0.003), 1.05*(1+0.003)
	}
	hunting := 0
	for mw := 20.0; mw <= 100; mw += 2 {
		m := both(t, mw)
		m.Regulators = n.Regulators
		s, err := powerflow.New(m)
		if err != nil {
			t.Fatal(err)
		}
		var h *powerflow.TapHuntingError
		if err := s.SolveWithTaps(tight); errors.As(err, &h) {
			hunting++
			if h.Low+1 != h.High || s.Position(0) != h.High || h.PU[0] < h.Band[1] || h.PU[1] > h.Band[0] {
				t.Errorf("%g MW: at %d: %v", mw, s.Position(0), err)
			}
		} else if err != nil {
			t.Fatal(err)
		}
		r := s.Result()
		if s.Position(0) != s.Position(1) || r.ImbalanceMVA > 1e-6 {
			t.Errorf("%g MW: positions %v, %g MVA out of balance", mw, r.Positions, r.ImbalanceMVA)
		}
	}
	if hunting < 10 {
		t.Errorf("a band of a third of a step hunts at %d of 41 loads only", hunting)
	}
}

// TestBlockedChangerStays where it is, and one at the end of its range too.
func TestBlockedChangerStays(t *testing.T) {
	n := both(t, 100)
	n.Switches[2].Closed = false // each 10 kV section for itself
	n.Regulators[0].Blocked, n.Regulators[0].Start = true, 4
	n.Regulators[1].Min = -1
	s, r := solved(t, n, tight)
	if s.Position(0) != 4 || s.Position(1) != -1 {
		t.Errorf("positions %v, want 4 and −1", r.Positions)
	}
	if r.Buses[6].KV > 10.374 || r.Buses[7].KV > 10.374 {
		t.Errorf("%v and %v kV: both are too low, and nobody can help it", r.Buses[6].KV, r.Buses[7].KV)
	}
}

// TestWarmLoopTakesNoMemory: the zone interval after interval, with changers that
// move, and a network whose generators come to their limits and leave them.
func TestWarmLoopTakesNoMemory(t *testing.T) {
	sw := zoneSwitching{Akz: [2]int{1, 1}, T: [2]int{1, 1}, Bridge: 1}
	for _, loop := range []struct {
		name    string
		n       powerflow.Network
		o       powerflow.Options
		changed func(powerflow.Result) bool
	}{
		{"zone", zone(t, sw, 40), powerflow.Options{Warm: true}, func(r powerflow.Result) bool { return r.Positions[0] != 0 }},
		{"14 buses", own(t)[1].n, powerflow.Options{Warm: true, QLimits: true}, func(r powerflow.Result) bool { return r.Generators[1].AtLimit }},
	} {
		s, _ := solved(t, loop.n, loop.o)
		k := 0
		step := func() {
			k++
			part := 0.5 + float64(k%5)/4 // half to one and a half
			for i, b := range loop.n.Buses {
				s.SetLoad(i, b.LoadMW*part, b.LoadMvar*part)
			}
			if err := s.SolveWithTaps(loop.o); err != nil {
				t.Fatal(err)
			}
		}
		changed := 0
		for range 5 {
			if step(); loop.changed(s.Result()) {
				changed++
			}
		}
		if changed == 0 || changed == 5 {
			t.Errorf("%s: it is in another state at %d of 5 loads: that shows nothing", loop.name, changed)
		}
		if got := testing.AllocsPerRun(20, step); got != 0 {
			t.Errorf("%s: a warm step takes memory %v times", loop.name, got)
		}
	}
}
