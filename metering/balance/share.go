package balance

import (
	"math/bits"
	"slices"

	"asue/metering"
)

// Share divides a total among parts in proportion to their weights, so that the
// shares add up to the total exactly: each gets its quotient rounded toward
// zero, and the units that are left over go one each to the largest remainders,
// the earlier part first among equals. A negative total is shared like its
// magnitude. Weights below 0 count as 0; if all of them are 0, all parts weigh
// the same. Without parts the result is nil.
func Share(total metering.Energy, weights []metering.Energy) []metering.Energy {
	if len(weights) == 0 {
		return nil
	}
	weight := make([]uint64, len(weights))
	var sum uint64
	for i, w := range weights {
		weight[i] = uint64(max(w, 0))
		sum += weight[i]
	}
	if sum == 0 {
		for i := range weight {
			weight[i] = 1
		}
		sum = uint64(len(weight))
	}
	units, sign := uint64(total), metering.Energy(1)
	if total < 0 {
		units, sign = -units, -1
	}
	shares := make([]metering.Energy, len(weight))
	remainder := make([]uint64, len(weight))
	left := units
	for i, w := range weight {
		hi, lo := bits.Mul64(units, w)
		quotient, rest := bits.Div64(hi, lo, sum) // w ≤ sum, so the quotient fits
		if w == sum {
			quotient, rest = units, 0
		}
		shares[i], remainder[i] = metering.Energy(quotient), rest
		left -= quotient
	}
	order := make([]int, len(weight))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case remainder[a] > remainder[b]:
			return -1
		case remainder[a] < remainder[b]:
			return 1
		}
		return 0
	})
	for _, i := range order[:left] {
		shares[i]++
	}
	for i := range shares {
		shares[i] *= sign
	}
	return shares
}
