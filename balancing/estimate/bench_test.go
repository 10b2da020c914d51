package estimate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkStudyEstimate prints the figures of docs/benchmarks.md: the state of the
// example zone from what its meters say, and what the loss of its line would
// lead to. Medians, since on a busy machine the mean is that of its neighbours.
func BenchmarkStudyEstimate(b *testing.B) {
	s := newStand(b, available)
	s.pass(time.Minute)
	figure := func(name string, call func()) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				s.now = s.now.Add(time.Second)
				s.hear()
				start := time.Now()
				call()
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			fmt.Printf("BENCH estimate_%s %.3f ms\n", name, float64(took[len(took)/2])/float64(time.Millisecond))
		})
	}
	figure("step", func() { s.last = s.e.Step(s.now) })
	figure("readiness", func() { s.e.Readiness(s.last) })
}
