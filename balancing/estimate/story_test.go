package estimate_test

import (
	"math"
	"testing"
	"time"

	"asue/metering"
)

func TestPrintState(t *testing.T) {
	s := newStand(t, nil)
	s.pass(time.Minute)
	st := s.last.State
	t.Logf("problem %q scenario %s load %.3f loss %.3f", st.Problem, st.Scenario, st.LoadMW, st.LossMW)
	for _, b := range st.Buses {
		kv, _ := s.world.Snapshot().Voltage(b.Node)
		t.Logf("%-8s live %v %.3f kV truth %.3f  P %.3f stale %v", b.Node, b.Live, b.KV, kv, b.LoadMW, b.Stale)
	}
	for _, b := range st.Transformers {
		t.Logf("%+v", b)
	}
	for _, b := range st.Lines {
		t.Logf("%+v", b)
	}
	for _, b := range st.Switches {
		t.Logf("%+v", b)
	}
	for _, p := range []metering.PointID{"p-in-kar", "p-t1-110", "p-t2-110", "p-t1-35", "p-t1-10", "p-t2-10"} {
		a, b, c := s.truth(p)
		t.Logf("%s %.3f %.3f %.3f", p, a, b, c)
	}
	for _, r := range st.Residuals {
		t.Logf("%+v", r)
	}
	for _, r := range st.Assumed {
		t.Logf("%+v", r)
	}
	_ = math.Abs
}
