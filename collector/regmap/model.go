package regmap

import (
	"fmt"
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

// Group says how often a register is read.
type Group uint8

// Groups of registers. A block never mixes two of them.
const (
	Fast        Group = 1 // power, current, voltage, frequency: seconds
	EnergyGroup Group = 2 // cumulative registers: once a minute and at interval boundaries
	Slow        Group = 3 // power factor, distortion: minutes
	Ident       Group = 4 // serial, model, transformer settings: at connect and once an hour
)

var groupNames = map[Group]string{Fast: "fast", EnergyGroup: "energy", Slow: "slow", Ident: "ident"}

// Groups lists all groups, the most frequent one first.
func Groups() []Group { return []Group{Fast, EnergyGroup, Slow, Ident} }

// String is the group's name in model files and topics: "fast", "energy",
// "slow" or "ident".
func (g Group) String() string {
	if n, ok := groupNames[g]; ok {
		return n
	}
	return fmt.Sprintf("group(%d)", uint8(g))
}

// Type is how a value lies in its registers.
type Type uint8

// Types of register values. Integers are two's complement, floats IEEE 754; the
// bytes inside a register are big-endian as Modbus has it.
const (
	U16    Type = 1
	I16    Type = 2
	U32    Type = 3
	I32    Type = 4
	U64    Type = 5
	I64    Type = 6
	F32    Type = 7
	F64    Type = 8
	U32U16 Type = 9  // a 32-bit count and a 16-bit residual: count × Radix + residual
	ASCII  Type = 10 // text, two characters in a register
)

var typeNames = map[Type]string{
	U16: "u16", I16: "i16", U32: "u32", I32: "i32", U64: "u64", I64: "i64", F32: "f32", F64: "f64",
	U32U16: "u32+u16", ASCII: "ascii",
}

// String is the type's name in model files.
func (t Type) String() string {
	if n, ok := typeNames[t]; ok {
		return n
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Float reports whether the type is a floating-point number.
func (t Type) Float() bool { return t == F32 || t == F64 }

func (t Type) isSigned() bool { return t == I16 || t == I32 || t == I64 }

// words of one value; 0 for ASCII, whose length the register states.
func (t Type) words() int {
	switch t {
	case U16, I16:
		return 1
	case U32, I32, F32:
		return 2
	case U32U16:
		return 3
	case U64, I64, F64:
		return 4
	}
	return 0
}

// Order is the order of the words of a value of several registers. With the
// value's words numbered 1 (most significant) to 4, the registers hold:
type Order uint8

// Word orders. For 32-bit values only the first two exist.
const (
	BigWords    Order = 1 // 1 2 3 4, "ABCD"
	LittleWords Order = 2 // 4 3 2 1, "CDAB" for 32 bits
	BigHalves   Order = 3 // 2 1 4 3: the high half first, its low word first
	SwapHalves  Order = 4 // 3 4 1 2: the low half first, its high word first
)

var orderNames = map[Order]string{BigWords: "big", LittleWords: "little", BigHalves: "big-halves", SwapHalves: "swapped-halves"}

// String is the order's name in model files.
func (o Order) String() string {
	if n, ok := orderNames[o]; ok {
		return n
	}
	return fmt.Sprintf("order(%d)", uint8(o))
}

// Kind says what a cumulative register stands for.
type Kind uint8

// Kinds of cumulative registers. Only a Total may stand for a quantity.
const (
	Total   Kind = 0
	Tariff  Kind = 1 // one tariff of several
	Partial Kind = 2 // can be reset by anybody at the display
)

// Coding is a special meaning of the number in a register.
type Coding uint8

// Codings.
const (
	Plain Coding = 0
	// FourQuadrantPF is Schneider's 4Q_FP_PF: x in -1..1 is a lagging power factor;
	// above 1 it is 2-x leading, below -1 it is -2-x leading.
	FourQuadrantPF Coding = 1
)

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
	// Marker registers tell this device from others by a short read.
	Marker bool
	Note   string
	// Unsure says why the facts are in doubt; such a register is never planned.
	Unsure string
}

// Words is the number of 16-bit registers that the value occupies.
func (r *Register) Words() int {
	if r.Type == ASCII {
		return r.Length
	}
	return r.Type.words() * max(r.Parts, 1)
}

// Counter reports whether the register is a cumulative one.
func (r *Register) Counter() bool { return r.Step > 0 }

// CanBeMissing reports whether the register has a way to say "no value".
func (r *Register) CanBeMissing() bool { return r.Type.Float() || len(r.NotAvailable) > 0 }

// end is the address after the last word.
func (r *Register) end() int { return int(r.Address) + r.Words() }

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
	MinGap    time.Duration
	Registers []Register // ascending by function and address
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

// Marker is the shortest read whose answer tells this meter from another one:
// a register marked so in the model file. The second result is false for a
// model that has none.
func (m *Model) Marker() (Block, bool) {
	for i := range m.Registers {
		if r := &m.Registers[i]; r.Marker && r.Unsure == "" {
			return m.block(r.Group, []*Register{r}), true
		}
	}
	return Block{}, false
}
