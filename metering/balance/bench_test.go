package balance_test

import (
	"fmt"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
)

// A substation of 50 points over a month: all of its balances, with findings.
func BenchmarkMonthOfASubstation(b *testing.B) {
	site := &metering.Site{ID: "s", Location: time.FixedZone("Aqtobe", 5*3600)}
	add := func(node metering.Node, point metering.PointID, role metering.PointRole) {
		site.Topology.Nodes = append(site.Topology.Nodes, node)
		if point == "" {
			return
		}
		meter := metering.MeterID("m-" + point)
		site.Points = append(site.Points, metering.Point{ID: point, Node: node.ID, Role: role})
		site.Meters = append(site.Meters, metering.Meter{ID: meter, AccuracyClass: "0.5S"})
		site.Installs = append(site.Installs, metering.Install{
			Meter: meter, Point: point, CTClass: "0.5S", VTClass: "0.5",
			CT: metering.Ratio{Primary: 150, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100},
		})
	}
	add(metering.Node{ID: "in", Kind: metering.NodeInput, VoltageKV: 110}, "p-in", metering.RoleInput)
	share := map[metering.PointID]float64{"p-in": 46}
	for s := range 2 {
		t, section := metering.NodeID(fmt.Sprintf("t-%d", s)), metering.NodeID(fmt.Sprintf("s-%d", s))
		add(metering.Node{ID: t, Kind: metering.NodeTransformer, Parent: "in", VoltageKV: 110,
			Transformer: &metering.TransformerData{RatedVA: 63e6, NoLoadW: 56e3, LoadLossW: 290e3}}, "", "")
		add(metering.Node{ID: section, Kind: metering.NodeSection, Parent: t, VoltageKV: 10}, metering.PointID("p-"+section), metering.RoleSection)
		share[metering.PointID("p-"+section)] = 23
		for f := range 23 {
			id := metering.NodeID(fmt.Sprintf("f-%d-%d", s, f))
			add(metering.Node{ID: id, Kind: metering.NodeFeeder, Parent: section, VoltageKV: 10,
				Line: &metering.LineData{LengthKM: 1, OhmPerKM: 0.2}}, metering.PointID("p-"+id), metering.RoleResident)
			share[metering.PointID("p-"+id)] = 1
		}
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, site.Location)
	to := from.AddDate(0, 1, 0)
	var list []metering.Interval
	for at := from; at.Before(to); at = at.Add(metering.BasePeriod) {
		for _, p := range site.Points {
			for _, ch := range []metering.Channel{metering.ChannelActiveImport, metering.ChannelReactiveImport} {
				load := 100_000 * (1 + float64(at.Hour())/24)
				list = append(list, metering.Interval{
					Point: p.ID, Channel: ch, Start: at.UTC(), Grade: metering.Actual, Energy: metering.Energy(share[p.ID] * load),
				})
			}
		}
	}
	m, err := balance.New(site, balance.DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(site.Points)), "points")
	for b.Loop() {
		g, err := grid.New(from, to, list)
		if err != nil {
			b.Fatal(err)
		}
		rep, _, err := m.On(g).Report()
		if err != nil || len(rep.Balances) != 5 {
			b.Fatal(len(rep.Balances), err)
		}
	}
}
