package site_test

import (
	"testing"
	"time"

	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// TestWhatIsNew reads everything that metering for bills adds to a site file.
func TestWhatIsNew(t *testing.T) {
	s, faults := around.Parse("site.yaml", []byte(caseText(t, "117-all-that-is-new")))
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	day := func(text string) time.Time {
		at, err := time.ParseInLocation(time.DateOnly, text, s.Location)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC()
	}
	same := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	since := func(text string) metering.Period { return metering.Period{From: day(text)} }
	same("points", s.Points[2:], []metering.Point{
		{ID: "p-check", Name: "Beside the input", Node: "in", Role: metering.RoleCheck, Checks: "p-in"},
		{ID: "p-gas", Name: "Gas of the works", Role: metering.RoleResident, Resident: "works", Medium: metering.Gas, Class: "boilers",
			Disconnected: []metering.Period{{From: day("2026-05-01"), To: day("2026-09-15")}, since("2027-05-01")}},
	})
	same("meter", s.Meters[1].VerifiedTo, day("2030-01-01"))
	same("install", s.Installs[1], metering.Install{Meter: "m-works", Point: "p-works", From: day("2026-01-01"),
		CT: metering.Ratio{Primary: 200, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100},
		CTClass: "0.5S", VTClass: "0.5", CTVerifiedTo: day("2029-06-01"), VTVerifiedTo: day("2028-06-01"), Act: "No. 3"})
	same("install of a pulse counter", s.Installs[3], metering.Install{Meter: "m-gas", Point: "p-gas", From: day("2026-01-01"),
		CT: metering.Direct, VT: metering.Direct, StartReadings: map[metering.Channel]metering.Energy{metering.ChannelGas: 12_345_678}, Pulse: 10_000, Act: "No. 7"})
	minus := metering.Fraction{Num: -1, Den: 1}
	same("virtual points", s.Virtual, []metering.VirtualPoint{
		{Point: metering.Point{ID: "v-losses", Name: "What is lost between the input and the works", Role: metering.RoleTechnical},
			Terms: []metering.Term{{Of: "p-in"}, {Of: "p-works", Factor: minus, Period: since("2026-01-01")}, {LossOf: "t-1", Factor: minus}}},
		{Point: metering.Point{ID: "v-third", Name: "A third of it", Node: "s10", Role: metering.RoleTechnical},
			Terms: []metering.Term{{Of: "v-losses", Factor: metering.Fraction{Num: 1, Den: 3}, Channel: metering.ChannelActiveImport}}},
		{Point: metering.Point{ID: "v-bill", Name: "What the works pay", Role: metering.RoleResident, Resident: "works"},
			Terms: []metering.Term{{Of: "p-works"}, {ShareOf: "s10"}}},
		{Point: metering.Point{ID: "v-gas", Name: "Gas of all", Role: metering.RoleTechnical, Medium: metering.Gas},
			Terms: []metering.Term{{Of: "p-gas", Channel: metering.ChannelGas}}},
	})
	same("rule sets", s.Rules, []metering.RuleSet{
		{Name: "ordinary", Period: metering.Period{To: day("2027-01-01")}, Values: map[string]float64{"spike": 1.8, "floor": 100_000, "zero_run": 7200, "quantum": 1500}},
		{Name: "ordinary", Period: since("2027-01-01"), Values: map[string]float64{"spike": 2}},
		{Name: "boilers", Class: "boilers", Values: map[string]float64{"history": 30 * 86400, "least": 500, "phase_sum": 70}, Off: []string{"jump"}},
	})
	same("calendar", s.Calendar, metering.Calendar{Holidays: []string{"2026-01-01", "2026-03-23"}, Workdays: []string{"2026-12-19"}})
	h := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	work, free := []metering.DayKind{metering.Workday, metering.Saturday}, []metering.DayKind{metering.Sunday, metering.Holiday}
	same("tariffs", s.Tariffs, []metering.Tariff{{ID: "three", Name: "Three zones", Zones: []metering.TariffZone{
		{Name: "day", Days: work, Spans: []metering.DaySpan{{From: h(7), To: h(19)}}},
		{Name: "peak", Days: work, Spans: []metering.DaySpan{{From: h(19), To: h(23)}}},
		{Name: "night", Days: work, Spans: []metering.DaySpan{{From: 0, To: h(7)}, {From: h(23), To: h(24)}}},
		{Name: "night", Days: free, Spans: []metering.DaySpan{{From: 0, To: h(24)}}},
	}}})
	same("limits of media", s.Media, []metering.MediumLimit{
		{Medium: metering.Gas, Litres: 20_000_000, Per: time.Hour},
		{Medium: metering.ProcessWater, Litres: 4_500_000, Per: 24 * time.Hour},
	})
}
