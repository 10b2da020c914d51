package vee

import (
	"math"
	"math/big"
	"math/bits"

	"asue/metering"
)

// factor turns thousandths of a unit at the register into whole units at the
// point: units = thousandths * num / div.
type factor struct {
	num uint64 // CT·VT numerator, reduced; < 2^31
	div uint64 // 1000 · denominator; < 2^41
}

const maxRatio = 1 << 31

// factorOf is false if the multiplier is not positive or too large for the
// arithmetic below (a ratio of 2^31 is far beyond any transformer).
func factorOf(c metering.Count, in metering.Install) (factor, bool) {
	if !c.Secondary {
		return factor{1, 1000}, true
	}
	num, den := in.Multiplier()
	if num <= 0 || den <= 0 {
		return factor{}, false
	}
	g := gcd(uint64(num), uint64(den))
	n, d := uint64(num)/g, uint64(den)/g
	if n >= maxRatio || d >= maxRatio {
		return factor{}, false
	}
	return factor{n, 1000 * d}, true
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// whole is floor(raw·step·num/div) and the remainder of that division; false
// when the result does not fit an Energy.
func (f factor) whole(raw, step uint64) (units int64, rest uint64, ok bool) {
	hi, lo := bits.Mul64(raw, step)
	if hi >= 1<<32 { // times num < 2^31 must stay below 2^128
		return 0, 0, false
	}
	carry, low := bits.Mul64(lo, f.num)
	high := hi*f.num + carry
	if high >= f.div {
		return 0, 0, false
	}
	q, r := bits.Div64(high, low, f.div)
	return int64(q), r, q <= math.MaxInt64
}

// maxWidth is the width in ms from which on between would overflow: 17 minutes.
const maxWidth = 1 << 20

// between is the floored value at dt out of width milliseconds on the way from
// raw to raw+delta counts; false if it does not fit. width is below maxWidth,
// 0 ≤ dt ≤ width.
func (f factor) between(raw, delta, step uint64, dt, width int64) (units int64, ok bool) {
	start, rest, ok := f.whole(raw, step)
	if !ok {
		return 0, false
	}
	over, thousandths := bits.Mul64(delta, step)
	if over != 0 {
		return 0, false
	}
	// start + floor((rest·width + thousandths·dt·num) / (width·div)); the small
	// factors are below 2^20·2^41 and 2^20·2^31.
	hi, lo := bits.Mul64(thousandths, uint64(dt)*f.num)
	lo, carry := bits.Add64(lo, rest*uint64(width), 0)
	hi += carry
	d := uint64(width) * f.div
	if hi >= d {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, d)
	if q > math.MaxInt64-uint64(start) {
		return 0, false
	}
	return start + int64(q), true
}

// betweenFar is between for any width.
func (f factor) betweenFar(raw, delta, step uint64, dt, width int64) (units int64, ok bool) {
	u := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
	counts := new(big.Int).Mul(u(raw), big.NewInt(width))
	counts.Add(counts, new(big.Int).Mul(u(delta), big.NewInt(dt)))
	counts.Mul(counts.Mul(counts, u(step)), u(f.num))
	counts.Div(counts, new(big.Int).Mul(u(f.div), big.NewInt(width)))
	return counts.Int64(), counts.IsInt64()
}

// ceil is the smallest whole number of units that is not below raw·step.
func (f factor) ceil(raw, step uint64) (int64, bool) {
	q, r, ok := f.whole(raw, step)
	if ok && r > 0 {
		q++
	}
	return q, ok && q >= 0
}

// share is ceil(units·part/whole) for non-negative arguments, capped at units
// when part exceeds whole.
func share(units int64, part, whole int64) int64 {
	if part >= whole {
		return units
	}
	hi, lo := bits.Mul64(uint64(units), uint64(part))
	q, r := bits.Div64(hi, lo, uint64(whole))
	if r > 0 {
		q++
	}
	return int64(q)
}
