package study_test

import (
	"testing"
	"time"

	"asue/balancing/study"
	"asue/metering"
)

var noon = time.Date(2026, 7, 1, 7, 0, 0, 0, time.UTC)

// akzhar says whether Акжар may be counted on.
type akzhar bool

const (
	standing = akzhar(true)
	awaited  = akzhar(false)
)

// zone is ПС 110/35/10 with both its supplies as the vectors state them, with four
// residents of three categories at its sections.
func zone(available akzhar) *metering.Site {
	node := func(id, parent metering.NodeID, kind metering.NodeKind, kv float64) metering.Node {
		return metering.Node{ID: id, Parent: parent, Kind: kind, VoltageKV: kv}
	}
	site := &metering.Site{ID: "zone", Name: "зона"}
	site.Topology.Nodes = []metering.Node{
		node("kar", "", metering.NodeSource, 110), node("akz-1", "", metering.NodeSource, 110), node("akz-2", "", metering.NodeSource, 110),
		node("in-kar", "kar", metering.NodeInput, 110), node("in-akz-1", "akz-1", metering.NodeInput, 110), node("in-akz-2", "akz-2", metering.NodeInput, 110),
		node("zn-1", "in-kar", metering.NodeSection, 110), node("zn-2", "zn-1", metering.NodeSection, 110),
		node("t-1", "zn-1", metering.NodeTransformer, 110), node("t-2", "zn-2", metering.NodeTransformer, 110),
		node("s35-1", "t-1", metering.NodeSection, 35), node("s35-2", "t-2", metering.NodeSection, 35),
		node("s10-1", "t-1", metering.NodeSection, 10), node("s10-2", "t-2", metering.NodeSection, 10),
		node("f-1", "s35-1", metering.NodeFeeder, 35), node("f-2", "s35-2", metering.NodeFeeder, 35),
		node("f-3", "s10-1", metering.NodeFeeder, 10), node("f-4", "s10-2", metering.NodeFeeder, 10), node("f-5", "s10-2", metering.NodeFeeder, 10),
	}
	site.Sources = []metering.Source{
		{ID: "karatagai", Name: "ВЛ-110 «Каратагай»", Node: "kar", Contract: metering.LimitOf(29_700_000), Available: true},
		{ID: "akzhar-1", Name: "ВЛ-110 «Акжар», цепь 1", Node: "akz-1", Available: bool(available), Note: "restoration in 2027"},
		{ID: "akzhar-2", Name: "ВЛ-110 «Акжар», цепь 2", Node: "akz-2", Available: bool(available), Note: "restoration in 2027"},
	}
	condition := func(r metering.ResidentID, at metering.NodeID, p metering.Power, c metering.Category) metering.Condition {
		return metering.Condition{ID: string(r) + string(at), Resident: r, Node: at, Power: p, Category: c}
	}
	site.Conditions = []metering.Condition{
		condition("ceramics", "f-1", 6*metering.Megawatt, 1), condition("ceramics", "f-2", 6*metering.Megawatt, 1),
		condition("plastics", "f-3", 8*metering.Megawatt, 2), condition("metal", "f-4", 6*metering.Megawatt, 3), condition("offices", "f-5", 2*metering.Megawatt, 3),
	}
	site.Armours = []metering.Armour{
		{Resident: "ceramics", Technological: 5 * metering.Megawatt, Emergency: 2 * metering.Megawatt},
		{Resident: "plastics", Technological: 3 * metering.Megawatt, Emergency: metering.Megawatt},
	}
	site.Network = network()
	return site
}

