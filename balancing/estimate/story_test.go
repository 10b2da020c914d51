package estimate_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/simulator"
)

// close reports whether a figure is within one per cent of the truth, or within 20 kW of
// a small one.
func closeTo(got, truth float64) bool {
	return math.Abs(got-truth) <= math.Max(0.01*math.Abs(truth), 0.02)
}

// agree holds the whole state against what really flows.
func (s *stand) agree() {
	s.t.Helper()
	state := s.last.State
	if state.Problem != "" {
		s.t.Fatalf("problem: %s", state.Problem)
	}
	picture := s.world.Snapshot()
	for _, b := range state.Buses {
		if b.Node == "kar" || strings.HasPrefix(string(b.Node), "akz") {
			continue // the simulator shows the far end of the line there
		}
		if kv, _ := picture.Voltage(b.Node); !closeTo(b.KV, kv) || b.Live != (kv > 1) {
			s.t.Errorf("%s: %.3f kV, really %.3f", b.Node, b.KV, kv)
		}
	}
	for _, flow := range []struct {
		point metering.PointID
		mw    float64
	}{
		{"p-t1-110", state.Transformers[0].MW[0]}, {"p-t1-35", state.Transformers[0].MW[1]}, {"p-t1-10", state.Transformers[0].MW[2]},
		{"p-t2-110", state.Transformers[1].MW[0]}, {"p-t2-35", state.Transformers[1].MW[1]}, {"p-t2-10", state.Transformers[1].MW[2]},
	} {
		if mw, _, _ := s.truth(flow.point); !closeTo(flow.mw, mw) {
			s.t.Errorf("%s: %.3f MW, really %.3f", flow.point, flow.mw, mw)
		}
	}
	for _, w := range state.Switches {
		if closed, _ := picture.Switch(w.ID); w.Closed != closed {
			s.t.Errorf("%s: closed %v, really %v (%s)", w.ID, w.Closed, closed, w.Why)
		}
	}
}

func TestAnOrdinaryMorning(t *testing.T) {
	s := newStand(t, nil)
	s.pass(5 * time.Second)
	s.agree() // from the first tick on
	s.pass(20 * time.Minute)
	s.agree()
	state := s.last.State
	if mw, _, _ := s.truth("p-in-kar"); state.Scenario != "A" || !closeTo(state.Sources[0].MeteredMW, mw) {
		t.Errorf("scenario %q, %.3f MW at the input, really %.3f", state.Scenario, state.Sources[0].MeteredMW, mw)
	}
	if worst := state.Residuals[0]; math.Abs(worst.Sigma) > 3 {
		t.Errorf("nothing is wrong, and a residual is %+v", worst)
	}
	if len(s.raised) > 0 {
		t.Errorf("nothing is wrong, and there is a finding: %+v", s.raised)
	}
	for id, known := range map[metering.ElementID]bool{"q-kar": true, "q-akz-1": true, "q-akz-2": true, "sv-110": true, "sv-35": false, "sv-10": false} {
		i := slices.IndexFunc(state.Switches, func(w metering.SwitchState) bool { return w.ID == id })
		if w := state.Switches[i]; w.Known != known || w.Why == "" {
			t.Errorf("%s: %+v", id, w)
		}
	}
	if r := s.e.Readiness(s.last); r.Light != metering.LightRed || len(r.Backup) > 0 || r.Lost != "karatagai" || r.ShedMW < 20 {
		t.Errorf("there is no second source, and readiness is %+v", r)
	}
}

