package vee

import (
	"time"

	"asue/metering"
)

// Chain is one channel of one point through time: the registers of the meters
// that stood there, one after the other.
type Chain struct {
	Point   metering.PointID
	Channel metering.Channel
	// Links ascend by Install.From and do not overlap. Two links of the same
	// meter that touch are a change of its transformers' ratios.
	Links []Link
}

// Link is one install of a meter at the chain's point, with what its register
// has shown. Slices in it are not changed.
type Link struct {
	Install metering.Install
	// Modulus is the count at which the register starts anew from 0; 0 if unknown.
	Modulus int64
	// MaxPower is the greatest power that the point can carry physically, W (or
	// var, L/h); 0 if unknown. A rollover or a reset is believed only within it.
	MaxPower metering.Power
	// Spans of the register, ascending: those of the range that is derived and
	// those with some sixteen readings beyond each side, however far away, which
	// tell readings at its edges from garbage; Reach says what is enough. Readings
	// outside the install's time are passed over.
	Spans []metering.RegisterSpan
	// Witnesses of the meter, ascending, of the same time as the spans; there may
	// be none.
	Witnesses []metering.Witness
}

// Reach is how far around a range the spans and witnesses of a link are to be
// handed over, so that deriving it alone gives what deriving more at once gives:
// coarse registers look back to their last steps. Beyond it one more span on each
// side, where the edges of gaps lie, is enough.
const Reach = 4 * time.Hour

// Derivation is what the registers of a chain say about a range of time.
type Derivation struct {
	// Intervals ascend by start: one for each base period of the range that a
	// reading or the clock has closed and during which, at least in part, a meter
	// stood at the point or was being changed there. Version and RecordedAt are
	// left to the ledger.
	Intervals []metering.Interval
	// Gaps ascend and do not overlap. They touch the range, but their ends may lie
	// outside it.
	Gaps []Gap
	// Partials ascend by start, one for each of Intervals that touches a gap.
	Partials []Partial
	// Events ascend by From: what happened to the registers in the range, and
	// around it as far as the spans reach.
	Events []Event
}

// Gap is a stretch between two readings, or an edge of what is known, whose
// shape nobody saw.
type Gap struct {
	// From and To are the moments of the readings. At an edge one of them is the
	// edge of the range's intervals instead.
	From, To time.Time
	// Bounded is set when the registers say how much flowed: Energy holds.
	Bounded bool
	// Energy at the point, in Channel.Unit(): the exact difference of the floored
	// register values.
	Energy metering.Energy
	// Least, when not Bounded, is what has flowed at least: a register that was
	// reset shows what came afterwards only.
	Least metering.Energy
	// Uncertainty bounds |Energy - true energy| when Bounded.
	Uncertainty metering.Energy
	Flags       metering.Flags
	Reason      string
}

// Partial is what is known of an interval that touches a gap: Known was
// measured in Measured of its time. Known plus the gaps' shares over the rest
// adds up, neighbour by neighbour, exactly to the registers.
type Partial struct {
	Start    time.Time
	Known    metering.Energy
	Measured time.Duration
}

// EventKind is what kind of thing happened to a register.
type EventKind string

// Kinds of events.
const (
	EventGlitch       EventKind = "glitch"        // a reading was thrown out as impossible
	EventRollover     EventKind = "rollover"      // the register passed its modulus
	EventReset        EventKind = "reset"         // the register started anew near zero
	EventFrozen       EventKind = "frozen"        // the register stood still while power flowed
	EventSwap         EventKind = "swap"          // another meter was put in
	EventConfigChange EventKind = "config_change" // the ratio or the register's scale changed
	EventClockStep    EventKind = "clock_step"    // the clock that stamps was set
	EventDecrease     EventKind = "decrease"      // the register went down and nothing explains it
	EventJump         EventKind = "jump"          // the register went up by more than the point can carry
)

// Event is what happened to a register between two of its readings.
type Event struct {
	Kind EventKind
	// Meter is the one that Before was read from, at a swap the one taken out.
	Meter    metering.MeterID
	From, To time.Time
	// Before and After are the readings on both sides; of a glitch, the last good
	// one and the one thrown out. They are zero where there is none.
	Before, After metering.RegisterReading
	Text          string // in words, with the figures
	Numbers       []metering.Number
}
