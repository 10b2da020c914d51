package reclaim_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"
)

// BenchmarkYear finds and judges the use of 47 residents over a year of quarter hours.
func BenchmarkYear(b *testing.B) {
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, aqtobe)
	from := reclaim.YearTo(to, aqtobe)
	dice := rand.New(rand.NewPCG(1, 1))
	var subjects []reclaim.Subject
	var records []reclaim.Record
	for range 47 {
		slots := make([]demand.Slot, int(to.Sub(from)/metering.BasePeriod))
		for i := range slots {
			slots[i] = demand.Slot{Energy: metering.Energy(50_000 + dice.IntN(100_000)), State: demand.Measured, Grade: metering.Actual}
		}
		subjects, records = append(subjects, subject(metering.Megawatt)), append(records, reclaim.Record{Load: load(from.UTC(), slots)})
	}
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		begun := time.Now()
		y, err := reclaim.NewYear(from, to, aqtobe, metering.Calendar{}, 30*time.Minute)
		if err != nil {
			b.Fatal(err)
		}
		for i, s := range subjects {
			u, err := y.Use(s, records[i], reclaim.Default())
			if err != nil {
				b.Fatal(err)
			}
			if f := reclaim.Judge(s, u, reclaim.Default()); f.Class == "" {
				b.Fatal("no class")
			}
		}
		if _, err := y.Together(nil, subjects, records); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took) // on a busy machine the mean is that of its neighbours
	fmt.Printf("BENCH reclaim_year_47 %.2f s\n", took[len(took)/2].Seconds())
}
