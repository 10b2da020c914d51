package regmap

import "time"

// Search finds the record of an interval's end in few reads: Next says which
// record to read, Take what it held. A ring without gaps takes two reads; a meter
// that was without power has gaps, and takes a few more, at most about twice the
// binary logarithm of the number of records.
//
// What is found bears the time that was asked for, whatever happens to the ring
// meanwhile. What was not found may be there all the same if the meter's clock
// has been set back; then the collector has no more than a gap.
type Search struct {
	archive *Archive
	newest  int
	end     time.Time

	// Records are counted by age: the newest one has age 0. All records up to age
	// young lie after end, all from age old on before it, or hold nothing.
	young, old int
	next       int
	latest     time.Time // of the record of age 0: what is later was written since
	leapt      bool      // the last step went by the times; the next one halves, so that the search ends soon
	found      bool
}

// Search begins to look for the record of the interval that ended at end. newest
// is the index of the newest record, 0 ≤ newest < Records.
func (a *Archive) Search(newest int, end time.Time) *Search {
	a.Block(newest) // refuses an index that cannot be
	return &Search{archive: a, newest: newest, end: end.UTC(), young: -1, old: a.Records}
}

// Next is the record to read now; false when the search is over.
func (s *Search) Next() (index int, more bool) {
	if s.found || s.young+1 >= s.old {
		return 0, false
	}
	n := s.archive.Records
	return ((s.newest-s.next)%n + n) % n, true
}

// Take tells what the record of Next holds: the end of its interval, and whether
// it was ever written. It reports whether this is the one that is looked for.
func (s *Search) Take(at time.Time, written bool) bool {
	age := s.next
	if age == 0 {
		s.latest = at
	}
	switch {
	case written && at.Equal(s.end):
		s.found = true
		return true
	case written && at.After(s.end) && !at.After(s.latest):
		s.young = age
	case age == 0: // the interval has not ended by the meter's clock, or nothing did
		s.old = 0
		return false
	default:
		s.old = age
	}
	s.next = s.guess(age, at, written)
	return false
}

// guess is the age to look at next, between young and old. Without a gap on the
// way it lies exactly as many periods from what was just read as the times differ.
func (s *Search) guess(age int, at time.Time, written bool) int {
	middle := s.young + (s.old-s.young)/2
	s.leapt = !s.leapt
	if !written || !s.leapt {
		return middle
	}
	away := at.Sub(s.end) / s.archive.Period
	if away < -time.Duration(s.archive.Records) || away > time.Duration(s.archive.Records) {
		return middle
	}
	return min(max(age+int(away), s.young+1), s.old-1)
}
