package fakezone

import (
	"slices"

	"asue/metering"
)

// grid is the electrical side of the invented zone: what is out, what the reserve
// may give, and whether anybody still calculates.
type grid struct {
	akzhar  bool    // the second line may be counted on
	reserve float64 // MW that it may give
	frozen  bool    // no new states
	unsure  bool    // nobody tells the position of the section switch of 10 kV
}

var assumed = metering.Origin{Provenance: []metering.Provenance{
	{Of: []string{"length"}, Basis: metering.BasisPassport, Source: "стратегия развития зоны 2026–2028", Date: "2026-01-15"},
	{Basis: metering.BasisAssumed, Source: "принято: провод не известен", Date: "2026-11-30"},
}}

// AddNetwork describes the network of the invented zone: one line in service, two
// circuits in reserve, two three-winding transformers, and the residents at feeders of
// 10 kV and 35 kV.
func (z *Zone) AddNetwork() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.grid = &grid{akzhar: true, reserve: 120}
	z.addBuses()
	z.addFeeders()
	s := z.site
	s.Sources[0].Node = "kar"
	s.Sources = append(s.Sources,
		metering.Source{ID: "akzhar-1", Name: "ВЛ-110 «Акжар», цепь 1", Node: "akz-1", Available: true, Note: "после восстановления"},
		metering.Source{ID: "akzhar-2", Name: "ВЛ-110 «Акжар», цепь 2", Node: "akz-2", Available: true, Note: "после восстановления"})
	n := &s.Network
	for _, src := range s.Sources {
		n.Feeds = append(n.Feeds, metering.Feed{Source: src.ID, KV: 115, Origin: assumed})
	}
	n.Lines = []metering.NetworkLine{
		{ID: "l-kar", Name: "ВЛ-110 «Каратагай»", From: "kar", To: "in-kar", LengthKM: 15, Conductor: "АС-185/29", Origin: assumed},
		{ID: "l-akz-1", Name: "ВЛ-110 «Акжар», цепь 1", From: "akz-1", To: "in-akz-1", LengthKM: 17, Conductor: "АС-240/32", Towers: "akzhar", Origin: assumed},
		{ID: "l-akz-2", Name: "ВЛ-110 «Акжар», цепь 2", From: "akz-2", To: "in-akz-2", LengthKM: 17, Conductor: "АС-240/32", Towers: "akzhar", Origin: assumed},
	}
	for i, id := range []string{"1", "2"} {
		n.Transformers = append(n.Transformers, metering.ThreeWinding{
			Node: metering.NodeID("t-" + id), Bus: [3]metering.NodeID{metering.NodeID("zn-" + id), metering.NodeID("s35-" + id), metering.NodeID("s10-" + id)},
			KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, Uk: [3]float64{10.5, 17, 6.5}, PkKW: 290, PxKW: 56, IxPct: 0.7,
			Tap: metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9, Position: i, Holds: 2, TargetKV: 10.5, BandPct: 1.2}, Origin: assumed,
		})
	}
	n.Switches = []metering.Switch{
		{ID: "q-kar", Name: "В-110 «Каратагай»", Kind: metering.SwitchBreaker, A: "in-kar", B: "zn-1", Closed: true},
		{ID: "q-akz-1", Name: "В-110 Акжар-1", Kind: metering.SwitchBreaker, A: "in-akz-1", B: "zn-2"},
		{ID: "q-akz-2", Name: "В-110 Акжар-2", Kind: metering.SwitchBreaker, A: "in-akz-2", B: "zn-2"},
		{ID: "sv-110", Name: "Мост 110", Kind: metering.SwitchBreaker, A: "zn-1", B: "zn-2", Closed: true},
		{ID: "sv-35", Name: "СВ-35", Kind: metering.SwitchBreaker, A: "s35-1", B: "s35-2"},
		{ID: "sv-10", Name: "СВ-10", Kind: metering.SwitchBreaker, A: "s10-1", B: "s10-2"},
	}
	n.Scenarios = []metering.SupplyScenario{
		{ID: "A", Name: "только «Каратагай»", Sources: []string{"karatagai"}},
		{ID: "C", Name: "только «Акжар»", Sources: []string{"akzhar-1", "akzhar-2"}, Open: []metering.ElementID{"q-kar"}, Close: []metering.ElementID{"q-akz-1", "q-akz-2"}},
		{ID: "D", Name: "секции порознь", Sources: []string{"karatagai", "akzhar-1", "akzhar-2"}, Open: []metering.ElementID{"sv-110"}, Close: []metering.ElementID{"q-akz-1", "q-akz-2"}},
	}
	n.Voltages = []metering.VoltageBand{{KV: 110, Min: 99, Max: 121}, {KV: 35, Min: 33.25, Max: 38.5}, {KV: 10, Min: 9.5, Max: 11}}
}

