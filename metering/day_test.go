package metering_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"asue/metering"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// TestLocalDays holds days of 23, 24 and 25 hours against the IANA time zone
// database: Aktobe had summer time until 2004, and Almaty moved from UTC+6 to UTC+5
// on 1 March 2024, when Aktobe did not.
func TestLocalDays(t *testing.T) {
	f := func(name, day, start, end string, intervals int) {
		t.Helper()
		loc := zone(t, name)
		noon, err := time.ParseInLocation("2006-01-02 15:04", day+" 12:00", loc)
		if err != nil {
			t.Fatal(err)
		}
		from, to := metering.LocalDay(noon, loc)
		const short = "2006-01-02T15Z"
		if from.Format(short) != start || to.Format(short) != end || int(to.Sub(from)/metering.BasePeriod) != intervals {
			t.Errorf("%s %s is %s … %s, %d intervals", name, day, from.Format(short), to.Format(short), int(to.Sub(from)/metering.BasePeriod))
		}
	}
	f("Asia/Aqtobe", "2024-02-29", "2024-02-28T19Z", "2024-02-29T19Z", 96)
	f("Asia/Almaty", "2024-02-29", "2024-02-28T18Z", "2024-02-29T19Z", 100)
	f("Asia/Almaty", "2024-03-01", "2024-02-29T19Z", "2024-03-01T19Z", 96)
	f("Asia/Aqtobe", "2004-03-28", "2004-03-27T19Z", "2004-03-28T18Z", 92)
	f("Asia/Aqtobe", "2004-10-31", "2004-10-30T18Z", "2004-10-31T19Z", 100)
	f("Asia/Aqtobe", "2026-12-31", "2026-12-30T19Z", "2026-12-31T19Z", 96)
	// Midnight itself is left out (00:00 → 01:00), and comes twice (01:00 → 00:00).
	f("America/Sao_Paulo", "2018-11-04", "2018-11-04T03Z", "2018-11-05T02Z", 92)
	f("America/Havana", "2024-11-03", "2024-11-03T04Z", "2024-11-04T05Z", 100)
}

// TestEveryInstantHasItsDay: days follow each other without gap or overlap, and
// each instant lies in the day of its own date.
func TestEveryInstantHasItsDay(t *testing.T) {
	zones := []*time.Location{zone(t, "Asia/Aqtobe"), zone(t, "Asia/Almaty"), zone(t, "America/Sao_Paulo"), zone(t, "America/Havana"), zone(t, "Asia/Kathmandu"), time.UTC}
	rapid.Check(t, func(r *rapid.T) {
		loc := rapid.SampledFrom(zones).Draw(r, "zone")
		at := time.Unix(rapid.Int64Range(915_148_800, 2_208_988_800).Draw(r, "at"), 0) // 1999 … 2039
		start, end := metering.LocalDay(at, loc)
		if at.Before(start) || !at.Before(end) {
			r.Fatalf("%v is not in %v … %v", at, start, end)
		}
		date := at.In(loc).Format(time.DateOnly)
		if start.In(loc).Format(time.DateOnly) != date || end.Add(-time.Nanosecond).In(loc).Format(time.DateOnly) != date ||
			start.Add(-time.Nanosecond).In(loc).Format(time.DateOnly) == date || end.In(loc).Format(time.DateOnly) == date {
			r.Fatalf("the day %s of %v is %v … %v", date, loc, start.In(loc), end.In(loc))
		}
	})
}

// TestKindsOfDays: a holiday on a weekday, a Saturday on which work is done, and
// everything else by its weekday, by the site's own date.
func TestKindsOfDays(t *testing.T) {
	loc := zone(t, "Asia/Aqtobe")
	c := metering.Calendar{Holidays: []string{"2026-03-23", "2026-12-16"}, Workdays: []string{"2026-12-19"}}
	f := func(at string, want metering.DayKind) {
		t.Helper()
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.KindOf(instant, loc); got != want {
			t.Errorf("%s is a %s, want %s", at, got, want)
		}
	}
	f("2026-03-23T12:00:00+05:00", metering.Holiday) // Monday
	f("2026-12-19T00:00:00+05:00", metering.Workday) // Saturday
	f("2026-12-12T00:00:00+05:00", metering.Saturday)
	f("2026-12-13T23:59:59+05:00", metering.Sunday)
	f("2026-12-15T12:00:00+05:00", metering.Workday) // Tuesday
	f("2026-12-15T19:00:00Z", metering.Holiday)      // in Aktobe it is the 16th already
	f("2026-12-16T18:59:59Z", metering.Holiday)
	f("2026-12-16T19:00:00Z", metering.Workday)
}
