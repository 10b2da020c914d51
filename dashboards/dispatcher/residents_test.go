package dispatcher_test

import (
	"context"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// monthLedger has quarters by hand: r-04 of the invented zone has two billing points.
type monthLedger struct {
	dispatcher.Ledger
	quarters []metering.Interval
	asked    int
}

func (l *monthLedger) Intervals(_ context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	l.asked++
	var list []metering.Interval
	for _, iv := range l.quarters {
		if slices.Contains(q.Points, iv.Point) && !iv.Start.Before(q.From) && iv.Start.Before(q.To) {
			list = append(list, iv)
		}
	}
	return list, nil
}

// A maximum is of measured quarters of all points together; an estimate sets none, and a
// quarter with a part missing is not known.
func TestFiguresOfAMonth(t *testing.T) {
	monday := time.Date(2026, 11, 2, 5, 0, 0, 0, time.UTC)
	quarter := func(point string, n int, kwh int64, grade metering.Grade) metering.Interval {
		return metering.Interval{Point: metering.PointID(point), Channel: metering.ChannelActiveImport, Start: monday.Add(time.Duration(n) * metering.BasePeriod), Energy: metering.Energy(kwh * 1000), Grade: grade}
	}
	l := &monthLedger{quarters: []metering.Interval{
		quarter("p-r-04", 0, 100, 'A'), quarter("p2-r-04", 0, 50, 'F'), // 600 kW, measured
		quarter("p-r-04", 1, 300, 'A'), quarter("p2-r-04", 1, 50, 'E'), // 1400 kW, a part estimated
		quarter("p-r-04", 2, 900, 'A'), quarter("p2-r-04", 2, 0, 'N'), // not known
		quarter("p-r-04", 3, 900, 'A'), // a part missing
		quarter("p-r-04", 4, 10, 'A'), quarter("p2-r-04", 4, 10, 'A'),
	}}
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = l })
	list := get[dispatcher.ResidentFiguresList](t, s, "/api/v1/residents/figures?month=2026-11", 200)
	i := slices.IndexFunc(list.Residents, func(f dispatcher.ResidentFigures) bool { return f.ID == "r-04" })
	if i < 0 || list.Month != "2026-11" {
		t.Fatalf("%s", mustJSON(t, list))
	}
	f := list.Residents[i]
	if f.Highest == nil || f.Highest.PowerW != 600_000 || !f.Highest.Start.Equal(monday) || f.Highest.Grade != "F" {
		t.Errorf("highest %s", mustJSON(t, f.Highest))
	}
	if f.StoodIn == nil || f.StoodIn.PowerW != 1_400_000 || f.StoodIn.Grade != "E" {
		t.Errorf("stood in %s", mustJSON(t, f.StoodIn))
	}
	if f.Last == nil || f.Last.PowerW != 80_000 || !f.Last.Start.Equal(monday.Add(time.Hour)) || f.Known != 3 || f.Estimate != 1 || f.Expected <= 5 {
		t.Errorf("%s", mustJSON(t, f))
	}
	asked := l.asked
	get[dispatcher.ResidentFiguresList](t, s, "/api/v1/residents/figures", 200)
	if l.asked != asked {
		t.Errorf("a second page costs %d questions more", l.asked-asked)
	}
	get[map[string]any](t, s, "/api/v1/residents/figures?month=2027-01", 422)
	get[map[string]any](t, s, "/api/v1/residents/figures?month=november", 422)
	get[map[string]any](t, newStage(t, func(c *dispatcher.Config) { c.Ledger = nil }), "/api/v1/residents/figures", 503)
}

// The list goes into a spreadsheet: no formula, nothing where nothing is known.
func TestResidentsAsATable(t *testing.T) {
	o := newOffice(t, func(c *dispatcher.Config) {
		c.Site.Residents[0].Name = "=1+1"
		c.Ledger = &monthLedger{}
	})
	o.second()
	b := o.as(t, "viewer")
	w := b.do("GET", "/api/v1/residents.csv", nil)
	rows, err := csv.NewReader(strings.NewReader(w.Body.String())).ReadAll()
	if err != nil || w.Code != 200 || len(rows) != 7 {
		t.Fatalf("%d, %v, %d rows: %s", w.Code, err, len(rows), w.Body)
	}
	column := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	if got := column(rows[1], "name"); got != "'=1+1" {
		t.Errorf("name %q", got)
	}
	if column(rows[1], "power_w") == "" || column(rows[1], "month_max_w") != "" || column(rows[1], "quality") != "good" {
		t.Errorf("row %v", rows[1])
	}
	if got := o.books.kinds(); !strings.HasSuffix(got, "export.residents") {
		t.Errorf("in the audit: %s", got)
	}
	if excel := b.do("GET", "/api/v1/residents.csv?style=excel", nil).Body.String(); !strings.HasPrefix(excel, "\ufeffat_utc;resident;") || !strings.Contains(excel, "\r\n") {
		t.Errorf("for Excel: %.80q", excel)
	}
	b.ask("GET", "/api/v1/residents.csv?colour=red", nil, 422)
}
