package metering_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"asue/metering"
)

// TestConductorsAgreeWithPhysics holds the table against what wire and spacing say: x0
// and b0 by the formulas for a spacing of 5 m, r0 against the standard's resistance to
// direct current, and the order of all of it.
func TestConductorsAgreeWithPhysics(t *testing.T) {
	near := func(what string, got, want, share float64) {
		t.Helper()
		if math.Abs(got-want) > share*want {
			t.Errorf("%s: %v, by the other way %.4v", what, got, want)
		}
	}
	var last metering.Conductor
	for _, c := range metering.Conductors() {
		near(c.Name+" x0", c.ReactPerKM, metering.LineReactance(5, c.DiameterMM), 0.016)
		near(c.Name+" b0", c.MicroSPerKM, metering.LineSusceptance(5, c.DiameterMM), 0.016)
		near(c.Name+" r0", c.OhmPerKM, c.DCOhmPerKM, 0.03)
		if last.Name != "" && (c.Amperes <= last.Amperes || c.OhmPerKM >= last.OhmPerKM || c.ReactPerKM >= last.ReactPerKM || c.MicroSPerKM <= last.MicroSPerKM) {
			t.Errorf("%s is not more of a wire than %s", c.Name, last.Name)
		}
		if c.Source == "" {
			t.Errorf("nobody says where %s comes from", c.Name)
		}
		last = c
	}
}

// TestFormulasOfLines: the figures of the formulas as they are printed for 5 m.
func TestFormulasOfLines(t *testing.T) {
	f := func(diameterMM, x0, b0 float64) {
		t.Helper()
		if x := metering.LineReactance(5, diameterMM); math.Abs(x-x0) > 0.0005 {
			t.Errorf("x0 of %v mm: %v", diameterMM, x)
		}
		if b := metering.LineSusceptance(5, diameterMM); math.Abs(b-b0) > 0.005 {
			t.Errorf("b0 of %v mm: %v", diameterMM, b)
		}
	}
	f(15.2, 0.423, 2.69)
	f(17.1, 0.416, 2.74)
	f(18.8, 0.410, 2.78)
	f(21.6, 0.401, 2.84)
}

// TestConductorsAreDocumented: the table of docs/network-data.md is that of the program.
func TestConductorsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/network-data.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, c := range metering.Conductors() {
		want = append(want, fmt.Sprintf("| %s | %.3f | %.3f | %.2f | %g | %.1f | %.3f |", c.Name, c.OhmPerKM, c.ReactPerKM, c.MicroSPerKM, c.Amperes, c.DiameterMM, c.DCOhmPerKM))
	}
	if !strings.Contains(string(text), strings.Join(want, "\n")+"\n") {
		t.Errorf("docs/network-data.md shows another table than\n%s", strings.Join(want, "\n"))
	}
}

// TestLinesTakeTheTable: 17 km of АС-240/32 are 2.04 + j6.885 Ω and 47.8 µS, 15 km of
// АС-185/29 2.43 + j6.195 Ω; what a line states itself counts more.
func TestLinesTakeTheTable(t *testing.T) {
	f := func(l metering.NetworkLine, ohm, react, microS, amperes float64) {
		t.Helper()
		l = l.Filled()
		got := [4]float64{l.OhmPerKM * l.LengthKM, l.ReactPerKM * l.LengthKM, l.MicroSPerKM * l.LengthKM, l.Amperes}
		for i, want := range [4]float64{ohm, react, microS, amperes} {
			if math.Abs(got[i]-want) > 0.0005*want {
				t.Errorf("%s: %v, want %v", l.Conductor, got[i], want)
			}
		}
	}
	f(metering.NetworkLine{Conductor: "АС-240/32", LengthKM: 17}, 2.04, 6.885, 47.77, 605)
	f(metering.NetworkLine{Conductor: "AC 240/32", LengthKM: 17}, 2.04, 6.885, 47.77, 605) // in Latin letters
	f(metering.NetworkLine{Conductor: "АС-185/29", LengthKM: 15}, 2.43, 6.195, 41.25, 510)
	f(metering.NetworkLine{Conductor: "АС-185/29", LengthKM: 15, OhmPerKM: 0.17, Amperes: 480}, 2.55, 6.195, 41.25, 480)
	f(metering.NetworkLine{Conductor: "unknown", LengthKM: 10, OhmPerKM: 0.2}, 2, 0, 0, 0)
}
