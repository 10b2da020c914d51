package powerflow_test

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"asue/balancing/powerflow"
)

// TestRingThatTurnsThePhase: in an unloaded ring one transformer turns the phase by
// 36°. No flat start can follow that, since the shift does not add up to nothing
// round the ring, and Newton's method ends at a bus without voltage; from the linear
// network it arrives. By Ohm's law what circulates is (e^−jφ − 1)·V/jX, whatever the buses.
func TestRingThatTurnsThePhase(t *testing.T) {
	const held, turn = 0.99, 36 * math.Pi / 180
	x := []float64{0.02, 0.14, 0.02, 0.02, 0.02, 0.11, 0.03, 0.14, 0.06}
	const shifter = 6 // its branch
	n := powerflow.Network{BaseMVA: 10, Generators: []powerflow.Generator{{Bus: "0", PU: held}}}
	whole := 0.0
	for i := range x {
		n.Buses = append(n.Buses, powerflow.Bus{ID: fmt.Sprint(i)})
		n.Branches = append(n.Branches, powerflow.Branch{From: fmt.Sprint(i), To: fmt.Sprint((i + 1) % len(x)), X: x[i], Ratio: 1})
		whole += x[i]
	}
	n.Buses[0].Kind = powerflow.Slack
	n.Branches[shifter].ShiftDeg = 36
	s, err := powerflow.New(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Solve(powerflow.Options{Tolerance: 1e-11, Direct: true}); !errors.As(err, new(*powerflow.LowVoltageError)) {
		t.Fatalf("from flat: %v, want a low voltage: this ring shows nothing", err)
	}
	_, r := solved(t, n, tight)
	behind := complex(held, 0) * (cmplx.Rect(1, -turn) - 1) / complex(0, whole) // current beyond the shifter
	v := complex(held, 0)
	for i := range x {
		got := cmplx.Rect(r.Buses[i].PU, r.Buses[i].Deg*math.Pi/180)
		near(t, fmt.Sprintf("how far bus %d is from Ohm's law, pu", i), cmplx.Abs(got-v), 0, 1e-10)
		current := behind * cmplx.Rect(1, turn)
		if i >= shifter {
			current = behind
		}
		if i == shifter {
			v *= cmplx.Rect(1, -turn)
		}
		v -= complex(0, x[i]) * current
	}
	near(t, "round the ring", cmplx.Abs(v-complex(held, 0)), 0, 1e-12)
}
