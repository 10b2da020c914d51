package outbox

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"asue/metering"
)

// Ranges is a set of sequence numbers as ascending, disjoint, non-adjacent
// inclusive ranges. The zero Ranges is empty.
type Ranges []metering.Range

// Add puts from..to into the set; nothing if from > to.
func (s *Ranges) Add(from, to uint64) {
	if from > to {
		return
	}
	r := *s
	// i is the first range that touches or follows from, j the first that lies beyond to.
	i := sort.Search(len(r), func(k int) bool { return r[k].To >= from || r[k].To+1 == from })
	j := i
	for j < len(r) && (r[j].From <= to || r[j].From == to+1) {
		j++
	}
	if i < j {
		from, to = min(from, r[i].From), max(to, r[j-1].To)
	}
	*s = slices.Replace(r, i, j, metering.Range{From: from, To: to})
}

// Remove takes from..to out of the set.
func (s *Ranges) Remove(from, to uint64) {
	if from > to {
		return
	}
	var rest Ranges
	r := *s
	i := sort.Search(len(r), func(k int) bool { return r[k].To >= from })
	j := i
	for ; j < len(r) && r[j].From <= to; j++ {
		if r[j].From < from {
			rest = append(rest, metering.Range{From: r[j].From, To: from - 1})
		}
		if r[j].To > to {
			rest = append(rest, metering.Range{From: to + 1, To: r[j].To})
		}
	}
	*s = slices.Replace(r, i, j, rest...)
}

// within is the part of the set between two numbers, inclusive.
func (s Ranges) within(from, to uint64) Ranges {
	var part Ranges
	for i := sort.Search(len(s), func(k int) bool { return s[k].To >= from }); i < len(s) && s[i].From <= to; i++ {
		part = append(part, metering.Range{From: max(from, s[i].From), To: min(to, s[i].To)})
	}
	return part
}

// String writes the first ranges for people: "4..7, 9, …".
func (s Ranges) String() string {
	const most = 10
	var parts []string
	for i, r := range s {
		switch {
		case i == most:
			return strings.Join(append(parts, "…"), ", ")
		case r.From == r.To:
			parts = append(parts, strconv.FormatUint(r.From, 10))
		default:
			parts = append(parts, fmt.Sprintf("%d..%d", r.From, r.To))
		}
	}
	return strings.Join(parts, ", ")
}

// Contains reports whether n is in the set.
func (s Ranges) Contains(n uint64) bool {
	i := sort.Search(len(s), func(k int) bool { return s[k].To >= n })
	return i < len(s) && s[i].From <= n
}

// Count is how many numbers are in the set.
func (s Ranges) Count() uint64 {
	var n uint64
	for _, r := range s {
		n += r.To - r.From + 1
	}
	return n
}
