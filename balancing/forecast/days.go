package forecast

import (
	"time"

	"asue/metering"
)

// calendar lays time out as days by slots of the site's wall clock. A position
// is day·slots + slot, where a day is numbered by its date from 1 January 1970
// on. The hour that the clock leaves out in spring has positions that are never
// known; that which it shows twice in autumn has the same positions twice.
type calendar struct {
	loc   *time.Location
	kinds metering.Calendar
	block time.Duration
	slots int // of a day
	known map[int]day
}

// day is one day of the site's clock.
type day struct {
	start, end time.Time
	kind       metering.DayKind
	// weekday as the day is worked, 0..6 from Sunday: a holiday is a Sunday, a
	// weekend on which work is done is a Friday.
	weekday int
}

func newCalendar(c Config) *calendar {
	return &calendar{c.Location, c.Calendar, c.Block, int(24 * time.Hour / c.Block), map[int]day{}}
}

// number is that of the day that contains t.
func (c *calendar) number(t time.Time) int {
	y, m, d := t.In(c.loc).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// day is the day of a number.
func (c *calendar) day(number int) day {
	d, ok := c.known[number]
	if ok {
		return d
	}
	noon := c.noon(number)
	d.start, d.end = metering.LocalDay(noon, c.loc)
	d.kind = c.kinds.KindOf(noon, c.loc)
	d.weekday = int(noon.Weekday())
	switch weekend := d.weekday == 0 || d.weekday == 6; {
	case d.kind == metering.Holiday:
		d.weekday = int(time.Sunday)
	case d.kind == metering.Workday && weekend:
		d.weekday = int(time.Friday)
	}
	c.known[number] = d
	return d
}

func (c *calendar) noon(number int) time.Time {
	return time.Date(1970, 1, 1+number, 12, 0, 0, 0, c.loc)
}

// at is the position of t.
func (c *calendar) at(t time.Time) int {
	return c.number(t)*c.slots + int(metering.SinceMidnight(t, c.loc)/c.block)
}

// start is the start of the block that contains t. Blocks begin at midnight.
func (c *calendar) start(t time.Time) time.Time {
	d := c.day(c.number(t))
	return d.start.Add(t.Sub(d.start).Truncate(c.block))
}

// next is the start of the block after the one that starts at t.
func (c *calendar) next(t time.Time) time.Time {
	n := t.Add(c.block)
	if d := c.day(c.number(t)); n.After(d.end) {
		return d.end
	}
	return n
}

// regular reports whether the clock was not moved on the day.
func (d day) regular() bool { return d.end.Sub(d.start) == 24*time.Hour }
