package powerflow_test

import (
	"testing"

	"asue/balancing/powerflow"
)

// TestStarOfAPassport: ТДТН-63000/110 with uk 10.5/17/6.5 % and Pk 290 kW is
// 0.483 Ω in each ray and 22.04, 0, 13.64 Ω of reactance at 115 kV.
func TestStarOfAPassport(t *testing.T) {
	p := powerflow.ThreeWinding{KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, UkPct: [3]float64{10.5, 17, 6.5}, PkKW: [3]float64{290}}
	r, x := p.Star()
	for i, want := range []float64{22.041667, 0, 13.644841} {
		near(t, "R", r[i], 0.483151, 1e-6)
		near(t, "X", x[i], want, 1e-6)
	}
	// With a small third winding it matters at which power uk is stated: the sum of two
	// rays is the pair's reactance, uk/100·U²/S.
	p.MVA[2] = 25
	_, x = p.Star()
	near(t, "HV–LV at the lesser power", x[0]+x[2], 0.17*115*115/25, 1e-9)
	p.OnHV = true
	_, x = p.Star()
	near(t, "HV–LV at the power of HV", x[0]+x[2], 0.17*115*115/63, 1e-9)
	near(t, "HV–MV", x[0]+x[1], 0.105*115*115/63, 1e-9)
}

// TestIdleTransformer draws its no-load losses and nothing else, wherever the
// magnetising branch sits.
func TestIdleTransformer(t *testing.T) {
	for _, atStar := range []bool{false, true} {
		n := powerflow.Network{BaseMVA: 100, Buses: []powerflow.Bus{{ID: "H", BaseKV: 110}, {ID: "M", BaseKV: 35}, {ID: "L", BaseKV: 10}}}
		if err := n.AddSource(powerflow.Source{Bus: "H", KV: 115}); err != nil {
			t.Fatal(err)
		}
		if _, err := n.AddThreeWinding(powerflow.ThreeWinding{ID: "T", Bus: [3]string{"H", "M", "L"}, KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63},
			UkPct: [3]float64{10.5, 17, 6.5}, PkKW: [3]float64{290}, PxKW: 56, IxPct: 0.7, AtStar: atStar}); err != nil {
			t.Fatal(err)
		}
		_, r := solved(t, n, tight)
		near(t, "no-load loss, MW", r.SourceMW, 0.056, 1e-4)
		near(t, "no-load current as MVA squared", r.SourceMW*r.SourceMW+r.SourceMvar*r.SourceMvar, 0.441*0.441, 1e-3)
		// Rated voltage on HV gives rated voltages at no load.
		near(t, "MV", r.Buses[1].KV, 38.5, 0.05)
		near(t, "LV", r.Buses[2].KV, 11, 0.02)
	}
}

// TestWhatCannotBeAdded says which element and what to do.
func TestWhatCannotBeAdded(t *testing.T) {
	n := powerflow.Network{BaseMVA: 100, Buses: []powerflow.Bus{{ID: "H", BaseKV: 110}, {ID: "M", BaseKV: 35}, {ID: "X"}}}
	refused := func(err error, want string) {
		t.Helper()
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused(n.AddLine(powerflow.Line{ID: "L", From: "H", To: "M"}), "line L: it leads from 110 kV to 35 kV: put a transformer between, or correct a base voltage")
	refused(n.AddLine(powerflow.Line{ID: "L", From: "H", To: "X"}), "line L: bus X has no base voltage: write one, in kV")
	refused(n.AddSource(powerflow.Source{Bus: "Q", KV: 115}), `source: bus "Q" is not in the network: add it first`)
	refused(n.AddSource(powerflow.Source{Bus: "H", KV: 0}), "source at bus H: 0 kV with 0 MVA of short circuit: write a voltage near 110 kV and a power of 0 or more")
	_, err := n.AddThreeWinding(powerflow.ThreeWinding{ID: "T", Bus: [3]string{"H", "M", "M"}, KV: [3]float64{115, 38.5, 11}})
	refused(err, "transformer T: winding 1 has 115 kV and 0 MVA: write what its passport states")
	if len(n.Branches)+len(n.Generators) != 0 {
		t.Errorf("what was refused is in the network: %+v", n)
	}
}
