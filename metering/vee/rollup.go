package vee

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Step is the length of a total.
type Step uint8

// Steps of totals. Hours and half hours follow the local wall clock, days and
// months the local calendar.
const (
	HalfHour Step = iota + 1
	Hour
	Day
	Month
)

// String is the step's name as the API carries it: "30m", "60m", "day", "month".
func (s Step) String() string {
	switch s {
	case HalfHour:
		return "30m"
	case Hour:
		return "60m"
	case Day:
		return "day"
	case Month:
		return "month"
	}
	return fmt.Sprintf("step(%d)", uint8(s))
}

// StepNamed finds a step by its name; the second result is false for an unknown
// one.
func StepNamed(name string) (Step, bool) {
	for _, s := range []Step{HalfHour, Hour, Day, Month} {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// Bounds is the step [start, end) that contains t in a zone: a day has 23, 24 or
// 25 hours there, as the calendar wants it. In a zone that shifts its clock by
// less than an hour the hours around the shift are those of the new offset.
func (s Step) Bounds(t time.Time, loc *time.Location) (start, end time.Time) {
	local := t.In(loc)
	switch s {
	case HalfHour, Hour:
		length := time.Hour
		if s == HalfHour {
			length = 30 * time.Minute
		}
		_, offset := local.Zone()
		shift := time.Duration(offset) * time.Second
		start = t.UTC().Add(shift).Truncate(length).Add(-shift)
		return start, start.Add(length)
	case Day:
		y, m, d := local.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, loc).UTC(), time.Date(y, m, d+1, 0, 0, 0, 0, loc).UTC()
	case Month:
		y, m, _ := local.Date()
		return time.Date(y, m, 1, 0, 0, 0, 0, loc).UTC(), time.Date(y, m+1, 1, 0, 0, 0, 0, loc).UTC()
	}
	panic(fmt.Sprintf("BUG: unknown step %d", s))
}

// Part is what one grade contributes to a total.
type Part struct {
	Grade  metering.Grade
	Count  int
	Energy metering.Energy
	// Share of the grade's energy in the total's, 0..1; 0 if the total is 0.
	Share float64
}

// Total is the energy of one channel of one point over [Start, End): the exact
// sum of the base intervals whose energy is known.
type Total struct {
	Point   metering.PointID
	Channel metering.Channel
	Start   time.Time // UTC
	End     time.Time // UTC
	Energy  metering.Energy
	// Uncertainty is the sum of the parts' bounds, so it is a bound too.
	Uncertainty metering.Energy
	// Grade is the worst of the parts; Null also if a base interval is missing.
	Grade metering.Grade
	// Parts by grade, best first; grades that do not occur are left out.
	Parts []Part
	// Missing is how many base intervals of the step were not there at all.
	Missing int
	Flags   metering.Flags // of any part
}

// Known reports whether every base interval of the total has an energy.
func (t Total) Known() bool { return t.Grade != metering.Null }

// RollUp adds up base intervals, in any order, to totals of the steps that they
// touch, ascending by start, then point, then channel. Of one base interval only
// the current version may be given, once.
func RollUp(intervals []metering.Interval, to Step, loc *time.Location) []Total {
	type key struct {
		point   metering.PointID
		channel metering.Channel
		start   int64
	}
	index := map[key]int{}
	var totals []Total
	var start, end time.Time // of the step last used: neighbours share it
	for _, iv := range intervals {
		if iv.Start.Before(start) || !iv.Start.Before(end) {
			start, end = to.Bounds(iv.Start, loc)
		}
		k := key{iv.Point, iv.Channel, start.Unix()}
		i, ok := index[k]
		if !ok {
			i = len(totals)
			index[k] = i
			totals = append(totals, Total{
				Point: iv.Point, Channel: iv.Channel, Start: start, End: end, Grade: iv.Grade,
				Missing: int(end.Sub(start) / metering.BasePeriod),
			})
		}
		totals[i].add(iv)
	}
	for i := range totals {
		totals[i].finish()
	}
	slices.SortFunc(totals, func(a, b Total) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel))
	})
	return totals
}

func (t *Total) add(iv metering.Interval) {
	t.Missing--
	t.Flags |= iv.Flags
	t.Grade = t.Grade.Worse(iv.Grade)
	i := slices.IndexFunc(t.Parts, func(p Part) bool { return p.Grade == iv.Grade })
	if i < 0 {
		i = len(t.Parts)
		t.Parts = append(t.Parts, Part{Grade: iv.Grade})
	}
	t.Parts[i].Count++
	if iv.Grade == metering.Null {
		return
	}
	t.Parts[i].Energy += iv.Energy
	t.Energy += iv.Energy
	t.Uncertainty += iv.Uncertainty
}

func (t *Total) finish() {
	if t.Missing > 0 {
		t.Grade = metering.Null
	}
	for i := range t.Parts {
		if t.Energy != 0 {
			t.Parts[i].Share = float64(t.Parts[i].Energy) / float64(t.Energy)
		}
	}
	slices.SortFunc(t.Parts, func(a, b Part) int {
		switch {
		case a.Grade == b.Grade:
			return 0
		case a.Grade.Worse(b.Grade) == b.Grade:
			return -1
		}
		return 1
	})
}