func (z *Zone) addBuses() {
	add := func(id, name string, kind metering.NodeKind, parent metering.NodeID, kv float64) {
		z.site.Topology.Nodes = append(z.site.Topology.Nodes, metering.Node{ID: metering.NodeID(id), Name: name, Kind: kind, Parent: parent, VoltageKV: kv})
	}
	add("kar", "ВЛ-110 «Каратагай», начало", metering.NodeSource, "", 110)
	add("akz-1", "ПС «Акжар 2», цепь 1", metering.NodeSource, "", 110)
	add("akz-2", "ПС «Акжар 2», цепь 2", metering.NodeSource, "", 110)
	add("in-kar", "Ввод 110 кВ «Каратагай»", metering.NodeInput, "kar", 110)
	add("in-akz-1", "Ввод 110 кВ «Акжар», цепь 1", metering.NodeInput, "akz-1", 110)
	add("in-akz-2", "Ввод 110 кВ «Акжар», цепь 2", metering.NodeInput, "akz-2", 110)
	add("zn-1", "1 секция 110 кВ", metering.NodeSection, "in-kar", 110)
	add("zn-2", "2 секция 110 кВ", metering.NodeSection, "zn-1", 110)
	for i, id := range []string{"1", "2"} {
		hv := metering.NodeID("zn-" + id)
		t := metering.NodeID("t-" + id)
		add(string(t), "Т-"+id+" ТДТН-63000/110", metering.NodeTransformer, hv, 110)
		add("s35-"+id, []string{"1", "2"}[i]+" секция 35 кВ", metering.NodeSection, t, 35)
		add("s10-"+id, []string{"1", "2"}[i]+" секция 10 кВ", metering.NodeSection, t, 10)
	}
}

// addFeeders hangs each resident's points on a feeder of its own: every seventh at
// 35 kV, the others at 10 kV, in turn on both sections.
func (z *Zone) addFeeders() {
	for i := range z.site.Points {
		p := &z.site.Points[i]
		r := slices.IndexFunc(z.site.Residents, func(r metering.Resident) bool { return r.ID == p.Resident })
		if p.Role != metering.RoleResident || p.MediumOf() != metering.Electricity || r < 0 || r > 27 {
			continue
		}
		bus := sectionOf(r)
		id := metering.NodeID("fd-" + string(p.ID))
		name := z.site.Residents[r].Name
		if p.ID != metering.PointID("p-"+string(p.Resident)) {
			name += ", ввод 2"
		}
		z.site.Topology.Nodes = append(z.site.Topology.Nodes, metering.Node{ID: id, Name: name, Kind: metering.NodeFeeder, Parent: bus, VoltageKV: 10})
		p.Node = id
	}
}

// sectionOf is the section that feeds the i-th resident.
func sectionOf(i int) metering.NodeID {
	voltage, half := "s10-", "1"
	if i%7 == 0 {
		voltage = "s35-"
	}
	if i%2 == 1 {
		half = "2"
	}
	return metering.NodeID(voltage + half)
}

// Reserve says whether the second line may be counted on, and for how many MW.
func (z *Zone) Reserve(available bool, mw float64) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.grid.akzhar, z.grid.reserve = available, mw
}

// Freeze stops the calculation of the network, or lets it go on; unsure makes the
// position of a section switch unknown.
func (z *Zone) Freeze(frozen, unsure bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.grid.frozen, z.grid.unsure = frozen, unsure
}

// Frozen reports whether nobody calculates the network.
func (z *Zone) Frozen() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.grid == nil || z.grid.frozen
}
