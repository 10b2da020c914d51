package rules_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// works is a plant in three shifts with a furnace: what it draws follows the shift
// and the day of the week, wanders slowly, and has a furnace that is on or off for
// some three quarters of an hour.
func works(days int, seed uint64) []metering.Energy {
	rng := rand.New(rand.NewPCG(seed, 7))
	var list []metering.Energy
	wander, furnace := 0.0, 1.0
	for slot := range days * daySlots {
		hour, day := slot%daySlots/4, slot/daySlots%7 // day 0 is a Monday
		level := 12.0
		switch {
		case day == 6:
		case day == 5 && (hour < 7 || hour >= 15):
		case hour >= 7 && hour < 12, hour >= 13 && hour < 15:
			level = 45
		case hour == 12:
			level = 30
		case hour >= 15 && hour < 23:
			level = 32
		}
		wander = 0.97*wander + 0.07*rng.NormFloat64()
		if rng.Float64() < 1.0/4 {
			furnace = rng.Float64()
		}
		e := level*math.Exp(wander)*(0.8+0.4*furnace) + 0.5*rng.NormFloat64()
		list = append(list, metering.Energy(max(e, 0)*1000))
	}
	return list
}

// way is one way of estimating, forced by parameters.
type way struct {
	name    string
	bounded bool
	values  map[string]float64
	blind   bool // neither neighbours nor history
}

var ways = []way{
	{"linear", false, map[string]float64{"linear_open": 86400}, false},
	{"linear_scaled", true, map[string]float64{"linear_bounded": 86400}, false},
	{"flat_register", true, nil, true},
	{"like_day", false, map[string]float64{"linear_open": 0}, false},
	{"like3_scaled", true, map[string]float64{"linear_bounded": 0}, false},
	{"as_shipped_scaled", true, nil, false},
}

// errorsOf are mean absolute error in percent of the mean interval and error of
// energy in percent, for some hundred gaps of a length.
func (w way) errorsOf(t testing.TB, truth []metering.Energy, slots, gaps int) (mae, energy float64) {
	rng := rand.New(rand.NewPCG(uint64(slots), 11))
	from := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday
	at := func(slot int) time.Time { return from.Add(time.Duration(slot) * metering.BasePeriod) }
	all := make([]metering.Interval, len(truth))
	mean := 0.0
	for i, e := range truth {
		all[i] = metering.Interval{Point: "p", Channel: 1, Start: at(i), Energy: e, Grade: metering.Actual, Method: metering.MethodRegister}
		mean += float64(e) / float64(len(truth))
	}
	for range gaps {
		lo := 29*daySlots + rng.IntN(len(truth)-30*daySlots-slots)
		hi := lo + slots
		hidden := append([]metering.Interval(nil), all[lo:hi]...)
		var want metering.Energy
		for i := range hidden {
			want += hidden[i].Energy
			hidden[i].Energy, hidden[i].Grade, hidden[i].Method, hidden[i].Reason = 0, metering.Null, 0, "gap"
		}
		c := rules.Case{
			Point: metering.Point{ID: "p"}, Channel: 1, From: at(lo), To: at(hi),
			Rules: []metering.RuleSet{{Name: "forced", Values: w.values}},
			Derivation: vee.Derivation{
				Intervals: hidden, Gaps: []vee.Gap{{From: at(lo), To: at(hi), Bounded: w.bounded, Energy: want}},
			},
			Before: all[lo-29*daySlots : lo], After: all[hi : hi+1],
		}
		if w.blind {
			c.Before, c.After = nil, nil
		}
		var got metering.Energy
		for i, iv := range rules.Assess(c).Intervals {
			if iv.Grade == metering.Null {
				t.Fatalf("%s: %+v", w.name, iv)
			}
			got += iv.Energy
			mae += math.Abs(float64(iv.Energy-truth[lo+i])) / mean / float64(slots*gaps)
		}
		energy += math.Abs(float64(got-want)) / mean / float64(slots*gaps)
	}
	return mae * 100, energy * 100
}

var gapLengths = []struct {
	name  string
	slots int
}{{"30m", 2}, {"1h", 4}, {"2h", 8}, {"4h", 16}, {"8h", 32}, {"24h", 96}}

// The order of the ways on a load in shifts is that of measurements on a real steel
// plant: scaled beats unscaled and has no energy error; with a register line and
// like days are level at half an hour and like days better from two hours on;
// without one the line is better for two hours, and like days are in the long run.
// Where between them the one overtakes the other depends on the load.
func TestOrderOfEstimates(t *testing.T) {
	truth := works(90, 1)
	mae, energy := map[string]float64{}, map[string]float64{}
	for _, g := range gapLengths {
		for _, w := range ways {
			mae[w.name+g.name], energy[w.name+g.name] = w.errorsOf(t, truth, g.slots, 300)
		}
	}
	for _, g := range gapLengths {
		for _, w := range ways {
			if w.bounded && energy[w.name+g.name] != 0 {
				t.Errorf("%s %s: energy error %.3f %%", w.name, g.name, energy[w.name+g.name])
			}
		}
		better := func(a, b string) {
			if mae[a+g.name] >= mae[b+g.name] {
				t.Errorf("%s: %s %.1f %% is not better than %s %.1f %%", g.name, a, mae[a+g.name], b, mae[b+g.name])
			}
		}
		better("linear_scaled", "linear")
		better("like3_scaled", "like_day")
		if g.slots <= 2 {
			if a, b := mae["linear_scaled"+g.name], mae["like3_scaled"+g.name]; a > 1.1*b {
				t.Errorf("%s: the line's %.1f %% is not level with the like days' %.1f %%", g.name, a, b)
			}
		}
		if g.slots >= 4 {
			better("linear_scaled", "flat_register")
		}
		if g.slots <= 8 {
			better("linear", "like_day")
		}
		if g.slots >= 8 {
			better("like3_scaled", "linear_scaled")
			better("like3_scaled", "flat_register")
		}
		if g.slots >= 32 {
			better("like_day", "linear")
		}
	}
}

// BenchmarkEstimates prints the table: mean absolute error and error of energy, in
// percent of the mean interval.
func BenchmarkEstimates(b *testing.B) {
	truth := works(90, 1)
	for b.Loop() {
		for _, g := range gapLengths {
			for _, w := range ways {
				mae, energy := w.errorsOf(b, truth, g.slots, 300)
				fmt.Printf("\nBENCH estimate_mae_%s_%s %.1f %%\nBENCH estimate_energy_error_%s_%s %.2f %%\n", w.name, g.name, mae, w.name, g.name, energy)
			}
		}
	}
}
