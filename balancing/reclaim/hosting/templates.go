package hosting

import (
	"fmt"
	"time"
)

// shape is how a kind of works draws: parts of its power by the half hour of the day, on
// workdays, Saturdays and Sundays.
type shape struct {
	name, about string
	at          func(day time.Weekday, hour float64) float32
}

// Names of templates.
const (
	OneShift   = "one-shift"
	TwoShifts  = "two-shifts"
	Continuous = "continuous"
	Offices    = "offices"
	Nights     = "nights"
	Always     = "flat"
)

// shapes are assumptions for a newcomer that has no measurements of its own yet, not
// statistics: the plain working day of each kind.
var shapes = []shape{
	{OneShift, "08:00 to 17:00 on workdays, a dip at noon, a tenth otherwise", func(d time.Weekday, h float64) float32 {
		return shifts(d, h, 8, 17, 0.1)
	}},
	{TwoShifts, "07:00 to 23:00 on workdays, a dip at noon, Saturdays a half, a tenth otherwise", func(d time.Weekday, h float64) float32 {
		if d == time.Saturday && h >= 7 && h < 23 {
			return 0.5
		}
		return shifts(d, h, 7, 23, 0.1)
	}},
	{Continuous, "day and night, nine tenths of it at night and at weekends", func(d time.Weekday, h float64) float32 {
		if !workday(d) || h < 7 || h >= 22 {
			return 0.9
		}
		return 1
	}},
	{Offices, "09:00 to 18:00 on workdays, rising from 07:00, falling to 20:00, a fifth otherwise", func(d time.Weekday, h float64) float32 {
		switch {
		case !workday(d) || h < 7 || h >= 20:
			return 0.2
		case h < 9 || h >= 18:
			return 0.6
		}
		return 1
	}},
	{Nights, "23:00 to 07:00 every day, nothing otherwise", func(_ time.Weekday, h float64) float32 {
		if h >= 23 || h < 7 {
			return 1
		}
		return 0
	}},
	{Always, "its full power all the time", func(time.Weekday, float64) float32 { return 1 }},
}

func workday(d time.Weekday) bool { return d != time.Saturday && d != time.Sunday }

func shifts(d time.Weekday, h, from, to float64, rest float32) float32 {
	switch {
	case !workday(d) || h < from || h >= to:
		return rest
	case h >= 12 && h < 13:
		return 0.7
	}
	return 1
}

// Templates tells the names of the templates and what each is, in the order in which
// they should be shown.
func Templates() (names, about []string) {
	for _, s := range shapes {
		names, about = append(names, s.name), append(about, s.about)
	}
	return names, about
}

// Named is a template as a profile of a week that begins on a day of the week: the one
// with which the weeks of a model begin. It fails for an unknown name.
func Named(name string, block time.Duration, first time.Weekday) (Profile, error) {
	for _, s := range shapes {
		if s.name != name {
			continue
		}
		perDay := int(24 * time.Hour / block)
		var parts []float32
		for d := range 7 {
			for slot := range perDay {
				parts = append(parts, s.at((first+time.Weekday(d))%7, float64(slot)*block.Hours()))
			}
		}
		return Template(name, parts)
	}
	return Profile{}, fmt.Errorf("profile %q: there is no template of that name", name)
}
