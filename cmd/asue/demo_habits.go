package main

import (
	"time"

	"asue/metering"
	"asue/simulator"
)

// demoHabits is how residents of the built-in example depart from what their trades do,
// so that whoever looks at the technical conditions finds every class among them. They go
// on in the present as they were in the past. Days are those of the zone, counted back
// from the day on which the demo starts.
type demoHabits struct {
	zone  *time.Location
	today time.Time // its local midnight
}

func newDemoHabits(site *metering.Site, now time.Time) *demoHabits {
	today, _ := metering.LocalDay(now, site.Location)
	return &demoHabits{site.Location, today}
}

// Days of the demo's past, counted back from its start.
const (
	youngSince = 200 // Газ-2 draws since then
	growsSince = 365 // Пластик-1 has grown since then
	heldFrom   = 170 // Металл-2 was held back on the Tuesdays from heldFrom
	heldUpTo   = 80  // to heldUpTo
)

// all are the habits by resident; none of a nil h.
func (h *demoHabits) all() simulator.Habits {
	if h == nil {
		return nil
	}
	return simulator.Habits{
		"offices-1":  func(time.Time) float64 { return 1.35 },
		"offices-2":  h.exceeding,
		"plastics-1": h.growing,
		"plastics-2": h.showing,
		"plastics-3": h.spiky,
		"metal-2":    h.heldBack,
		"gas-2":      h.young,
	}
}

// ago is how many days ago the day of a moment was; 0 on the day of the start, less
// than 0 after it.
func (h *demoHabits) ago(at time.Time) int {
	const day = 24 * time.Hour
	since := at.Sub(h.today)
	days := int(since / day)
	if since%day < 0 {
		days--
	}
	return -days
}

// exceeding draws more than twice as much on two days of a week: in cold and hot weeks
// that is above the ТУ.
func (h *demoHabits) exceeding(at time.Time) float64 {
	if w := at.In(h.zone).Weekday(); w == time.Tuesday || w == time.Thursday {
		return 2.3
	}
	return 1
}

// growing has come from two fifths to all of it within a year.
func (h *demoHabits) growing(at time.Time) float64 {
	share := 1 - float64(h.ago(at))/growsSince
	return 0.4 + 0.6*min(1, max(0, share))
}

// showing draws little, but on a day of each month nearly all of its ТУ: twelve days a
// year are a need.
func (h *demoHabits) showing(at time.Time) float64 {
	if h.showDay(at) {
		return 1.55
	}
	return 0.45
}

// spiky does so on a day of the year: one day is none.
func (h *demoHabits) spiky(at time.Time) float64 {
	if at.In(h.zone).Month() == time.March && h.showDay(at) {
		return 1.45
	}
	return 0.5
}

// showDay is the second Wednesday of a month.
func (h *demoHabits) showDay(at time.Time) bool {
	local := at.In(h.zone)
	return local.Weekday() == time.Wednesday && local.Day() > 7 && local.Day() <= 14
}

// heldBack draws less than half of its ТУ, and hardly anything while it is held back.
func (h *demoHabits) heldBack(at time.Time) float64 {
	if h.held(at) {
		return 0.25
	}
	return 0.7
}

// held are the times in which the demo's past says that its balancer held back: an hour
// in the morning of some Tuesdays.
func (h *demoHabits) held(at time.Time) bool {
	local, ago := at.In(h.zone), h.ago(at)
	return ago > heldUpTo && ago <= heldFrom && local.Weekday() == time.Tuesday && local.Hour() == 10
}

func (h *demoHabits) young(at time.Time) float64 {
	if h.ago(at) > youngSince {
		return 0
	}
	return 1
}

// unread reports whether a meter was not read: that of Логистика-2 for a third of each
// month.
func (h *demoHabits) unread(point metering.PointID, start time.Time) bool {
	return h != nil && point == "p-logistics-2" && start.In(h.zone).Day() <= 10
}
