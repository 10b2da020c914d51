package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
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

// yearBook is a workbook that is written row by row.
type yearBook struct {
	tb     testing.TB
	file   *excelize.File
	stream *excelize.StreamWriter
	date   int // style
	rows   int // of the sheet under way
	sheets int
}

func newYearBook(tb testing.TB, heading []any) *yearBook {
	b := &yearBook{tb: tb, file: excelize.NewFile()}
	var err error
	b.date, err = b.file.NewStyle(&excelize.Style{NumFmt: 22})
	b.check(err)
	b.sheet(heading)
	return b
}

func (b *yearBook) check(err error) {
	if err != nil {
		b.tb.Helper()
		b.tb.Fatal(err)
	}
}

func (b *yearBook) sheet(heading []any) {
	if b.stream != nil {
		b.check(b.stream.Flush())
	}
	b.sheets++
	name := fmt.Sprintf("Sheet%d", b.sheets)
	if b.sheets > 1 {
		_, err := b.file.NewSheet(name)
		b.check(err)
	}
	var err error
	b.stream, err = b.file.NewStreamWriter(name)
	b.check(err)
	b.rows = 0
	b.row(heading)
}

func (b *yearBook) row(cells []any) {
	b.rows++
	b.check(b.stream.SetRow("A"+strconv.Itoa(b.rows), cells))
}

func (b *yearBook) moment(t time.Time) any { return excelize.Cell{StyleID: b.date, Value: t} }

func (b *yearBook) save(path string) {
	b.check(b.stream.Flush())
	b.check(b.file.SaveAs(path))
	b.check(b.file.Close())
}

func yearEnergy(i, k int) float64 { return float64((i*37+k*101)%250_000) / 1000 }

var yearStart = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// writeWide writes a year with a row for each quarter of an hour and a column for
// each feeder.
func writeWide(tb testing.TB, path string, site *metering.Site) {
	row := []any{"Начало"}
	for _, p := range site.Points {
		row = append(row, string(p.ID)+" A+, кВт·ч")
	}
	book := newYearBook(tb, row)
	for i := range yearIntervals {
		row[0] = book.moment(yearStart.Add(time.Duration(i) * metering.BasePeriod))
		for k := range site.Points {
			row[k+1] = yearEnergy(i, k)
		}
		book.row(row)
	}
	book.save(path)
}

// writeLong writes a year with a row for each quarter of an hour of each feeder:
// more than a sheet holds.
func writeLong(tb testing.TB, path string, site *metering.Site) {
	heading := []any{"Точка учёта", "Канал", "Начало", "Конец", "Энергия, кВт·ч"}
	book := newYearBook(tb, heading)
	for i := range yearIntervals {
		at := yearStart.Add(time.Duration(i) * metering.BasePeriod)
		for k, p := range site.Points {
			if book.rows == 1_000_000 {
				book.sheet(heading)
			}
			book.row([]any{string(p.ID), "A+", book.moment(at), book.moment(at.Add(metering.BasePeriod)), yearEnergy(i, k)})
		}
	}
	book.save(path)
}

// BenchmarkImportYear brings a year of 50 points into a new ledger, from a
// workbook of 1.75 million values, a column for each point; and from one with a
// row for each value.
func BenchmarkImportYear(b *testing.B) {
	site := yearSite()
	for _, c := range []struct {
		name  string
		write func(testing.TB, string, *metering.Site)
	}{{"import_year", writeWide}, {"import_year_long", writeLong}} {
		b.Run(c.name, func(b *testing.B) {
			dir := b.TempDir()
			path := filepath.Join(dir, "year.xlsx")
			c.write(b, path, site)
			debug.FreeOSMemory()
			for n := range b.N {
				seconds, peak := importYear(b, path, filepath.Join(dir, fmt.Sprintf("ledger-%d.db", n)), site)
				fmt.Printf("BENCH %s %.1f seconds\n", c.name, seconds)
				fmt.Printf("BENCH %s_rss_peak %d MB\n", c.name, peak>>20)
			}
		})
	}
}

// importYear imports a workbook and measures time and resident memory, the test's
// own among it.
func importYear(b *testing.B, path, db string, site *metering.Site) (seconds float64, peak int64) {
	ledger, err := sqlite.Open(context.Background(), db)
	if err != nil {
		b.Fatal(err)
	}
	seen, stop := watchMemory()
	began := time.Now()
	run := importRun{options: exchange.Options{Points: exchange.PointsOf(site, nil), Zone: site.Location}, ledger: ledger, now: time.Now, bar: &bar{}}
	report, err := run.file(context.Background(), path)
	took := time.Since(began)
	stop()
	if err != nil || report.Outcome != importDone || report.New != 50*yearIntervals || report.MissingDays != 0 {
		b.Fatalf("%+v, %v", report, err)
	}
	if err := ledger.Close(); err != nil {
		b.Fatal(err)
	}
	return took.Seconds(), seen.Load()
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
