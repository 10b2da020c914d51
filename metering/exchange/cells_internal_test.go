package exchange

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"asue/metering"
)

// FuzzCells reads the cells of a workbook as they are stored: a line of the input
// is a row, tabs separate its cells.
func FuzzCells(f *testing.F) {
	f.Add("Дата и время\tF-1 A+, кВт·ч\n46053.010416666664\t0.30000000000000004\n46053.020833333332\t1")
	f.Add("Дата\t0\t0.5\n46053\t1\t2")
	f.Add("point\tstart\tend\tkWh\nF-1\t46053\t46053.010416666664\t1E-3")
	f.Add("Дата\tВремя\tF-1, МВт\n31.01.2026\t0.010416666666666666\t1")
	zone, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		f.Fatal(err)
	}
	site := &metering.Site{Points: []metering.Point{{ID: "F-1"}, {ID: "F-2"}}}
	f.Fuzz(func(t *testing.T, src string) {
		rows := strings.Split(src, "\n")
		row := 0
		next := func() ([]string, int, error) {
			if row == len(rows) {
				return nil, row, io.EOF
			}
			row++
			return strings.Split(rows[row-1], "\t"), row, nil
		}
		o := &Options{Points: PointsOf(site, nil), Zone: zone, Spread: true}
		file, n := &File{Kind: "xlsx"}, &notes{}
		c := newCollector(o, &file.Faults, n)
		read, err := readSheet(c, &pacer{ctx: context.Background()}, &sheet{name: "S", next: next, workbook: true})
		if err != nil || !read {
			return
		}
		file.settle(c)
		from, to := file.Span()
		count := 0
		for place, iv := range file.Between(from, to) {
			count++
			if iv.Energy < 0 || !iv.Start.Equal(metering.PeriodStart(iv.Start)) || place.Row < 1 || place.Row > len(rows) {
				t.Fatalf("%+v at %v", iv, place)
			}
		}
		if count != file.Len() || (count > 0 && file.Faults.Len() > 0) {
			t.Fatalf("%d intervals, %d announced, %d faults", count, file.Len(), file.Faults.Len())
		}
	})
}
