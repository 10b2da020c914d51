package simulator_test

import (
	"testing"
	"time"

	"asue/simulator"
)

func BenchmarkStep(b *testing.B) {
	for _, dt := range []time.Duration{20 * time.Millisecond, time.Second, simulator.Slot} {
		b.Run(dt.String(), func(b *testing.B) {
			w := newWorld(b, 1, winter)
			b.ReportAllocs()
			for b.Loop() {
				w.Step(dt)
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	w := newWorld(b, 1, winter)
	b.ReportAllocs()
	for b.Loop() {
		w.Step(20 * time.Millisecond)
		w.Snapshot()
	}
}

func BenchmarkHistory30Days(b *testing.B) {
	for b.Loop() {
		w := newWorld(b, 1, winter)
		w.Record(new(simulator.TruthLog))
		for range 30 * 24 * 4 {
			w.Step(15 * time.Minute)
		}
	}
}
