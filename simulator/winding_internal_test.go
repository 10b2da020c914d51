package simulator

import (
	"math"
	"testing"

	"asue/metering"
)

// ТДТН-63000/110 by its handbook values: the star, and the voltages of state A of the
// reference model at 29.7 MW (a half on each transformer, 30 % of it on 35 kV, cos φ 0.9).
func TestWindings(t *testing.T) {
	index := map[metering.NodeID]int{"hv": 0, "mv": 1, "lv": 2}
	s := newWindings(metering.ThreeWinding{
		Bus: [3]metering.NodeID{"hv", "mv", "lv"}, KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, Uk: [3]float64{10.5, 17, 6.5}, UkOnHV: true,
		PkKW: 290, PxKW: 56, IxPct: 0.7, Tap: metering.TapChanger{StepPct: 1.78, Position: 1},
	}, index)
	near := func(what string, have, want, by float64) {
		t.Helper()
		if math.Abs(have-want) > by {
			t.Errorf("%s: %v, want %v", what, have, want)
		}
	}
	for k, x := range []float64{22.04, 0, 13.65} {
		near("R", s.ohm[k], 0.483, 0.001)
		near("X", s.x[k], x, 0.01)
	}
	near("no-load var", s.idle, 437e3, 1e3)
	half, tan := 29.7e6/2, math.Tan(math.Acos(0.9))
	nodes := make([]node, 3)
	for k, share := range map[int]float64{1: 0.3, 2: 0.7} {
		nodes[k].parent, nodes[k].p, nodes[k].q = 0, int64(1000*share*half), int64(1000*share*half*tan)
	}
	mv, lv := s.volts(nodes, 0, 113.47)
	near("kV at 35", mv, 36.79, 0.05)
	near("kV at 10", lv, 10.45, 0.015)
	p, _ := s.lost(nodes, 0)
	near("losses of both", 2*p, 0.140e6, 0.005e6)
}
