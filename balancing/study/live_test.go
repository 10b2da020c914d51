package study_test

import (
	"math"
	"testing"
	"time"

	"asue/balancing/study"
	"asue/metering"

	"pgregory.net/rapid"
)

// TestLiveFollows: step by step the live state is what a study from nothing finds,
// with the taps where the live one has them.
func TestLiveFollows(t *testing.T) {
	m := model(t, zone(standing))
	rapid.Check(t, func(t *rapid.T) {
		live := m.Live()
		mw := 30.0
		for k := range rapid.IntRange(1, 20).Draw(t, "steps") {
			mw = math.Max(0, mw+rapid.Float64Range(-8, 8).Draw(t, "change"))
			s := study.Setting{Scenario: rapid.SampledFrom([]metering.ElementID{"A", "A", "A", "C", "D"}).Draw(t, "scenario")}
			at := noon.Add(time.Duration(k) * time.Second)
			got := live.Step(study.Measured{At: at, Setting: s, Loads: m.Loads(mw)})
			if got.Problem != "" || !got.At.Equal(at) || got.Supposed != "" {
				t.Fatalf("step %d: %q at %v, supposed %q", k, got.Problem, got.At, got.Supposed)
			}
			s.Positions = map[metering.NodeID]int{}
			for _, tr := range got.Transformers {
				s.Positions[tr.Node] = tr.Position
			}
			want, err := m.Solve(s, m.Loads(mw))
			if err != nil {
				t.Fatal(err)
			}
			for i, b := range want.Buses {
				if math.Abs(b.KV-got.Buses[i].KV) > 1e-6 || b.Live != got.Buses[i].Live {
					t.Fatalf("step %d: %s at %v kV, from nothing %v", k, b.Node, got.Buses[i].KV, b.KV)
				}
			}
			for _, id := range []int{10, 11} { // the sections of 10 kV stay in the band of the changers
				if kv := got.Buses[id].KV; kv < 10.373 || kv > 10.627 {
					t.Fatalf("step %d: %s at %v kV", k, got.Buses[id].Node, kv)
				}
			}
		}
	})
}

// TestLiveKnowsWhatWasRead: tap positions as read hold, switches say how their
// position was found, measured voltages stand beside the calculated ones.
func TestLiveKnowsWhatWasRead(t *testing.T) {
	m := model(t, zone(awaited))
	live := m.Live()
	measured := study.Measured{At: noon, Setting: study.Setting{Positions: map[metering.NodeID]int{"t-1": 3, "t-2": 3}},
		Loads:    []study.Load{{Node: "f-3", MW: 10, Mvar: 4, Stale: true}, {Node: "f-4", MW: 8, Mvar: 3}},
		Switches: []metering.SwitchState{{ID: "q-kar", Closed: true, Known: true, Why: "current flows"}},
		KV:       map[metering.NodeID]float64{"s10-1": 10.31}}
	got := live.Step(measured)
	if p := []int{got.Transformers[0].Position, got.Transformers[1].Position}; p[0] != 3 || p[1] != 3 {
		t.Errorf("positions %v, read 3 and 3", p)
	}
	one, two := busOf(t, got, "s10-1"), busOf(t, got, "s10-2")
	if !one.Stale || two.Stale || one.LoadMW != 10 || one.Measured == nil || *one.Measured != 10.31 || two.Measured != nil {
		t.Errorf("s10-1 %+v, s10-2 %+v", one, two)
	}
	if q := got.Switches[0]; !q.Known || q.Why != "current flows" || got.Switches[1].Known {
		t.Errorf("q-kar %+v, next %+v", q, got.Switches[1])
	}
	if got.Scenario != "A" {
		t.Errorf("scenario %q, want A", got.Scenario)
	}
	measured.Setting.Positions = map[metering.NodeID]int{"t-1": 4, "t-2": 4}
	if next := live.Step(measured); next.Transformers[0].Position != 4 || busOf(t, next, "s10-1").KV >= one.KV {
		t.Errorf("position %d, %v kV after %v", next.Transformers[0].Position, busOf(t, next, "s10-1").KV, one.KV)
	}
}

// TestLiveGetsOverTrouble: after a step that has no solution the next one begins anew.
func TestLiveGetsOverTrouble(t *testing.T) {
	m := model(t, zone(awaited))
	live := m.Live()
	step := func(mw float64, s study.Setting) metering.NetworkState {
		return live.Step(study.Measured{At: noon, Setting: s, Loads: m.Loads(mw)})
	}
	before := step(29, study.Setting{})
	if bad := step(900, study.Setting{}); bad.Problem == "" || len(bad.Switches) == 0 {
		t.Errorf("900 MW: %q", bad.Problem)
	}
	if dark := step(29, study.Setting{Sources: []string{}}); dark.Problem == "" || math.Abs(dark.UnservedMW-29) > 1e-9 {
		t.Errorf("no source: %q, %v MW", dark.Problem, dark.UnservedMW)
	}
	if bad := step(29, study.Setting{Out: []string{"t-9"}}); bad.Problem == "" {
		t.Error("what is unknown is no problem")
	}
	if after := step(29, study.Setting{}); math.Abs(after.LossMW-before.LossMW) > 1e-6 {
		t.Errorf("losses %v MW, before the trouble %v", after.LossMW, before.LossMW)
	}
}
