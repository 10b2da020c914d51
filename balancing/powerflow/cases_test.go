package powerflow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"asue/balancing/powerflow"
)

// caseFile is a test network with a solution.
type caseFile struct {
	Base  float64 `json:"base_mva"`
	Input struct {
		Bus []struct {
			ID   int
			Type string
			PD   float64 `json:"pd_mw"`
			QD   float64 `json:"qd_mvar"`
			GS   float64 `json:"gs_mw"`
			BS   float64 `json:"bs_mvar"`
			KV   float64 `json:"base_kv"`
			VM   float64 `json:"vm_start"`
			VA   float64 `json:"va_start_deg"`
		}
		Gen []struct {
			Bus  int
			PG   float64 `json:"pg_mw"`
			QG   float64 `json:"qg_mvar"`
			QMax float64 `json:"qmax_mvar"`
			QMin float64 `json:"qmin_mvar"`
			VG   float64 `json:"vg_pu"`
		}
		Branch []struct {
			From  int     `json:"from_bus"`
			To    int     `json:"to_bus"`
			R     float64 `json:"r_pu"`
			X     float64 `json:"x_pu"`
			B     float64 `json:"b_pu"`
			Rate  float64 `json:"rate_a_mva"`
			Tap   float64
			Shift float64 `json:"shift_deg"`
		}
	}
	Want       solution  `json:"expected"`
	WantLimits *solution `json:"expected_q_limits"`
	WantNose   *nose     `json:"expected_nose"`
}

// solution is what a file expects.
type solution struct {
	Bus   []voltage `json:"bus"`
	Slack struct {
		Bus int     `json:"bus"`
		P   float64 `json:"p_mw"`
		Q   float64 `json:"q_mvar"`
	} `json:"slack"`
	PV []struct {
		Bus int     `json:"bus"`
		Q   float64 `json:"q_mvar"`
	} `json:"pv_generation"`
	Losses struct {
		P   float64  `json:"p_mw"`
		Net *float64 `json:"q_net_mvar"`
	} `json:"losses"`
	Flow []struct {
		PF float64 `json:"pf_mw"`
		QF float64 `json:"qf_mvar"`
		PT float64 `json:"pt_mw"`
		QT float64 `json:"qt_mvar"`
	} `json:"branch_flow"`
	// With reactive limits.
	Converted []int     `json:"buses_converted_to_pq"`
	Enforced  []float64 `json:"matpower_enforce2_qg_mvar"` // of all generators; published files alone
}

type voltage struct {
	ID int     `json:"id"`
	VM float64 `json:"vm_pu"`
	VA float64 `json:"va_deg"`
}

// nose is where loads and generation, grown together to 1+1.5λ of the file's, have
// no solution any more, and a state on the way.
type nose struct {
	Max float64   `json:"lambda_max"`
	At  float64   `json:"lambda"`
	Bus []voltage `json:"bus"`
}

// testNetwork is a case of the suite.
type testNetwork struct {
	name string
	c    caseFile
	n    powerflow.Network
}

// own are the networks of testdata.
func own(t testing.TB) (all []testNetwork) {
	t.Helper()
	for _, name := range []string{"ring9", "mesh14", "mesh30"} {
		c, n := readNetwork(t, filepath.Join("testdata", name+".json"))
		all = append(all, testNetwork{name, c, n})
	}
	return all
}

// published are test networks of the literature, with solutions, from the folder
// that ASUE_FLOW_CASES names. They are not part of the project, because it is not
// clear on which terms they may be passed on.
func published(t testing.TB) (all []testNetwork) {
	t.Helper()
	folder := os.Getenv("ASUE_FLOW_CASES")
	if folder == "" {
		return nil
	}
	for _, name := range []string{"case9", "case14", "case30"} {
		c, n := readNetwork(t, filepath.Join(folder, name+".json"))
		all = append(all, testNetwork{name, c, n})
	}
	limited, n := readNetwork(t, filepath.Join(folder, "case14_qlimits.json"))
	want := limited.Want
	limited.WantLimits, limited.Want = &want, solution{}
	all = append(all, testNetwork{"case14_qlimits", limited, n})

	var v struct {
		Want struct {
			Max float64   `json:"lambda_max_computed"`
			Bus []voltage `json:"at_lambda_0.7"`
		} `json:"expected"`
	}
	readJSON(t, filepath.Join(folder, "case9_nose.json"), &v)
	near(t, "λ at the nose, as MATPOWER publishes it", v.Want.Max, 0.99025, 1e-3)
	for i := range v.Want.Bus {
		if v.Want.Bus[i].ID == 30 { // the ray's file calls bus 3 so
			v.Want.Bus[i].ID = 3
		}
	}
	flat := all[0]
	flat.name, flat.c.Want, flat.c.WantNose = "case9_nose", solution{}, &nose{v.Want.Max, 0.7, v.Want.Bus}
	flat.n.Generators = slices.Clone(flat.n.Generators)
	for i := range flat.n.Generators {
		flat.n.Generators[i].PU = 1
	}
	return append(all, flat)
}

func readNetwork(t testing.TB, name string) (caseFile, powerflow.Network) {
	t.Helper()
	var c caseFile
	readJSON(t, name, &c)
	n := powerflow.Network{BaseMVA: c.Base}
	for _, b := range c.Input.Bus {
		kind := map[string]powerflow.Kind{"PQ": powerflow.PQ, "PV": powerflow.PV, "SLACK": powerflow.Slack}[b.Type]
		n.Buses = append(n.Buses, powerflow.Bus{ID: fmt.Sprint(b.ID), Kind: kind, BaseKV: b.KV, LoadMW: b.PD, LoadMvar: b.QD, ShuntMW: b.GS, ShuntMvar: b.BS, StartPU: b.VM, StartDeg: b.VA})
	}
	for _, g := range c.Input.Gen {
		n.Generators = append(n.Generators, powerflow.Generator{Bus: fmt.Sprint(g.Bus), MW: g.PG, Mvar: g.QG, MinMvar: g.QMin, MaxMvar: g.QMax, PU: g.VG})
	}
	for _, b := range c.Input.Branch {
		ratio := b.Tap
		if ratio == 0 {
			ratio = 1
		}
		n.Branches = append(n.Branches, powerflow.Branch{From: fmt.Sprint(b.From), To: fmt.Sprint(b.To), R: b.R, X: b.X, B: b.B, RateMVA: b.Rate, Ratio: ratio, ShiftDeg: b.Shift})
	}
	return c, n
}
