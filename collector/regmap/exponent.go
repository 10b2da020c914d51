package regmap

import (
	"fmt"

	"asue/metering"
)

// A value with a scale factor is content × scale × 10^x, with x in a register of
// the same block. A meter may change x at run time, so it is never remembered.

// notImplemented is how SunSpec says that a point, a scale factor too, does not
// exist (sunssf: 0x8000).
const notImplemented = 0x8000

// maxExponent is the range of a scale factor, ±10 (SunSpec Device Information
// Model Specification, sunssf). Beyond it a register holds something else.
const maxExponent = 10

var powersOfTen = [maxExponent + 1]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10}

// exponent is a scale factor as it was read; why says that it tells nothing.
type exponent struct {
	x   int
	why string
}

// read reads the scale factor out of its register; why is set when the value
// cannot be told.
func (e *Exponent) read(word uint16) (x int, why string) {
	x = int(word)
	if e.Type == I16 {
		if word == notImplemented {
			return 0, "the meter has no scale factor " + e.Name
		}
		x = int(int16(word))
	}
	if x < -maxExponent || x > maxExponent {
		return 0, fmt.Sprintf("scale factor %s is %d, beyond ±%d", e.Name, x, maxExponent)
	}
	return x, ""
}

// scaled is v × 10^x. It divides for negative x: 10^-x is exact, 10^x is not.
func scaled(v float64, x int) float64 {
	if x < 0 {
		return v / float64(powersOfTen[-x])
	}
	return v * float64(powersOfTen[x])
}

// stepAt is the counter's step with its scale factor x, exactly; false if that is
// not a whole number of thousandths from 1 to 10¹⁵.
func (r *Register) stepAt(x int) (int64, bool) {
	if x < 0 {
		p := powersOfTen[-x]
		return r.Step / p, r.Step%p == 0
	}
	p := powersOfTen[x]
	return r.Step * p, r.Step <= maxStep/p
}

// scaledReading is reading for a register that has a scale factor. Such a register
// holds integers, so that every value is finite.
func (r *Register) scaledReading(x exponent, w []uint16, f factors) metering.Reading {
	if x.why != "" {
		return metering.Reading{Quantity: r.Quantity, Quality: metering.NotAvailable, Reason: x.why}
	}
	if r.Counter() {
		if step, ok := r.stepAt(x.x); ok {
			return r.counterReading(step, w, f)
		}
	}
	reading := r.reading(w, f)
	if !reading.Quality.HasValue() {
		return reading
	}
	reading.Value = scaled(reading.Value, x.x)
	if !r.Counter() {
		return reading
	}
	reading.Count = metering.Count{}
	if reading.Quality == metering.Good {
		reading.Quality = metering.OutOfRange
		reading.Reason = fmt.Sprintf("with scale factor %s = %d one count is no whole number of thousandths up to 10¹⁵", r.Exponent.Name, x.x)
	}
	return reading
}
