package regmap

import (
	"fmt"
	"math"
	"math/bits"

	"asue/metering"
)

// Counters are integers here from the word to the ledger.
//
// A meter that keeps its energy as a float is the one exception, and it is made
// by one law: count k is written as the register's float nearest to k × Step,
// floatOf(k), and a float x is read as the largest k with floatOf(k) ≤ x. So a
// count that the float can hold comes back exactly, and a grown register whose
// float has become coarser than Step still reads as one and the same count
// (see Resolution).

// maxFloatCount bounds the counts of a float register: beyond it float64, in
// which the law is computed, does not know every integer.
const maxFloatCount = 1 << 53

// maxStep bounds the size of a count, in thousandths of the base unit.
const maxStep = 1e15

// counterReading reads a counter whose counts are of step thousandths.
func (r *Register) counterReading(step int64, w []uint16, f factors) metering.Reading {
	reading := metering.Reading{Quantity: r.Quantity}
	var sum uint64
	var content float64 // in counts, for the reading of what has no count
	n := r.Type.words()
	for ; len(w) > 0; w = w[n:] {
		count, approx, quality, reason := r.count(w[:n])
		if !quality.HasValue() {
			reading.Quality, reading.Reason = quality, reason
			return reading
		}
		if quality != metering.Good {
			reading.Quality, reading.Reason = quality, reason
		}
		content += approx
		var carry uint64
		if sum, carry = bits.Add64(sum, count, 0); carry != 0 {
			sum = math.MaxUint64
		}
	}
	if reading.Quality == metering.Good && sum > math.MaxInt64 {
		reading.Quality = metering.OutOfRange
		reading.Reason = fmt.Sprintf("counter %d is beyond 63 bits", sum)
	}
	if reading.Quality == metering.Good {
		reading.Count = metering.Count{Raw: int64(sum), Step: step, Secondary: r.Secondary}
		content = float64(sum)
	}
	reading.Value = content * float64(step) / 1000 * f.of(r)
	if !finite(reading.Value) {
		return metering.Reading{Quantity: r.Quantity, Quality: metering.NotAvailable, Reason: "the value is beyond all numbers"}
	}
	return reading
}

// count reads one counter: its counts if the quality is good, and beside it the
// same as a float, signed, also when it is not.
func (r *Register) count(w []uint16) (count uint64, approx float64, q metering.Quality, reason string) {
	refuse := func(approx float64, format string, args ...any) (uint64, float64, metering.Quality, string) {
		return 0, approx, metering.OutOfRange, fmt.Sprintf(format, args...)
	}
	if r.Type == U32U16 {
		k, rest := r.Order.gather(w[:2]), uint64(w[2])
		if rest >= uint64(r.Radix) {
			return refuse(float64(k)*float64(r.Radix)+float64(rest), "residual %d is not below %d", rest, r.Radix)
		}
		return r.below(k*uint64(r.Radix) + rest)
	}
	raw := r.Order.gather(w)
	if reason := r.missing(raw); reason != "" {
		return 0, 0, metering.NotAvailable, reason
	}
	if r.Type.Float() {
		x := r.Type.toFloat(raw)
		if x < 0 {
			return refuse(x*r.Scale*1000/float64(r.Step), "counter %g is negative", x)
		}
		k, ok := r.countOf(x)
		if !ok {
			return refuse(x*r.Scale*1000/float64(r.Step), "counter %g is too large for exact counts", x)
		}
		return r.below(uint64(k))
	}
	if r.Type.isSigned() {
		if v := signed(raw, len(w)); v < 0 {
			return refuse(float64(v), "counter %d is negative", v)
		}
	}
	return r.below(raw)
}

// below refuses counts that a counter of this modulus cannot show.
func (r *Register) below(k uint64) (uint64, float64, metering.Quality, string) {
	if r.Modulus > 0 && k >= uint64(r.Modulus) {
		return 0, float64(k), metering.OutOfRange, fmt.Sprintf("counter %d is not below its modulus %d", k, r.Modulus)
	}
	return k, float64(k), metering.Good, ""
}

// floatOf is how a float register writes count k, 0 ≤ k ≤ maxFloatCount. It never
// falls when k rises: each step of it is a rounding.
func (r *Register) floatOf(k int64) float64 {
	v := float64(k) * float64(r.Step) / (1000 * r.Scale)
	if r.Type == F32 {
		return float64(float32(v))
	}
	return v
}

// countOf is the largest k with floatOf(k) ≤ x, for x ≥ 0; false if it is not
// below maxFloatCount.
func (r *Register) countOf(x float64) (int64, bool) {
	guess := x * (1000 * r.Scale) / float64(r.Step)
	if !(guess < maxFloatCount-2) {
		return 0, false
	}
	low := int64(guess) // floatOf(low) ≤ x, once the loop has passed
	for low > 0 && r.floatOf(low) > x {
		low--
	}
	reach := int64(1)
	for r.floatOf(low+reach) <= x { // gallop: a coarse float holds many counts
		low += reach
		reach *= 2
		if low+reach > maxFloatCount {
			return 0, false
		}
	}
	high := low + reach // floatOf(high) > x
	for high-low > 1 {
		if mid := low + (high-low)/2; r.floatOf(mid) <= x {
			low = mid
		} else {
			high = mid
		}
	}
	return low, true
}

// Resolution is the smallest change, in thousandths of the base unit, that the
// register can show when it stands at count k: Step, or more where the meter's
// own float has become coarser than that. Where there is a scale factor it is that
// of a factor 0; the Count of a reading has the present one.
func (r *Register) Resolution(k int64) int64 {
	if !r.Type.Float() || k < 0 || k >= maxFloatCount {
		return r.Step
	}
	x := r.floatOf(k)
	next := math.Nextafter(x, math.Inf(1))
	if r.Type == F32 {
		next = float64(math.Nextafter32(float32(x), float32(math.Inf(1))))
	}
	return max(r.Step, int64(math.Ceil((next-x)*r.Scale*1000)))
}

// countsAt is how many whole counts of step thousandths a register shows for an
// energy at the primary side, before any roll-over: a counter shows what has been
// completed.
func (r *Register) countsAt(step, milliUnits int64, ct, vt metering.Ratio) uint64 {
	if milliUnits < 0 {
		panic(fmt.Sprintf("BUG: register %s: counter of %d thousandths", r.Name, milliUnits))
	}
	k := uint64(milliUnits)
	if r.Secondary {
		cn, cd := ct.Factor()
		vn, vd := vt.Factor()
		hi, lo := bits.Mul64(k, uint64(cd)*uint64(vd))
		num := uint64(cn) * uint64(vn)
		if hi >= num { // beyond 64 bits of thousandths: no meter counts that far
			return math.MaxInt64
		}
		k, _ = bits.Div64(hi, lo, num)
	}
	return k / uint64(step)
}
