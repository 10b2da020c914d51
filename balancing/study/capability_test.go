package study_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"asue/balancing/study"
	"asue/metering"

	"pgregory.net/rapid"
)

// checksNamed are what a word of greatest.txt stands for.
func checksNamed(t *testing.T, m *study.Model, scenario metering.ElementID, word string) study.Checks {
	t.Helper()
	lines := outagesOf(m, scenario, study.LostLine)
	single := outagesOf(m, scenario, study.LostLine, study.LostTransformer)
	switch word {
	case "normal":
		return study.Checks{}
	case "no-contract":
		return study.Checks{Without: []string{study.LimitContract}}
	case "circuit":
		return study.Checks{Outages: lines}
	case "single":
		return study.Checks{Outages: single}
	case "single-emergency":
		return study.Checks{Outages: single, Emergency: true}
	}
	t.Fatalf("%q is not a check", word)
	return study.Checks{}
}

func outagesOf(m *study.Model, scenario metering.ElementID, kinds ...study.OutageKind) (list []study.Outage) {
	for _, o := range m.Outages(study.Setting{Scenario: scenario}) {
		if slices.Contains(kinds, o.Kind) {
			list = append(list, o)
		}
	}
	return list
}

// printed is whether a figure is the one that was printed, which was found by halving to
// resolution.
func printed(got float64, want string, resolution float64) bool {
	v, err := strconv.ParseFloat(want, 64)
	_, decimals, _ := strings.Cut(want, ".")
	return err == nil && math.Abs(got-v) <= 0.5*math.Pow(10, -float64(len(decimals)))+resolution
}

// TestGreatestLoad holds the greatest loads of the zone, and what binds, to the table.
func TestGreatestLoad(t *testing.T) {
	m := model(t, zone(standing))
	for _, row := range readTable(t, "greatest.txt") {
		scenario := metering.ElementID(row[0])
		explorer := m.Explore(study.Setting{Scenario: scenario}, m.Along())
		for i, ambient := range []float64{-20, 25, 40} {
			c, err := explorer.Capability(context.Background(), ambient, checksNamed(t, m, scenario, row[1]))
			if err != nil {
				t.Fatal(err)
			}
			if !printed(c.MW, row[2+i], 0.02) {
				t.Errorf("%s %s at %v °C: %.3f MW, want %s", row[0], row[1], ambient, c.MW, row[2+i])
			}
			if c.Next.MW < c.MW {
				t.Errorf("%s %s at %v °C: %v MW binds, and next %v MW", row[0], row[1], ambient, c.MW, c.Next.MW)
			}
			if ambient != 25 {
				continue
			}
			elements := append([]string{c.Binds.Element}, c.Binds.Also...)
			slices.Sort(elements)
			if got := c.Binds.Kind + " " + strings.Join(elements, ","); got != row[5]+" "+strings.Trim(row[6], "-") && row[6] != "-" || c.Binds.Kind != row[5] {
				t.Errorf("%s %s: %s binds, want %s %s", row[0], row[1], got, row[5], row[6])
			}
		}
	}
}

// TestNameplate: no power factor makes 126 MW of two transformers of 63 MVA.
func TestNameplate(t *testing.T) {
	rows := readTable(t, "nameplate.txt")
	for i, cos := range []float64{0.85, 0.9, 0.95, 0.98, 1} {
		site := zone(standing)
		site.Network.Plan.PowerFactor = cos
		m := model(t, site)
		cold := 20.0
		explorer := m.Explore(study.Setting{Scenario: "C", AmbientC: &cold}, m.Along())
		for _, row := range rows {
			c := study.Checks{Overload: 1}
			if strings.HasPrefix(row[0], "single") {
				c.Outages = outagesOf(m, "C", study.LostTransformer)
			}
			if strings.HasSuffix(row[0], "140") {
				c.Overload = 1.4
			}
			found, err := explorer.Capability(context.Background(), cold, c)
			if err != nil {
				t.Fatal(err)
			}
			if !printed(found.MW, row[1+i], 0.02) {
				t.Errorf("%s at cos φ %v: %.3f MW, want %s", row[0], cos, found.MW, row[1+i])
			}
			if found.MW >= 126 {
				t.Errorf("%s at cos φ %v: %.1f MW reach the 126 MW of the strategy", row[0], cos, found.MW)
			}
		}
	}
}

func TestOneCircuitByConductor(t *testing.T) {
	for i, conductor := range []string{"АС-120/19", "АС-150/24", "АС-185/29", "АС-240/32", "АС-300/39"} {
		site := zone(standing)
		for k := range site.Network.Lines {
			if site.Network.Lines[k].Towers != "" {
				site.Network.Lines[k].Conductor = conductor
			}
		}
		m := model(t, site)
		explorer := m.Explore(study.Setting{Scenario: "C", Out: []string{"vl-akz-2"}}, m.Along())
		others := []string{study.LimitContract, study.LimitTransformer, study.LimitVoltageLow, study.LimitVoltageHigh}
		for _, row := range readTable(t, "one_circuit.txt") {
			c, err := explorer.Capability(context.Background(), number(t, row[0]), study.Checks{Without: others})
			if err != nil {
				t.Fatal(err)
			}
			if !printed(c.MW, row[1+i], 0.02) {
				t.Errorf("%s at %s °C: %.3f MW, want %s", conductor, row[0], c.MW, row[1+i])
			}
		}
	}
}

