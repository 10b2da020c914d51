package forecast_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"asue/balancing/forecast"
)

// BenchmarkZone is a zone of 47 residents with a year behind it: everything read
// in, fitted and forecast 48 hours ahead; then fitted anew for the next day; then
// forecast within a day.
func BenchmarkZone(b *testing.B) {
	from := begins(zoneTime).AddDate(0, 0, -231)
	const residents, days = 47, 366
	cfg := forecast.Config{Location: zoneTime, Calendar: kazakhstan, Series: []forecast.Series{{ID: forecast.Total, Allowed: 29_700_000}}}
	loads := map[string][]float64{forecast.Total: make([]float64, days*96)}
	for i := range residents {
		w := works[i%len(works)]
		id := fmt.Sprintf("r-%02d", i+1)
		cfg.Series = append(cfg.Series, forecast.Series{ID: id, Allowed: w.peak})
		loads[id] = w.play(uint64(i), zoneTime, kazakhstan, from, days)
		for j, v := range loads[id] {
			loads[forecast.Total][j] += v
		}
	}
	now := from.AddDate(0, 0, days-1)
	b.Run("load+fit+forecast", func(b *testing.B) {
		before := cpu(b)
		for b.Loop() {
			f := newForecaster(b, cfg)
			for _, s := range cfg.Series {
				feed(b, f, s.ID, from, loads[s.ID])
			}
			f.Forecast(now, nil)
		}
		tell(b, "forecast_load_and_fit_47_residents_1_year", before)
	})
	f := newForecaster(b, cfg)
	for _, s := range cfg.Series {
		feed(b, f, s.ID, from, loads[s.ID])
	}
	b.Run("fit+forecast", func(b *testing.B) {
		before := cpu(b)
		for i := 0; b.Loop(); i++ {
			f.Forecast(now.AddDate(0, 0, -(i%2)), nil)
		}
		tell(b, "forecast_fit_47_residents", before)
	})
	f.Forecast(now, nil)
	b.Run("forecast", func(b *testing.B) {
		before := cpu(b)
		for b.Loop() {
			f.Forecast(now.Add(10*time.Hour), nil)
		}
		tell(b, "forecast_48h_of_47_residents", before)
	})
}

// tell prints what one turn cost: the processor's time, because machines are shared.
func tell(b *testing.B, name string, before time.Duration) {
	fmt.Printf("\nBENCH %s %.4f cpu_s\n", name, (cpu(b)-before).Seconds()/float64(b.N))
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
