package notify

import (
	"slices"
	"time"

	"asue/metering/alarm"
)

// What happened.
type What string

// Events.
const (
	Raised    What = "raised"    // the book announced it
	Returned  What = "returned"  // what was told is over
	Escalated What = "escalated" // nobody acknowledged it within its time to respond
	Test      What = "test"      // somebody tries whether messages arrive
)

// Event is what somebody outside has to hear.
type Event struct {
	What  What
	Alarm alarm.Alarm // as it was then; zero for a test
	// At is when it happened, Announced when the alarm was announced: it names the
	// announcement.
	At, Announced time.Time
	// Respond is the time to respond of its kind.
	Respond time.Duration
}

// Key names an event for ever: alarm, announcement and what happened. Whoever hears the
// same key twice has heard it already.
func (e Event) Key() string {
	named := e.Announced
	if e.What == Test {
		named = e.At
	}
	return string(e.Alarm.ID) + "@" + named.UTC().Format("2006-01-02T15:04:05.000Z") + "/" + string(e.What)
}

// Route is which events a destination hears.
type Route struct {
	Priorities []alarm.Priority // empty: all
	Kinds      []alarm.Kind     // empty: all
}

// Takes reports whether a destination hears an event. Everybody hears a test.
func (r Route) Takes(e Event) bool {
	if e.What == Test {
		return true
	}
	return (len(r.Priorities) == 0 || slices.Contains(r.Priorities, e.Alarm.Priority)) &&
		(len(r.Kinds) == 0 || slices.Contains(r.Kinds, e.Alarm.Kind))
}
