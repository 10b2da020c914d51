package forecast_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"asue/balancing/forecast"
	"asue/metering"
)

const halfHour = 30 * time.Minute

// alone is a forecaster of one load with some days behind it.
func alone(t *testing.T, cfg forecast.Config, from time.Time, watts []float64) *forecast.Forecaster {
	t.Helper()
	cfg.Series = []forecast.Series{{ID: "r", Allowed: 1_000_000}}
	f := newForecaster(t, cfg)
	feed(t, f, "r", from, watts)
	return f
}

// at is the forecast for the block that holds a time.
func at(t *testing.T, out forecast.Outlook, when time.Time) forecast.Block {
	t.Helper()
	for i, b := range out.Blocks {
		if !when.Before(b.Start) && (i+1 == len(out.Blocks) || when.Before(out.Blocks[i+1].Start)) {
			return b
		}
	}
	t.Fatalf("no block holds %v", when)
	return forecast.Block{}
}

func near(t *testing.T, what string, got metering.Power, want, share float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > share*want {
		t.Errorf("%s: %v, want %.0f W within %.0f %%", what, got, want, 100*share)
	}
}

// office draws 100 kW at night and 500 kW by day, half of that on Saturdays, and
// nothing more on days of rest; a little noise on top.
var office = load{peak: 500_000, night: 0.2, begin: 8, end: 18, sat: 0.4, sun: 0, noise: 0.01, memory: 0.5}

// On the first days a resident is taken for its technical conditions times a shape,
// somewhere from nothing to all it is allowed; after two weeks for what it did.
func TestAYoungSeriesIsShaped(t *testing.T) {
	from := begins(zoneTime)
	watts := office.play(1, zoneTime, kazakhstan, from, 40)
	f := alone(t, forecast.Config{}, from, watts)
	noon := from.AddDate(0, 0, 10).Add(12 * time.Hour)
	out := f.Forecast(noon, nil)[0]
	if out.Method != forecast.Shaped || len(out.Blocks) != 96 {
		t.Fatalf("after ten days: method %s, %d blocks", out.Method, len(out.Blocks))
	}
	for _, b := range out.Blocks {
		if b.Low != 0 || b.High != 1_000_000 || b.Q90 != 1_000_000 || b.Mean <= 0 || b.Mean >= b.High {
			t.Fatalf("a young series is forecast as %+v", b)
		}
	}
	if day, night := out.Blocks[0].Mean, at(t, out, noon.Add(14*time.Hour)).Mean; day < 2*night {
		t.Errorf("%v at noon, %v at night", day, night)
	}
	if s := f.Report()[0]; s.Days != 0 || s.Method != forecast.Shaped || s.Losses != nil {
		t.Errorf("a young series is judged: %+v", s)
	}

	out = f.Forecast(noon.AddDate(0, 0, 5), nil)[0] // Tuesday
	if out.Method == forecast.Shaped {
		t.Fatal("after two weeks it is still taken for its shape")
	}
	near(t, "tomorrow at noon", at(t, out, noon.AddDate(0, 0, 6)).Mean, 475_000, 0.08)
}

// Without technical conditions there is nothing to go by, and it says so.
func TestNothingToGoBy(t *testing.T) {
	f := newForecaster(t, forecast.Config{Series: []forecast.Series{{ID: "r"}, {ID: "s", Allowed: 1000}}})
	out := f.Forecast(begins(zoneTime), nil)
	if len(out[0].Blocks) != 0 || !strings.Contains(out[0].Reason, "technical conditions") {
		t.Errorf("%+v", out[0])
	}
	if len(out[1].Blocks) == 0 || out[1].Reason != "" {
		t.Errorf("a neighbour with conditions: %+v", out[1])
	}
}

// A load whose every half hour of the week wanders by itself from week to week: the
// best that can be said is last week's value, and nothing cleverer is kept.
func TestFallsBackToLastWeek(t *testing.T) {
	from := begins(zoneTime)
	dice := rand.New(rand.NewPCG(5, 5))
	week := make([]float64, 7*48)
	for i := range week {
		week[i] = 500_000 + 100_000*dice.NormFloat64()
	}
	var watts []float64
	for range 17 {
		for i := range week {
			week[i] = max(week[i]+20_000*dice.NormFloat64(), 1000)
			watts = append(watts, week[i], week[i])
		}
	}
	f := alone(t, forecast.Config{}, from, watts)
	now := from.AddDate(0, 0, 17*7-3).Add(9 * time.Hour)
	out := f.Forecast(now, nil)[0]
	s := f.Report()[0]
	if out.Method != forecast.Naive || s.Skill != 0 {
		t.Fatalf("method %s, skill %.3f, losses %v", out.Method, s.Skill, s.Losses)
	}
	for i, b := range out.Blocks[:48] {
		want, _ := blockMean(watts, from, b.Start.AddDate(0, 0, -7), halfHour)
		if math.Abs(float64(b.Mean)-want) > 4 { // whole watt-hours
			t.Errorf("block %d: %v, last week %.0f W", i, b.Mean, want)
		}
	}
}

