package metering

import (
	"slices"
	"time"
)

// LocalDay is the day of a zone that contains t, [start, end) in UTC. It has 23,
// 24 or 25 hours, or what else the zone's clock has made of it.
func LocalDay(t time.Time, loc *time.Location) (start, end time.Time) {
	year, month, day := t.In(loc).Date()
	return midnight(year, month, day, loc), midnight(year, month, day+1, loc)
}

// midnight is the first instant of a day. time.Date may answer with either side
// of a change of the clock; at the later side the earlier one is looked for.
func midnight(year int, month time.Month, day int, loc *time.Location) time.Time {
	noon := time.Date(year, month, day, 12, 0, 0, 0, loc)
	year, month, day = noon.Date()
	on := func(t time.Time) bool {
		y, m, d := t.In(loc).Date()
		return y == year && m == month && d == day
	}
	// Clocks are moved by multiples of a quarter of an hour.
	start := time.Date(year, month, day, 0, 0, 0, 0, loc).UTC()
	for !on(start) {
		start = start.Add(BasePeriod)
	}
	for on(start.Add(-BasePeriod)) {
		start = start.Add(-BasePeriod)
	}
	return start
}

// SinceMidnight is what the wall clock of a zone shows at t, from 0 to below 24 h.
// An hour that the clock shows twice is the same hour.
func SinceMidnight(t time.Time, loc *time.Location) time.Duration {
	local := t.In(loc)
	hour, minute, second := local.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
}

// DayKinds lists every kind of day.
func DayKinds() []DayKind { return []DayKind{Workday, Saturday, Sunday, Holiday} }

// KindOf is how the zone's day that contains t counts: as the calendar says, or
// else by its weekday. A day on which work is done is a workday even if it is
// listed as a holiday too. It writes the date and searches the lists: ask once for
// a day, not once for an interval.
func (c Calendar) KindOf(t time.Time, loc *time.Location) DayKind {
	local := t.In(loc)
	if len(c.Holidays)+len(c.Workdays) > 0 {
		date := local.Format(time.DateOnly)
		if slices.Contains(c.Workdays, date) {
			return Workday
		}
		if slices.Contains(c.Holidays, date) {
			return Holiday
		}
	}
	switch local.Weekday() {
	case time.Saturday:
		return Saturday
	case time.Sunday:
		return Sunday
	}
	return Workday
}
