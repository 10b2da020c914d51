package reclaim

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/demand"
)

// Year is the stretch of time over which uses are looked at, laid out as blocks, days
// and months of the local clock. It is read-only once made: share it freely.
type Year struct {
	from, to time.Time
	loc      *time.Location
	block    time.Duration
	slots    int // base intervals
	blocks   []demand.Block
	place    []place // of each block
	days     []day
	months   []time.Time // starts of the months, counted from the start of the year
}

// place is where a block stands in the calendar.
type place struct {
	day  int32
	cell uint16 // like times of like days share a cell
}

// day is a local day of the year.
type day struct {
	start  time.Time
	month  int
	blocks []int32 // numbers of its blocks
}

// kinds of days that are like one another: workdays, Saturdays, days of rest.
const likenesses = 3

func likeness(k metering.DayKind) int {
	switch k {
	case metering.Saturday:
		return 1
	case metering.Sunday, metering.Holiday:
		return 2
	}
	return 0
}

// YearTo is the beginning of the twelve months that end at the local midnight of a
// day, with which a rolling year is made.
func YearTo(to time.Time, loc *time.Location) time.Time {
	y, m, d := to.In(loc).Date()
	start, _ := metering.LocalDay(time.Date(y-1, m, d, 12, 0, 0, 0, loc), loc)
	return start
}

// NewYear lays out [from, to), local days of loc as a whole, a week at least and 367
// days at most. The length of a block is 15, 30 or 60 minutes.
func NewYear(from, to time.Time, loc *time.Location, calendar metering.Calendar, block time.Duration) (*Year, error) {
	var faults []error
	if loc == nil {
		return nil, errors.New("lay out a year: no zone: days follow the local clock")
	}
	for _, t := range []time.Time{from, to} {
		if start, _ := metering.LocalDay(t, loc); !start.Equal(t) {
			faults = append(faults, fmt.Errorf("lay out a year: %s is no local midnight of %v", t.UTC().Format(time.RFC3339), loc))
		}
	}
	if n := to.Sub(from); n < 7*24*time.Hour || n > 367*24*time.Hour {
		faults = append(faults, fmt.Errorf("lay out a year: %v from %s: want a week at least and 367 days at most", n, from.UTC().Format(time.RFC3339)))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	y := &Year{from: from.UTC(), to: to.UTC(), loc: loc, block: block, slots: int(to.Sub(from) / metering.BasePeriod)}
	clock := demand.NewClock(y.from, y.slots, loc)
	var err error
	if y.blocks, err = clock.Blocks(block); err != nil {
		return nil, fmt.Errorf("lay out a year: %w", err)
	}
	y.layMonths()
	y.layDays(clock, calendar)
	return y, nil
}

// layMonths finds where the months begin: as many months after the start of the year
// as there are, on the same day of the month or its last one.
func (y *Year) layMonths() {
	year, month, date := y.from.In(y.loc).Date()
	for n := 0; ; n++ {
		first := time.Date(year, month+time.Month(n), 1, 12, 0, 0, 0, y.loc)
		last := time.Date(first.Year(), first.Month()+1, 0, 12, 0, 0, 0, y.loc).Day()
		start, _ := metering.LocalDay(first.AddDate(0, 0, min(date, last)-1), y.loc)
		if !start.Before(y.to) {
			return
		}
		y.months = append(y.months, start)
	}
}

func (y *Year) layDays(clock *demand.Clock, calendar metering.Calendar) {
	y.place = make([]place, len(y.blocks))
	perDay := int(24 * time.Hour / y.block)
	next := 0
	for n, d := range clock.Days() {
		start := y.start(d.First)
		this := day{start: start, month: y.monthOf(start)}
		like := likeness(calendar.KindOf(start, y.loc))
		for next < len(y.blocks) && y.blocks[next].First < d.First+d.N {
			slot := int(metering.SinceMidnight(y.start(y.blocks[next].First), y.loc) / y.block)
			y.place[next] = place{day: int32(n), cell: uint16(like*perDay + slot)}
			this.blocks = append(this.blocks, int32(next))
			next++
		}
		y.days = append(y.days, this)
	}
}

// monthOf is the number of the month that holds t.
func (y *Year) monthOf(t time.Time) int {
	n := len(y.months) - 1
	for n > 0 && t.Before(y.months[n]) {
		n--
	}
	return n
}

// start is when a base interval starts.
func (y *Year) start(slot int) time.Time {
	return y.from.Add(time.Duration(slot) * metering.BasePeriod)
}

// cells is how many cells there are.
func (y *Year) cells() int { return likenesses * int(24*time.Hour/y.block) }

// perHour is how many blocks an hour has. The mean power of a block is its energy
// times this, exactly.
func (y *Year) perHour() int64 { return int64(time.Hour / y.block) }
