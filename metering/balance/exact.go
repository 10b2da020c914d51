package balance

import (
	"math/big"

	"asue/metering"
)

// exactSum adds up numerators times energies over one denominator.
type exactSum struct {
	sum, den, tmp big.Int
}

func sumOf(den int64) *exactSum {
	s := &exactSum{}
	s.den.SetInt64(den)
	return s
}

func (s *exactSum) add(num int64, e metering.Energy) {
	s.tmp.SetInt64(num)
	s.sum.Add(&s.sum, s.tmp.Mul(&s.tmp, big.NewInt(int64(e))))
}

// round is the sum to the nearest whole unit, halves away from zero.
func (s *exactSum) round() metering.Energy {
	s.sum.Lsh(&s.sum, 1)
	if s.sum.Sign() < 0 {
		s.sum.Sub(&s.sum, &s.den)
	} else {
		s.sum.Add(&s.sum, &s.den)
	}
	return metering.Energy(s.sum.Quo(&s.sum, s.tmp.Lsh(&s.den, 1)).Int64())
}
