package study_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing/study"
)

// BenchmarkStudyCapability prints medians, as BenchmarkStudy does: the answer to an
// application at one bus in every scenario, and the zone's whole table of greatest loads.
func BenchmarkStudyCapability(b *testing.B) {
	m := model(b, zone(standing))
	median := func(name string, call func() error) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := call(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			fmt.Printf("BENCH study_%s %.1f ms\n", name, float64(took[len(took)/2])/float64(time.Millisecond))
		})
	}
	ctx := context.Background()
	median("hosting", func() error {
		_, err := m.Hosting(ctx, study.Setting{}, m.Loads(20), "s10-2", 0.9)
		return err
	})
	median("greatest_loads", func() error {
		for _, sc := range m.Site().Network.Scenarios {
			explorer := m.Explore(study.Setting{Scenario: sc.ID}, m.Along())
			for _, c := range m.Cases(sc.ID) {
				for _, ambient := range []float64{-20, 25, 40} {
					if _, err := explorer.Capability(ctx, ambient, c.Checks); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}
