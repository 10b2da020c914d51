package study_test

import (
	"fmt"
	"time"

	"asue/metering"

	"pgregory.net/rapid"
)

// randomSite is an invented station: sources with lines, sections of 110 kV in a row,
// a transformer at some of them, section switches and transfers wherever they may be.
// Delays are whole tenths of a second.
func randomSite(t *rapid.T) *metering.Site {
	r := &drawing{t: t, site: &metering.Site{ID: "random"}}
	sections := rapid.IntRange(1, 4).Draw(t, "sections")
	for i := range sections {
		parent := metering.NodeID("")
		if i > 0 {
			parent = node("b", i-1)
		}
		r.node(node("b", i), parent, metering.NodeSection, 110)
		if i > 0 {
			r.breaker(node("b", i-1), node("b", i))
		}
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "sources") {
		r.source(i, node("b", rapid.IntRange(0, sections-1).Draw(t, "section of the source")))
	}
	var transformers []int
	for i := range sections {
		if i == 0 || rapid.Bool().Draw(t, "transformer") {
			r.transformer(i)
			transformers = append(transformers, i)
		}
	}
	for k := 1; k < len(transformers); k++ {
		for _, kv := range []string{"m", "l"} {
			a, b := node(kv, transformers[k-1]), node(kv, transformers[k])
			id := r.breaker(a, b)
			r.transfer(a, b, nil, id)
			r.transfer(b, a, nil, id)
		}
	}
	for _, s := range r.site.Network.Switches[:min(3, len(r.site.Network.Switches))] {
		if rapid.Bool().Draw(t, "transfer of 110 kV") {
			r.transfer(s.A, s.B, nil, s.ID)
		}
	}
	share := 1 / float64(len(r.site.Network.Plan.Shares))
	for i := range r.site.Network.Plan.Shares {
		r.site.Network.Plan.Shares[i].Part = share
	}
	r.site.Network.Plan.PowerFactor = 0.9
	r.site.Network.Recovery = rapid.SampledFrom([]float64{0, 1, 1.3}).Draw(t, "recovery")
	return r.site
}

func node(kind string, i int) metering.NodeID { return metering.NodeID(fmt.Sprintf("%s%d", kind, i)) }

// drawing is a site while it is drawn.
type drawing struct {
	t    *rapid.T
	site *metering.Site
}

func (r *drawing) node(id, parent metering.NodeID, kind metering.NodeKind, kv float64) {
	r.site.Topology.Nodes = append(r.site.Topology.Nodes, metering.Node{ID: id, Parent: parent, Kind: kind, VoltageKV: kv})
}

func (r *drawing) breaker(a, b metering.NodeID) metering.ElementID {
	n := &r.site.Network
	s := metering.Switch{ID: metering.ElementID(fmt.Sprintf("q%d", len(n.Switches))), A: a, B: b, Closed: rapid.Bool().Draw(r.t, "closed")}
	if rapid.Bool().Draw(r.t, "rated") {
		s.Amperes = 300
	}
	n.Switches = append(n.Switches, s)
	return s.ID
}

func (r *drawing) transfer(watch, reserve metering.NodeID, opens []metering.ElementID, closes ...metering.ElementID) {
	n := &r.site.Network
	n.Transfers = append(n.Transfers, metering.Transfer{ID: metering.ElementID(fmt.Sprintf("avr%d", len(n.Transfers))), Watch: watch, Reserve: reserve, Open: opens, Close: closes,
		After: time.Duration(rapid.IntRange(0, 50).Draw(r.t, "tenths")) * time.Second / 10, Out: rapid.IntRange(0, 5).Draw(r.t, "out of service") == 0})
}

func (r *drawing) source(i int, section metering.NodeID) {
	n, id := &r.site.Network, fmt.Sprintf("source%d", i)
	from, to := node("src", i), node("in", i)
	r.node(from, "", metering.NodeSource, 110)
	r.node(to, from, metering.NodeInput, 110)
	r.site.Sources = append(r.site.Sources, metering.Source{ID: id, Node: from, Available: i == 0 || rapid.Bool().Draw(r.t, "available")})
	feed := metering.Feed{Source: id, KV: 115, ShortCircuitMVA: rapid.SampledFrom([]float64{0, 2000}).Draw(r.t, "Sк"), RToX: 0.1}
	if i > 0 && rapid.Bool().Draw(r.t, "same station") {
		feed.Station, n.Feeds[0].Station = "station", "station"
		feed.ShortCircuitMVA = n.Feeds[0].ShortCircuitMVA
	}
	n.Feeds = append(n.Feeds, feed)
	n.Lines = append(n.Lines, metering.NetworkLine{ID: metering.ElementID(fmt.Sprintf("line%d", i)), From: from, To: to, LengthKM: 10, Conductor: "АС-185/29",
		Towers: rapid.SampledFrom([]string{"", "towers"}).Draw(r.t, "towers")})
	own := r.breaker(to, section)
	if rapid.Bool().Draw(r.t, "transfer to the source") {
		opens := []metering.ElementID{}
		for _, s := range n.Switches {
			if s.ID != own && rapid.IntRange(0, 3).Draw(r.t, "opens") == 0 {
				opens = append(opens, s.ID)
			}
		}
		r.transfer(section, to, opens, own)
	}
}

func (r *drawing) transformer(i int) {
	n, id := &r.site.Network, node("t", i)
	r.node(id, node("b", i), metering.NodeTransformer, 110)
	bus := [3]metering.NodeID{node("b", i), node("m", i), node("l", i)}
	r.node(bus[1], id, metering.NodeSection, 35)
	r.node(bus[2], id, metering.NodeSection, 10)
	n.Transformers = append(n.Transformers, metering.ThreeWinding{Node: id, Bus: bus, KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{40, 40, 40},
		Uk: [3]float64{10.5, 17, 6.5}, UkOnHV: true, PkKW: 200, PxKW: 43, IxPct: 0.6,
		Tap: metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9, Holds: 2, TargetKV: 10.5, BandPct: 1.4}})
	n.Plan.Shares = append(n.Plan.Shares, metering.LoadShare{Node: bus[1]}, metering.LoadShare{Node: bus[2]})
}
