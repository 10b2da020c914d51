package vee

import (
	"fmt"

	"asue/metering"
)

// event notes what happened between two readings.
func (z *sifter) event(kind EventKind, before, after sample, format string, args ...any) {
	z.events = append(z.events, Event{
		Kind: kind, Meter: z.s.meter(), From: before.at(), To: after.at(),
		Before: before.reading(), After: after.reading(), Text: fmt.Sprintf(format, args...),
		Numbers: []metering.Number{
			{Name: "before", Value: float64(before.raw), Unit: "1"},
			{Name: "after", Value: float64(after.raw), Unit: "1"},
		},
	})
}
