package reclaim

import (
	"time"

	"asue/metering"
)

// Term is a length of time in days of the local calendar.
type Term struct {
	Days int `json:"days"`
	// Working counts working days only, as the calendar has them.
	Working bool `json:"working,omitempty"`
}

// Pause is a stretch in which clocks stand still.
type Pause struct {
	Cause Cause     `json:"cause"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"` // zero: it still lasts
}

// Cause is why clocks stand still.
type Cause string

// Causes.
const (
	ByDispute    Cause = "dispute"
	ForceMajeure Cause = "force-majeure"
	ByZone       Cause = "zone" // a delay that the zone itself has caused
)

// Deadline is the end of a term that begins at a moment: midnight after its last day.
// The day of the beginning does not count, nor does a day that a pause touches. The
// second result is false where the end cannot be told, because a pause still lasts.
func (t Term) Deadline(begin time.Time, pauses []Pause, calendar metering.Calendar, loc *time.Location) (time.Time, bool) {
	_, end := metering.LocalDay(begin, loc)
	for counted := 0; counted < t.Days; {
		var start time.Time
		start, end = metering.LocalDay(end, loc)
		stands, lasts := touched(pauses, start, end)
		if lasts {
			return time.Time{}, false
		}
		if !stands && (!t.Working || calendar.KindOf(start, loc) == metering.Workday) {
			counted++
		}
	}
	return end, true
}

// touched reports whether a pause touches a day, and whether one does that lasts.
func touched(pauses []Pause, start, end time.Time) (stands, lasts bool) {
	for _, p := range pauses {
		if !p.From.Before(end) {
			continue
		}
		if p.To.IsZero() {
			return true, true
		}
		stands = stands || p.To.After(start)
	}
	return stands, false
}

// IssueTerm is how long the network organisation has to issue new technical conditions
// of a power, by the rules for the use of electrical energy of Kazakhstan (order 143 of
// 25.02.2015): 5, 10 and 15 working days up to 200 kW, up to 1000 kW, and above.
func IssueTerm(p metering.Power) Term {
	switch {
	case p <= 200*metering.Kilowatt:
		return Term{5, true}
	case p <= metering.Megawatt:
		return Term{10, true}
	}
	return Term{15, true}
}
