package metering_test

import (
	"testing"
	"time"

	"asue/metering"
)

func threeZones() metering.Tariff {
	h := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	working := []metering.DayKind{metering.Workday, metering.Saturday}
	free := []metering.DayKind{metering.Sunday, metering.Holiday}
	return metering.Tariff{ID: "three", Zones: []metering.TariffZone{
		{Name: "day", Days: working, Spans: []metering.DaySpan{{From: h(7), To: h(19)}}},
		{Name: "peak", Days: working, Spans: []metering.DaySpan{{From: h(19), To: h(23)}}},
		{Name: "night", Days: working, Spans: []metering.DaySpan{{From: 0, To: h(7)}, {From: h(23), To: h(24)}}},
		{Name: "night", Days: free, Spans: []metering.DaySpan{{From: 0, To: h(24)}}},
	}}
}

// TestTariffZones: the zone of an interval is that of the wall clock at its start.
func TestTariffZones(t *testing.T) {
	loc := zone(t, "Asia/Aqtobe")
	calendar := metering.Calendar{Holidays: []string{"2026-12-16"}}
	f := func(at, want string) {
		t.Helper()
		instant, err := time.ParseInLocation("2006-01-02 15:04", at, loc)
		if err != nil {
			t.Fatal(err)
		}
		if z, ok := threeZones().ZoneAt(instant, calendar, loc); z.Name != want || !ok {
			t.Errorf("%s is in %q, %v; want %q", at, z.Name, ok, want)
		}
	}
	f("2026-12-14 06:45", "night")
	f("2026-12-14 07:00", "day")
	f("2026-12-14 18:45", "day")
	f("2026-12-14 19:00", "peak")
	f("2026-12-14 22:45", "peak")
	f("2026-12-14 23:00", "night")
	f("2026-12-14 23:45", "night")
	f("2026-12-16 12:00", "night") // a holiday, though a Wednesday
	f("2026-12-20 12:00", "night") // Sunday
}

// TestTariffOfAnHourThatComesTwice: Almaty set its clocks back from 24:00 to 23:00
// on 29 February 2024; both hours from 23 to 24 are of the night.
func TestTariffOfAnHourThatComesTwice(t *testing.T) {
	loc := zone(t, "Asia/Almaty")
	tariff, hours := threeZones(), map[string]time.Duration{}
	start, end := metering.LocalDay(time.Date(2024, 2, 29, 12, 0, 0, 0, loc), loc)
	for at := start; at.Before(end); at = at.Add(metering.BasePeriod) {
		z, ok := tariff.ZoneAt(at, metering.Calendar{}, loc)
		if !ok {
			t.Fatalf("no zone at %v", at.In(loc))
		}
		hours[z.Name] += metering.BasePeriod
	}
	if hours["night"] != 9*time.Hour || hours["day"] != 12*time.Hour || hours["peak"] != 4*time.Hour {
		t.Errorf("a day of 25 hours is %v", hours)
	}
}

// TestTariffOutsideItsTime has no zone.
func TestTariffOutsideItsTime(t *testing.T) {
	tariff := threeZones()
	tariff.From = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if z, ok := tariff.ZoneAt(tariff.From.Add(-time.Nanosecond), metering.Calendar{}, time.UTC); ok {
		t.Errorf("before it came into force it is in %q", z.Name)
	}
	if _, ok := tariff.ZoneAt(tariff.From, metering.Calendar{}, time.UTC); !ok {
		t.Error("it does not begin")
	}
}
