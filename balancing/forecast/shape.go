package forecast

import (
	"time"

	"asue/metering"
)

// Typical is works with two shifts on workdays, a short Saturday and a rest on
// Sundays: what is taken for a load of which nothing else is known. The figures
// are the project's own choice; on a workday they come to about half of what is
// allowed.
func Typical(kind metering.DayKind, sinceMidnight time.Duration) float64 {
	const base = 0.25
	begin, end, height := 7*time.Hour, 20*time.Hour, 0.45
	switch kind {
	case metering.Saturday:
		end, height = 15*time.Hour, 0.25
	case metering.Sunday, metering.Holiday:
		return base
	}
	const ramp = time.Hour
	up := float64(sinceMidnight-begin) / float64(ramp)
	down := float64(end+ramp-sinceMidnight) / float64(ramp)
	return base + height*min(max(min(up, down), 0), 1)
}
