package simulator

import (
	"time"

	"asue/metering"
)

// Habit is how the works of a resident depart from what their trade does: how many
// times as much they draw at a moment, 0 or more. Two worlds with the same habits are the
// same at a moment only if a habit depends on nothing but that moment; several
// goroutines may ask it at once.
type Habit func(at time.Time) float64

// Habits are those of the residents that have one.
type Habits map[metering.ResidentID]Habit

// drawn is how many times as much the load draws at a moment than its trade does.
func (l *load) drawn(m moment) float64 {
	if l.habit == nil {
		return 1
	}
	return max(0, l.habit(time.Unix(0, m.ns).UTC()))
}
