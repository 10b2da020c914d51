package rules

import (
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// Case is one channel of one point over [From, To), with everything that is known
// around it. Only Point, Channel, From and To are needed; a rule without its input
// says nothing (Applies tells which ones), an estimate without its input is not
// made. Nothing in a Case is changed.
//
// Give whole local days where you can: rules about a day speak of the days that
// begin in the range. Reactive channels come after the active ones of the same
// point, whose outcome goes into Siblings.
//
// All lists of intervals and flows are ascending by Start, at most one for each
// base period, and of one channel.
type Case struct {
	Point    metering.Point
	Channel  metering.Channel
	From, To time.Time      // UTC, multiples of metering.BasePeriod
	Location *time.Location // of local days; nil is UTC
	Calendar metering.Calendar
	// Rules are the site's rule sets. Those of the point's class hold, where it has
	// none at a time those of no class, else the defaults of Parameters.
	Rules []metering.RuleSet

	// Declared is the declared power over time (заявленная мощность).
	Declared []Declared
	// MaxPower is what the point can carry physically; 0 if it is not known.
	MaxPower metering.Power
	// Quantum is one step of the register at the point; 0 if it is not known.
	Quantum metering.Energy
	// Accuracy is the relative error of the whole metering chain in percent
	// (ChainAccuracy); 0 if it is not known.
	Accuracy float64

	// Derivation is what the registers say. It may be empty for a point that has no
	// registers here.
	Derivation vee.Derivation
	// Measured are the newest versions in the range that were no estimates
	// (Interval.Authority is ByRegisters): imported or simulated ones, where
	// registers say nothing. Needed where an estimate has taken their place.
	Measured []metering.Interval
	// Current are the intervals that stand in the range. Estimates among them are
	// never used; what a person has set stays.
	Current []metering.Interval
	// Before and After are the intervals that stand before From and from To on: as
	// much before as History wants, and a day after. Only grades A and F serve as
	// history.
	Before, After []metering.Interval
	// EstimatedSince is where the unbroken run of grades S and E begins that reaches
	// up to From, if it is longer than Before; zero if not.
	EstimatedSince time.Time

	// Siblings are the other channels that the point should have.
	Siblings []Sibling
	// Check is the check meter's channel, history included; CheckAccuracy as
	// Accuracy.
	Check         []metering.Interval
	CheckAccuracy float64
	// Nodal are energies from all other flows of the node, where all of these are
	// actual. Other are energies by another device (SCADA).
	Nodal, Other []Flow
	// Witnesses are what the meters said beside their registers.
	Witnesses []metering.Witness
	// Totals are energies that somebody else has counted over whole base periods.
	Totals []Total
	// Peaks are readings of maximum-demand registers.
	Peaks []Peak

	// Idle are times without a contract. Faulty are times of faulty metering, from
	// detection to restoration, as an act says.
	Idle, Faulty []metering.Period
	// Previous and Next are the settlement periods beside a faulty one.
	Previous, Next *Use
	// Verified are the ends of verification of what measures here.
	Verified []Verified
	// Identity is what a device said of itself that the site file does not say.
	Identity []Mismatch
	// Usage are the running statistics of what is usual here; nil if there are none.
	Usage *Usage
}

// Result is what Assess has made of a Case.
type Result struct {
	// Intervals are one for each base period of the range, ascending. Version and
	// RecordedAt are those of the input, or zero.
	Intervals []metering.Interval
	// Findings lie in the range, ascending by From, then in the order of Rules.
	Findings []metering.Finding
}

// Declared is a declared power in force over a time.
type Declared struct {
	metering.Period
	Power metering.Power
}

// Sibling is another channel of the same point, history included.
type Sibling struct {
	Channel   metering.Channel
	Intervals []metering.Interval
}

// Flow is an energy over the base period that begins at Start.
type Flow struct {
	Start               time.Time
	Energy, Uncertainty metering.Energy
}

// Total is an energy over [From, To), multiples of metering.BasePeriod.
type Total struct {
	From, To        time.Time
	Energy, Quantum metering.Energy
	Source          string // "load profile", "tariff registers", "register"
	// Binding is set when the total is the register's and the intervals are not:
	// they are scaled to it when they disagree. Otherwise the intervals are the
	// register's own, and a disagreement is an alarm.
	Binding bool
}

// Peak is the reading of a maximum-demand register: the greatest mean power of a
// base period in [From, To).
type Peak struct {
	From, To time.Time
	Power    metering.Power
}

// Use is the measured energy of a settlement period of some days, estimates not
// counted.
type Use struct {
	From, To time.Time
	Energy   metering.Energy
	Days     int // > 0: those whose energy is counted
}

// Verified says until when the verification of a part holds, exclusive.
type Verified struct {
	Part string // "meter 17", "CT"
	To   time.Time
}

// Mismatch is a time over which a device said something of itself that is not
// what the site file says.
type Mismatch struct {
	From, To        time.Time
	Meter           metering.MeterID
	What            string // "serial number", "CT ratio"
	Expected, Found string
}
