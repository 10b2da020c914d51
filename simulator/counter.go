package simulator

import (
	"math/bits"
	"time"
)

// perMilli is one thousandth of a watt-hour in milliwatt-nanoseconds.
const perMilli = uint64(time.Hour)

// counter integrates power exactly: its state is milli thousandths of a
// watt-hour (or varh, VAh) and rest milliwatt-nanoseconds, rest < perMilli.
type counter struct {
	milli int64
	rest  uint64
}

// add takes in a power of milliwatts, which must not be negative, over d.
func (c *counter) add(milliwatts int64, d time.Duration) {
	hi, lo := bits.Mul64(uint64(milliwatts), uint64(d))
	lo, carry := bits.Add64(lo, c.rest, 0)
	whole, rest := bits.Div64(hi+carry, lo, perMilli)
	c.milli += int64(whole)
	c.rest = rest
}