func TestSendingVoltage(t *testing.T) {
	rows := map[string][]string{}
	for _, row := range readTable(t, "sending_voltage.txt") {
		rows[row[0]] = row[1:]
	}
	for i, kv := range []float64{105, 110, 115, 121} {
		site := zone(standing)
		for k := range site.Network.Feeds {
			site.Network.Feeds[k].KV = kv
		}
		m := model(t, site)
		state, err := m.Solve(study.Setting{Scenario: "C", Out: []string{"vl-akz-2"}}, m.Loads(60))
		if err != nil {
			t.Fatal(err)
		}
		at := func(node metering.NodeID) float64 {
			return state.Buses[slices.IndexFunc(state.Buses, func(b metering.BusState) bool { return b.Node == node })].KV
		}
		if u := at("zn-1"); !printed(u, rows["U110"][i], 0) {
			t.Errorf("%v kV sent: %.2f kV at the zone, want %s", kv, u, rows["U110"][i])
		}
		if u := at("s10-1"); u < 10.395 || u > 10.535 {
			t.Errorf("%v kV sent: %.3f kV at 10 kV, want 10.40…10.53", kv, u)
		}
		if p := strconv.Itoa(state.Transformers[0].Position); p != rows["tap"][i] {
			t.Errorf("%v kV sent: РПН %s, want %s", kv, p, rows["tap"][i])
		}
		if !printed(state.LossMW, rows["losses"][i], 0) {
			t.Errorf("%v kV sent: %.4f MW lost, want %s", kv, state.LossMW, rows["losses"][i])
		}
	}
}

// TestTowersTakeBothCircuits: what stands on one tower is lost at once, and then the
// site has its other source or nothing.
func TestTowersTakeBothCircuits(t *testing.T) {
	m := model(t, zone(standing))
	greatest := func(scenario metering.ElementID) study.Capability {
		c, err := m.Capability(context.Background(), study.Setting{Scenario: scenario}, m.Along(), study.Checks{Outages: outagesOf(m, scenario, study.LostTowers)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := greatest("C"); c.MW != 0 || c.Binds.Kind != study.LimitDark {
		t.Errorf("Акжар alone: %v MW, %s binds", c.MW, c.Binds.Kind)
	}
	if c := greatest("D"); c.MW < 29.4 || c.MW > 29.7 || c.Binds.Kind != study.LimitContract {
		t.Errorf("sections apart: %v MW, %s binds", c.MW, c.Binds.Kind)
	}
}

// TestGreatestLoadIsTight: what is found holds to every limit, a little more does not,
// and on the way up nothing is broken where the search has looked. The outages are made
// by hand, from the switches that the contingency says have moved.
func TestGreatestLoadIsTight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		site := zone(standing)
		for k := range site.Network.Lines {
			l := &site.Network.Lines[k]
			l.LengthKM = rapid.Float64Range(1, 60).Draw(rt, "km")
			l.Conductor = rapid.SampledFrom([]string{"АС-70/11", "АС-120/19", "АС-240/32"}).Draw(rt, "conductor")
		}
		site.Network.Plan.PowerFactor = rapid.Float64Range(0.7, 1).Draw(rt, "cos φ")
		ambient := rapid.Float64Range(-40, 45).Draw(rt, "°C")
		s := study.Setting{AmbientC: &ambient, Scenario: rapid.SampledFrom([]metering.ElementID{"A", "C", "D", "E"}).Draw(rt, "scenario")}
		m, err := study.New(site, noon)
		if err != nil {
			rt.Fatal(err)
		}
		outages := outagesOf(m, s.Scenario, rapid.SampledFrom([]study.OutageKind{"", study.LostLine, study.LostTransformer}).Draw(rt, "lost"))
		const most = 128.0
		c, err := m.Capability(context.Background(), s, m.Along(), study.Checks{Outages: outages, MostMW: most})
		if err != nil {
			rt.Fatal(err)
		}
		if mw := c.MW; mw > 0 && !secure(m, s, outages, mw) {
			rt.Fatalf("%v MW are found, but break a limit", mw)
		}
		if mw := c.MW + 0.003; c.Binds.Kind != study.LimitSearch && secure(m, s, outages, mw) {
			rt.Fatalf("%v MW are found, but %v break nothing", c.MW, mw)
		}
		for mw := most / 64; mw < c.MW; mw += 8 * most / 64 {
			if !secure(m, s, outages, mw) {
				rt.Fatalf("%v MW are found, but %v break a limit", c.MW, mw)
			}
		}
	})
}

// secure solves a load as it is and after each outage.
func secure(m *study.Model, s study.Setting, outages []study.Outage, mw float64) bool {
	fine := func(s study.Setting) bool {
		state, err := m.Solve(s, m.Loads(mw))
		return err == nil && state.UnservedMW == 0 && len(state.Violations) == 0
	}
	if !fine(s) {
		return false
	}
	for _, o := range outages {
		after := s
		after.Out, after.Closed = slices.Clone(o.Out), map[metering.ElementID]bool{}
		for _, move := range m.After(s, m.Loads(mw), o).Timeline {
			if slices.ContainsFunc(m.Site().Network.Transformers, func(t metering.ThreeWinding) bool { return string(t.Node) == string(move.Switch) }) {
				after.Out = append(after.Out, string(move.Switch)) // its own breakers
				continue
			}
			after.Closed[move.Switch] = move.Close
		}
		if !fine(after) {
			return false
		}
	}
	return true
}

// TestCapabilityEnds with the context, and says what the network has not.
func TestCapabilityEnds(t *testing.T) {
	m := model(t, zone(standing))
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Capability(gone, study.Setting{}, m.Along(), study.Checks{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := m.Capability(context.Background(), study.Setting{Scenario: "Z"}, m.Along(), study.Checks{}); err == nil {
		t.Error("a scenario that there is not is studied")
	}
}
