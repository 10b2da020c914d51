package demand

import (
	"fmt"
	"time"

	"asue/metering"
)

// Clock is the local wall clock over a stretch of base intervals. It is read-only
// once made: share it freely between goroutines.
type Clock struct {
	from  time.Time
	slots []wall
	loc   *time.Location
}

// wall is the local time at which a base interval starts.
type wall struct {
	offset int32 // seconds east of UTC
	minute int16 // since midnight by the wall clock
	day    int32 // local day, counted from the first
}

// NewClock is the clock of a zone over n base intervals.
func NewClock(from time.Time, n int, loc *time.Location) *Clock {
	c := &Clock{from: from.UTC(), slots: make([]wall, n), loc: loc}
	day, last := int32(0), 0
	for i := range c.slots {
		local := c.start(i).In(loc)
		_, offset := local.Zone()
		if date := local.YearDay(); i > 0 && date != last {
			day++
		}
		last = local.YearDay()
		c.slots[i] = wall{int32(offset), int16(local.Hour()*60 + local.Minute()), day}
	}
	return c
}

func (c *Clock) start(slot int) time.Time {
	return c.from.Add(time.Duration(slot) * metering.BasePeriod)
}

// Block is a run of base intervals, [First, First+N).
type Block struct{ First, N int }

// Blocks are the whole blocks of a length by the local wall clock, in order of
// time. What is cut off at the ends, or by a shift of the clock that is no
// multiple of the length, belongs to none. The length is 15, 30 or 60 minutes.
func (c *Clock) Blocks(length time.Duration) ([]Block, error) {
	n, err := slotsOf(length)
	if err != nil {
		return nil, err
	}
	var list []Block
	for first := 0; first+n <= len(c.slots); {
		if !c.aligned(first, length) || !c.even(first, n) {
			first++
			continue
		}
		list = append(list, Block{first, n})
		first += n
	}
	return list, nil
}

func slotsOf(length time.Duration) (int, error) {
	switch length {
	case 15 * time.Minute, 30 * time.Minute, time.Hour:
		return int(length / metering.BasePeriod), nil
	}
	return 0, fmt.Errorf("blocks of %v: a block is 15, 30 or 60 minutes long", length)
}

func (c *Clock) aligned(slot int, length time.Duration) bool {
	local := c.start(slot).Unix() + int64(c.slots[slot].offset)
	return local%int64(length/time.Second) == 0
}

// even reports whether the clock is not shifted within a block by less than the
// block.
func (c *Clock) even(first, n int) bool {
	for i := first + 1; i < first+n; i++ {
		if c.slots[i].offset != c.slots[first].offset {
			return false
		}
	}
	return true
}

// Day is a local day: as many base intervals as the calendar and the clock give
// it, 96 as a rule, 92 or 100 when the clock is shifted by an hour.
type Day struct {
	Date string // "2026-01-15"
	Block
}

// Days are the local days of the stretch; the first and the last one may be cut.
func (c *Clock) Days() []Day {
	var list []Day
	for i, s := range c.slots {
		if int(s.day) == len(list) {
			list = append(list, Day{Date: c.start(i).In(c.loc).Format(time.DateOnly), Block: Block{First: i}})
		}
		list[s.day].N++
	}
	return list
}
