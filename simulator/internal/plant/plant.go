// Package plant is a small hand-made zone for the simulator's tests.
//
// The package must not know the simulator that is tested with it.
package plant

import (
	"fmt"
	"time"

	"asue/metering"
)

// Small is a zone with two supply lines (one not available), two transformers,
// three sections, eight works of all states and fourteen meters of the given
// models in turn on three lines. Its winter workday peaks at about 13 MW; the
// contract is 14 MW.
func Small(models ...string) *metering.Site {
	b := builder{models: models, site: &metering.Site{
		ID: "small", Name: "Small zone", Location: time.FixedZone("Asia/Aqtobe", 5*3600),
		Sources: []metering.Source{
			{ID: "karatagai", Node: "kar", Contract: metering.LimitOf(14 * metering.Megawatt), Available: true},
			{ID: "akzhar", Node: "akz", Contract: metering.LimitOf(30 * metering.Megawatt), Note: "not restored"},
		},
	}}
	line := &metering.LineData{LengthKM: 15, OhmPerKM: 0.162, Conductor: "АС-185/29"}
	b.node("kar", metering.NodeSource, "", 110, line)
	b.node("akz", metering.NodeSource, "", 110, &metering.LineData{LengthKM: 17, OhmPerKM: 0.12, Conductor: "АС-240/32"})
	b.node("in-1", metering.NodeInput, "kar", 110, nil)
	b.node("in-2", metering.NodeInput, "akz", 110, nil)
	for _, t := range []metering.NodeID{"t-1", "t-2"} {
		b.node(t, metering.NodeTransformer, "in-1", 110, nil)
		b.site.Topology.Nodes[len(b.site.Topology.Nodes)-1].Transformer = &metering.TransformerData{RatedVA: 63e6, NoLoadW: 56e3, LoadLossW: 290e3}
	}
	b.node("s10-1", metering.NodeSection, "t-1", 10, nil)
	b.node("s35-1", metering.NodeSection, "t-1", 35, nil)
	b.node("s10-2", metering.NodeSection, "t-2", 10, nil)
	b.node("aux", metering.NodeOwnNeeds, "s10-1", 0.4, nil)
	b.point("P-IN-1", "in-1", metering.RoleInput, "", 300)
	b.point("P-IN-2", "in-2", metering.RoleInput, "", 300)
	b.point("P-S10-1", "s10-1", metering.RoleSection, "", 2000)
	b.point("P-AUX", "aux", metering.RoleOwnNeeds, "", 300)

	b.works("R-ceramics", metering.TradeCeramics, metering.Working, 4200, 0.90, "s35-1", nil)
	b.works("R-data", metering.TradeDataCentre, metering.Working, 3500, 0.97, "s10-1", nil)
	b.works("R-plastics", metering.TradePlastics, metering.Working, 2100, 0.88, "s10-1", &metering.LineData{LengthKM: 1.8, OhmPerKM: 0.206})
	b.works("R-chemistry", metering.TradeChemistry, metering.Working, 1900, 0.91, "s10-2", nil)
	b.works("R-logistics", metering.TradeLogistics, metering.Working, 900, 0.94, "s10-2", nil)
	b.works("R-metal", metering.TradeMetal, metering.Working, 1500, 0.85, "s10-2", nil)
	b.works("R-building", metering.TradeBuilding, metering.InRealisation, 1200, 0.86, "s10-2", nil)
	b.works("R-idle", metering.TradeOffices, metering.Idle, 800, 0.9, "s10-1", nil)
	b.point("P-data-check", "f-R-data", metering.RoleCheck, "R-data", 300)
	b.point("P-plastics-bay", "f-R-plastics", metering.RoleFeeder, "", 300)
	return b.site
}

// Piped is Small with meters of gas and drinking water: at the inputs, at a ceramics
// works and at others, with a second meter of the zone's gas beside the first and a
// works that stands idle.
func Piped(models ...string) *metering.Site {
	site := Small(models...)
	for _, p := range []metering.Point{
		{ID: "G-IN", Role: metering.RoleInput, Medium: metering.Gas},
		{ID: "G-IN-check", Role: metering.RoleCheck, Medium: metering.Gas, Checks: "G-IN"},
		{ID: "G-ceramics", Role: metering.RoleResident, Resident: "R-ceramics", Medium: metering.Gas},
		{ID: "G-logistics", Role: metering.RoleResident, Resident: "R-logistics", Medium: metering.Gas},
		{ID: "W-IN", Role: metering.RoleInput, Medium: metering.DrinkingWater},
		{ID: "W-ceramics", Role: metering.RoleResident, Resident: "R-ceramics", Medium: metering.DrinkingWater},
		{ID: "W-idle", Role: metering.RoleResident, Resident: "R-idle", Medium: metering.DrinkingWater},
	} {
		n := len(site.Meters)
		p.Name = string(p.ID)
		site.Points = append(site.Points, p)
		meter := metering.MeterID(fmt.Sprintf("M-%02d", n+1))
		site.Installs = append(site.Installs, metering.Install{Meter: meter, Point: p.ID, CT: metering.Direct, VT: metering.Direct, Pulse: 10_000})
		site.Meters = append(site.Meters, metering.Meter{
			ID: meter, Model: "asue-pulse-counter", Serial: fmt.Sprintf("2026%04d", n+1), AccuracyClass: "1",
			Line: "L4", Unit: uint8(n),
		})
	}
	return site
}

