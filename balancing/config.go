package balancing

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Config says what is held and how. Defaults fills in everything but the limit
// and the points.
type Config struct {
	// Location is the zone whose clock the blocks follow.
	Location *time.Location
	// Block is the averaging interval of the contract: 15, 30 or 60 minutes.
	Block time.Duration
	// Limit is the allowed mean power of a block, and Feeding the name of the
	// line that it belongs to. A Supply message changes both.
	Limit   metering.Limit
	Feeding string
	// Ceiling is the greatest power at any moment, exceeded for no longer than
	// CeilingFor. If it is not stated it is 1.05 of the limit in force.
	Ceiling    metering.Limit
	CeilingFor time.Duration

	// The margin kept below the limit follows the error of past projections
	// between these bounds, shares of the limit.
	MarginMin, MarginMax float64

	// Bands, shares of the limit on the upper bound of the projection. Watch and
	// Warn hold until the projection falls below their Off; the limit band, from
	// Trigger on, until it has stayed at or below Release for ReleaseFor. Target
	// is what a controller that acts steers to.
	Watch, WatchOff  float64
	Warn, WarnOff    float64
	Trigger, Release float64
	ReleaseFor       time.Duration
	Target           float64
	SmallestStep     metering.Power // smallest change that control can make

	// Dead is the time after a block's start in which a projection raises no
	// notice, Freeze that before its end in which the band does not change.
	Dead, Freeze time.Duration
	// Smoothing is the time constant of the power that is projected; 0 is none.
	Smoothing time.Duration

	// A reading is fresh up to FreshPolls poll periods and usable up to
	// SuspectPolls.
	FreshPolls, SuspectPolls float64
	// UnknownFor is how long the power may be unknown before Failsafe, and
	// GoodFor how long the data must be good again to leave Failsafe or Degraded.
	UnknownFor, GoodFor time.Duration
	// Agreement is the greatest difference of two sources, a share of the larger.
	Agreement float64
	// Uncovered is the greatest share of guesses in the sum of the feeders.
	Uncovered float64
	// LossFactor and Unmetered turn the sum of the feeders into the site's power:
	// sum·(1+LossFactor) + Unmetered.
	LossFactor float64
	Unmetered  metering.Power

	Points    []Point
	Residents []Resident

	// What can be limited and moved. Without actuators the controller watches and
	// advises.
	Acting    Acting
	Nodes     []Node
	Sources   []Source
	Bands     []metering.LimitBand // limits that hold at times; a node "" is the site
	Claims    []Claim
	Actuators []metering.Actuator

	// Rights are how Claims, what residents are allowed and the caps of feeders change
	// with time. None: they stay, until a message tells others.
	Rights Rights
	// RightsWithin is how long a start waits for such a message before it shares by what
	// is configured, and tells people that it does; 0: it does not wait.
	RightsWithin time.Duration
}

// Level is the cut of the network in which a point is counted.
type Level uint8

// Levels. The points of one level together see the whole site once.
const (
	NoLevel      Level = iota // watched, but in no sum
	Inputs                    // supply meters
	Transformers              // transformers' inputs
	Feeders                   // what leaves the station
)

