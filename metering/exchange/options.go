package exchange

import (
	"time"

	"asue/metering"
)

// Label says what a time beside a value names.
type Label uint8

// Labels.
const (
	LabelUnknown Label = iota // find out
	LabelStart
	LabelEnd
)

// String is "start" or "end".
func (l Label) String() string {
	switch l {
	case LabelStart:
		return "start"
	case LabelEnd:
		return "end"
	}
	return "start or end"
}

// LabelNamed finds a label by its name; the second result is false for an unknown
// one.
func LabelNamed(name string) (Label, bool) {
	for _, l := range []Label{LabelStart, LabelEnd} {
		if l.String() == name {
			return l, true
		}
	}
	return LabelUnknown, false
}

// Options are what a file is held against, and what it does not say itself.
type Options struct {
	Points *Points        // needed
	Zone   *time.Location // of times without an offset; needed
	Label  Label
	// Unit of values whose heading names none; see UnitNames.
	Unit string
	// Point and Channel of values for which the file names none.
	Point   metering.PointID
	Channel metering.Channel
	// Length of intervals of which the file gives one label each: 15, 30 or 60
	// minutes; 0: what most labels lie apart.
	Length time.Duration
	// Spread allows intervals of 30 and 60 minutes: their energy is spread evenly
	// over quarters of an hour, which are graded Substitute.
	Spread bool
	// Progress, if set, hears of every few thousand rows; share is 0..1, or
	// negative when the end is not known.
	Progress func(rows int, share float64)

	unit unit
}