// The meter of a feeder falls silent: its load is what its section has over, and says
// so; when a second one of the section is silent as well, both are guessed from their
// last values.
func TestASilentFeeder(t *testing.T) {
	s := newStand(t, nil)
	s.pass(time.Minute)
	s.silent["p-ceramics-2"], s.silent["p-f10-202"] = true, true
	s.pass(10 * time.Minute)
	s.agree()
	load := func(r metering.ResidentID) (mw float64, stale bool) {
		for _, l := range s.last.Loads {
			if l.Resident == r {
				mw, stale = mw+l.MW, stale || l.Stale
			}
		}
		return mw, stale
	}
	if mw, _ := load("ceramics-2"); math.Abs(mw-trueMW(s, "p-ceramics-2")) > 0.1 {
		t.Errorf("ceramics-2 draws %.3f MW, really %.3f", mw, trueMW(s, "p-ceramics-2"))
	}
	said := slices.ContainsFunc(s.last.State.Assumed, func(a metering.Assumption) bool {
		return a.Element == "f10-202" && a.Field == "load" && a.Value == "last value" && a.Date != ""
	})
	if !said {
		t.Errorf("nothing says that f10-202 is not metered: %+v", s.last.State.Assumed)
	}
	s.silent["p-plastics-2"] = true
	s.pass(time.Minute)
	if _, stale := load("plastics-2"); !stale {
		t.Error("two silent feeders of one section, and the load of one is not marked as stale")
	}
	s.agree() // the section's meters bear their sum out
	s.e.Expect("ceramics-2", 2.5)
	s.pass(15 * time.Minute)
	forecast := slices.ContainsFunc(s.last.State.Assumed, func(a metering.Assumption) bool { return a.Element == "f10-202" && a.Value == "forecast" })
	if !forecast || len(s.raised) > 0 {
		t.Errorf("after the last value has become too old: %+v, findings %+v", s.last.State.Assumed, s.raised)
	}
}

func trueMW(s *stand, p metering.PointID) float64 { mw, _, _ := s.truth(p); return mw }

// found is the only finding, which must come within 20 minutes.
func (s *stand) found(point metering.PointID, quantity float64, words ...string) metering.Finding {
	s.t.Helper()
	s.pass(20 * time.Minute)
	if len(s.raised) == 0 {
		s.t.Fatalf("no finding after 20 minutes: residuals %+v", s.last.State.Residuals[:3])
	}
	f := s.raised[0]
	if f.Point != point || f.Rule != "model-residual" || f.Numbers[0].Value != quantity {
		s.t.Errorf("the finding is about %s: %s", f.Point, f.Text)
	}
	for _, w := range words {
		if !strings.Contains(f.Text, w) {
			s.t.Errorf("the finding does not say %q: %s", w, f.Text)
		}
	}
	if took := f.To.Sub(f.From); took < 15*time.Minute || took > 16*time.Minute {
		s.t.Errorf("the contradiction lasted %v", took)
	}
	for _, other := range s.raised[1:] {
		if other.Point != point {
			s.t.Errorf("a second meter is blamed: %s", other.Text)
		}
	}
	return f
}

// The winding of 10 kV has a current transformer of 3000/5 where the site file says
// what it says: the meter shows two thirds too little.
func TestAWrongRatioAtAWinding(t *testing.T) {
	s := newStand(t, nil)
	install, _ := s.site.MeterAt("p-t1-10", monday)
	s.times["p-t1-10"] = float64(install.CT.Primary) / 3000
	if install.CT.Primary == 3000 {
		t.Fatal("the site file says 3000/5 already")
	}
	s.pass(time.Minute)
	s.agree() // it is left out at once
	s.found("p-t1-10", 0, "3000/5 and not")
	s.agree()
	s.times["p-t1-10"] = 1 // corrected
	s.pass(20 * time.Minute)
	if len(s.ended) != len(s.raised) || s.ended[0].Point != "p-t1-10" {
		t.Errorf("corrected, and %d of %d findings are gone", len(s.ended), len(s.raised))
	}
}

// A feeder with a head meter and a resident's meter: the one with the wrong ratio is told
// from the other by the section.
func TestAWrongRatioAtAFeeder(t *testing.T) {
	s := newStand(t, nil)
	s.times["p-f10-109"] = 1.5
	s.found("p-f10-109", 0, "factor 1.5")
	s.agree()
}

