// Package device is what the scheduler and the drivers of meters agree on: a
// meter as a list of requests that can be asked, and what their answers hold.
//
// A driver is one package: it opens lines of its kind and makes a Meter of each
// address behind them. collector/registers is the driver of Modbus meters; one
// for Mercury, Energomera or СПОДЭС is another package beside it and a line in
// cmd. The scheduler in package collector knows drivers by this contract alone,
// and collector/devicetest is the suite that each of them passes.
//
// # Add a driver
//
//  1. Make a package collector/<protocol> with a Line that owns the port, and a
//     function that makes a Meter of an address on it.
//  2. Let Meter.Requests list what can be asked, one transaction each, grouped by
//     how often it is wanted.
//  3. Return errors by the contract of Request.Ask, so that a refusal, a dead
//     meter and a dead line are told apart.
//  4. Run devicetest.Run over it.
//  5. Give it a scheme in cmd/asue/drivers.go.
//
// The package must not know any protocol, who polls, or when.
package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Group says how often something is wanted from a meter.
type Group uint8

// Groups. A request belongs to exactly one of them.
const (
	Fast    Group = 1 // power, current, voltage, frequency: seconds
	Energy  Group = 2 // cumulative registers: once a minute and at interval boundaries
	Slow    Group = 3 // power factor, distortion: minutes
	Ident   Group = 4 // serial, model, transformer settings, clock: at connect and once an hour
	Profile Group = 5 // the meter's own archive: after an outage, when nothing else is due
)

var groupNames = map[Group]string{Fast: "fast", Energy: "energy", Slow: "slow", Ident: "ident", Profile: "profile"}

// Groups lists all groups, the most frequent one first.
func Groups() []Group { return []Group{Fast, Energy, Slow, Ident, Profile} }

// String is the group's name in model files and metrics: "fast", "energy",
// "slow", "ident" or "profile".
func (g Group) String() string {
	if n, ok := groupNames[g]; ok {
		return n
	}
	return fmt.Sprintf("group(%d)", uint8(g))
}

// Line is what the meters behind one port share. The collector closes it when
// its meters are not polled any more; nothing is asked after that.
type Line interface {
	Close() error
}

// Meter is one meter as the driver of its protocol knows it. Only the goroutine
// that owns the meter's line calls it or its requests.
type Meter interface {
	// Model is the map by which the meter is read, with its revision:
	// "eastron-sdm630@1". Snapshots carry it.
	Model() string
	// Address is the meter's place on its line, for people: "unit 17".
	Address() string
	// Requests are all that can be asked, in the order of asking, of every group
	// but Profile. The result does not change.
	Requests() []Request
	// Modulus is the number of counts after which a counter starts anew at 0; 0
	// if it never does, or nobody knows.
	Modulus(q metering.Quantity) int64
	// Pause is the rest that the meter needs between two requests; other meters of
	// the line may be asked meanwhile. 0 if none is known.
	Pause() time.Duration
	// Archive is the meter's own memory of past registers; nil if it has none that
	// can be read.
	Archive() Archive
}

// Request is one thing to ask of a meter.
type Request interface {
	// Group says how often it is wanted.
	Group() Group
	// Billing reports whether the answer holds cumulative registers.
	Billing() bool
	// Size is how long the request takes beside others of the meter, in any unit:
	// the shortest one serves as a probe.
	Size() int
	// Ask runs the request, one transaction as a rule, and adds what it gave to the
	// answer. With an error nothing has been added.
	//
	// An error that has a method Refusal() Refusal is the meter's own word. One
	// that has Unreachable() bool, true, says that the line itself has no
	// connection. Any other says that no right answer came in time; the line has
	// then seen to it that a late one is never taken for another.
	Ask(ctx context.Context, a *Answer) error
	// Split are requests that ask for the same in pieces, for a meter that refuses
	// the whole; nil if there are none.
	Split() []Request
	// Apart are requests to be made in place of this one just now, because its
	// answer could not be told from one that may still come to an earlier question;
	// nil as a rule.
	Apart() []Request
	// String is one line for people.
	String() string
}

// Answer is what requests gave. It belongs to whoever asks.
type Answer struct {
	// Readings in the order of the registers. Values are at the primary side.
	Readings []metering.Reading
	// Identity is all that the meter has said of itself so far, if the request was
	// one of the group Ident.
	Identity Identity
}

// Identity is what a meter says of itself.
type Identity struct {
	// Serial is the serial number; empty if the meter does not tell.
	Serial string
	// CT and VT are the transformer ratios that are set in the meter; zero if it
	// does not tell.
	CT, VT metering.Ratio
	// Clock is the meter's own clock, UTC; zero if it does not tell.
	Clock time.Time
	// Strange are contents that a meter of this model would not have: it is another
	// device, and its registers mean something else.
	Strange []Mismatch
	// Unset are settings that differ from what the map was written for: some of the
	// registers mean something else.
	Unset []Mismatch
	// Said is everything told, for people: "serial=4711 ct_prim=600".
	Said string
}

// Mismatch is a content that is not as it should be.
type Mismatch struct {
	Register  string // its name in the map
	Got, Want string
	Why       string // what depends on it; may be empty
	// Quantities are those that cannot be trusted because of it; empty: all.
	Quantities []metering.Quantity
}

// String is one line for people: "ident is 340, not 341 or 342".
func (m Mismatch) String() string {
	s := m.Register + " is " + m.Got + ", not " + m.Want
	if m.Why != "" {
		s += ": " + m.Why
	}
	return s
}

// Archive is a meter's memory of its registers at the ends of past intervals.
type Archive interface {
	// Period is the length of the archive's intervals.
	Period() time.Duration
	// At returns the cumulative registers as they stood at end, which is the end of
	// one of the archive's intervals, in a few transactions at most. False says
	// that the archive has no record of it. Errors are as of Request.Ask.
	At(ctx context.Context, end time.Time) (Record, bool, error)
}

// Record is one entry of an archive.
type Record struct {
	At       time.Time          // end of the interval by the meter's clock, UTC
	Readings []metering.Reading // counters
}

// Refusal is a meter's own word that it does not give what was asked for.
type Refusal uint8

// Refusals.
const (
	// Unknown: the meter has no such register or service, or none of this shape.
	// The same will be refused the next time; a smaller piece may be given.
	Unknown Refusal = 1
	// Busy: the meter would answer later.
	Busy Refusal = 2
	// Faulty: the meter cannot serve because something in it is broken.
	Faulty Refusal = 3
	// Absent: a gateway says that it does not reach the meter.
	Absent Refusal = 4
)

// RefusalOf finds the meter's own word in an error.
func RefusalOf(err error) (Refusal, bool) {
	var r interface{ Refusal() Refusal }
	if errors.As(err, &r) {
		return r.Refusal(), true
	}
	return 0, false
}

// Unreachable reports whether an error says that the line has no connection.
func Unreachable(err error) bool {
	var u interface{ Unreachable() bool }
	return errors.As(err, &u) && u.Unreachable()
}
