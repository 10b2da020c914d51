package regmap

import (
	"fmt"

	"asue/collector/device"
)

// Group says how often a register is read. A block never mixes two groups.
type Group = device.Group

// Groups of registers. Those of Profile belong to the meter's archive and are
// read only when that is wanted.
const (
	Fast        = device.Fast
	EnergyGroup = device.Energy
	Slow        = device.Slow
	Ident       = device.Ident
	Profile     = device.Profile
)

// Groups lists the groups that are polled, the most frequent one first: all but
// Profile.
func Groups() []Group { return []Group{Fast, EnergyGroup, Slow, Ident} }

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

// Clock is the form of a register that holds the meter's own clock.
type Clock uint8

// Forms of clocks. All tell UTC: a register is one only if its source says so.
const (
	NoClock Clock = 0
	// UnixClock is the seconds since 1970-01-01 in an integer of 32 or 64 bits.
	UnixClock Clock = 1
	// FieldsClock is six registers: year, in full or since 2000, month from 1, day,
	// hour from 0, minute, second.
	FieldsClock Clock = 2
)
