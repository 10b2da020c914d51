package plant

import (
	"time"

	"asue/metering"
)

// Networked is Controlled with its network described: the bus of 110 kV in two sections,
// a reserve line of two circuits on common towers (unavailable, the first may carry
// 6 MW), three-winding transformers with tap changers, section switches of 35 and 10 kV,
// and automatic transfers at all three voltages.
func Networked(models ...string) *metering.Site {
	s := Controlled(models...)
	b := builder{models: models, site: s}
	b.node("akz-2", metering.NodeSource, "", 110, &metering.LineData{LengthKM: 17, OhmPerKM: 0.12, Conductor: "АС-240/32"})
	b.node("in-3", metering.NodeInput, "akz-2", 110, nil)
	b.node("zn-1", metering.NodeSection, "in-1", 110, nil)
	b.node("zn-2", metering.NodeSection, "zn-1", 110, nil)
	b.node("s35-2", metering.NodeSection, "t-2", 35, nil)
	b.point("P-IN-3", "in-3", metering.RoleInput, "", 300)
	for i := range s.Topology.Nodes {
		switch n := &s.Topology.Nodes[i]; n.ID {
		case "t-1":
			n.Parent = "zn-1"
		case "t-2":
			n.Parent = "zn-2"
		}
	}
	s.Sources = append(s.Sources, metering.Source{ID: "akzhar-2", Name: "Akzhar 2", Node: "akz-2", Note: "not restored"})
	assumed := metering.Origin{Provenance: []metering.Provenance{{Basis: metering.BasisAssumed, Source: "reference model"}}}
	n := &s.Network
	n.Feeds = []metering.Feed{
		{Source: "karatagai", KV: 115, Origin: assumed},
		{Source: "akzhar", Station: "akzhar", KV: 115, Origin: assumed}, {Source: "akzhar-2", Station: "akzhar", KV: 115, Origin: assumed},
	}
	n.Lines = []metering.NetworkLine{
		{ID: "l-kar", From: "kar", To: "in-1", LengthKM: 15, Conductor: "АС-185/29", Origin: assumed},
		{ID: "l-akz-1", From: "akz", To: "in-2", LengthKM: 17, Conductor: "АС-240/32", Towers: "akzhar", Origin: assumed},
		{ID: "l-akz-2", From: "akz-2", To: "in-3", LengthKM: 17, Conductor: "АС-240/32", Towers: "akzhar", Origin: assumed},
	}
	for _, t := range [][3]metering.NodeID{{"zn-1", "s35-1", "s10-1"}, {"zn-2", "s35-2", "s10-2"}} {
		n.Transformers = append(n.Transformers, metering.ThreeWinding{
			Node: "t-" + t[0][3:], Bus: t, KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, Uk: [3]float64{10.5, 17, 6.5}, UkOnHV: true,
			PkKW: 290, PxKW: 56, IxPct: 0.7, Tap: metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9, Holds: 2, TargetKV: 10.5, BandPct: 1.2}, Origin: assumed,
		})
	}
	add := func(id metering.ElementID, a, b metering.NodeID, closed bool) {
		n.Switches = append(n.Switches, metering.Switch{ID: id, Kind: metering.SwitchBreaker, A: a, B: b, Closed: closed, Origin: assumed})
	}
	add("q-kar", "in-1", "zn-1", true)
	add("q-akz-1", "in-2", "zn-2", false)
	add("q-akz-2", "in-3", "zn-2", false)
	add("sv-110", "zn-1", "zn-2", true)
	add("sv-35", "s35-1", "s35-2", false)
	add("sv-10", "s10-1", "s10-2", false)
	transfer := func(id metering.ElementID, watch, reserve metering.NodeID, after time.Duration, open []metering.ElementID, closes ...metering.ElementID) {
		n.Transfers = append(n.Transfers, metering.Transfer{ID: id, Watch: watch, Reserve: reserve, Open: open, Close: closes, After: after, Origin: assumed})
	}
	reserve := []metering.ElementID{"q-akz-1", "q-akz-2"}
	transfer("avr-110", "zn-2", "in-2", 2500*time.Millisecond, []metering.ElementID{"q-kar"}, reserve...)
	transfer("avr-110-2", "zn-2", "in-3", 4*time.Second, []metering.ElementID{"q-kar"}, reserve...)
	transfer("avr-35", "s35-2", "s35-1", 6*time.Second, nil, "sv-35")
	transfer("avr-35-1", "s35-1", "s35-2", 6*time.Second, nil, "sv-35")
	transfer("avr-10", "s10-2", "s10-1", 6*time.Second, nil, "sv-10")
	transfer("avr-10-1", "s10-1", "s10-2", 6*time.Second, nil, "sv-10")
	return s
}
