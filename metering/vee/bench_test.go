package vee_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/veetest"
)

// accuracy is the mean error of a week of a furnace's base intervals in % of the
// mean interval: one-second load, polls that drift against the boundaries and
// come up to a second late, one in a hundred lost; readings and power kept as a
// ledger keeps them.
func accuracy(seed uint64, poll time.Duration, step int64) (mean, worst float64) {
	const max = 12 * metering.Megawatt
	h := veetest.Make(veetest.Furnace(seed, morning, 7*24*time.Hour, 1880*metering.Kilowatt), veetest.Plan{
		Seed: seed, Poll: poll, Jitter: time.Second, Lost: 0.01, Step: step, Dense: true,
		CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100},
	})
	from, to := morning.Add(2*time.Hour), morning.Add(7*24*time.Hour-2*time.Hour)
	var wrong, sum float64
	for _, iv := range chainOf(h, max, 0).Derive(from, to, time.Time{}).Intervals {
		truth := float64(h.Load.Between(iv.Start, iv.End())) / 1000
		e := math.Abs(float64(iv.Energy) - truth)
		wrong, sum, worst = wrong+e, sum+truth, math.Max(worst, e)
	}
	n := to.Sub(from).Minutes() / 15
	return 100 * wrong / sum, 100 * worst / (sum / n)
}

// Bars after the published figures for a steel plant's week: a straight line
// between registers read every 10.3 s errs by 0.09 %, every 61.3 s by 0.66 %; a
// register of 120 kWh steps with anchors and power by 0.43 %.
var accuracyBars = []struct {
	name string
	poll time.Duration
	step int64
	bar  float64
}{
	{"linear_10s", 10_300 * time.Millisecond, 1, 0.1},
	{"linear_60s", 61_300 * time.Millisecond, 1, 0.7},
	{"anchored_120kwh_10s", 10_300 * time.Millisecond, 10_000, 0.5},
}

func TestAccuracy(t *testing.T) {
	for _, c := range accuracyBars {
		for seed := uint64(1); seed <= 3; seed++ {
			if mean, worst := accuracy(seed, c.poll, c.step); mean > c.bar {
				t.Errorf("%s, seed %d: mean error %.3f %%, worst %.2f %%; the bar is %.2f %%", c.name, seed, mean, worst, c.bar)
			}
		}
	}
}

func BenchmarkAccuracy(b *testing.B) {
	for _, c := range accuracyBars {
		b.Run(c.name, func(b *testing.B) {
			var mean, worst, n float64
			for b.Loop() {
				m, w := accuracy(uint64(n)+1, c.poll, c.step)
				mean, worst, n = mean+m, math.Max(worst, w), n+1
			}
			b.ReportMetric(mean/n, "%MAE")
			fmt.Printf("BENCH vee_accuracy_%s %.3f percent\n", c.name, mean/n)
			fmt.Printf("BENCH vee_worst_%s %.2f percent\n", c.name, worst)
		})
	}
}

// BenchmarkDerive is a day of one register, read every ten seconds.
func BenchmarkDerive(b *testing.B) {
	plan := veetest.Plan{
		Seed: 1, Poll: 10 * time.Second, Took: 20 * time.Millisecond, Step: 10, Jitter: time.Second,
		CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100},
	}
	coarse := plan
	coarse.Step, coarse.Dense = 10_000, true
	for _, c := range []struct {
		name      string
		plan      veetest.Plan
		witnesses bool
	}{{"plain", plan, false}, {"witnessed", plan, true}, {"anchored", coarse, true}} {
		b.Run(c.name, func(b *testing.B) {
			h := veetest.Make(veetest.Furnace(1, morning.Add(-time.Hour), 26*time.Hour, 2*metering.Megawatt), c.plan)
			chain := chainOf(h, 12*metering.Megawatt, 1<<32)
			if !c.witnesses {
				chain.Links[0].Witnesses = nil
			}
			to := morning.Add(24 * time.Hour)
			n := 0
			var d vee.Derivation
			b.ReportAllocs()
			for b.Loop() {
				d = chain.Derive(morning, to, time.Time{})
				n += len(d.Intervals)
			}
			for _, iv := range d.Intervals {
				if iv.Grade != metering.Actual {
					b.Fatalf("%+v", iv)
				}
			}
			rate := float64(n) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "intervals/s")
			fmt.Printf("BENCH vee_derive_%s %.0f intervals_per_s\n", c.name, rate)
		})
	}
}