// Controlled is Small with actuators on the line A1: set-points of a ceramics works
// (unit 1) and of a data centre (unit 2), three steps of a chemistry works on one
// relay module (unit 3), and the breaker of a plastics works (unit 4). The reserve
// line may carry 6 MW.
func Controlled(models ...string) *metering.Site {
	site := Small(models...)
	site.Agents = []metering.Agent{{ID: "agent", Name: "agent"}}
	site.Limits = []metering.LimitBand{{Node: "akz", Limit: metering.LimitOf(6 * metering.Megawatt), Document: "invented"}}
	const kW = metering.Kilowatt
	add := func(a metering.Actuator, of string) {
		a.Name, a.Agent, a.Address, a.Importance, a.Mode = string(a.ID), "agent", "A1", 3, metering.ModeAuto
		a.Resident, a.Node, a.Point = metering.ResidentID("R-"+of), metering.NodeID("f-R-"+of), metering.PointID("P-"+of)
		if a.Channel == 0 {
			a.Channel = 1
		}
		site.Actuators = append(site.Actuators, a)
	}
	setpoint := metering.Actuator{Kind: metering.ActuatorSetpoint, Model: "asue-setpoint"}
	setpoint.ID, setpoint.Unit, setpoint.Power, setpoint.Least, setpoint.Most, setpoint.FailSafe = "sp-ceramics", 1, 6000*kW, 1000*kW, 5000*kW, 3000*kW
	add(setpoint, "ceramics")
	setpoint.ID, setpoint.Unit, setpoint.Power, setpoint.Least, setpoint.Most, setpoint.FailSafe = "sp-data", 2, 5000*kW, 1500*kW, 4000*kW, 3500*kW
	add(setpoint, "data")
	for channel := 1; channel <= 3; channel++ {
		add(metering.Actuator{ID: metering.ActuatorID(fmt.Sprintf("r-chemistry-%d", channel)), Kind: metering.ActuatorRelay, Model: "asue-relay8",
			Unit: 3, Channel: channel, Power: 400 * kW, MinOn: 15 * time.Minute, MinOff: 15 * time.Minute, MaxOff: 2 * time.Hour, PerHour: 4}, "chemistry")
	}
	add(metering.Actuator{ID: "b-plastics", Kind: metering.ActuatorBreaker, Model: "asue-breaker", Unit: 4, Power: 2100 * kW}, "plastics")
	site.Actuators[len(site.Actuators)-1].Mode = metering.ModeConfirm
	return site
}

type builder struct {
	site   *metering.Site
	models []string
}

func (b *builder) node(id metering.NodeID, kind metering.NodeKind, parent metering.NodeID, kv float64, line *metering.LineData) {
	b.site.Topology.Nodes = append(b.site.Topology.Nodes, metering.Node{
		ID: id, Name: string(id), Kind: kind, Parent: parent, VoltageKV: kv, Line: line,
	})
}

// point adds a point and a meter on it; amps is the primary current of its CT.
func (b *builder) point(id metering.PointID, node metering.NodeID, role metering.PointRole, r metering.ResidentID, amps int64) {
	n := len(b.site.Meters)
	b.site.Points = append(b.site.Points, metering.Point{ID: id, Name: string(id), Node: node, Role: role, Resident: r})
	at, _ := b.site.Topology.Node(node)
	i := metering.Install{
		Meter: metering.MeterID(fmt.Sprintf("M-%02d", n+1)), Point: id,
		CT: metering.Ratio{Primary: amps, Secondary: 5},
		VT: metering.Ratio{Primary: int64(at.VoltageKV * 1000), Secondary: 100},
	}
	if at.VoltageKV < 1 {
		i.VT = metering.Direct
	}
	model := "none"
	if len(b.models) > 0 {
		model = b.models[n%len(b.models)]
	}
	b.site.Installs = append(b.site.Installs, i)
	b.site.Meters = append(b.site.Meters, metering.Meter{
		ID: i.Meter, Model: model, Serial: fmt.Sprintf("2026%04d", n+1), AccuracyClass: "0.5S",
		Line: metering.LineID(fmt.Sprintf("L%d", n%3+1)), Unit: uint8(n/3 + 1),
	})
}

func (b *builder) works(id metering.ResidentID, trade metering.Trade, state metering.ResidentState, kw metering.Power, cos float64, section metering.NodeID, line *metering.LineData) {
	at, _ := b.site.Topology.Node(section)
	feeder := metering.NodeID("f-" + string(id))
	b.node(feeder, metering.NodeFeeder, section, at.VoltageKV, line)
	b.site.Residents = append(b.site.Residents, metering.Resident{
		ID: id, Name: string(id), Trade: trade, State: state,
		Simulation: &metering.Simulation{Peak: kw * metering.Kilowatt, PowerFactor: cos},
	})
	b.point(metering.PointID("P-"+string(id)[2:]), feeder, metering.RoleResident, id, 300)
}
