package hosting_test

import (
	"math"
	"testing"
	"time"

	"asue/balancing/reclaim/hosting"
)

// Templates draw by the day of the week, whichever day their week begins with, and all
// of them reach their power.
func TestTemplatesFollowTheWeek(t *testing.T) {
	names, about := hosting.Templates()
	for i, name := range names {
		if about[i] == "" {
			t.Errorf("%s: nothing is said of it", name)
		}
		monday, err := hosting.Named(name, 30*time.Minute, time.Monday)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour} {
			for first := time.Sunday; first <= time.Saturday; first++ {
				p, err := hosting.Named(name, block, first)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(p.Mean()-monday.Mean()) > 1e-6 {
					t.Errorf("%s in blocks of %v from %v: mean %v, from Monday %v", name, block, first, p.Mean(), monday.Mean())
				}
			}
		}
	}
	// One shift: of 168 hours 5 · (8 full and one at 0.7), and a tenth in the rest.
	p, err := hosting.Named(hosting.OneShift, time.Hour, time.Wednesday)
	if want := (5*8.7 + 0.1*(168-45)) / 168; err != nil || math.Abs(p.Mean()-want) > 1e-6 {
		t.Errorf("one shift: %v, %v, want %v", p.Mean(), err, want)
	}
	if _, err := hosting.Named("siesta", time.Hour, time.Monday); err == nil {
		t.Error("a template that is not there")
	}
}
