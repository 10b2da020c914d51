package rules_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// Whatever comes from outside, however absurd: every interval comes out once, no
// estimate is negative, and nothing falls over.
func TestWildCases(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := wild(rt)
		result := rules.Assess(c)
		if n := int(c.To.Sub(c.From) / metering.BasePeriod); len(result.Intervals) != max(n, 0) {
			rt.Fatalf("%d intervals for %d base periods", len(result.Intervals), n)
		}
		for _, iv := range result.Intervals {
			if iv.Method.Estimates() && iv.Flags&metering.FlagManual == 0 && (iv.Energy < 0 || iv.Uncertainty < 0) {
				rt.Fatalf("%+v", iv)
			}
		}
		for _, f := range result.Findings {
			for _, n := range f.Numbers {
				if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
					rt.Fatalf("%+v", f)
				}
			}
		}
	})
}

// wild is made from a seed: a case has thousands of numbers.
func wild(rt *rapid.T) rules.Case {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
	from := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	moment := func() time.Time {
		if rng.IntN(10) == 0 {
			return time.Time{}
		}
		return from.Add(time.Duration(rng.IntN(9000)-3000) * time.Minute)
	}
	absurd := []metering.Energy{0, -10, 1 << 35, 1 << 50, math.MaxInt64, math.MinInt64}
	energy := func() metering.Energy {
		if rng.IntN(20) == 0 {
			return absurd[rng.IntN(len(absurd))]
		}
		return metering.Energy(rng.IntN(1000))
	}
	list := func(lo, n int) []metering.Interval {
		var ivs []metering.Interval
		for i := range n {
			iv := metering.Interval{Point: "p", Channel: 1, Start: from.Add(time.Duration(lo+i) * metering.BasePeriod), Method: metering.MethodRegister}
			if iv.Grade = metering.Grade("AAAAAANNSEF"[rng.IntN(11)]); iv.Grade != metering.Null {
				iv.Energy = energy()
			}
			if rng.IntN(8) == 0 {
				iv.Flags = []metering.Flags{metering.FlagManual, metering.FlagOutage}[rng.IntN(2)]
			}
			if rng.IntN(30) > 0 {
				ivs = append(ivs, iv)
			}
		}
		return ivs
	}
	period := func() []metering.Period {
		if rng.IntN(2) == 0 {
			return nil
		}
		return []metering.Period{{From: moment(), To: moment()}}
	}
	n := rng.IntN(120)
	c := rules.Case{
		Point: metering.Point{ID: "p", Disconnected: period()}, Channel: []metering.Channel{1, 2, 3, 5}[rng.IntN(4)],
		From: from, To: from.Add(time.Duration(n) * metering.BasePeriod),
		MaxPower: metering.Power(max(0, energy())), Quantum: max(0, energy()), Accuracy: 0.5, CheckAccuracy: float64(rng.IntN(3)),
		Measured: list(0, n/2), Current: list(0, n), Before: list(-2000, 2000), After: list(n, 10),
		Check: list(-200, 250), Siblings: []rules.Sibling{{Channel: 1, Intervals: list(-2000, 2100)}},
		Declared: []rules.Declared{{Power: metering.Power(energy())}},
		Faulty:   period(), Idle: period(), Previous: &rules.Use{Energy: energy(), Days: rng.IntN(40) - 1},
		Totals:   []rules.Total{{From: from, To: from.Add(4 * metering.BasePeriod), Energy: energy(), Binding: rng.IntN(2) == 0}},
		Peaks:    []rules.Peak{{From: moment(), To: moment(), Power: metering.Power(energy())}},
		Verified: []rules.Verified{{To: moment()}}, Usage: &rules.Usage{},
	}
	for _, p := range period() {
		c.Identity = []rules.Mismatch{{From: p.From, To: p.To}}
	}
	c.Derivation.Intervals = list(0, n)
	for range rng.IntN(4) {
		c.Derivation.Gaps = append(c.Derivation.Gaps, vee.Gap{From: moment(), To: moment(), Bounded: rng.IntN(3) > 0, Energy: energy(), Least: energy()})
	}
	for i := range n {
		c.Derivation.Partials = append(c.Derivation.Partials, vee.Partial{Start: c.From.Add(time.Duration(i) * metering.BasePeriod), Known: max(0, energy()) % 1000, Measured: 5 * time.Minute})
	}
	return c
}
