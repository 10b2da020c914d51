package dispatcher_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/sqlite"
)

// BenchmarkCompleteness asks for 120 points over 92 days, of a ledger that has
// four channels of each: the first time, when every day must be counted, and
// again. The bar for the first is a second.
func BenchmarkCompleteness(b *testing.B) {
	const points, days = 120, 92
	site := &metering.Site{ID: "bench", Location: time.FixedZone("Aqtobe", 5*3600)}
	from := midnight.AddDate(0, 0, -days)
	l, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "ledger.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for p := range points {
		id := metering.PointID(fmt.Sprint("p-", p))
		site.Points = append(site.Points, metering.Point{ID: id, Role: metering.RoleFeeder})
		site.Installs = append(site.Installs, metering.Install{Meter: metering.MeterID("m-" + id), Point: id})
		c := metering.Commit{ReceivedAt: midnight}
		for _, ch := range metering.Channels() {
			for n := range days * 96 {
				iv := metering.Interval{
					Point: id, Channel: ch, Start: from.Add(time.Duration(n) * metering.BasePeriod), Energy: metering.Energy(1000 + n%700),
					Grade: metering.Actual, Method: metering.MethodRegister,
				}
				if n%500 == p {
					iv.Grade, iv.Method, iv.Flags, iv.Reason = metering.Substitute, metering.MethodScaled, metering.FlagGap, "spread by the registers"
				}
				c.Intervals = append(c.Intervals, iv)
			}
		}
		if err := l.Commit(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	path := "/api/v1/completeness?from=" + from.Format(time.RFC3339) + "&to=" + midnight.Format(time.RFC3339)
	for b.Loop() {
		s := newStage(b, func(c *dispatcher.Config) { c.Site, c.Ledger, c.Series, c.Scenarios = site, l, nil, nil })
		begin := time.Now()
		w := ask(s, http.MethodGet, path, "")
		first := time.Since(begin)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
		size := w.Body.Len()
		begin = time.Now()
		ask(s, http.MethodGet, path, "")
		b.ReportMetric(first.Seconds()*1000, "first_ms")
		b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "again_ms")
		b.ReportMetric(float64(size)/1024, "KiB")
	}
}