// String names the level as State.PowerSource does.
func (l Level) String() string {
	switch l {
	case NoLevel:
		return "none"
	case Inputs:
		return "inputs"
	case Transformers:
		return "transformers"
	case Feeders:
		return "feeders"
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// Point is a metering point that the controller hears of.
type Point struct {
	ID    metering.PointID
	Level Level
	Node  metering.NodeID // one of Config.Nodes; empty: directly at the site
	// Resident is set for a resident's boundary: the sum of these is held against
	// what the resident is allowed.
	Resident metering.ResidentID
	// Cap is the most that a silent feeder is taken for: what is allowed behind
	// it. Not stated: nothing is known, so a feeder that was never heard makes the
	// sum of the feeders unknown.
	Cap  metering.Limit
	Poll time.Duration // period in which readings should come
	// InService is for inputs: a silent input of a line that is not in service is
	// left out, a silent input that is in service makes the sum unknown.
	InService bool
}

// Resident is what a resident is allowed by its technical conditions, the part that may
// be curtailed included.
type Resident struct {
	ID      metering.ResidentID
	Name    string
	Allowed metering.Power
}

// Defaults is a configuration without limit, points and residents. The figures
// are settings; see docs for where each comes from.
func Defaults() Config {
	return Config{
		Location:   time.UTC,
		Block:      30 * time.Minute,
		CeilingFor: time.Minute,
		MarginMin:  0.01, MarginMax: 0.05,
		Watch: 0.90, WatchOff: 0.88,
		Warn: 0.95, WarnOff: 0.92,
		Trigger: 0.98, Release: 0.92, ReleaseFor: 5 * time.Minute,
		Target: 0.955, SmallestStep: 500 * metering.Kilowatt,
		Dead: 90 * time.Second, Freeze: time.Minute,
		Smoothing:  30 * time.Second,
		FreshPolls: 2, SuspectPolls: 6,
		UnknownFor: time.Minute, GoodFor: 2 * time.Minute,
		Agreement: 0.03, Uncovered: 0.20, LossFactor: 0.02,
		Acting: ActingDefaults(),
	}
}

// check returns all faults at once.
func (c *Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if c.Location == nil {
		fault("location: not set: blocks follow the site's clock")
	}
	switch c.Block {
	case 15 * time.Minute, 30 * time.Minute, time.Hour:
	default:
		fault("block: %v: the averaging interval is 15m, 30m or 1h", c.Block)
	}
	if !c.Limit.IsStated() {
		fault("limit: not stated: give the contract's power, or say that it is unlimited")
	}
	if limit, ok := c.Limit.Power(); ok {
		if ceiling, ok := c.Ceiling.Power(); ok && ceiling < limit {
			fault("ceiling: %v is below the limit of %v", ceiling, limit)
		}
		if step := metering.Power((c.Trigger - c.Target) * float64(limit)); limit > 0 && step < c.SmallestStep {
			fault("target: between trigger and target lie %v, less than the smallest step of control, %v: lower the target", step, c.SmallestStep)
		}
	}
	if !(0 <= c.MarginMin && c.MarginMin <= c.MarginMax && c.MarginMax < 0.5) {
		fault("margin: %v to %v: want 0 ≤ least ≤ most < 0.5", c.MarginMin, c.MarginMax)
	}
	if !(0 < c.Release && c.Release < c.Target && c.Target < c.Trigger && c.Trigger < 1) {
		fault("bands: want release < target < trigger < 1, have %v, %v, %v", c.Release, c.Target, c.Trigger)
	}
	if !(0 < c.WatchOff && c.WatchOff < c.Watch && c.Watch < c.Warn && c.Warn < c.Trigger) {
		fault("bands: want watch-off < watch < warn < trigger, have %v, %v, %v, %v", c.WatchOff, c.Watch, c.Warn, c.Trigger)
	}
	if !(c.WatchOff <= c.WarnOff && c.WarnOff < c.Warn) {
		fault("bands: want watch-off ≤ warn-off < warn, have %v, %v, %v", c.WatchOff, c.WarnOff, c.Warn)
	}
	for name, d := range map[string]time.Duration{
		"ceiling time": c.CeilingFor, "release time": c.ReleaseFor, "dead time": c.Dead, "freeze time": c.Freeze,
		"smoothing": c.Smoothing, "unknown time": c.UnknownFor, "good time": c.GoodFor, "rights within": c.RightsWithin,
	} {
		if d < 0 || d >= 24*time.Hour {
			fault("%s: %v: want 0 or more, less than a day", name, d)
		}
	}
	if c.Dead+c.Freeze >= c.Block && c.Block > 0 {
		fault("dead and freeze time: together %v, nothing is left of the block of %v", c.Dead+c.Freeze, c.Block)
	}
	if !(1 <= c.FreshPolls && c.FreshPolls < c.SuspectPolls && c.SuspectPolls <= 1000) {
		fault("freshness: want 1 ≤ fresh < suspect polls ≤ 1000, have %v, %v", c.FreshPolls, c.SuspectPolls)
	}
	for name, share := range map[string]float64{"agreement": c.Agreement, "uncovered": c.Uncovered, "loss factor": c.LossFactor} {
		if !(0 <= share && share < 1) {
			fault("%s: %v: want a share from 0 to below 1", name, share)
		}
	}
	if c.Unmetered < 0 {
		fault("unmetered: %v: want 0 or more", c.Unmetered)
	}
	faults = append(faults, c.checkPoints()...)
	faults = append(faults, c.checkActing()...)
	return errors.Join(faults...)
}

func (c *Config) checkPoints() []error {
	var faults []error
	seen := map[metering.PointID]bool{}
	known := map[metering.ResidentID]bool{}
	for _, r := range c.Residents {
		switch {
		case r.ID == "":
			faults = append(faults, errors.New("resident without an id"))
		case known[r.ID]:
			faults = append(faults, fmt.Errorf("resident %s is named twice", r.ID))
		case r.Allowed < 0:
			faults = append(faults, fmt.Errorf("resident %s: allowed %v: want 0 or more", r.ID, r.Allowed))
		}
		known[r.ID] = true
	}
	measured := false
	for _, p := range c.Points {
		switch {
		case p.ID == "":
			faults = append(faults, errors.New("point without an id"))
		case seen[p.ID]:
			faults = append(faults, fmt.Errorf("point %s is named twice", p.ID))
		case p.Poll <= 0 || p.Poll > time.Hour:
			faults = append(faults, fmt.Errorf("point %s: poll period %v: want more than 0, at most 1h", p.ID, p.Poll))
		case p.Level > Feeders:
			faults = append(faults, fmt.Errorf("point %s: unknown %v", p.ID, p.Level))
		case p.Node != "" && !c.hasNode(p.Node):
			faults = append(faults, fmt.Errorf("point %s: node %s is not named", p.ID, p.Node))
		case p.Resident != "" && !known[p.Resident]:
			faults = append(faults, fmt.Errorf("point %s: resident %s is not named", p.ID, p.Resident))
		}
		seen[p.ID] = true
		measured = measured || p.Level != NoLevel
	}
	if !measured {
		faults = append(faults, errors.New("points: none is an input, a transformer or a feeder: the site's power cannot be known"))
	}
	return faults
}