// Nauryz falls on weekdays: the works rest, the forecast knows it, and the days after
// are workdays again that learn nothing from it.
func TestHolidays(t *testing.T) {
	from := time.Date(2026, 1, 5, 0, 0, 0, 0, zoneTime)
	watts := office.play(2, zoneTime, kazakhstan, from, 90)
	f := alone(t, forecast.Config{Calendar: kazakhstan}, from, watts)
	for _, day := range []int{22, 23, 24} {
		out := f.Forecast(time.Date(2026, 3, day, 9, 0, 0, 0, zoneTime), nil)[0]
		morrow := time.Date(2026, 3, day+1, 12, 0, 0, 0, zoneTime)
		near(t, fmt.Sprintf("March %d, a holiday", day+1), at(t, out, morrow).Mean, 100_000, 0.25)
	}
	out := f.Forecast(time.Date(2026, 3, 25, 9, 0, 0, 0, zoneTime), nil)[0]
	near(t, "March 26, a workday", at(t, out, time.Date(2026, 3, 26, 12, 0, 0, 0, zoneTime)).Mean, 475_000, 0.12)
}

// A works that does not keep holidays is forecast by the calendar's word until one
// has shown it; then as it works.
func TestWorksThroughHolidays(t *testing.T) {
	from := time.Date(2026, 1, 26, 0, 0, 0, 0, zoneTime)
	f := alone(t, forecast.Config{Calendar: kazakhstan}, from, office.play(2, zoneTime, metering.Calendar{}, from, 90))
	noon := func(day int) metering.Power {
		now := time.Date(2026, 3, day, 1, 0, 0, 0, zoneTime)
		return at(t, f.Forecast(now, nil)[0], now.Add(11*time.Hour)).Mean
	}
	if p := noon(9); p > 250_000 {
		t.Errorf("the first holiday is forecast as %v", p)
	}
	near(t, "two weeks later, a holiday", noon(24), 475_000, 0.1)
}

// A works stands still for one day: the next day is forecast as usual. It stands
// still for two: it is expected to go on standing, until it works again.
func TestIdleDays(t *testing.T) {
	from := begins(zoneTime)
	watts := office.play(3, zoneTime, kazakhstan, from, 80)
	stop := func(day int) { // of the run
		for i := day * 96; i < (day+1)*96; i++ {
			watts[i] = 4000
		}
	}
	stop(63) // Monday
	stop(70) // Monday, Tuesday, Wednesday
	stop(71)
	stop(72)
	f := alone(t, forecast.Config{}, from, watts)
	morrow := func(day int) metering.Power {
		now := from.AddDate(0, 0, day).Add(4 * time.Hour)
		return at(t, f.Forecast(now, nil)[0], now.Add(8*time.Hour)).Mean
	}
	near(t, "after one day of rest", morrow(64), 475_000, 0.15)
	near(t, "in the week after", morrow(66), 475_000, 0.1)
	near(t, "after one day again", morrow(71), 475_000, 0.25)
	if p := morrow(72); p > 260_000 {
		t.Errorf("after two days of standing it is expected to draw %v", p)
	}
	near(t, "a day after it works again", morrow(74), 475_000, 0.25)
}

// A line of machines is added: the level is half as high again. In the third week
// nothing is left of the old level.
func TestAfterAChangeOfLevel(t *testing.T) {
	from := begins(zoneTime)
	steady := load{peak: 500_000, night: 0.5, begin: 6, end: 22, sat: 1, sun: 1, noise: 0.01, memory: 0.5}
	watts := steady.play(4, zoneTime, metering.Calendar{}, from, 90)
	const day = 63
	for i := day * 96; i < len(watts); i++ {
		watts[i] += 250_000
	}
	f := alone(t, forecast.Config{}, from, watts)
	now := from.AddDate(0, 0, day+3)
	out := f.Forecast(now, nil)[0]
	if s := f.Report()[0]; s.Since < 1 || s.Since > 3 {
		t.Errorf("three days after the change it is told to be %d days old", s.Since)
	}
	near(t, "three days after", at(t, out, now.Add(36*time.Hour)).Mean, 475_000+250_000, 0.1)
}

