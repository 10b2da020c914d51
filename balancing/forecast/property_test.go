package forecast_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/balancing/forecast"
	"asue/metering"
)

// told is one thing that a forecaster is told.
type told struct {
	id     string
	start  time.Time
	energy metering.Energy
	usable bool
}

// Whatever the load, and with holes in it: bands hold the mean and each other, the
// blocks follow each other, and neither the order in which data came nor what was
// said of a period before its last word nor what is not usable nor what comes after
// now matters.
func TestForecastsAreWellFormed(t *testing.T) {
	from := begins(zoneTime)
	rapid.Check(t, func(t *rapid.T) {
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		days := rapid.IntRange(1, 45).Draw(t, "days")
		block := rapid.SampledFrom([]time.Duration{30 * time.Minute, time.Hour}).Draw(t, "block")
		now := from.Add(time.Duration(rapid.IntRange(1, days*24*60).Draw(t, "now")) * time.Minute)
		cfg := forecast.Config{Location: zoneTime, Block: block, Horizon: 24 * time.Hour, Series: []forecast.Series{{ID: forecast.Total, Allowed: 5e6}, {ID: "a"}}}
		holes := rapid.SampledFrom([]float64{0, 0.01, 0.3}).Draw(t, "holes")
		var all []told
		for k, id := range []string{forecast.Total, "a"} {
			watts := works[dice.IntN(len(works))].play(dice.Uint64(), zoneTime, kazakhstan, from, days)
			if k == 1 && dice.IntN(3) == 0 {
				for i := range watts {
					watts[i] = 0 // idle from the first day
				}
			}
			for i, w := range watts {
				all = append(all, told{id, from.Add(time.Duration(i) * metering.BasePeriod), metering.Energy(w / 4), dice.Float64() >= holes})
			}
		}
		ask := func(all []told) []forecast.Outlook {
			f, err := forecast.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				if err := f.Add(d.id, d.start, d.energy, d.usable); err != nil {
					t.Fatal(err)
				}
			}
			return f.Forecast(now, nil)
		}
		want := ask(all)
		for _, out := range want {
			wellFormed(t, out, now, block)
		}
		other := slices.Clone(all)
		dice.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		for i := range other {
			if d := &other[i]; !d.usable || !d.start.Add(metering.BasePeriod).Before(now.Truncate(block).Add(metering.BasePeriod)) {
				d.energy = metering.Energy(dice.IntN(1e7))
			}
		}
		var first []told // the same periods, said otherwise before
		for _, d := range other[:len(other)/10] {
			d.energy, d.usable = metering.Energy(dice.IntN(1e7)), true
			first = append(first, d)
		}
		for i, out := range ask(append(first, other...)) {
			if out.Method != want[i].Method || !slices.Equal(out.Blocks, want[i].Blocks) {
				t.Fatalf("%q: told in another order it is forecast otherwise:\n%+v\n%+v", out.ID, out, want[i])
			}
		}
	})
}

func wellFormed(t *rapid.T, out forecast.Outlook, now time.Time, block time.Duration) {
	if (len(out.Blocks) == 0) != (out.Reason != "") {
		t.Fatalf("%q: %d blocks, reason %q", out.ID, len(out.Blocks), out.Reason)
	}
	for i, b := range out.Blocks {
		if want := now.Truncate(block).Add(time.Duration(i) * block); !b.Start.Equal(want) {
			t.Fatalf("%q: block %d begins at %v, want %v", out.ID, i, b.Start, want)
		}
		if b.Low < 0 || b.Low > b.Mean || b.Mean > b.High || b.Mean > b.Q90 || b.Part < 0 {
			t.Fatalf("%q: block %d: %+v", out.ID, i, b)
		}
	}
}