func network() metering.Network {
	assumed := metering.Origin{Provenance: []metering.Provenance{{Basis: metering.BasisAssumed, Source: "reference zone"}}}
	measured := metering.Origin{Provenance: []metering.Provenance{{Basis: metering.BasisMeasured, Source: "reference zone"}}}
	n := metering.Network{
		Feeds: []metering.Feed{{Source: "karatagai", KV: 115, Origin: assumed}, {Source: "akzhar-1", Station: "Акжар 2", KV: 115, Origin: assumed}, {Source: "akzhar-2", Station: "Акжар 2", KV: 115, Origin: assumed}},
		Lines: []metering.NetworkLine{
			{ID: "vl-kar", Name: "Каратагай", From: "kar", To: "in-kar", LengthKM: 15, Conductor: "АС-185/29", Origin: assumed},
			{ID: "vl-akz-1", Name: "Акжар 1", From: "akz-1", To: "in-akz-1", LengthKM: 17, Conductor: "АС-240/32", Towers: "akz", Origin: assumed},
			{ID: "vl-akz-2", Name: "Акжар 2", From: "akz-2", To: "in-akz-2", LengthKM: 17, Conductor: "АС-240/32", Towers: "akz", Origin: assumed},
		},
		Voltages: []metering.VoltageBand{
			{KV: 110, Min: 99, Max: 126, Highest: 126, Origin: measured}, {KV: 35, Min: 33.25, Max: 38.5, Highest: 40.5, Origin: measured}, {KV: 10, Min: 9.5, Max: 11, Highest: 12, Origin: measured},
		},
		Plan: metering.LoadPlan{PowerFactor: 0.9, Shares: []metering.LoadShare{{Node: "s35-1", Part: 0.15}, {Node: "s35-2", Part: 0.15}, {Node: "s10-1", Part: 0.35}, {Node: "s10-2", Part: 0.35}}, Origin: assumed},
	}
	for _, k := range []metering.NodeID{"1", "2"} {
		n.Transformers = append(n.Transformers, metering.ThreeWinding{Node: "t-" + k, Bus: [3]metering.NodeID{"zn-" + k, "s35-" + k, "s10-" + k},
			KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, Uk: [3]float64{10.5, 17, 6.5}, UkOnHV: true, PkKW: 290, PxKW: 56, IxPct: 0.7,
			Tap: metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9, Holds: 2, TargetKV: 10.5, BandPct: 1.2}, Cooling: "ONAF", Origin: assumed})
	}
	breaker := func(id metering.ElementID, a, b metering.NodeID, closed bool) metering.Switch {
		return metering.Switch{ID: id, Kind: metering.SwitchBreaker, A: a, B: b, Closed: closed, Origin: measured}
	}
	n.Switches = []metering.Switch{
		breaker("q-kar", "in-kar", "zn-1", true), breaker("q-akz-1", "in-akz-1", "zn-2", false), breaker("q-akz-2", "in-akz-2", "zn-2", false),
		breaker("sv-110", "zn-1", "zn-2", true), breaker("sv-35", "s35-1", "s35-2", false), breaker("sv-10", "s10-1", "s10-2", false),
	}
	transfer := func(id metering.ElementID, watch, reserve metering.NodeID, after time.Duration, open []metering.ElementID, closes ...metering.ElementID) metering.Transfer {
		return metering.Transfer{ID: id, Watch: watch, Reserve: reserve, After: after, Open: open, Close: closes, Origin: measured}
	}
	akz := []metering.ElementID{"q-akz-1", "q-akz-2"}
	n.Transfers = []metering.Transfer{
		transfer("avr-110", "zn-1", "in-akz-1", 2500*time.Millisecond, []metering.ElementID{"q-kar"}, akz...),
		transfer("avr-110-2", "zn-1", "in-akz-2", 2500*time.Millisecond, []metering.ElementID{"q-kar"}, akz...),
		transfer("avr-35-1", "s35-1", "s35-2", 3*time.Second, nil, "sv-35"), transfer("avr-35-2", "s35-2", "s35-1", 3*time.Second, nil, "sv-35"),
		transfer("avr-10-1", "s10-1", "s10-2", 3*time.Second, nil, "sv-10"), transfer("avr-10-2", "s10-2", "s10-1", 3*time.Second, nil, "sv-10"),
	}
	all := []string{"karatagai", "akzhar-1", "akzhar-2"}
	n.Scenarios = []metering.SupplyScenario{
		{ID: "A", Name: "Каратагай", Sources: all[:1]},
		{ID: "B", Name: "Каратагай, Акжар в резерве", Sources: all},
		{ID: "C", Name: "Акжар", Sources: all[1:], Open: []metering.ElementID{"q-kar"}, Close: akz},
		{ID: "D", Name: "секции раздельно", Sources: all, Open: []metering.ElementID{"sv-110"}, Close: akz},
		{ID: "E", Name: "параллельно", Sources: all, Close: akz, Parallel: true},
	}
	return n
}

func model(t testing.TB, site *metering.Site) *study.Model {
	t.Helper()
	m, err := study.New(site, noon)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
