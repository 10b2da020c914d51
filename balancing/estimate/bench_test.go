package estimate_test

import (
	"testing"
	"time"
)

func BenchmarkStep(b *testing.B) {
	s := newStand(b, nil)
	s.pass(time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		s.now = s.now.Add(time.Second)
		s.hear()
		s.last = s.e.Step(s.now)
	}
}

func BenchmarkReadiness(b *testing.B) {
	s := newStand(b, available)
	s.pass(time.Minute)
	for b.Loop() {
		s.e.Readiness(s.last)
	}
}
