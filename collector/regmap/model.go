package regmap

import (
	"slices"
	"strconv"
	"time"

	"asue/metering"
)

// Library is a set of meter models. It is read-only once loaded and may be used
// from any goroutine at once.
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
func (l *Library) IDs() []string { return slices.Clone(l.ids) }

// Register is one value of a meter.
type Register struct {
	Name     string
	Quantity metering.Quantity // 0: an identification or settings word
	Function uint8             // Modbus function code to read with: 3 or 4
	Address  uint16            // as on the wire, from 0
	Type     Type
	Length   int // registers of an ASCII text, else 0
	Order    Order
	// Scale is base units (of Quantity, or of Unit for the others) per one of
	// the register's number. For a counter it is a convenience: Step is exact.
	Scale float64
	Unit  string // as the model file names it
	// Step is, for counters, thousandths of the base unit per count. A counter
	// that the meter keeps as a float is cut into counts of this size; see
	// Resolution for what the float can tell apart.
	Step int64
	// Secondary is set when the register is at the secondary side of the
	// instrument transformers: currents are to be multiplied by CT, voltages by
	// VT, powers and energies by CT·VT.
	Secondary bool
	// Modulus is the number of counts after which a counter starts anew at 0; 0
	// when it is beyond 63 bits and so never does.
	Modulus int64
	// Radix is, for U32U16, the number of residual counts in one of the main count.
	Radix int64
	// Pulse is set for a counter of pulses: Step is what one stands for where nobody
	// has said more, see Model.Counting.
	Pulse bool
	// Parts is the number of values in a row (tariffs) whose sum is the register's
	// value; 0 and 1 mean a single value.
	Parts  int
	Coding Coding
	Kind   Kind
	Group  Group
	// ReadAlone registers are read in a request of their own.
	ReadAlone bool
	// NotAvailable are the bit patterns by which the meter says that it has no
	// value. Floats that are not finite say so always.
	NotAvailable []uint64
	// Expect are the contents that this model is known to give here; empty if
	// unknown. Another content means another device, or one that nobody has listed.
	Expect []int64
	// Guard is set for a setting on which the meaning of other registers depends.
	Guard *Guard
	// Exponent is the register whose content x multiplies this one's value by 10^x;
	// nil if there is none. Both are read in one block.
	Exponent *Exponent
	// ScalesOthers is set for a register that is the Exponent of others. It is read
	// with each of them, in any group, and never for itself.
	ScalesOthers bool
	// Clock is set for the meter's own clock.
	Clock Clock
	// Marker registers tell this device from others by a short read.
	Marker bool
	Note   string
	// Unsure says why the facts are in doubt; such a register is never planned.
	Unsure string
}

// Words is the number of 16-bit registers that the value occupies.
func (r *Register) Words() int {
	switch {
	case r.Type == ASCII:
		return r.Length
	case r.Clock == FieldsClock:
		return clockFields
	}
	return r.Type.words() * max(r.Parts, 1)
}

// Counter reports whether the register is a cumulative one.
func (r *Register) Counter() bool { return r.Step > 0 }

// CanBeMissing reports whether the register has a way to say "no value".
func (r *Register) CanBeMissing() bool { return r.Type.Float() || len(r.NotAvailable) > 0 }

// end is the address after the last word.
func (r *Register) end() int { return int(r.Address) + r.Words() }

// Guard is what a setting must be for the map to hold.
type Guard struct {
	Equals []int64
	Why    string // what depends on it
	// Affects are the quantities that mean something else otherwise.
	Affects []metering.Quantity
}

// Exponent is where the scale factor of a value lies: an i16 (SunSpec's sunssf)
// or u16 register of the same function.
type Exponent struct {
	Name    string
	Address uint16
	Type    Type
}

// Span is a range of addresses, both ends inclusive.
type Span struct{ First, Last uint16 }

// Model is the register map of a family of meters. It is read-only.
type Model struct {
	ID       string
	Revision int
	Vendor   string
	Devices  []string // type names on the nameplate
	// Verified is set when a reading was compared with the display of a real
	// device.
	Verified bool
	Sources  []string // where the facts come from
	Notes    []string // oddities, for people
	// MaxRegisters is the most that one request may ask for.
	MaxRegisters int
	// MaxHole is the most registers between two values that a joined read may
	// carry along unused.
	MaxHole int
	// Even is set when reads must start at an even address and take an even count.
	Even bool
	// NoRead are addresses that a read must not touch.
	NoRead []Span
	// MinPeriod is how often the meter renews its values; polling faster gives
	// nothing. 0 if unknown.
	MinPeriod time.Duration
	// ResponseTime is the longest time to an answer that the vendor states; 0 if
	// unknown.
	ResponseTime time.Duration
	// MinGap is the pause that the meter needs between two requests; 0 if none is
	// known.
	MinGap time.Duration
	// SunSpec is the number of the SunSpec model that this is the map of: addresses
	// are offsets from its id register then, which is to be found in the meter. 0
	// for a map with addresses of its own.
	SunSpec   int
	Registers []Register // ascending by function and address
	// Archive is the meter's own memory of its counters; nil if it has none that a
	// plain read gives.
	Archive *Archive
}

// Name is the model with its revision, "eastron-sdm630@1", as snapshots carry it.
func (m *Model) Name() string { return m.ID + "@" + strconv.Itoa(m.Revision) }

// Register finds a register by its name.
func (m *Model) Register(name string) (*Register, bool) {
	for i := range m.Registers {
		if m.Registers[i].Name == name {
			return &m.Registers[i], true
		}
	}
	return nil, false
}

// Of finds the register that stands for a quantity; unsure ones do not count.
func (m *Model) Of(q metering.Quantity) (*Register, bool) {
	for i := range m.Registers {
		if r := &m.Registers[i]; q != 0 && r.Quantity == q && r.Unsure == "" {
			return r, true
		}
	}
	return nil, false
}

// Marker is the shortest read whose answer tells this meter from another one: a
// register marked so in the model file, whose content does not change. Where it
// has no Expect, what it held before is what it must hold again. The second
// result is false for a model that has none.
func (m *Model) Marker() (Block, bool) {
	var best *Register
	for i := range m.Registers {
		if r := &m.Registers[i]; r.Marker && r.Unsure == "" && (best == nil || r.Words() < best.Words()) {
			best = r
		}
	}
	if best == nil {
		return Block{}, false
	}
	return m.block(best.Group, []*Register{best}), true
}
