package study_test

import (
	"math"
	"testing"

	"asue/balancing/study"
)

// A feed that holds 117 kV in place of 115 lifts every voltage of 110 kV by about 2 kV,
// and the next question is answered with the site file's 115 kV again.
func TestFeedVoltageCanBeConcluded(t *testing.T) {
	m := model(t, zone(standing))
	loads := m.Loads(29.7)
	at := func(s study.Setting) float64 {
		state, err := m.Solve(s, loads)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range state.Buses {
			if b.Node == "zn-1" {
				return b.KV
			}
		}
		t.Fatal("no zn-1")
		return 0
	}
	before := at(study.Setting{Scenario: "A"})
	raised := at(study.Setting{Scenario: "A", FeedKV: map[string]float64{"karatagai": 117}})
	if d := raised - before; math.Abs(d-2.03) > 0.05 {
		t.Errorf("zn-1 goes from %.3f to %.3f kV", before, raised)
	}
	if again := at(study.Setting{Scenario: "A"}); again != before {
		t.Errorf("zn-1 stands at %.6f kV afterwards, was %.6f", again, before)
	}
	other := at(study.Setting{Scenario: "C", FeedKV: map[string]float64{"akzhar-2": 113}})
	if plain := at(study.Setting{Scenario: "C"}); math.Abs(plain-other-2) > 0.1 {
		t.Errorf("a station's second feed is named: %.3f and %.3f kV", plain, other)
	}
}