// A feeder with one meter only: at one moment every feeder of the section could be the
// one, over twenty minutes the contradiction goes up and down with one of them.
func TestAWrongRatioWhereNothingElseMeters(t *testing.T) {
	s := newStand(t, nil)
	s.times["p-metal-2"] = 2
	s.found("p-metal-2", 0, "factor 2.0")
}

func TestAReversedCurrentTransformer(t *testing.T) {
	s := newStand(t, nil)
	s.times["p-f35-1"] = -1
	s.found("p-f35-1", 0, "reverse")
	s.agree()
}

func TestAFuseOfAVoltageTransformer(t *testing.T) {
	s := newStand(t, nil)
	s.volts["p-f10-111"] = 2. / 3
	f := s.found("p-f10-111", 0)
	voltage := slices.ContainsFunc(s.raised, func(f metering.Finding) bool {
		return f.Point == "p-f10-111" && f.Numbers[0].Value == 2 && strings.Contains(f.Text, "fuse of the voltage transformer")
	})
	if !voltage || !strings.Contains(f.Text, "one phase is missing") {
		t.Errorf("findings %+v", s.raised)
	}
	s.agree()
}

// available lets «Акжар» stand ready.
func available(site *metering.Site) {
	for i := range site.Sources {
		site.Sources[i].Available = true
	}
}

// «Каратагай» trips while «Акжар» stands ready: everything is dark, then the transfer
// acts, and the picture follows.
func TestKaratagaiIsLost(t *testing.T) {
	s := newStand(t, available)
	s.pass(time.Minute)
	s.agree()
	if s.last.State.Scenario != "B" {
		t.Errorf("with «Акжар» under voltage the scenario is %q", s.last.State.Scenario)
	}
	if r := s.e.Readiness(s.last); r.Light != metering.LightGreen || len(r.Backup) != 2 || r.LimitMW < 60 || r.Lost != "karatagai" {
		t.Errorf("readiness %+v", r)
	}
	if err := s.world.Start(simulator.KaratagaiLost, ""); err != nil {
		t.Fatal(err)
	}
	s.world.Step(time.Second)
	s.now = s.now.Add(time.Second)
	s.hear()
	s.last = s.e.Step(s.now)
	if state := s.last.State; state.Problem == "" && state.UnservedMW == 0 && state.LoadMW > 1 {
		t.Errorf("the zone is dark, and the picture is %+v", state)
	}
	s.pass(time.Minute)
	s.agree()
	if state := s.last.State; state.Scenario != "C" || !state.Sources[1].Feeding || !state.Sources[2].Feeding {
		t.Errorf("scenario %q, sources %+v", state.Scenario, state.Sources)
	}
	s.pass(20 * time.Minute)
	s.agree()
	if len(s.raised) > 0 {
		t.Errorf("every meter is right, and one is blamed: %+v", s.raised)
	}
}

func TestATransformerIsLost(t *testing.T) {
	s := newStand(t, nil)
	s.pass(time.Minute)
	if err := s.world.Start(simulator.TransformerLost, "t-2"); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Minute)
	state := s.last.State
	if state.Problem != "" || state.Transformers[1].Live {
		t.Fatalf("t-2 is out, and the picture is %q %+v", state.Problem, state.Transformers)
	}
	for _, w := range state.Switches {
		if (w.ID == "sv-10" || w.ID == "sv-35") && (!w.Closed || !w.Known) {
			t.Errorf("%+v", w)
		}
	}
	if mw := trueMW(s, "p-t1-110"); !closeTo(state.Transformers[0].MW[0], mw) {
		t.Errorf("t-1 carries %.3f MW, really %.3f", state.Transformers[0].MW[0], mw)
	}
	s.pass(20 * time.Minute)
	if len(s.raised) > 0 {
		t.Errorf("every meter is right, and one is blamed: %+v", s.raised)
	}
}
