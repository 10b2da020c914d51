package site_test

import (
	"slices"
	"testing"
	"time"

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

// TestWhatANetworkIs reads everything that a site file says of its network.
func TestWhatANetworkIs(t *testing.T) {
	s, faults := around.Parse("site.yaml", []byte(caseText(t, "163-all-of-a-network")))
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	from := func(basis metering.Basis, source string) metering.Origin {
		return metering.Origin{Provenance: []metering.Provenance{{Basis: basis, Source: source}}}
	}
	day := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, s.Location).UTC() }
	guess, diagram, settings := from(metering.BasisAssumed, "guess"), from(metering.BasisPassport, "Diagram"), from(metering.BasisPassport, "Settings")
	letter := metering.Origin{Provenance: []metering.Provenance{{Basis: metering.BasisPassport, Source: "Letter 1", Date: "2026-01-15"}}}
	dated := guess
	dated.Period = metering.Period{From: day(2020), To: day(2040)}
	plan := metering.Origin{Provenance: []metering.Provenance{{Of: []string{"length"}, Basis: metering.BasisPassport, Source: "Plan"}, {Basis: metering.BasisAssumed, Source: "guess"}}}
	want := metering.Network{
		Feeds: []metering.Feed{
			{Source: "main", KV: 115, Deg: -1.5, AngleKnown: true, ShortCircuitMVA: 2500, RToX: 0.1, Meter: "in", Origin: letter},
			{Source: "spare-1", Station: "Far", KV: 115, Origin: guess},
			{Source: "spare-2", Station: "Far", KV: 115, Origin: guess},
		},
		Lines: []metering.NetworkLine{
			{ID: "w", Name: "Main line", From: "src", To: "in", LengthKM: 15, Conductor: "АС-185/29", Origin: dated},
			{ID: "w-1", Name: "w-1", From: "sp-1", To: "in-1", LengthKM: 17, Conductor: "AC 240/32", Towers: "far", Origin: plan},
			{ID: "w-2", Name: "w-2", From: "sp-2", To: "in-2", LengthKM: 17, Conductor: "cable", OhmPerKM: 0.12, ReactPerKM: 0.405, MicroSPerKM: 2.81,
				Amperes: 605, Towers: "far", Origin: from(metering.BasisMeasured, "Test 3")},
		},
		Transformers: []metering.ThreeWinding{
			{Node: "t-1", Bus: [3]metering.NodeID{"h1", "m1", "l1"}, KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, Uk: [3]float64{10.5, 17, 6.5},
				UkOnHV: true, PkKW: 290, PxKW: 56, IxPct: 0.7, Tap: metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9, Position: 2, Holds: 2, TargetKV: 10.5, BandPct: 1.2},
				Origin: from(metering.BasisPassport, "Passport of T-1")},
			{Node: "t-2", Bus: [3]metering.NodeID{"h2", "m2", "l2"}, KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 40, 40}, Uk: [3]float64{10.4, 11, 6},
				PkKW: 290, PxKW: 56, IxPct: 0.7, Cooling: "OFAF", Origin: from(metering.BasisPassport, "Passport of T-2")},
		},
		Switches: []metering.Switch{
			{ID: "q", Name: "Breaker of the main line", Kind: metering.SwitchBreaker, A: "in", B: "h1", Closed: true, Amperes: 2000, Point: "p-in", Origin: diagram},
			{ID: "q-1", Name: "q-1", Kind: metering.SwitchBreaker, A: "in-1", B: "h2", Origin: diagram},
			{ID: "q-2", Name: "q-2", Kind: metering.SwitchBreaker, A: "in-2", B: "h2", Origin: diagram},
			{ID: "b-110", Name: "b-110", Kind: metering.SwitchDisconnector, A: "h1", B: "h2", Closed: true, Origin: diagram},
			{ID: "b-10", Name: "b-10", Kind: metering.SwitchBreaker, A: "l1", B: "l2", Origin: diagram},
		},
		Transfers: []metering.Transfer{
			{ID: "avr-110", Name: "To the spare line", Watch: "h1", Reserve: "in-1", Open: []metering.ElementID{"q"}, Close: []metering.ElementID{"q-1", "q-2"},
				After: 2 * time.Second, Origin: settings},
			{ID: "avr-10", Name: "avr-10", Watch: "l2", Reserve: "l1", Close: []metering.ElementID{"b-10"}, After: 1500 * time.Millisecond, Out: true, Origin: settings},
		},
		Scenarios: []metering.SupplyScenario{
			{ID: "A", Name: "Main line only", Sources: []string{"main"}},
			{ID: "C", Name: "Spare line only", Sources: []string{"spare-1", "spare-2"}, Open: []metering.ElementID{"q"},
				Close: []metering.ElementID{"q-1", "q-2"}, Note: "after restoration"},
			{ID: "E", Name: "In parallel", Sources: []string{"main", "spare-1", "spare-2"}, Close: []metering.ElementID{"q-1", "q-2"}, Parallel: true},
		},
		Voltages: []metering.VoltageBand{{KV: 10, Min: 9.5, Max: 11, Highest: 12, Origin: from(metering.BasisAssumed, "screening")}},
		Plan: metering.LoadPlan{PowerFactor: 0.9, Shares: []metering.LoadShare{{Node: "m1", Part: 0.3}, {Node: "l1", Part: 0.35}, {Node: "l2", Part: 0.35}},
			Origin: guess},
		Recovery: 1.3,
	}
	if diff := cmp.Diff(want, s.Network); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if plain, _ := around.Parse("site.yaml", []byte(good(t))); !plain.Network.IsZero() || plain.Network.Recovery != 0 {
		t.Errorf("a network of which nothing is said: %+v", plain.Network)
	}
}