// A load is estimated, cut off or held back for a while: neither profile nor bands
// hear of it.
func TestWhatIsNotUsableIsNotHeard(t *testing.T) {
	from := begins(zoneTime)
	watts := office.play(6, zoneTime, kazakhstan, from, 70)
	now := from.AddDate(0, 0, 65).Add(10 * time.Hour)
	told := func(bad float64, late bool) []forecast.Block {
		cfg := forecast.Config{Series: []forecast.Series{{ID: "r", Allowed: 1_000_000}}}
		f := newForecaster(t, cfg)
		held := metering.Period{From: from.AddDate(0, 0, 64).Add(9 * time.Hour), To: from.AddDate(0, 0, 64).Add(11*time.Hour + 7*time.Minute)}
		exclude := func() {
			if err := f.Exclude("r", held); err != nil {
				t.Fatal(err)
			}
		}
		if !late {
			exclude()
		}
		for i, w := range watts {
			start, usable := from.Add(time.Duration(i)*metering.BasePeriod), true
			if out := i % 700; out < 9 { // hours of an outage
				w, usable = bad, false
			}
			if start.Add(metering.BasePeriod).After(held.From) && start.Before(held.To) {
				w = bad
			}
			if err := f.Add("r", start, metering.Energy(w/4), usable); err != nil {
				t.Fatal(err)
			}
		}
		if late {
			exclude()
		}
		return f.Forecast(now, nil)[0].Blocks
	}
	want := told(0, false)
	for _, bad := range []float64{-9e6, 5e9} {
		for _, late := range []bool{false, true} {
			got := told(bad, late)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("with %.0f W where nothing counts (excluded late: %v) block %d is %+v, else %+v", bad, late, i, got[i], want[i])
				}
			}
		}
	}
}

// Half way through a block half of its mean is known; at its end all of it.
func TestNowcastOfTheBlockInProgress(t *testing.T) {
	from := begins(zoneTime)
	f := alone(t, forecast.Config{}, from, office.play(7, zoneTime, kazakhstan, from, 60))
	now := from.AddDate(0, 0, 59).Add(11 * time.Hour)
	before := f.Forecast(now, nil)[0]
	half := f.Forecast(now, map[string]forecast.Nowcast{"r": {Elapsed: 15 * time.Minute, Projection: 800_000}})[0]
	if got, want := half.Blocks[0].Mean, (before.Blocks[0].Mean+800_000)/2; got < want-1 || got > want+1 {
		t.Errorf("half way: %v, want %v", got, want)
	}
	if got, want := half.Blocks[0].High-half.Blocks[0].Low, (before.Blocks[0].High-before.Blocks[0].Low)/2; got < want-2 || got > want+2 {
		t.Errorf("half way the band is %v wide, want %v", got, want)
	}
	if half.Blocks[1] != before.Blocks[1] {
		t.Error("the next block has changed")
	}
	over := f.Forecast(now, map[string]forecast.Nowcast{"r": {Elapsed: halfHour, Projection: 800_000}})[0].Blocks[0]
	if over.Mean != 800_000 || over.Low != over.High {
		t.Errorf("at its end: %+v", over)
	}
}

// Berlin moves its clocks: the blocks stay half an hour long and follow each other,
// and works that begin at eight begin at eight by the clock, before and after.
func TestWorksFollowTheirClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []time.Time{time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), time.Date(2025, 10, 26, 0, 0, 0, 0, berlin)} {
		from := change.AddDate(0, 0, -83) // a Monday
		watts := office.play(8, berlin, metering.Calendar{}, from, 100)
		f := alone(t, forecast.Config{Location: berlin}, from, watts)
		for day := -1; day < 5; day++ {
			for hour := range 24 {
				now := change.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
				out := f.Forecast(now, nil)[0]
				for i, b := range out.Blocks {
					if want := out.Blocks[0].Start.Add(time.Duration(i) * halfHour); !b.Start.Equal(want) {
						t.Fatalf("asked at %v: block %d begins at %v, want %v", now, i, b.Start.In(berlin), want.In(berlin))
					}
				}
				if len(out.Blocks) < 94 {
					t.Fatalf("asked at %v: %d blocks", now, len(out.Blocks))
				}
			}
		}
		now := change.AddDate(0, 0, 1) // Monday, 00:00
		out := f.Forecast(now, nil)[0]
		near(t, "Monday at 06:00", at(t, out, now.Add(6*time.Hour)).Mean, 100_000, 0.2)
		near(t, "Monday at 10:00", at(t, out, now.Add(10*time.Hour)).Mean, 475_000, 0.1)
	}
}

