package balance_test

import (
	"testing"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
)

// windings is a transformer of 63 MVA and three windings with 16 MW out of either
// lower one, over one interval.
func windings(t *testing.T, cfg balance.Config, missing metering.PointID) balance.LossCell {
	t.Helper()
	site := &metering.Site{Topology: metering.Topology{Nodes: []metering.Node{
		{ID: "t", Kind: metering.NodeTransformer, VoltageKV: 110, Transformer: &metering.TransformerData{RatedVA: 63e6, NoLoadW: 56e3, LoadLossW: 290e3}},
		{ID: "s35", Kind: metering.NodeSection, Parent: "t", VoltageKV: 35},
		{ID: "s10", Kind: metering.NodeSection, Parent: "t", VoltageKV: 10},
	}}, Points: []metering.Point{
		{ID: "p-t", Node: "t", Role: metering.RoleTransformer},
		{ID: "p-35", Node: "s35", Role: metering.RoleSection},
		{ID: "p-10", Node: "s10", Role: metering.RoleSection},
	}}
	var list []metering.Interval
	for p, e := range map[metering.PointID]metering.Energy{"p-t": 8 * metering.MegawattHour, "p-35": 4 * metering.MegawattHour, "p-10": 4 * metering.MegawattHour} {
		if p == missing {
			continue
		}
		list = append(list,
			metering.Interval{Point: p, Channel: metering.ChannelActiveImport, Start: midnight, Energy: e, Uncertainty: e / 100, Grade: metering.Actual},
			metering.Interval{Point: p, Channel: metering.ChannelReactiveImport, Start: midnight, Grade: metering.Actual})
	}
	m, err := balance.New(site, cfg)
	if err != nil {
		t.Fatal(err)
	}
	g, err := grid.New(midnight, midnight.Add(metering.BasePeriod), list)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := m.On(g).Losses("t")
	if err != nil {
		t.Fatal(err)
	}
	return cells[0]
}

// 32 MVA through 63 MVA: 56 kW + 290 kW·(32/63)² = 130.82 kW, 32.704 kWh; with
// three windings of 145 kW each and halves in the lower ones 112.11 kW.
func TestLossesOfAnInterval(t *testing.T) {
	f := func(what string, want metering.Energy, missing metering.PointID, change func(*balance.Config)) {
		t.Helper()
		cfg := balance.DefaultConfig()
		change(&cfg)
		if got := windings(t, cfg, missing); got.Energy != want || got.Grade != metering.Actual {
			t.Errorf("%s: %v of grade %v, want %v", what, got.Energy, got.Grade, want)
		}
	}
	three := balance.Passport{WindingW: [3]float64{145e3, 145e3, 145e3}}
	f("two windings", 32705, "", func(*balance.Config) {})
	f("its own meter is silent: by what leaves it", 32705, "p-t", func(*balance.Config) {})
	f("three windings", 28029, "", func(c *balance.Config) { c.Passports = map[metering.NodeID]balance.Passport{"t": three} })
	f("three windings, one of them not known", 32705, "p-10", func(c *balance.Config) { c.Passports = map[metering.NodeID]balance.Passport{"t": three} })
	f("5 % more voltage", 34140, "", func(c *balance.Config) {
		c.VoltageAt = func(n metering.NodeID, at time.Time) (float64, bool) { return 1.05, n == "t" && at.Equal(midnight) }
	})
	f("an uneven load", 42057, "", func(c *balance.Config) {
		c.SquareFactorAt = func(metering.NodeID, time.Time) (float64, bool) { return 1.5, true }
	})
	f("two units in parallel", 2*14000+9352, "", func(c *balance.Config) { c.Passports = map[metering.NodeID]balance.Passport{"t": {Units: 2}} })
}

