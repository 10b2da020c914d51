package forecast

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Total is the id of the zone's own series.
const Total = ""

// Config says what is forecast.
type Config struct {
	// Location is the zone whose clock days and slots follow.
	Location *time.Location
	// Calendar says which days are holidays.
	Calendar metering.Calendar
	// Block is the length of a slot: 15, 30 or 60 minutes; 0 is 30.
	Block time.Duration
	// Horizon is how far ahead is forecast, at least a block and at most 7 days; 0
	// is 48 hours.
	Horizon time.Duration
	// Series are the zone (Total) and its residents, each once.
	Series []Series
}

// Series is one load that is forecast.
type Series struct {
	ID string
	// Allowed is the power by technical conditions, or for the zone that of the
	// contract; 0: none. It bounds the forecast of a series without a past, and
	// errors are reported as shares of it.
	Allowed metering.Power
	// Shape is how such a load works, for a series without a past; nil is Typical.
	Shape Shape
}

// Shape is the share, 0..1, of the allowed power that a load usually draws at a
// time of a day of a kind.
type Shape func(kind metering.DayKind, sinceMidnight time.Duration) float64

// Block is the forecast of one block.
type Block struct {
	Start time.Time // UTC
	// Mean is the expected mean power over the block.
	Mean metering.Power
	// Low and High hold the mean power of four blocks in five, Low ≤ Mean ≤ High.
	Low, High metering.Power
	// Q90 is exceeded by one block in ten, Mean ≤ Q90.
	Q90 metering.Power
	// Part is the resident's part of the zone's Mean: the parts of all residents
	// and what is lost or metered elsewhere add up to it. It is for tables; who
	// plans with one resident takes Mean. For the zone it is Mean.
	Part metering.Power
}

// Nowcast is what is known of the block that is in progress.
type Nowcast struct {
	Elapsed time.Duration // since the block's start
	// Projection is the mean power of the whole block if the load stays as it is:
	// (energy so far + power now times what is left)/length.
	Projection metering.Power
}

// Outlook is the forecast of one series.
type Outlook struct {
	ID     string
	Method Method
	// Blocks are ascending without a hole, the first one holds the time of the
	// forecast. Empty if nothing can be said; Reason says why.
	Blocks []Block
	Reason string
}

// Method is how a series is forecast.
type Method string

// Methods, and what stands in for them in the beginning.
const (
	Naive       Method = "naive"       // a week before
	Profile     Method = "profile"     // like days, corrected by the last block
	Seasonal    Method = "seasonal"    // double seasonal smoothing
	Mean        Method = "mean"        // mean of the three
	Temperature Method = "temperature" // profile with the day's temperature
	Shaped      Method = "shaped"      // technical conditions times a typical shape
)

// check fills in defaults and returns all faults at once.
func (c *Config) check() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("forecast: "+format, args...))
	}
	if c.Block == 0 {
		c.Block = 30 * time.Minute
	}
	if c.Horizon == 0 {
		c.Horizon = 48 * time.Hour
	}
	if c.Location == nil {
		fault("location: not set: days follow the site's clock")
	}
	switch c.Block {
	case 15 * time.Minute, 30 * time.Minute, time.Hour:
	default:
		fault("block %v: want 15m, 30m or 1h", c.Block)
	}
	if c.Horizon < c.Block || c.Horizon > 7*24*time.Hour {
		fault("horizon %v: want at least a block and at most 168h", c.Horizon)
	}
	if len(c.Series) == 0 {
		fault("series: none to forecast")
	}
	seen := map[string]bool{}
	for _, s := range c.Series {
		if seen[s.ID] {
			fault("series %q: named twice", s.ID)
		}
		if s.Allowed < 0 {
			fault("series %q: allowed %v: want 0 or more", s.ID, s.Allowed)
		}
		seen[s.ID] = true
	}
	return errors.Join(faults...)
}
