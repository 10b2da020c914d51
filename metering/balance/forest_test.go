package balance_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"

	"pgregory.net/rapid"
)

// forest is a random network in which every node has a meter at its head and
// random energies that need not agree.
func forest(rt *rapid.T) (*metering.Site, []metering.Interval) {
	site := &metering.Site{ID: "s", Location: time.UTC}
	var list []metering.Interval
	energy := func(p metering.PointID, ch metering.Channel) {
		for slot := range 4 {
			list = append(list, metering.Interval{
				Point: p, Channel: ch, Start: midnight.Add(time.Duration(slot) * metering.BasePeriod), Grade: metering.Actual,
				Energy: metering.Energy(rapid.Int64Range(0, 1e7).Draw(rt, "energy")),
			})
		}
	}
	add := func(id string, node metering.NodeID, role metering.PointRole) {
		p := metering.Point{ID: metering.PointID(id), Node: node, Role: role}
		if role == metering.RoleResident {
			p.Resident = metering.ResidentID(id)
		}
		site.Points = append(site.Points, p)
		energy(p.ID, metering.ChannelActiveImport)
		if rapid.Bool().Draw(rt, "both directions") {
			energy(p.ID, metering.ChannelActiveExport)
		}
	}
	n := rapid.IntRange(1, 12).Draw(rt, "nodes")
	parents := make([]int, n)
	leaf := make([]bool, n)
	for i := range n {
		leaf[i] = true
		if i > 0 {
			parents[i] = rapid.IntRange(0, i-1).Draw(rt, "parent")
			leaf[parents[i]] = false
		}
	}
	for i := range n {
		node := metering.Node{ID: metering.NodeID(fmt.Sprintf("n%d", i)), Kind: metering.NodeFeeder, VoltageKV: 10}
		if i > 0 {
			node.Parent = metering.NodeID(fmt.Sprintf("n%d", parents[i]))
		}
		role := metering.RoleFeeder
		switch kind := rapid.IntRange(0, 3).Draw(rt, "kind"); {
		case i == 0:
			node.Kind, role = metering.NodeInput, metering.RoleInput
		case kind == 0:
			node.Kind, role = metering.NodeSection, metering.RoleSection
		case kind == 1:
			node.Kind, role = metering.NodeTransformer, metering.RoleTransformer
			node.Transformer = &metering.TransformerData{RatedVA: 63e6, NoLoadW: 56e3, LoadLossW: 290e3}
		case kind == 2:
			node.Line = &metering.LineData{LengthKM: 2, OhmPerKM: 0.2}
		}
		site.Topology.Nodes = append(site.Topology.Nodes, node)
		add(fmt.Sprintf("head%d", i), node.ID, role)
		if leaf[i] || rapid.Bool().Draw(rt, "drawn here") {
			add(fmt.Sprintf("end%d", i), node.ID, metering.RoleResident)
		}
	}
	return site, list
}

// What is missing in the zone is missing in its nodes: the imbalances of all
// nodes add up to that of the zone, to the watt-hour.
func TestTheZonesImbalanceIsTheSumOfItsNodes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		site, list := forest(rt)
		m, err := balance.New(site, balance.DefaultConfig())
		if err != nil {
			rt.Fatal(err)
		}
		g, err := grid.New(midnight, midnight.Add(time.Hour), list)
		if err != nil {
			rt.Fatal(err)
		}
		for _, p := range site.Points {
			if s, ok := m.Around(p.ID); !ok || s.Kind != balance.OfNode {
				rt.Fatalf("%s is in no balance of a node: %+v", p.ID, s)
			}
		}
		e := m.On(g)
		var nodes, zone, station metering.Energy
		for _, s := range m.Subjects() {
			res := e.Run(s).Total(g.From(), g.To())
			switch s.Kind {
			case balance.OfNode:
				nodes += res.Imbalance
			case balance.OfZone:
				zone = res.Imbalance
			case balance.OfSubstation:
				station = res.Imbalance
			}
			if !res.Complete || math.IsNaN(res.PermittedPercent) || res.PermittedPercent < 0 {
				rt.Fatalf("%s: %+v", s.ID, res)
			}
		}
		if nodes != zone {
			rt.Fatalf("zone %v, nodes together %v (substation %v)", zone, nodes, station)
		}
	})
}

// What is shared out among the residents of a node is what there was to share.
func TestTheSharesOfANodeAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		site, list := forest(rt)
		m, err := balance.New(site, balance.DefaultConfig())
		if err != nil {
			rt.Fatal(err)
		}
		g, err := grid.New(midnight, midnight.Add(time.Hour), list)
		if err != nil {
			rt.Fatal(err)
		}
		e := m.On(g)
		for _, n := range site.Topology.Nodes {
			shares, err := e.Shares(n.ID)
			if err != nil {
				rt.Fatal(err) // every branch ends at a resident
			}
			for _, s := range shares {
				var sum metering.Energy
				for _, part := range s.Parts {
					sum += part
				}
				if sum != s.Total || s.Grade != metering.Actual {
					rt.Fatalf("%s: parts %v add up to %v, not to %v", n.ID, s.Parts, sum, s.Total)
				}
			}
		}
	})
}
