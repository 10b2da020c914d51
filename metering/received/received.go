// Package received tells which numbers of a sequence have come in, as few
// ranges.
//
// It is pure. It must not know where a set is kept.
package received

import (
	"slices"

	"asue/metering"
)

// Set is a set of sequence numbers: ascending ranges with at least one missing
// number between neighbours. It may be changed in its own methods only.
type Set []metering.Range

// Add puts a range in and reports whether any of its numbers is new.
func (s *Set) Add(r metering.Range) bool {
	// Those of index i up to j touch or adjoin r.
	i, _ := slices.BinarySearchFunc(*s, r, func(have, r metering.Range) int {
		if have.To < r.From && have.To+1 < r.From {
			return -1
		}
		return 1
	})
	j := i
	for j < len(*s) && (*s)[j].From <= r.To+1 {
		if (*s)[j].From <= r.From && r.To <= (*s)[j].To {
			return false
		}
		j++
	}
	if i < j {
		r = metering.Range{From: min(r.From, (*s)[i].From), To: max(r.To, (*s)[j-1].To)}
	}
	*s = slices.Replace(*s, i, j, r)
	return true
}

// Mark is what the set says of a collector's epoch.
func (s Set) Mark(collector string, epoch uint64) metering.Mark {
	m := metering.Mark{Collector: collector, Epoch: epoch}
	for _, r := range s {
		if r.From == 1 {
			m.Contiguous = r.To
		} else {
			m.Missing = append(m.Missing, metering.Range{From: m.Highest + 1, To: r.From - 1})
		}
		m.Highest = r.To
	}
	return m
}
