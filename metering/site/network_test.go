package site_test

import (
	"slices"
	"testing"

	"asue/metering"
	"asue/metering/site"

	"github.com/google/go-cmp/cmp"
)

// TestExampleNetwork holds the demo's network against the reference model of the zone:
// 63 MVA 115/38.5/11 kV, 2.43 + j6.195 Ω of Karatagai, 2.04 + j6.885 Ω of each circuit
// of Akzhar, and the normal state of today.
func TestExampleNetwork(t *testing.T) {
	s, faults := site.Parse(examplePath, []byte(example(t)), exampleModels)
	if s == nil {
		t.Fatal(faults.String())
	}
	n := s.Network
	same := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	var sources, stations []string
	for _, f := range n.Feeds {
		sources, stations = append(sources, f.Source), append(stations, f.Station)
		if f.KV != 115 || f.Deg != 0 || f.AngleKnown || f.ShortCircuitMVA != 0 {
			t.Errorf("feed %+v", f)
		}
	}
	same("feeds", sources, []string{"karatagai", "akzhar-1", "akzhar-2"})
	same("stations", stations, []string{"", "ПС «Акжар 2»", "ПС «Акжар 2»"})
	same("contract measured at", n.Feeds[0].Meter, metering.NodeID("in-kar"))

	type circuit struct {
		From, To metering.NodeID
		KM       float64
		Type     string
		Towers   string
	}
	var circuits []circuit
	for _, l := range n.Lines {
		circuits = append(circuits, circuit{l.From, l.To, l.LengthKM, l.Conductor, l.Towers})
	}
	same("circuits", circuits, []circuit{{"kar", "in-kar", 15, "АС-185/29", ""}, {"akz-1", "in-akz-1", 17, "АС-240/32", "akzhar"}, {"akz-2", "in-akz-2", 17, "АС-240/32", "akzhar"}})
	for i, tr := range n.Transformers {
		same("rated voltages", tr.KV, [3]float64{115, 38.5, 11})
		same("rated powers", tr.MVA, [3]float64{63, 63, 63})
		same("uk", tr.Uk, [3]float64{10.5, 17, 6.5})
		same("losses", []float64{tr.PkKW, tr.PxKW, tr.IxPct}, []float64{290, 56, 0.7})
		same("tap changer", tr.Tap, metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9, Holds: 2, TargetKV: 10.5, BandPct: 1.2})
		same("buses", tr.Bus, [][3]metering.NodeID{{"zn-1", "s35-1", "s10-1"}, {"zn-2", "s35-2", "s10-2"}}[i])
		same("uk at the power of HV", tr.UkOnHV, true)
	}
	closed := map[metering.ElementID]bool{}
	for _, q := range n.Switches {
		closed[q.ID] = q.Closed
	}
	same("normal state", closed, map[metering.ElementID]bool{"q-kar": true, "q-akz-1": false, "q-akz-2": false, "sv-110": true, "sv-35": false, "sv-10": false})
	var scenarios []metering.ElementID
	for _, sc := range n.Scenarios {
		scenarios = append(scenarios, sc.ID)
		if sc.Parallel != (sc.ID == "E") {
			t.Errorf("%s works in parallel: %v", sc.ID, sc.Parallel)
		}
	}
	same("scenarios", scenarios, []metering.ElementID{"A", "B", "C", "D", "E"})
	same("plan", n.Plan.Shares, []metering.LoadShare{{Node: "s35-1", Part: 0.15}, {Node: "s35-2", Part: 0.15}, {Node: "s10-1", Part: 0.35}, {Node: "s10-2", Part: 0.35}})
	same("recovery, of which nothing is said", n.Recovery, 1.0)

	// What the strategy states is told from what was assumed.
	basis := func(o metering.Origin, field string, want metering.Basis) {
		t.Helper()
		if p, ok := o.BasisOf(field); !ok || p.Basis != want || p.Source == "" {
			t.Errorf("%s: %+v", field, p)
		}
	}
	basis(n.Lines[1].Origin, "length", metering.BasisPassport)
	basis(n.Lines[1].Origin, "conductor", metering.BasisAssumed)
	basis(n.Lines[0].Origin, "length", metering.BasisAssumed)
	basis(n.Transformers[0].Origin, "powers", metering.BasisPassport)
	basis(n.Transformers[0].Origin, "uk", metering.BasisAssumed)
	if slices.ContainsFunc(n.Switches, func(q metering.Switch) bool { return len(q.Provenance) == 0 }) {
		t.Error("a switch of which nobody says where its position comes from")
	}
}