// A tenth of the passport, and twice the energy's uncertainty on the part that
// grows with its square: √(3270² + (2·0.01·18705)²) = 3292 Wh.
func TestLossesAreUncertain(t *testing.T) {
	got := windings(t, balance.DefaultConfig(), "")
	if got.Uncertainty < 3285 || got.Uncertainty > 3300 {
		t.Errorf("uncertainty %v", got.Uncertainty)
	}
	cfg := balance.DefaultConfig()
	cfg.Passports = map[metering.NodeID]balance.Passport{"t": {NoLoadPercent: 0.7, ShortPercent: 10.5}}
	// 63 Mvar/100·(0.7 + 10.5·(32/63)²) = 2147.7 kvar.
	if got = windings(t, cfg, ""); got.Reactive < 536_900 || got.Reactive > 537_000 {
		t.Errorf("reactive loss %d varh", got.Reactive)
	}
}

// The energy of the high-voltage side from the meter on the low one: with its
// reactive loss where the passport gives it, and without the channel where not.
func TestLossesOfBothEnergies(t *testing.T) {
	site := &metering.Site{Topology: metering.Topology{Nodes: []metering.Node{
		{ID: "t", Kind: metering.NodeTransformer, VoltageKV: 110, Transformer: &metering.TransformerData{RatedVA: 63e6, NoLoadW: 56e3, LoadLossW: 290e3}},
		{ID: "s10", Kind: metering.NodeSection, Parent: "t", VoltageKV: 10},
	}}, Points: []metering.Point{{ID: "p-10", Node: "s10", Role: metering.RoleSection}}, Virtual: []metering.VirtualPoint{
		{Point: metering.Point{ID: "v-110"}, Terms: []metering.Term{{Of: "p-10"}, {LossOf: "t"}}},
	}}
	list := []metering.Interval{
		{Point: "p-10", Channel: metering.ChannelActiveImport, Start: midnight, Energy: 8 * metering.MegawattHour, Grade: metering.Actual},
		{Point: "p-10", Channel: metering.ChannelReactiveImport, Start: midnight, Energy: 0, Grade: metering.Actual},
	}
	f := func(want map[metering.Channel]metering.Energy, passports map[metering.NodeID]balance.Passport) {
		t.Helper()
		cfg := balance.DefaultConfig()
		cfg.Passports = passports
		m, err := balance.New(site, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if needs := m.Needs("v-110"); len(needs) != 1 || needs[0] != "p-10" || m.Needs("p-10") != nil {
			t.Errorf("needs %v", needs)
		}
		g, err := grid.New(midnight, midnight.Add(metering.BasePeriod), list)
		if err != nil {
			t.Fatal(err)
		}
		computed, err := m.On(g).Compute("v-110")
		if err != nil || len(computed) != len(want) {
			t.Fatalf("%d intervals, %v", len(computed), err)
		}
		for _, c := range computed {
			if c.Energy != want[c.Channel] || c.Flags != metering.FlagLossApplied {
				t.Errorf("%v: %v %v, want %v", c.Channel, c.Energy, c.Flags.Names(), want[c.Channel])
			}
		}
	}
	f(map[metering.Channel]metering.Energy{metering.ChannelActiveImport: 8_032_705}, nil)
	f(map[metering.Channel]metering.Energy{metering.ChannelActiveImport: 8_032_705, metering.ChannelReactiveImport: 536_917},
		map[metering.NodeID]balance.Passport{"t": {NoLoadPercent: 0.7, ShortPercent: 10.5}})
}

func TestLossesOfWhatHasNone(t *testing.T) {
	m, err := balance.New(&metering.Site{Topology: metering.Topology{Nodes: []metering.Node{{ID: "s10", Kind: metering.NodeSection, VoltageKV: 10}}}}, balance.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	g, err := grid.New(midnight, midnight.Add(metering.BasePeriod), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range []metering.NodeID{"s10", "nowhere"} {
		if _, err := m.On(g).Losses(node); err == nil {
			t.Errorf("losses of %s", node)
		}
	}
	if _, err := m.On(g).Compute("p-nobody"); err == nil {
		t.Error("a point that is not virtual was computed")
	}
}
