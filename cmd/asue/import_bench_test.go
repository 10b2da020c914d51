package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"asue/metering"
	"asue/metering/exchange"
	"asue/metering/sqlite"
)

// yearSite has 50 feeders.
func yearSite() *metering.Site {
	site := &metering.Site{ID: "year", Location: time.FixedZone("+05", 5*3600)}
	for i := range 50 {
		site.Points = append(site.Points, metering.Point{ID: metering.PointID(fmt.Sprintf("F-%02d", i+1)), Name: fmt.Sprintf("Фидер %d", i+1)})
	}
	return site
}

const yearIntervals = 35_040

// writeYear writes a year of the site as people keep it: a row for each quarter
// of an hour, a column for each feeder, energies in kWh.
func writeYear(tb testing.TB, path string, site *metering.Site) {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		tb.Fatal(err)
	}
	row := []any{"Начало"}
	for _, p := range site.Points {
		row = append(row, string(p.ID)+" A+, кВт·ч")
	}
	check := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	style, err := f.NewStyle(&excelize.Style{NumFmt: 22})
	check(err)
	check(w.SetRow("A1", row))
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range yearIntervals {
		row[0] = excelize.Cell{StyleID: style, Value: start.Add(time.Duration(i) * metering.BasePeriod)}
		for k := range site.Points {
			row[k+1] = float64((i*37+k*101)%250_000) / 1000
		}
		check(w.SetRow("A"+strconv.Itoa(i+2), row))
	}
	check(w.Flush())
	check(f.SaveAs(path))
}

// BenchmarkImportYear brings a year of 50 points into a new ledger, from a
// workbook of 1.75 million values.
func BenchmarkImportYear(b *testing.B) {
	site := yearSite()
	dir := b.TempDir()
	path := filepath.Join(dir, "year.xlsx")
	writeYear(b, path, site)
	runtime.GC()
	for n := range b.N {
		ledger, err := sqlite.Open(context.Background(), filepath.Join(dir, fmt.Sprintf("ledger-%d.db", n)))
		if err != nil {
			b.Fatal(err)
		}
		peak, stop := watchMemory()
		began := time.Now()
		run := importRun{options: exchange.Options{Points: exchange.PointsOf(site, nil), Zone: site.Location}, ledger: ledger, now: time.Now, bar: &bar{}}
		report, err := run.file(context.Background(), path)
		took := time.Since(began)
		stop()
		if err != nil || report.Outcome != importDone || report.New != 50*yearIntervals || report.MissingDays != 0 {
			b.Fatalf("%+v, %v", report, err)
		}
		fmt.Printf("BENCH import_year %.1f seconds\n", took.Seconds())
		fmt.Printf("BENCH import_year_rss_peak %d MB\n", peak.Load()>>20)
		if err := ledger.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// watchMemory looks at the resident memory of the process, the test's own among
// it, until it is stopped.
func watchMemory() (peak *atomic.Int64, stop func()) {
	peak = &atomic.Int64{}
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			peak.Store(max(peak.Load(), resident()))
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	}()
	return peak, func() { close(ended); <-stopped }
}

// resident is the memory of the process in bytes, 0 where /proc does not tell.
func resident() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
