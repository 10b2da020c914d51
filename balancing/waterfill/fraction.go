package waterfill

import (
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
)

// Fraction is the number Num/Den exactly, both not negative and below 2^62. With
// Den 0 it is endless: the level of a node that holds nobody down.
type Fraction struct{ Num, Den int64 }

var endless = Fraction{1, 0}

// Endless reports whether the fraction is above every number.
func (f Fraction) Endless() bool { return f.Den == 0 }

// Rat is the fraction as a big.Rat, nil if it is endless.
func (f Fraction) Rat() *big.Rat {
	if f.Endless() {
		return nil
	}
	return big.NewRat(f.Num, f.Den)
}

// String prints the fraction in lowest terms: "41/70", "2700", "endless".
func (f Fraction) String() string {
	if f.Endless() {
		return "endless"
	}
	return f.Rat().RatString()
}

// percent prints the fraction as people read a share: "60 %", "58.6 %".
func (f Fraction) percent() string {
	return strconv.FormatFloat(float64(int64(f.float()*1000+0.5))/10, 'f', -1, 64) + " %"
}

func (f Fraction) float() float64 { return float64(f.Num) / float64(f.Den) }

// compare is -1, 0 or 1 as f is below, at or above g. Two endless ones are equal.
func (f Fraction) compare(g Fraction) int {
	return compareProducts(f.Num, g.Den, g.Num, f.Den)
}

// times is w·f in whole and remaining parts, the latter over f.Den. It must be
// below 2^63.
func (f Fraction) times(w int64) (whole, rest int64) {
	hi, lo := bits.Mul64(uint64(w), uint64(f.Num))
	if hi >= uint64(f.Den) {
		panic(fmt.Sprintf("BUG: %d times %d/%d is out of range", w, f.Num, f.Den))
	}
	q, r := bits.Div64(hi, lo, uint64(f.Den))
	return int64(q), int64(r)
}

// compareProducts compares a·b with c·d, all not negative, in 128 bits.
func compareProducts(a, b, c, d int64) int {
	hi1, lo1 := bits.Mul64(uint64(a), uint64(b))
	hi2, lo2 := bits.Mul64(uint64(c), uint64(d))
	switch {
	case hi1 < hi2 || hi1 == hi2 && lo1 < lo2:
		return -1
	case hi1 == hi2 && lo1 == lo2:
		return 0
	}
	return 1
}
