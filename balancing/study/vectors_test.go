package study_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"asue/balancing/study"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
)

// vectors are the zone's states as an own model computed them before: see "source" in
// the file. Its KAR, AKZ, ZN1 … are the nodes of the zone by place.
type vectors struct {
	Scenarios map[string]struct{ Results []vector }
}

type vector struct {
	LoadMW float64 `json:"load_mw"`
	Taps   [2]*int
	KV     map[string]float64 `json:"u_kv"`
	Deg    map[string]float64 `json:"va_deg"`
	Source map[string]struct {
		MW   float64 `json:"p_mw"`
		Mvar float64 `json:"q_mvar"`
	}
	LossMW float64 `json:"loss_mw"`
	Line   map[string]struct {
		A       float64 `json:"i_a"`
		Percent float64 `json:"percent_of_25C_rating"`
		MW      float64 `json:"p_recv_mw"`
		LossMW  float64 `json:"loss_mw"`
	}
	Trafo map[string]struct {
		Percent float64                      `json:"loading_percent"`
		A       struct{ HV, MV, LV float64 } `json:"i_a"`
		LossMW  float64                      `json:"loss_mw"`
	}
}

var nodes = map[string]metering.NodeID{"KAR": "kar", "AKZ": "akz-1", "ZN1": "zn-1", "ZN2": "zn-2", "S35-1": "s35-1", "S35-2": "s35-2", "S10-1": "s10-1", "S10-2": "s10-2"}
var circuits = map[string]metering.NodeID{"KAR": "kar", "AKZ-1": "akz-1", "AKZ-2": "akz-2"} // by sending end

// circuit is the line that leaves a sending end.
func circuit(site *metering.Site, from metering.NodeID) metering.ElementID {
	for _, l := range site.Network.Lines {
		if l.From == from {
			return l.ID
		}
	}
	return ""
}

// states are the settings of the vectors: after the loss of a transformer both section
// switches are closed.
func states(site *metering.Site) map[string]study.Setting {
	second := string(circuit(site, "akz-2"))
	sections := map[metering.ElementID]bool{"sv-35": true, "sv-10": true}
	return map[string]study.Setting{
		"A_karatagay_only": {Scenario: "A"},
		"A_T2_out":         {Scenario: "A", Out: []string{"t-2"}, Closed: sections},
		"C_akzhar_2cct":    {Scenario: "C"},
		"C1_akzhar_1cct":   {Scenario: "C", Out: []string{second}},
		"C_T2_out":         {Scenario: "C", Out: []string{"t-2"}, Closed: sections},
		"C1_T2_out":        {Scenario: "C", Out: []string{second, "t-2"}, Closed: sections},
		"D_sectionalised":  {Scenario: "D"},
		"E_parallel":       {Scenario: "E"},
		"E_T2_out":         {Scenario: "E", Out: []string{"t-2"}, Closed: sections},
	}
}

// TestZone holds nine states of the zone at eight loads, made of a site's words, to
// every printed digit; and those of the example's site file, which describes the same.
func TestZone(t *testing.T) {
	for name, zone := range map[string]*metering.Site{"the zone": zone(standing), "the example": example(t)} {
		t.Run(name, func(t *testing.T) { checkZone(t, model(t, zone)) })
	}
}

// example is the plant of the example's site file.
func example(t testing.TB) *metering.Site {
	t.Helper()
	file, faults := site.Parse("site.yaml", aktobe.Site(), nil)
	if file == nil {
		t.Fatal(faults.Err())
	}
	return file
}

func checkZone(t *testing.T, m *study.Model) {
	text, err := os.ReadFile("testdata/zone_scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	settings := states(m.Site())
	n := 0
	for name, scenario := range v.Scenarios {
		setting, ok := settings[name]
		if !ok {
			t.Fatalf("no setting for %s", name)
		}
		for _, want := range scenario.Results {
			n++
			got, err := m.Solve(setting, m.Loads(want.LoadMW))
			if err != nil {
				t.Fatalf("%s at %v MW: %v", name, want.LoadMW, err)
			}
			checkState(t, m.Site(), fmt.Sprintf("%s at %v MW", name, want.LoadMW), got, want)
		}
	}
	if n != 72 {
		t.Errorf("%d states, want 72", n)
	}
}

func checkState(t *testing.T, zone *metering.Site, name string, got metering.NetworkState, want vector) {
	t.Helper()
	near := func(what string, got, want, within float64) {
		t.Helper()
		if !(math.Abs(got-want) <= within) {
			t.Errorf("%s: %s: %v, want %v", name, what, got, want)
		}
	}
	for id, kv := range want.KV {
		at := busOf(t, got, nodes[id])
		near("kV of "+id, at.KV, kv, 1e-6)
		near("angle of "+id, at.Deg, want.Deg[id], 1e-6)
	}
	near("losses", got.LossMW, want.LossMW, 2e-6)
	near("load", got.LoadMW, want.LoadMW, 1e-9)
	supply := map[string][2]float64{}
	given := 0.0
	for _, s := range got.Sources {
		id := "AKZ"
		if s.Source == "karatagai" {
			id = "KAR"
		}
		supply[id] = [2]float64{supply[id][0] + s.MW, supply[id][1] + s.Mvar}
		given += s.MW
	}
	near("balance", given, got.LoadMW+got.LossMW, 1e-6)
	for id, s := range want.Source {
		near("MW of "+id, supply[id][0], s.MW, 2e-6)
		near("Mvar of "+id, supply[id][1], s.Mvar, 2e-6)
	}
	for id, l := range want.Line {
		at := lineOf(t, got, circuit(zone, circuits[id]))
		near("A of "+id, at.Amperes, l.A, 1e-4)
		near("% of "+id, at.LoadingPct, l.Percent, 1e-3)
		near("received MW of "+id, at.ToMW, l.MW, 2e-6)
		near("loss of "+id, at.LossMW, l.LossMW, 2e-6)
	}
	for i, id := range []string{"T1", "T2"} {
		tr, told := want.Trafo[id]
		at := got.Transformers[i]
		if !told {
			if at.Live {
				t.Errorf("%s: %s has voltage", name, id)
			}
			continue
		}
		if want.Taps[i] != nil && at.Position != *want.Taps[i] {
			t.Errorf("%s: %s stands at %d, want %d", name, id, at.Position, *want.Taps[i])
		}
		near("% of "+id, at.LoadingPct, tr.Percent, 1e-3)
		for k, amperes := range []float64{tr.A.HV, tr.A.MV, tr.A.LV} {
			near(fmt.Sprintf("A of winding %d of %s", k, id), at.Amperes[k], amperes, 1e-3)
		}
		near("loss of "+id, at.LossMW, tr.LossMW, 2e-6)
		near("permitted % of "+id, at.PermitPct, 96, 1e-9)
	}
}

func busOf(t *testing.T, s metering.NetworkState, id metering.NodeID) metering.BusState {
	t.Helper()
	i := slices.IndexFunc(s.Buses, func(b metering.BusState) bool { return b.Node == id })
	if i < 0 {
		t.Fatalf("no bus %s", id)
	}
	return s.Buses[i]
}

func lineOf(t *testing.T, s metering.NetworkState, id metering.ElementID) metering.LineState {
	t.Helper()
	i := slices.IndexFunc(s.Lines, func(l metering.LineState) bool { return l.ID == id })
	if i < 0 {
		t.Fatalf("no line %s", id)
	}
	return s.Lines[i]
}
