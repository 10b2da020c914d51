package rules

import (
	"cmp"
	"math/bits"
	"slices"
)

// unbounded is the cap of a slot that may hold anything.
const unbounded = int64(1) << 61

// mulDiv is floor(a·b/c); a·b/c must fit 63 bits.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// apportion shares total out by weights so that the parts add up to it exactly:
// each gets the floor of its share, what is left goes a unit at a time to the
// largest remainders, the first of equals. total and weights are not negative,
// their sum is positive and fits 63 bits.
func apportion(total int64, weights []int64) []int64 {
	shares := make([]int64, len(weights))
	rests := make([]uint64, len(weights))
	order := make([]int, len(weights))
	var sum, given int64
	for _, w := range weights {
		sum += w
	}
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, uint64(sum))
		shares[i], rests[i], order[i] = int64(q), r, i
		given += int64(q)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:total-given] {
		shares[i]++
	}
	return shares
}

// pour shares total out by weights, none above its cap: what does not fit flows
// into the others, again by weights, or by room where those have none. It is false
// if the caps do not hold total.
func pour(total int64, weights, room, caps []int64) ([]int64, bool) {
	shares := make([]int64, len(weights))
	free := make([]int, 0, len(weights))
	for i := range weights {
		free = append(free, i)
	}
	for total > 0 {
		by := pick(weights, free)
		if sumOf(by) == 0 {
			by = pick(room, free)
		}
		if sumOf(by) == 0 {
			return nil, false
		}
		part := apportion(total, by)
		kept := free[:0]
		for k, i := range free {
			if part[k] <= caps[i] {
				kept = append(kept, i)
				continue
			}
			shares[i] = caps[i]
			total -= caps[i]
		}
		if len(kept) == len(part) {
			for k, i := range kept {
				shares[i] = part[k]
			}
			return shares, true
		}
		free = kept
	}
	return shares, true
}

func pick(from []int64, which []int) []int64 {
	list := make([]int64, len(which))
	for k, i := range which {
		list[k] = from[i]
	}
	return list
}

func sumOf(list []int64) int64 {
	var sum int64
	for _, v := range list {
		sum += v
	}
	return sum
}
