package rules

import (
	"time"

	"asue/metering"
)

// State is how far an interval has come on its way to the bill.
type State string

// States of an interval, in the order of its life. What comes before them, a
// reading, is no interval yet.
const (
	Provisional State = "provisional" // closed by the clock before a reading came
	Derived     State = "derived"     // made from registers, a file or an act; no rule has seen it
	Validated   State = "validated"   // the rules have spoken
	Final       State = "final"       // settled, or set to stay by an act
	Revised     State = "revised"     // says something else than was settled
)

// StateOf is the state of a current interval. Rules have seen everything that ends
// at or before validatedUpTo; settled is the version that a settlement has pinned,
// with Version 0 if there is none.
func StateOf(iv metering.Interval, validatedUpTo time.Time, settled metering.Interval) State {
	switch {
	case settled.Version > 0 && iv.SameAs(settled):
		return Final
	case settled.Version > 0:
		return Revised
	case iv.Grade == metering.FinalGrade:
		return Final
	case !iv.End().After(validatedUpTo):
		return Validated
	case iv.Flags&metering.FlagProvisional != 0:
		return Provisional
	}
	return Derived
}
