package powerflow_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"asue/balancing/powerflow"

	"pgregory.net/rapid"
)

// TestNewtonAndTwinAgree on hundreds of random meshed networks with held voltages,
// ratios, shifts of phase, shunts, charging and islands alive and dead: voltages to
// 1e-9 pu, flows to 1e-6 MVA.
func TestNewtonAndTwinAgree(t *testing.T) {
	for _, size := range [][2]int{{2, 6}, {5, 14}, {12, 24}} {
		t.Run(fmt.Sprintf("%d to %d buses", size[0], size[1]), func(t *testing.T) {
			compareWithTwin(t, size[0], size[1], false)
		})
	}
}

// TestLimitsAndTwinAgree: the same with reactive limits, which the twin keeps by
// converting the worst bus and solving everything anew.
func TestLimitsAndTwinAgree(t *testing.T) {
	for _, size := range [][2]int{{3, 8}, {8, 18}} {
		t.Run(fmt.Sprintf("%d to %d buses", size[0], size[1]), func(t *testing.T) {
			compareWithTwin(t, size[0], size[1], true)
		})
	}
}

func compareWithTwin(t *testing.T, least, most int, limits bool) {
	seen, left, limited, back, islands, worst := 0, 0, 0, 0, 0, 0.0
	rapid.Check(t, func(rt *rapid.T) {
		n := randomMeshed(rt, least, most)
		seen++
		s, err := powerflow.New(n)
		if err != nil {
			rt.Fatal(err)
		}
		failed := s.Solve(powerflow.Options{Tolerance: 1e-12, QLimits: limits})
		w, steps, ok := newTwin(n), 0, false
		if limits {
			steps, ok = w.solveLimited()
		} else {
			ok = w.solve()
		}
		for i := range w.v {
			ok = ok && (!w.live[i] || cmplx.Abs(w.v[i]) > 0.75)
		}
		if !ok { // it takes no small steps, and may end at the low root or nowhere
			left++
			return
		}
		if failed != nil {
			rt.Fatalf("the twin finds a solution; Newton: %v", failed)
		}
		r := s.Result()
		islands += min(1, len(r.Islands)-1)
		limited += min(1, len(w.fixed))
		back += min(1, steps-len(w.fixed))
		for i, b := range r.Buses {
			if b.Live != w.live[i] {
				rt.Fatalf("bus %s: live is %v, the twin's %v", b.ID, b.Live, w.live[i])
			}
			if b.Live {
				far := cmplx.Abs(cmplx.Rect(b.PU, b.Deg*math.Pi/180) - w.v[i])
				if worst = math.Max(worst, far); far > 1e-9 {
					rt.Fatalf("bus %s: %v pu at %v°, the twin's is %g pu away", b.ID, b.PU, b.Deg, far)
				}
			}
		}
		for i, f := range r.Branches {
			from, to := w.flow(n.Branches[i])
			base := complex(n.BaseMVA, 0)
			if far := cmplx.Abs(complex(f.FromMW, f.FromMvar)-from*base) + cmplx.Abs(complex(f.ToMW, f.ToMvar)-to*base); far > 1e-6 {
				rt.Fatalf("branch %d: %+v, the twin's is %g MVA away", i, f, far)
			}
		}
	})
	t.Logf("%d networks, %d left out, %d of several islands, %d at reactive limits, %d took a voltage back; the greatest difference is %.1g pu", seen, left, islands, limited, back, worst)
	if left > seen/10 || !t.Failed() && islands == 0 || limits && limited < seen/4 {
		t.Errorf("that is too little to compare")
	}
}

// randomMeshed draws a network: a tree or several, chords, some branches out. Buses
// belong to one of two vector groups 30° apart, as behind star and delta windings.
func randomMeshed(t *rapid.T, least, most int) powerflow.Network {
	figure := func(name string, lo, hi float64) float64 {
		return lo + (hi-lo)*float64(rapid.IntRange(0, 1000).Draw(t, name))/1000
	}
	one := func(in int, name string) bool { return rapid.IntRange(1, in).Draw(t, name) == in }
	n := powerflow.Network{BaseMVA: rapid.SampledFrom([]float64{10, 100}).Draw(t, "base MVA")}
	scale := n.BaseMVA / 100
	hold := func(id string, many int) {
		pu := figure("held", 0.99, 1.04)
		for range many {
			n.Generators = append(n.Generators, powerflow.Generator{Bus: id, PU: pu, MW: scale * figure("MW", 0, 25), MinMvar: -scale * figure("least", 0, 8), MaxMvar: scale * figure("most", 0, 12)})
		}
	}
	tie := func(a, b int) {
		br := powerflow.Branch{From: n.Buses[a].ID, To: n.Buses[b].ID, R: figure("R", 0, 0.04), X: figure("X", 0.02, 0.14), B: figure("B", 0, 0.05), Ratio: 1,
			ShiftDeg: n.Buses[a].StartDeg - n.Buses[b].StartDeg, Out: one(15, "out")}
		if one(3, "transformer") {
			br.Ratio, br.MagG, br.MagB = figure("ratio", 0.94, 1.06), 0.0005, -0.004
		}
		if one(8, "shifter") {
			br.ShiftDeg += figure("shift", -6, 6)
		}
		n.Branches = append(n.Branches, br)
	}
	buses := rapid.IntRange(least, most).Draw(t, "buses")
	for i := range buses {
		b := powerflow.Bus{ID: fmt.Sprintf("b%d", i), LoadMW: scale * figure("load", 0, 14), LoadMvar: scale * figure("Mvar", -2, 6), StartDeg: -30 * float64(rapid.IntRange(0, 1).Draw(t, "group"))}
		begins := i == 0 || one(9, "begins")
		switch {
		case i == 0 || begins && !one(4, "dead"):
			b.Kind = powerflow.Slack
			hold(b.ID, 1)
		case one(4, "PV"):
			b.Kind = powerflow.PV
			hold(b.ID, rapid.IntRange(1, 2).Draw(t, "generators"))
		case one(8, "feeds in"):
			n.Generators = append(n.Generators, powerflow.Generator{Bus: b.ID, PU: 1, MW: scale * 9, Mvar: scale * 2})
		}
		if one(5, "shunt") {
			b.ShuntMW, b.ShuntMvar = scale*figure("GS", 0, 1), scale*figure("BS", -8, 12)
		}
		if n.Buses = append(n.Buses, b); !begins {
			tie(rapid.IntRange(max(0, i-6), i-1).Draw(t, "hangs on"), i)
		}
	}
	for range rapid.IntRange(0, buses).Draw(t, "chords") {
		a, b := rapid.IntRange(0, buses-1).Draw(t, "from"), rapid.IntRange(0, buses-1).Draw(t, "to")
		if a != b {
			tie(a, b)
		}
	}
	return n
}
