package study_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"asue/balancing/powerflow"
	"asue/balancing/study"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

func solve(t *testing.T, m *study.Model, s study.Setting, mw float64) metering.NetworkState {
	t.Helper()
	state, err := m.Solve(s, m.Loads(mw))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// TestAllFaultsAtOnce: what is wrong with a network is told together.
func TestAllFaultsAtOnce(t *testing.T) {
	site := zone(standing)
	n := &site.Network
	n.Feeds = append(n.Feeds, metering.Feed{Source: "sun", KV: 115})
	n.Feeds[0].Meter = "s10-1"
	n.Feeds[2].KV = 121
	n.Lines[2].Conductor, n.Lines[1].To = "unknown", "s10-1"
	n.Transformers[0].Cooling, n.Transformers[1].MVA[2] = "water", 0
	n.Switches = append(n.Switches, metering.Switch{ID: "q-kar", A: "zn-1", B: "zn-2"}, metering.Switch{ID: "q-x", A: "zn-1", B: "s10-1"}, metering.Switch{ID: "q-y", A: "zn-1", B: "nowhere"})
	n.Transfers[0].Close = []metering.ElementID{"q-z"}
	n.Transfers[1].Reserve = "zn-1"
	n.Scenarios[0].Sources = []string{"moon"}
	n.Voltages[0].Min = 127
	n.Plan.Shares[0].Part, n.Plan.PowerFactor = 0.2, 0
	_, err := study.New(site, noon)
	var faults study.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults {
		if f.What == "" || f.Remedy == "" {
			t.Errorf("%s: a fault without words: %+v", f.Element, f)
		}
		got = append(got, f.Element)
	}
	want := []string{"switch q-y", "line vl-akz-1", "line vl-akz-2", "transformer t-1", "transformer t-2", "source karatagai", "source akzhar-2", "source sun",
		"switch q-kar", "switch q-x", "transfer avr-110", "transfer avr-110-2", "scenario A", "band of 110 kV", "load plan", "load plan"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s\n%v", diff, err)
	}
	if _, err := study.New(&metering.Site{}, noon); err == nil {
		t.Error("a site without a network has a model")
	}
}

// TestContractAtItsMeter: the sending end sees the losses of the line, the input does
// not: 0.22 MW at 29.7 MW.
func TestContractAtItsMeter(t *testing.T) {
	input, sending := zone(awaited), zone(awaited)
	input.Network.Feeds[0].Meter = "in-kar"
	sending.Network.Feeds[0].Meter = "kar"
	a := solve(t, model(t, input), study.Setting{Scenario: "A"}, 29.4)
	b := solve(t, model(t, sending), study.Setting{Scenario: "A"}, 29.4)
	if math.Abs(a.Sources[0].MeteredMW-a.Lines[0].ToMW) > 1e-9 || math.Abs(b.Sources[0].MeteredMW-b.Sources[0].MW) > 1e-9 || b.Sources[0].MeteredMW-a.Sources[0].MeteredMW < 0.2 {
		t.Errorf("metered %v MW at the input, %v MW at the sending end", a.Sources[0].MeteredMW, b.Sources[0].MeteredMW)
	}
	if len(a.Violations) != 0 || len(b.Violations) != 1 || b.Violations[0].Kind != study.LimitContract {
		t.Errorf("input: %v; sending end: %v", a.Violations, b.Violations)
	}
}

// TestOneStationBehindTwoCircuits: what is behind a station's busbar carries both
// circuits; behind two stations each would carry its own, and the voltage would drop
// half as much.
func TestOneStationBehindTwoCircuits(t *testing.T) {
	drop := func(change func(*metering.Network)) float64 {
		site := zone(standing)
		change(&site.Network)
		s := solve(t, model(t, site), study.Setting{Scenario: "C"}, 60)
		one, two := busOf(t, s, "akz-1").KV, busOf(t, s, "akz-2").KV
		if math.Abs(one-two) > 1e-6 {
			t.Errorf("akz-1 at %v kV, akz-2 at %v kV", one, two)
		}
		if math.Abs(s.Sources[1].MW-s.Sources[2].MW) > 1e-6 || math.Abs(s.Sources[1].MW+s.Sources[2].MW-s.LoadMW-s.LossMW) > 1e-6 {
			t.Errorf("the circuits give %v and %v MW of %v", s.Sources[1].MW, s.Sources[2].MW, s.LoadMW+s.LossMW)
		}
		return 115 - one
	}
	weak := func(n *metering.Network) {
		n.Feeds[1].ShortCircuitMVA, n.Feeds[2].ShortCircuitMVA = 1000, 1000
	}
	one := drop(weak)
	two := drop(func(n *metering.Network) { weak(n); n.Feeds[1].Station, n.Feeds[2].Station = "", "" })
	// ΔU ≈ Q·X/U with X = U²/Sк: 35 Mvar of 1000 MVA are 3.5 % of 115 kV, about 4 kV.
	if one < 3.5 || one > 4.8 || math.Abs(one/two-2) > 0.1 {
		t.Errorf("the busbar drops by %v kV, two of them by %v kV", one, two)
	}
}

// TestAnglesAreAssumed: only stations in parallel have an angle between them, and it
// is told until somebody has measured it.
func TestAnglesAreAssumed(t *testing.T) {
	site := zone(standing)
	about := func(scenario metering.ElementID) (who []string) {
		for _, a := range solve(t, model(t, site), study.Setting{Scenario: scenario}, 30).Assumed {
			if a.Field == "angle" {
				who = append(who, a.Element+" "+a.Value)
			}
		}
		return who
	}
	for _, id := range []metering.ElementID{"A", "B", "C", "D"} {
		if who := about(id); who != nil {
			t.Errorf("%s assumes angles of %v", id, who)
		}
	}
	if diff := cmp.Diff([]string{"karatagai δ = 0 assumed", "akzhar-1 δ = 0 assumed"}, about("E")); diff != "" {
		t.Error(diff)
	}
	site.Network.Feeds[0].Deg, site.Network.Feeds[0].AngleKnown = 1, true
	site.Network.Feeds[1].AngleKnown, site.Network.Feeds[2].AngleKnown = true, true
	if who := about("E"); who != nil {
		t.Errorf("measured, and still assumed: %v", who)
	}
	// One degree moves about 21 MW.
	state := solve(t, model(t, site), study.Setting{Scenario: "E"}, 29.7)
	if mw := state.Sources[0].MeteredMW; mw < 31 || mw > 33 {
		t.Errorf("Каратагай carries %v MW at +1°, want about 32", mw)
	}
}

// TestSwitchgear: the current through a closed switch is what flows from one of its
// sides to the other; where there is another way around it nobody can tell.
func TestSwitchgear(t *testing.T) {
	site := zone(standing)
	rate := func(id metering.ElementID, amperes float64) {
		i := slices.IndexFunc(site.Network.Switches, func(s metering.Switch) bool { return s.ID == id })
		site.Network.Switches[i].Amperes = amperes
	}
	rate("q-kar", 100)
	rate("sv-110", 100)
	rate("sv-10", 10)
	state := solve(t, model(t, site), study.Setting{Scenario: "A"}, 29)
	var got []string
	for _, v := range state.Violations {
		got = append(got, v.Element)
		line := state.Lines[0].Amperes
		want := map[string]float64{"q-kar": line, "sv-110": state.Transformers[1].Amperes[0]}[v.Element]
		if math.Abs(v.Value-want) > 0.3 { // the far end of the line, whose charging is on top
			t.Errorf("%s carries %v A, want %v", v.Element, v.Value, want)
		}
	}
	if diff := cmp.Diff([]string{"q-kar"}, got); diff != "" {
		t.Errorf("broken (-want +got): %s", diff)
	}
	site.Network.Switches = append(site.Network.Switches, metering.Switch{ID: "q-around", A: "in-kar", B: "zn-1", Closed: true})
	if state = solve(t, model(t, site), study.Setting{Scenario: "A"}, 29); len(state.Violations) != 0 {
		t.Errorf("two switches side by side: %v", state.Violations)
	}
}

// TestElementsInForce: what is not part of the network yet is not calculated.
func TestElementsInForce(t *testing.T) {
	site := zone(standing)
	site.Network.Transformers[1].From = noon.AddDate(1, 0, 0)
	m := model(t, site)
	if busOf(t, solveWith(t, m, study.Setting{Scenario: "A"}, []study.Load{{Node: "s10-1", MW: 10}}), "s10-2").Live {
		t.Error("a transformer of next year feeds a section")
	}
	later, err := study.New(site, noon.AddDate(2, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if !busOf(t, solve(t, later, study.Setting{Scenario: "A"}, 10), "s10-2").Live {
		t.Error("and next year it does not")
	}
}

func solveWith(t *testing.T, m *study.Model, s study.Setting, loads []study.Load) metering.NetworkState {
	t.Helper()
	state, err := m.Solve(s, loads)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// TestDigestNamesTheInputs: another figure, load or setting has another digest, the
// same ones the same.
func TestDigestNamesTheInputs(t *testing.T) {
	seen := map[string]string{}
	look := func(what string, change func(*metering.Site), s study.Setting, mw float64) {
		site := zone(standing)
		change(site)
		m, err := study.New(site, noon)
		if err != nil {
			t.Fatal(err)
		}
		a, b := solve(t, m, s, mw), solve(t, m, s, mw)
		if a.Inputs != b.Inputs || len(a.Inputs) != 16 {
			t.Errorf("%s: %q and %q", what, a.Inputs, b.Inputs)
		}
		if other, known := seen[a.Inputs]; known {
			t.Errorf("%s has the digest of %s", what, other)
		}
		seen[a.Inputs] = what
	}
	same := func(*metering.Site) {}
	hot := 40.0
	look("A", same, study.Setting{Scenario: "A"}, 30)
	look("other load", same, study.Setting{Scenario: "A"}, 30.001)
	look("other scenario", same, study.Setting{Scenario: "C"}, 30)
	look("warmer", same, study.Setting{Scenario: "A", AmbientC: &hot}, 30)
	look("emergency", same, study.Setting{Scenario: "A", Emergency: true}, 30)
	look("circuit out", same, study.Setting{Scenario: "C", Out: []string{"vl-akz-1"}}, 30)
	look("tap read", same, study.Setting{Scenario: "A", Positions: map[metering.NodeID]int{"t-1": 1}}, 30)
	look("longer line", func(s *metering.Site) { s.Network.Lines[0].LengthKM = 16 }, study.Setting{Scenario: "A"}, 30)
	look("other contract", func(s *metering.Site) { s.Sources[0].Contract = metering.LimitOf(30_000_000) }, study.Setting{Scenario: "A"}, 30)
}

// TestTypedErrors: what powerflow says of a network that it cannot solve is found
// behind what the study says.
func TestTypedErrors(t *testing.T) {
	m := model(t, zone(standing))
	var far *powerflow.NotConvergedError
	if _, err := m.Solve(study.Setting{Scenario: "C"}, m.Loads(500)); !errors.As(err, &far) || far.WorstBus == "" {
		t.Errorf("too much load: %v", err)
	}
	if state, err := m.Solve(study.Setting{Sources: []string{}}, m.Loads(10)); !errors.Is(err, powerflow.ErrNoSource) || state.UnservedMW != 10 || len(state.Buses) != len(m.Buses()) {
		t.Errorf("no source: %v, %v MW unserved", err, state.UnservedMW)
	}
	var unknown *study.UnknownError
	for _, s := range []study.Setting{{Scenario: "X"}, {Sources: []string{"sun"}}, {Closed: map[metering.ElementID]bool{"q": true}}, {Out: []string{"t-9"}}, {Positions: map[metering.NodeID]int{"t-9": 0}}} {
		if state, err := m.Solve(s, m.Loads(10)); !errors.As(err, &unknown) || state.Problem == "" {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if _, err := m.Solve(study.Setting{}, []study.Load{{Node: "nowhere", MW: 1}}); !errors.As(err, &unknown) {
		t.Errorf("a load nowhere: %v", err)
	}
}

// TestArmourInForce: an act that has ended holds nothing.
func TestArmourInForce(t *testing.T) {
	site := zone(standing)
	site.Armours[1].ValidTo = noon.Add(-time.Hour)
	site.Armours = append(site.Armours, metering.Armour{Resident: "ceramics", Technological: metering.Megawatt})
	got := study.ArmourOf(site, noon)
	if diff := cmp.Diff(study.Armour{"ceramics": {Technological: 6, Emergency: 2}}, got); diff != "" {
		t.Error(diff)
	}
}
