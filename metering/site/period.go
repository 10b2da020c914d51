package site

import "time"

// period is when something is in force: from inclusive, to exclusive, zero for
// "since the beginning" and "until further notice".
type period struct{ from, to time.Time }

// overlaps reports whether two periods have a time in common.
func (p period) overlaps(q period) bool {
	return before(p.from, q.to) && before(q.from, p.to)
}

// before reports whether a start lies before an end, where a zero end is never
// reached.
func before(start, end time.Time) bool { return end.IsZero() || start.Before(end) }

// reversed reports whether the period contains no time at all.
func (p period) reversed() bool { return !before(p.from, p.to) }