// Blocks of a quarter of an hour and of an hour.
func TestOtherBlocks(t *testing.T) {
	from := begins(zoneTime)
	watts := office.play(9, zoneTime, kazakhstan, from, 60)
	for _, block := range []time.Duration{15 * time.Minute, time.Hour} {
		f := alone(t, forecast.Config{Block: block, Horizon: 24 * time.Hour}, from, watts)
		now := from.AddDate(0, 0, 58).Add(7*time.Hour + 20*time.Minute)
		out := f.Forecast(now, nil)[0]
		if len(out.Blocks) != int(24*time.Hour/block) || !out.Blocks[0].Start.Equal(now.Truncate(block)) {
			t.Fatalf("%v: %d blocks from %v", block, len(out.Blocks), out.Blocks[0].Start)
		}
		for _, b := range out.Blocks[1:] {
			want, _ := blockMean(watts, from, b.Start, block)
			if math.Abs(float64(b.Mean)-want) > 0.15*500_000 {
				t.Errorf("%v: %v is forecast as %v, came as %.0f W", block, b.Start, b.Mean, want)
			}
		}
		if s := f.Report()[0]; !(s.Skill > 0) {
			t.Errorf("%v: skill %.3f", block, s.Skill)
		}
	}
}

// The weather changes from day to day over a load that is heated: who knows
// tomorrow's temperature forecasts the load better. Over a load that is not, it is not taken.
func TestTemperature(t *testing.T) {
	from := begins(zoneTime)
	const days = 120
	dice := rand.New(rand.NewPCG(3, 9))
	celsius := make([]float64, days+3)
	for d := range celsius {
		celsius[d] = -5 + 10*dice.NormFloat64()
	}
	for _, heated := range []bool{true, false} {
		watts := office.play(10, zoneTime, kazakhstan, from, days)
		if heated {
			for i := range watts {
				watts[i] += 6000 * (15 - celsius[i/96])
			}
		}
		f := alone(t, forecast.Config{}, from, watts)
		for d, c := range celsius {
			f.Temperature(from.AddDate(0, 0, d), c)
		}
		out := f.Forecast(from.AddDate(0, 0, days), nil)[0]
		s := f.Report()[0]
		if got := out.Method == forecast.Temperature; got != heated {
			t.Errorf("heated: %v, method %s, losses %v", heated, out.Method, s.Losses)
		}
		if _, tried := s.Losses[forecast.Temperature]; !tried {
			t.Error("temperature was not tried")
		}
	}
}

// The parts of the residents and what is lost on the way make up the zone.
func TestPartsMakeUpTheZone(t *testing.T) {
	from := begins(zoneTime)
	a, b := works[0].play(1, zoneTime, kazakhstan, from, 60), works[2].play(2, zoneTime, kazakhstan, from, 60)
	zone := make([]float64, len(a))
	for i := range zone {
		zone[i] = (a[i] + b[i]) / 0.95
	}
	f := newForecaster(t, forecast.Config{Series: []forecast.Series{{ID: forecast.Total, Allowed: 1e7}, {ID: "a", Allowed: 1e7}, {ID: "b", Allowed: 1e7}}})
	feed(t, f, forecast.Total, from, zone)
	feed(t, f, "a", from, a)
	feed(t, f, "b", from, b)
	out := f.Forecast(from.AddDate(0, 0, 60), nil)
	for i, total := range out[0].Blocks {
		sum := float64(out[1].Blocks[i].Part + out[2].Blocks[i].Part)
		if want := 0.95 * float64(total.Mean); math.Abs(sum-want) > 0.005*want {
			t.Errorf("block %d: the parts make up %.0f W of %v, want 95 %%", i, sum, total.Mean)
		}
		if sum := out[1].Blocks[i].Q90 + out[2].Blocks[i].Q90; i > 4 && float64(sum) < 0.9*float64(total.Q90) {
			t.Errorf("block %d: upper bounds %v and %v", i, sum, total.Q90)
		}
	}
}

func TestFaults(t *testing.T) {
	_, err := forecast.New(forecast.Config{Block: 20 * time.Minute, Horizon: 8 * 24 * time.Hour, Series: []forecast.Series{{ID: "a"}, {ID: "a", Allowed: -1}}})
	for _, want := range []string{"location", "block 20m0s", "horizon 192h0m0s", `"a": named twice`, "allowed"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not stand in %v", want, err)
		}
	}
	f := newForecaster(t, forecast.Config{Series: []forecast.Series{{ID: "a"}}})
	if f.Report() != nil {
		t.Error("a report before the first forecast")
	}
	start := begins(zoneTime)
	for what, err := range map[string]error{
		"unknown series":  f.Add("b", start, 1, true),
		"no base period":  f.Add("a", start.Add(time.Minute), 1, true),
		"part of seconds": f.Add("a", start.Add(1), 1, true),
		"unknown exclude": f.Exclude("b", metering.Period{From: start, To: start.Add(1)}),
		"open exclude":    f.Exclude("a", metering.Period{From: start}),
	} {
		if err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	if _, err := forecast.New(forecast.Config{Location: zoneTime}); err == nil || errors.Unwrap(err) != nil && err.Error() == "" {
		t.Error("nothing to forecast is taken")
	}
}
