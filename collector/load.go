package collector

import (
	"sync/atomic"
	"time"
)

// load is how much of a line's time is taken, over the last ten seconds or so. The
// line's owner adds, anybody may read.
type load struct {
	from  time.Time
	busy  time.Duration
	parts atomic.Int64 // of a thousand
}

// loadWindow is how long busy times are gathered for one figure.
const loadWindow = 10 * time.Second

// Of a line's time: below the first there is room for another try, and above the
// second a configuration is refused.
const (
	// RoomyLoad is the part of a line's time up to which a read without an answer is
	// tried once more.
	RoomyLoad = 0.6
	// FullLoad is the part of a line's time above which a plan is refused.
	FullLoad = 0.8
)

// add counts a transaction that took from start to end.
func (l *load) add(start, end time.Time) {
	if l.from.IsZero() {
		l.from = start
	}
	l.busy += end.Sub(start)
	if span := end.Sub(l.from); span >= loadWindow || span < 0 {
		if span > 0 {
			l.parts.Store(int64(1000 * l.busy / span))
		}
		l.from, l.busy = end, 0
	}
}

// now is the part of the line's time that is taken, 0 to 1.
func (l *load) now() float64 { return float64(l.parts.Load()) / 1000 }
