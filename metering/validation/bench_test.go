package validation_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/chains"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
	"asue/metering/validation"
)

// benchPoints is the size of the zone: 120 points of four channels are 16.8
// million intervals a year.
const benchPoints = 120

// BenchmarkRebuildYear makes a year of the zone again from the readings that the
// ledger keeps (four of each register and period), with gaps to be estimated, and
// commits it. ASUE_BENCH_DAYS shortens the year.
func BenchmarkRebuildYear(b *testing.B) {
	days := 365
	if s := os.Getenv("ASUE_BENCH_DAYS"); s != "" {
		var err error
		if days, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("sqlite", func(b *testing.B) {
		benchRebuild(b, "sqlite", days, openLedger(b))
	})
	b.Run("postgresql", func(b *testing.B) {
		cluster, err := pgtest.Start("fsync=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB")
		if err != nil {
			b.Fatal(err)
		}
		defer cluster.Remove()
		dsn, err := cluster.Database(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		ledger, err := postgres.Open(b.Context(), postgres.Options{DSN: dsn})
		if err != nil {
			b.Fatal(err)
		}
		defer ledger.Close()
		benchRebuild(b, "postgresql", days, ledger)
	})
}

func benchRebuild(b *testing.B, name string, days int, l metering.Ledger) {
	site := bigSite()
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, days)
	fillSpans(b, l, site, from, to)
	v, err := validation.New(validation.Config{
		Site: site, Ledger: l, Chains: chains.New(site, allRegisters), Clock: &handClock{to.Add(time.Hour)},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		began := time.Now()
		sum, err := v.Rebuild(b.Context(), from, to, false, nil)
		took := time.Since(began)
		if err != nil {
			b.Fatal(err)
		}
		if sum.Changed != sum.Intervals || sum.Intervals < int64(benchPoints*4*96*(days-1)) {
			b.Fatalf("%+v", sum)
		}
		began = time.Now()
		again, err := v.Rebuild(b.Context(), from, to, true, nil)
		if err != nil || again.Changed != 0 {
			b.Fatalf("again: %+v, %v", again, err)
		}
		fmt.Printf("\nBENCH vee_rebuild_%s_intervals %d intervals\n", name, sum.Intervals)
		fmt.Printf("BENCH vee_rebuild_%s %.1f s\n", name, took.Seconds())
		fmt.Printf("BENCH vee_rebuild_%s_rate %.0f intervals/s\n", name, float64(sum.Intervals)/took.Seconds())
		fmt.Printf("BENCH vee_rebuild_%s_nothing_changed %.1f s\n", name, time.Since(began).Seconds())
	}
}

func bigSite() *metering.Site {
	s := &metering.Site{ID: "zone", Location: time.FixedZone("UTC+5", 5*3600)}
	s.Topology.Nodes = []metering.Node{{ID: "n", Kind: metering.NodeFeeder, VoltageKV: 10}}
	for n := range benchPoints {
		p, m := metering.PointID(fmt.Sprint("p-", n)), metering.MeterID(fmt.Sprint("m-", n))
		s.Points = append(s.Points, metering.Point{ID: p, Node: "n", Role: metering.RoleFeeder})
		s.Meters = append(s.Meters, metering.Meter{ID: m, AccuracyClass: "0.5S"})
		s.Installs = append(s.Installs, metering.Install{
			Meter: m, Point: p, CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100},
			CTClass: "0.5S", VTClass: "0.5",
		})
	}
	return s
}

func allRegisters(metering.Install) []chains.Register {
	var list []chains.Register
	for _, ch := range metering.Channels() {
		list = append(list, chains.Register{Quantity: ch.Quantity(), Modulus: 1 << 40})
	}
	return list
}

// fillSpans writes what polling every 10 s leaves in a ledger. Each point is away
// for three hours a month.
func fillSpans(b *testing.B, l interface {
	Commit(ctx context.Context, c metering.Commit) error
}, site *metering.Site, from, to time.Time) {
	b.Helper()
	for n, in := range site.Installs {
		for k, ch := range metering.Channels() {
			raw := int64(1_000_000 * (n + 1))
			c := metering.Commit{ReceivedAt: to}
			for i := 0; ; i++ {
				start := from.Add(time.Duration(i) * metering.BasePeriod)
				if !start.Before(to) {
					break
				}
				wh := int64(load(n, start)) / int64(4*(k+1))
				if i%(30*96) < 40 || i%(30*96) >= 52 {
					readings := make([]metering.RegisterReading, 0, 4)
					for _, second := range []int64{3, 13, 883, 893} {
						readings = append(readings, metering.RegisterReading{
							At: start.Add(time.Duration(second)*time.Second + time.Duration(n)*time.Millisecond), Took: 20 * time.Millisecond,
							Count: metering.Count{Raw: raw + wh*second/900, Step: 1000},
						})
					}
					c.Spans = append(c.Spans, metering.RegisterSpan{Meter: in.Meter, Quantity: ch.Quantity(), Start: start, Readings: readings, Many: true})
				}
				raw += wh
			}
			if err := l.Commit(b.Context(), c); err != nil {
				b.Fatal(err)
			}
		}
	}
}
