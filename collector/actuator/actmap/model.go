// Package actmap is what is known of the registers of actuators, as data: where a
// command is written, where the device shows what has become of it, and by which
// fallback of its own it guards its load.
//
// A model is a file of models, found by its name without .yaml. Its registers are
//
//	command          what is written: a limit, or a coil that is 1 for closed
//	in_force         limit that the device keeps; absent: that of command
//	power            measured power of the load
//	aux, aux_open    contacts: 1 if closed, and 1 if open; of one alone the other follows
//	select_open …    coils of a breaker that are set one after the other to move it:
//	                 select_open, operate_open, select_close, operate_close
//	local, fault     1 if switched to local, 1 if faulty
//	fallback_limit   limit that the device takes by itself
//	fallback_time    seconds without a write after which it does; 0: never
//	fell_back        1 if it has
//
// each with
//
//	table   coil, discrete, input or holding; addr as on the wire, from 0
//	type    u16, i16, u32 or i32, high word first, of inputs and holdings
//	unit    W, kW or s of one count; W if absent
//	stride  addresses from one channel to the next
//	inverted  of a bit: 0 means what 1 means otherwise
//	many    the device takes function 15 or 16 only, also for a single one
//
// The package must not know sockets, time or retries.
package actmap

import (
	"time"

	"asue/metering"
)

// Library is a set of models. It is read-only once loaded and may be used from any
// goroutine at once.
type Library struct {
	models map[string]*Model
	ids    []string
}

// Model finds a model by its id, as the site file names it.
func (l *Library) Model(id string) (*Model, bool) {
	m, ok := l.models[id]
	return m, ok
}

// IDs lists the ids of all models in ascending order.
func (l *Library) IDs() []string { return append([]string(nil), l.ids...) }

// Model is the map of one family of actuators.
type Model struct {
	ID       string
	Revision int
	Vendor   string
	Devices  []string
	Sources  []string
	Notes    []string
	Verified bool

	Kind     metering.ActuatorKind
	Channels int // outputs of one device, numbered from 1

	Command      *Place // of a set-point or a relay
	SelectOpen   *Place // of a breaker, as the next three
	OperateOpen  *Place
	SelectClose  *Place
	OperateClose *Place

	InForce *Place // nil: Command shows it
	Power   *Place // nil: not measured
	Aux     *Place
	AuxOpen *Place
	Local   *Place // nil: there is no such switch
	Fault   *Place

	Fallback *Fallback // nil: the device has none of its own
}

// Fallback is how a device guards its load by itself, when nobody writes.
type Fallback struct {
	Limit, Time *Place
	FellBack    *Place        // nil: it does not say
	After       time.Duration // what is written to Time
	Refresh     time.Duration // how often a limit is written again, so that it does not happen
}

// Table is one of the four of Modbus.
type Table string

// Tables, and the functions that read them.
const (
	Coil     Table = "coil"     // 1, written by 5 and 15
	Discrete Table = "discrete" // 2
	Holding  Table = "holding"  // 3, written by 6 and 16
	Input    Table = "input"    // 4
)

// Function is the code that reads a table.
func (t Table) Function() byte {
	switch t {
	case Coil:
		return 1
	case Discrete:
		return 2
	case Holding:
		return 3
	}
	return 4
}

// Bits reports whether a table holds bits and not words.
func (t Table) Bits() bool { return t == Coil || t == Discrete }

// Type is how a number is kept.
type Type string

// Types. A bit is Bit.
const (
	Bit Type = "bit"
	U16 Type = "u16"
	I16 Type = "i16"
	U32 Type = "u32"
	I32 Type = "i32"
)

// Words is how many registers a number takes; a bit takes one place.
func (t Type) Words() int {
	if t == U32 || t == I32 {
		return 2
	}
	return 1
}

// Place is one value of a device.
type Place struct {
	Table    Table
	Address  uint16
	Type     Type
	Count    metering.Power // W of one count, or seconds
	Stride   uint16
	Inverted bool
	Many     bool // written by function 15 or 16, also if it is a single one
}

// At is the address for a channel, from 1.
func (p Place) At(channel int) uint16 { return p.Address + uint16(channel-1)*p.Stride }

// Places are the registers that are read at each look: all but those that only move
// a breaker.
func (m *Model) Places() []*Place {
	all := []*Place{m.Command, m.InForce, m.Power, m.Aux, m.AuxOpen, m.Local, m.Fault}
	if f := m.Fallback; f != nil {
		all = append(all, f.Limit, f.Time, f.FellBack)
	}
	var some []*Place
	for _, p := range all {
		if p != nil {
			some = append(some, p)
		}
	}
	return some
}
