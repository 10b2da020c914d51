package study_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing/powerflow"
	"asue/balancing/study"
)

// BenchmarkStudy prints the figures of docs/benchmarks.md: medians, since on a busy
// machine the mean is that of its neighbours.
func BenchmarkStudy(b *testing.B) {
	m := model(b, zone(standing))
	figure := func(name, unit string, per time.Duration, call func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				call()
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			fmt.Printf("BENCH study_%s %.3f %s\n", name, float64(took[len(took)/2])/float64(per), unit)
		})
	}
	for name, s := range map[string]study.Setting{"n1": {Scenario: "C"}, "n1_parallel": {Scenario: "E"}} {
		loads := m.Loads(29.7)
		figure(name, "ms", time.Millisecond, func() {
			for _, c := range m.N1(s, loads) {
				if c.Later.Err != nil && !errors.Is(c.Later.Err, powerflow.ErrNoSource) {
					b.Fatal(c.Later.Err)
				}
			}
		})
	}
	armour := study.ArmourOf(m.Site(), noon)
	figure("readiness", "ms", time.Millisecond, func() { m.Readiness(study.Setting{Scenario: "B"}, m.Loads(29.7), armour) })
	figure("solve", "us", time.Microsecond, func() {
		if _, err := m.Solve(study.Setting{Scenario: "A"}, m.Loads(29.7)); err != nil {
			b.Fatal(err)
		}
	})
	live := m.Live()
	k := 0
	measured := make([]study.Measured, 7)
	for i := range measured {
		measured[i] = study.Measured{At: noon, Setting: study.Setting{Scenario: "A"}, Loads: m.Loads(29 + float64(i)/10)}
	}
	figure("live_step", "us", time.Microsecond, func() {
		k++
		if state := live.Step(measured[k%7]); state.Problem != "" {
			b.Fatal(state.Problem)
		}
	})
}
