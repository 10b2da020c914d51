package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/storetest"
)

var day = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

// load is what points of a zone give in some days: intervals of all channels and
// the register spans behind them.
func load(points, days int) (c metering.Commit) {
	c.ReceivedAt = day.AddDate(0, 0, days)
	for p := range points {
		for k, ch := range metering.Channels() {
			raw := int64(1_000_000 * (p + 1))
			for n := range days * 96 {
				start := day.Add(time.Duration(n) * metering.BasePeriod)
				wh := int64(400_000/(k+1) + 977*((n*7+p*13)%61))
				c.Intervals = append(c.Intervals, metering.Interval{
					Point: metering.PointID(fmt.Sprint("p-", p)), Channel: ch, Start: start, Energy: metering.Energy(wh),
					Uncertainty: 120 + metering.Energy(n%50), Grade: metering.Actual, Method: metering.MethodSimulated, Flags: metering.FlagSimulated,
					Reason: "demo data made by the simulator",
				})
				at := func(s int) metering.RegisterReading {
					return metering.RegisterReading{
						At: start.Add(time.Duration(s)*time.Second + 137*time.Millisecond), Took: 20*time.Millisecond + time.Duration(n%1000)*time.Microsecond,
						Count: metering.Count{Raw: raw + wh/10*int64(s)/900, Step: 10_000},
					}
				}
				c.Spans = append(c.Spans, metering.RegisterSpan{
					Meter: metering.MeterID(fmt.Sprint("m-", p)), Quantity: ch.Quantity(), Start: start, Readings: []metering.RegisterReading{at(3), at(890)},
				})
				raw += wh / 10
			}
		}
	}
	return c
}

func size(t testing.TB, path string) (bytes int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// BenchmarkMonth commits thirty days of a zone of 70 points at once, as the
// demo's history does, and prints what an interval takes on the disk.
func BenchmarkMonth(b *testing.B) {
	c := load(70, 30)
	intervalsOnly := c
	intervalsOnly.Spans = nil
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "ledger.db")
		l := mustOpen(b, path)
		begin := time.Now()
		if err := l.Commit(b.Context(), intervalsOnly); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(c.Intervals))/time.Since(begin).Seconds(), "intervals/s")
		l.Close()
		intervals := size(b, path)
		l = mustOpen(b, path)
		if err := l.Commit(b.Context(), metering.Commit{ReceivedAt: c.ReceivedAt, Spans: c.Spans}); err != nil {
			b.Fatal(err)
		}
		l.Close()
		b.ReportMetric(float64(intervals)/float64(len(c.Intervals)), "B/interval")
		b.ReportMetric(float64(size(b, path)-intervals)/float64(len(c.Spans)), "B/span")
	}
}

func BenchmarkCommit(b *testing.B) {
	l := mustOpen(b, filepath.Join(b.TempDir(), "ledger.db"))
	defer l.Close()
	storetest.BenchCommit(b, l)
}

func BenchmarkYear(b *testing.B) {
	storetest.BenchYear(b, storetest.Zone, func() metering.Ledger { return mustOpen(b, filepath.Join(b.TempDir(), "ledger.db")) })
}

func BenchmarkQueryDay(b *testing.B) {
	l := mustOpen(b, filepath.Join(b.TempDir(), "ledger.db"))
	defer l.Close()
	c := load(70, 30)
	c.Spans = nil
	if err := l.Commit(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		list, err := l.Intervals(b.Context(), metering.IntervalQuery{From: day.AddDate(0, 0, 20), To: day.AddDate(0, 0, 21)})
		if err != nil || len(list) != 70*4*96 {
			b.Fatal(len(list), err)
		}
	}
}
