package demand_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"
)

// plant is a zone of n residents with one point each over a month.
func plant(n int) (*metering.Site, []metering.Interval, time.Time, time.Time) {
	site := &metering.Site{ID: "s", Name: "zone", Location: aqtobe, Tariffs: []metering.Tariff{{ID: "three", Zones: []metering.TariffZone{
		{Name: "night", Spans: []metering.DaySpan{{From: 0, To: 7 * time.Hour}, {From: 23 * time.Hour, To: 24 * time.Hour}}},
		{Name: "day", Spans: []metering.DaySpan{{From: 7 * time.Hour, To: 19 * time.Hour}}},
		{Name: "peak", Spans: []metering.DaySpan{{From: 19 * time.Hour, To: 23 * time.Hour}}},
	}}}}
	for i := range n {
		id := fmt.Sprintf("r%d", i)
		site.Residents = append(site.Residents, metering.Resident{ID: metering.ResidentID(id), Name: id})
		site.Points = append(site.Points, metering.Point{ID: metering.PointID("p-" + id), Role: metering.RoleResident, Resident: metering.ResidentID(id)})
	}
	site.Points = append(site.Points, metering.Point{ID: "p-in", Role: metering.RoleInput})
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, aqtobe)
	to := from.AddDate(0, 1, 0)
	var list []metering.Interval
	for _, p := range site.Points {
		site.Installs = append(site.Installs, metering.Install{Point: p.ID})
		for _, ch := range metering.Channels() {
			for at := from.UTC(); at.Before(to); at = at.Add(metering.BasePeriod) {
				e := metering.Energy(100_000 + 1000*at.Hour())
				switch {
				case ch == metering.ChannelActiveExport || ch == metering.ChannelReactiveExport:
					e = 0
				case ch == metering.ChannelReactiveImport:
					e = e * 476 / 1000
				}
				if p.Role == metering.RoleInput {
					e *= metering.Energy(n)
				}
				list = append(list, metering.Interval{Point: p.ID, Channel: ch, Start: at, Energy: e, Grade: metering.Actual})
			}
		}
	}
	return site, list, from, to
}

func TestReportOfAZone(t *testing.T) {
	site, list, from, to := plant(3)
	// r1 has moved in on the 2nd; one interval of it is estimated far too high.
	site.Installs[1].From = from.AddDate(0, 0, 1)
	kept := list[:0]
	for _, iv := range list {
		if iv.Point == "p-r1" && iv.Start.Before(site.Installs[1].From) {
			continue
		}
		if iv.Point == "p-r1" && iv.Channel == metering.ChannelActiveImport && iv.Start.Equal(from.AddDate(0, 0, 9)) {
			iv.Energy, iv.Grade, iv.Method = 900_000, metering.Substitute, metering.MethodScaled
		}
		kept = append(kept, iv)
	}
	g, err := grid.New(from, to, kept)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := demand.ReportOn(site, g, demand.Config{Block: 30 * time.Minute, Tariff: "three", CurvePoints: 20})
	if err != nil {
		t.Fatal(err)
	}
	r0, r1 := rep.Residents[0], rep.Residents[1]
	// At 23:00 UTC an interval has 123 kWh: 492 kW.
	if r0.Block.Billed.Power != 492*metering.Kilowatt || r0.Import.Missing != 0 || r0.Import.Known != 31*96 {
		t.Errorf("r0: %+v", r0)
	}
	if r1.Block.Billed.Power != 492*metering.Kilowatt || r1.Block.Estimate == nil || r1.Import.Missing != 0 || r1.Import.Known != 30*96 || r1.Import.Estimates != 1 {
		t.Errorf("r1: %+v, maximum %+v", r1.Import, r1.Block)
	}
	if r1.Import.ByGrade["S"] != 900_000 {
		t.Errorf("by grade: %v", r1.Import.ByGrade)
	}
	if tan := r0.PowerFactor.Tan; tan < 0.4759 || tan > 0.4761 {
		t.Errorf("tan φ %v", tan)
	}
	var zones metering.Energy
	for _, z := range r0.Zones {
		zones += z.Energy
	}
	if len(r0.Zones) != 3 || zones != r0.Import.Energy || len(r0.Curve) != 20 {
		t.Errorf("zones %+v, curve %v", r0.Zones, r0.Curve)
	}
	if rep.Zone.Block.Billed.Power != 3*492*metering.Kilowatt || rep.Together.Factor != 1 || len(rep.Together.Members) != 3 {
		t.Errorf("zone %+v, together %+v", rep.Zone.Block, rep.Together)
	}
	text, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"block_maximum":{"minutes":30`, `"power_w":492000`, `"load_factor":`, `"zone":"night"`, `"coincidence_factor":1`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report has no %s", want)
		}
	}
}

func TestWhatCannotBeReportedIsRefused(t *testing.T) {
	site, list, from, to := plant(1)
	g, err := grid.New(from, to, list)
	if err != nil {
		t.Fatal(err)
	}
	f := func(want string, cfg demand.Config) {
		t.Helper()
		if _, err := demand.ReportOn(site, g, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("no tariff", demand.Config{Tariff: "four"})
	f("a block is", demand.Config{Block: 20 * time.Minute})
}

// A tariff that was replaced in the middle of the month: each half by its own.
func TestATariffCountsInItsOwnTime(t *testing.T) {
	site, list, from, to := plant(1)
	middle := from.AddDate(0, 0, 15)
	flat := metering.Tariff{ID: "three", Period: metering.Period{From: middle}, Zones: []metering.TariffZone{
		{Name: "day", Spans: []metering.DaySpan{{From: 0, To: 12 * time.Hour}}},
		{Name: "all", Spans: []metering.DaySpan{{From: 12 * time.Hour, To: 24 * time.Hour}}},
	}}
	site.Tariffs[0].To = middle
	site.Tariffs = append(site.Tariffs, flat)
	g, err := grid.New(from, to, list)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := demand.ReportOn(site, g, demand.Config{Tariff: "three"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"night": 15 * 8, "day": 15*12 + 16*12, "peak": 15 * 4, "all": 16 * 12}
	if len(rep.Residents[0].Zones) != len(want) {
		t.Errorf("zones %+v", rep.Residents[0].Zones)
	}
	for _, z := range rep.Residents[0].Zones {
		if z.Hours != want[z.Zone] {
			t.Errorf("%q has %v h, want %v", z.Zone, z.Hours, want[z.Zone])
		}
	}
}

// Demand of 120 points over a month: four channels, maxima, zones, factors,
// curves and how they come together.
func BenchmarkMonthOf120Points(b *testing.B) {
	site, list, from, to := plant(120)
	for b.Loop() {
		g, err := grid.New(from, to, list)
		if err != nil {
			b.Fatal(err)
		}
		rep, err := demand.ReportOn(site, g, demand.Config{Block: 30 * time.Minute, Tariff: "three", CurvePoints: 100})
		if err != nil || len(rep.Residents) != 120 {
			b.Fatal(len(rep.Residents), err)
		}
	}
}
