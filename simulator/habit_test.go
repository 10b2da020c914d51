package simulator_test

import (
	"testing"
	"time"

	"asue/metering"
	"asue/simulator"
)

// A habit multiplies what a works draws and leaves the others as they are; what a load
// wants does not depend on when its world began.
func TestHabits(t *testing.T) {
	s := exampleSite(t)
	noon := winter.Truncate(24 * time.Hour).Add(12 * time.Hour)
	habits := simulator.Habits{
		"plastics-1": func(at time.Time) float64 {
			if at.Before(noon) {
				return 0
			}
			return 2
		},
		"offices-2": func(time.Time) float64 { return -1 }, // nobody feeds the grid
	}
	drawn := func(began time.Time, habits simulator.Habits) func(p metering.PointID, from time.Time) int64 {
		w, err := simulator.NewWith(s, 1, began, habits)
		if err != nil {
			t.Fatal(err)
		}
		log := new(simulator.TruthLog)
		w.Record(log)
		w.StepTo(noon.Add(6 * time.Hour))
		return func(p metering.PointID, from time.Time) int64 {
			e, ok := log.Interval(p, metering.ChannelActiveImport, from)
			if !ok {
				t.Fatalf("%s at %v is not known", p, from)
			}
			return e
		}
	}
	plain, other, later := drawn(noon.Add(-6*time.Hour), nil), drawn(noon.Add(-6*time.Hour), habits), drawn(noon.Add(-time.Hour), habits)
	for _, at := range []time.Time{noon.Add(-2 * metering.BasePeriod), noon.Add(time.Hour), noon.Add(5 * time.Hour)} {
		want := 2 * plain("p-plastics-1", at)
		if at.Before(noon) {
			want = 0
		}
		const milli = 1000 // by how many thousandths of a watt-hour sums of rounded powers differ
		if got := other("p-plastics-1", at); max(got-want, want-got) > milli {
			t.Errorf("plastics-1 at %v: %d, want %d", at, got, want)
		}
		if got := other("p-offices-2", at); got != 0 {
			t.Errorf("offices-2 at %v: %d", at, got)
		}
		if got, want := other("p-ceramics-2", at), plain("p-ceramics-2", at); got != want {
			t.Errorf("ceramics-2 has no habit: %d, want %d", got, want)
		}
		for _, p := range []metering.PointID{"p-plastics-1", "p-ceramics-2", "p-dc-1-2"} {
			if a, b := other(p, at), later(p, at); max(a-b, b-a) > milli {
				t.Errorf("%s at %v: %d in one world, %d in one that began later", p, at, a, b)
			}
		}
	}
}
