package forecast_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"asue/balancing/forecast"
	"asue/metering"
)

// Loads of an invented zone: the share of its peak that works draw at a time.
// They are made of a working day, batches that begin when they like, a noise that
// lasts for hours, and the weather.
type load struct {
	peak   metering.Power
	night  float64 // share drawn while nobody works
	begin  float64 // hour of the workday
	end    float64
	sat    float64 // share of a workday's work
	sun    float64
	batch  time.Duration // 0: none
	height float64       // of a batch
	noise  float64
	memory float64 // of the noise, from one quarter of an hour to the next
}

var works = []load{
	{2600_000, 0.80, 8, 20, 0.9, 0.9, 97 * time.Minute, 0.10, 0.02, 0.9},
	{2100_000, 0.84, 9, 23, 1, 1, 0, 0, 0.015, 0.95},
	{900_000, 0.12, 6, 22, 0.5, 0, 23 * time.Minute, 0.05, 0.04, 0.8},
	{1500_000, 0.70, 8, 18, 1, 1, 5 * time.Hour, 0.20, 0.03, 0.9},
	{240_000, 0.20, 8, 20, 0.6, 0.25, 0, 0, 0.06, 0.85},
	{1900_000, 0.40, 7, 23, 0.3, 0.2, 0, 0, 0.12, 0.3},
	{1200_000, 0.10, 7, 19, 0.7, 0, 35 * time.Minute, 0.14, 0.05, 0.8},
	{120_000, 0.15, 8.5, 18, 0.1, 0.1, 0, 0, 0.05, 0.9},
}

// play writes the mean powers of a load, W, for days from a local midnight on, a
// base period each.
func (l load) play(seed uint64, loc *time.Location, cal metering.Calendar, from time.Time, days int) []float64 {
	dice := rand.New(rand.NewPCG(seed, 7))
	var out []float64
	noise, phase, mood := 0.0, dice.Float64(), 0.0
	var kind metering.DayKind
	last := -1
	for t := from; t.Before(from.AddDate(0, 0, days)); t = t.Add(metering.BasePeriod) {
		local := t.In(loc)
		if local.YearDay() != last {
			last, kind = local.YearDay(), cal.KindOf(t, loc)
			mood = 0.7*mood + 0.03*dice.NormFloat64()
		}
		hour := float64(local.Hour()) + float64(local.Minute())/60
		work := 0.0
		if hour >= l.begin-0.5 && hour < l.end {
			work = min(1, (hour-l.begin+1)/1.5, (l.end-hour)/0.75)
		}
		switch kind {
		case metering.Saturday:
			work *= l.sat
		case metering.Sunday, metering.Holiday:
			work *= l.sun
		}
		share := l.night + (0.95-l.night)*work*(1+mood)
		if l.batch > 0 {
			phase += float64(metering.BasePeriod) / float64(l.batch) * (1 + 0.1*dice.NormFloat64())
			if phase -= math.Floor(phase); phase < 0.6 {
				share += l.height * max(work, l.night)
			}
		}
		noise = l.memory*noise + math.Sqrt(1-l.memory*l.memory)*l.noise*dice.NormFloat64()
		share += noise
		out = append(out, float64(l.peak)*max(share, 0.01))
	}
	return out
}

// zoneTime is where the example zone lies: no summer time.
var zoneTime = time.FixedZone("Asia/Aqtobe", 5*3600)

// kazakhstan are some holidays of spring 2026.
var kazakhstan = metering.Calendar{
	Holidays: []string{"2026-01-01", "2026-01-02", "2026-01-07", "2026-03-09", "2026-03-23", "2026-03-24", "2026-03-25", "2026-05-01", "2026-05-07", "2026-05-11"},
}

// begins is a Monday.
func begins(loc *time.Location) time.Time { return time.Date(2025, 10, 6, 0, 0, 0, 0, loc) }

func newForecaster(t testing.TB, cfg forecast.Config) *forecast.Forecaster {
	t.Helper()
	if cfg.Location == nil {
		cfg.Location = zoneTime
	}
	f, err := forecast.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// feed adds mean powers from a time on.
func feed(t testing.TB, f *forecast.Forecaster, id string, from time.Time, watts []float64) {
	t.Helper()
	for i, w := range watts {
		at := from.Add(time.Duration(i) * metering.BasePeriod)
		if err := f.Add(id, at, metering.Energy(math.Round(w/4)), true); err != nil {
			t.Fatal(err)
		}
	}
}

// blockMean is the mean power of a block that begins at a time.
func blockMean(watts []float64, from, start time.Time, block time.Duration) (float64, bool) {
	i, n := int(start.Sub(from)/metering.BasePeriod), int(block/metering.BasePeriod)
	if i < 0 || i+n > len(watts) {
		return 0, false
	}
	sum := 0.0
	for _, w := range watts[i : i+n] {
		sum += w
	}
	return sum / float64(n), true
}
