package regmap

import (
	"fmt"
	"math"
	"slices"

	"asue/metering"
)

// Value is what a simulated meter is to show in a register.
type Value struct {
	// Float is in the base unit, at the primary side. Counters do not look at it.
	Float float64
	// MilliUnits is, for counters, the energy in thousandths of the base unit at
	// the primary side, not negative.
	MilliUnits int64
	// Missing makes the meter say that it has no value. A register that has no
	// way to say so (CanBeMissing) shows 0 then, as such meters do.
	Missing bool
	// Exponent is what stands in the register's scale factor; 0 where it has none.
	Exponent int
}

// Encode writes a value as the meter would show it: the inverse of Decode. dst
// has r.Words() words.
//
// Counters show whole counts, rounded down, and start anew at their modulus.
// Other values are rounded to the nearest; what the register cannot hold stands
// at the end of its range. A Float that is not finite counts as Missing. An
// ASCII register is written with EncodeText.
func Encode(r *Register, v Value, ct, vt metering.Ratio, dst []uint16) {
	if len(dst) != r.Words() || r.Type == ASCII || r.Clock != NoClock {
		panic(fmt.Sprintf("BUG: register %s (%v) encoded into %d words", r.Name, r.Type, len(dst)))
	}
	clear(dst)
	first := dst[:r.Type.words()] // of several parts the first carries all
	switch {
	case v.Missing || !r.Counter() && !finite(v.Float):
		r.writeMissing(dst)
	case r.Counter():
		r.writeCount(first, r.countsAt(r.shownStep(v.Exponent), v.MilliUnits, ct, vt))
	default:
		r.writeNumber(first, scaled(v.Float/factorsOf(ct, vt).of(r)/r.Scale, -v.Exponent))
	}
}

// shownStep is the step with a scale factor that a meter may have.
func (r *Register) shownStep(x int) int64 {
	if x == 0 {
		return r.Step
	}
	if x < -maxExponent || x > maxExponent {
		panic(fmt.Sprintf("BUG: register %s: scale factor %d", r.Name, x))
	}
	step, ok := r.stepAt(x)
	if !ok || step == 0 {
		panic(fmt.Sprintf("BUG: register %s: with scale factor %d a count is no whole number of thousandths", r.Name, x))
	}
	return step
}

// EncodeCount writes a counter's count, at the register's own side, as the meter
// would show it: for counts whose energy is beyond a Value, and to put a register
// near its roll-over. raw is not negative, dst has r.Words() words.
func EncodeCount(r *Register, raw int64, dst []uint16) {
	if len(dst) != r.Words() || !r.Counter() || raw < 0 {
		panic(fmt.Sprintf("BUG: register %s (%v): count %d encoded into %d words", r.Name, r.Type, raw, len(dst)))
	}
	clear(dst)
	r.writeCount(dst[:r.Type.words()], uint64(raw))
}

// EncodeText writes text into an ASCII register, two characters a word, padded
// with zeros and cut to its length.
func EncodeText(r *Register, text string, dst []uint16) {
	if len(dst) != r.Words() || r.Type != ASCII {
		panic(fmt.Sprintf("BUG: register %s (%v) encoded as text into %d words", r.Name, r.Type, len(dst)))
	}
	clear(dst)
	for i := 0; i < len(text) && i < 2*len(dst); i++ {
		dst[i/2] |= uint16(text[i]) << (8 * (1 - i%2))
	}
}

func (r *Register) writeMissing(dst []uint16) {
	n := r.Type.words()
	var code uint64
	switch {
	case len(r.NotAvailable) > 0:
		code = r.NotAvailable[0]
	case r.Type == F32:
		code = 0x7fc00000
	case r.Type == F64:
		code = 0x7ff8000000000000
	default:
		return
	}
	for ; len(dst) > 0; dst = dst[n:] {
		r.Order.scatter(code, dst[:n])
	}
}

func (r *Register) writeCount(dst []uint16, k uint64) {
	if r.Modulus > 0 {
		k %= uint64(r.Modulus)
	}
	k = min(k, math.MaxInt64)
	switch r.Type {
	case U32U16:
		r.Order.scatter(k/uint64(r.Radix), dst[:2])
		dst[2] = uint16(k % uint64(r.Radix))
	case F32:
		r.Order.scatter(uint64(math.Float32bits(float32(r.floatOf(int64(min(k, maxFloatCount)))))), dst)
	case F64:
		r.Order.scatter(math.Float64bits(r.floatOf(int64(min(k, maxFloatCount)))), dst)
	default:
		r.Order.scatter(k, dst)
	}
}

func (r *Register) writeNumber(dst []uint16, x float64) {
	switch r.Type {
	case F32:
		x = max(-math.MaxFloat32, min(x, math.MaxFloat32))
		r.Order.scatter(uint64(math.Float32bits(float32(x))), dst)
	case F64:
		r.Order.scatter(math.Float64bits(x), dst)
	default:
		r.Order.scatter(r.integer(x), dst)
	}
}

// integer rounds to the nearest content that the register can hold and that is
// not one of its codes for "no value".
func (r *Register) integer(x float64) uint64 {
	n := r.Type.words()
	low, high := int64(0), int64(math.MaxInt64)
	if n < 4 {
		high = 1<<(16*n) - 1
	}
	if r.Type.isSigned() {
		low, high = -1<<(16*n-1), 1<<(16*n-1)-1
	}
	v := low
	if x = math.Round(x); x >= float64(high) {
		v = high
	} else if x > float64(low) {
		v = int64(x)
	}
	mask := uint64(1)<<(16*n) - 1
	for slices.Contains(r.NotAvailable, uint64(v)&mask) {
		if v > 0 {
			v--
		} else {
			v++
		}
	}
	return uint64(v) & mask
}
