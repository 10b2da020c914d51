package regmap

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"asue/metering"
)

// Decode turns the words of a block into readings: one for each register that
// stands for a quantity, in the order of the block. Values are at the primary
// side; ct and vt are the install's ratios and touch only Secondary registers.
//
// What a meter cannot tell or tells wrong comes back as a reading too, with its
// quality and reason: NotAvailable without a value, OutOfRange without a Count.
// A value is always finite. The only error is a number of words that is not the
// block's. Decode keeps nothing and may be called from any goroutine at once.
func Decode(b Block, words []uint16, ct, vt metering.Ratio) ([]metering.Reading, error) {
	return AppendDecode(make([]metering.Reading, 0, len(b.Registers)), b, words, ct, vt)
}

// AppendDecode is Decode that appends to dst, for callers that use their buffer
// again: it allocates only for the reason of a reading that is not good. With an
// error dst comes back as it was.
func AppendDecode(dst []metering.Reading, b Block, words []uint16, ct, vt metering.Ratio) ([]metering.Reading, error) {
	if err := b.fits(words); err != nil {
		return dst, err
	}
	factors := factorsOf(ct, vt)
	for _, r := range b.Registers {
		if r.Quantity == 0 {
			continue
		}
		at := b.Offset(r)
		w := words[at : at+r.Words()]
		if r.Exponent == nil {
			dst = append(dst, r.reading(w, factors))
			continue
		}
		dst = append(dst, r.scaledReading(b.exponent(r, words), w, factors))
	}
	return dst, nil
}

// fits checks that every register of the block, with its scale factor, lies
// within the words.
func (b Block) fits(words []uint16) error {
	if len(words) != int(b.Count) {
		return fmt.Errorf("block %v: %d words for %d registers", b, len(words), b.Count)
	}
	first, end := int(b.Address)-int(b.base), b.end()-int(b.base)
	for _, r := range b.Registers {
		if int(r.Address) < first || r.end() > end || r.Exponent != nil && (int(r.Exponent.Address) < first || int(r.Exponent.Address) >= end) {
			return fmt.Errorf("block %v: register %s at %d lies outside", b, r.Name, r.Address)
		}
	}
	return nil
}

// exponent is the scale factor of a register, 0 if it has none.
func (b Block) exponent(r *Register, words []uint16) exponent {
	if r.Exponent == nil {
		return exponent{}
	}
	x, why := r.Exponent.read(words[int(r.Exponent.Address)+int(b.base)-int(b.Address)])
	return exponent{x, why}
}

// factors are what secondary values are to be multiplied by.
type factors struct{ current, voltage, power float64 }

func factorsOf(ct, vt metering.Ratio) factors {
	cn, cd := ct.Factor()
	vn, vd := vt.Factor()
	c, v := float64(cn)/float64(cd), float64(vn)/float64(vd)
	return factors{c, v, float64(cn) * float64(vn) / (float64(cd) * float64(vd))}
}

// of is the factor of a register: 1 for primary ones and for what transformers
// do not change (power factor, frequency, distortion).
func (f factors) of(r *Register) float64 {
	if !r.Secondary {
		return 1
	}
	switch r.Quantity.Unit() {
	case "V":
		return f.voltage
	case "A":
		return f.current
	case "W", "var", "VA", "Wh", "varh", "VAh":
		return f.power
	}
	return 1
}

func (r *Register) reading(w []uint16, f factors) metering.Reading {
	if r.Counter() {
		return r.counterReading(r.Step, w, f)
	}
	x, quality, reason := r.number(w)
	v := x * r.Scale * f.of(r)
	if quality.HasValue() && !finite(v) {
		quality, reason = metering.NotAvailable, "the value is beyond all numbers"
	}
	if !quality.HasValue() {
		v = 0
	}
	return metering.Reading{Quantity: r.Quantity, Value: v, Quality: quality, Reason: reason}
}

// number is the sum of the register's parts before scaling.
func (r *Register) number(w []uint16) (float64, metering.Quality, string) {
	n := r.Type.words()
	sum := 0.0
	for ; len(w) > 0; w = w[n:] {
		bits := r.Order.gather(w[:n])
		if reason := r.missing(bits); reason != "" {
			return 0, metering.NotAvailable, reason
		}
		sum += r.Type.toFloat(bits)
	}
	if r.Coding == FourQuadrantPF {
		return decodeFourQuadrant(sum)
	}
	return sum, metering.Good, ""
}

func (t Type) toFloat(bits uint64) float64 {
	switch t {
	case F32:
		return float64(math.Float32frombits(uint32(bits)))
	case F64:
		return math.Float64frombits(bits)
	case U16, U32, U64:
		return float64(bits)
	}
	return float64(signed(bits, t.words()))
}

// missing says why a bit pattern is no value; empty if it is one.
func (r *Register) missing(bits uint64) string {
	if len(r.NotAvailable) > 0 && slices.Contains(r.NotAvailable, bits) {
		return "the meter sends its code for no value: 0x" + strconv.FormatUint(bits, 16)
	}
	switch r.Type {
	case F32:
		if bits&0x7f800000 == 0x7f800000 {
			return "the meter sends a float that is not a number"
		}
	case F64:
		if bits&0x7ff0000000000000 == 0x7ff0000000000000 {
			return "the meter sends a float that is not a number"
		}
	}
	return ""
}

// decodeFourQuadrant unfolds Schneider's 4Q_FP_PF. Its sign is the direction of
// the active power; lagging and leading are not told apart further on.
func decodeFourQuadrant(x float64) (float64, metering.Quality, string) {
	switch {
	case x > 2 || x < -2:
		return x, metering.OutOfRange, "a four-quadrant power factor lies between -2 and 2"
	case x > 1:
		return 2 - x, metering.Good, ""
	case x < -1:
		return -2 - x, metering.Good, ""
	}
	return x, metering.Good, ""
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
