package pool

import (
	"math"
	"slices"
	"time"

	"asue/metering"
)

// instant is a moment on the axis, s since 1970; never and ever are its ends.
type instant int64

const (
	ever  instant = math.MinInt64 // since the beginning
	never instant = math.MaxInt64 // until further notice
)

func begin(t time.Time) instant {
	if t.IsZero() {
		return ever
	}
	return instant(t.Unix())
}

func end(t time.Time) instant {
	if t.IsZero() {
		return never
	}
	return instant(t.Unix())
}

func (i instant) time() time.Time {
	if i == ever || i == never {
		return time.Time{}
	}
	return time.Unix(int64(i), 0).UTC()
}

// line is a power that changes in steps: ascending instants, each with the power from
// there on. Before the first it is 0.
type line []step

type step struct {
	at    instant
	power metering.Power
}

// at is the power at an instant.
func (l line) at(t instant) metering.Power {
	i, found := slices.BinarySearchFunc(l, t, func(s step, t instant) int { return compare(s.at, t) })
	if found {
		return l[i].power
	}
	if i == 0 {
		return 0
	}
	return l[i-1].power
}

// plus is the line with p more over [from, to); the line itself stays.
func (l line) plus(from, to instant, p metering.Power) line {
	out := make(line, 0, len(l)+2)
	for _, t := range merge(l, from, to) {
		v := l.at(t)
		if t >= from && t < to {
			v += p
		}
		if n := len(out); (n > 0 && out[n-1].power == v) || (n == 0 && v == 0) {
			continue
		}
		out = append(out, step{t, v})
	}
	return out
}

// merge are the instants of a line and two more, ascending, each once.
func merge(l line, more ...instant) []instant {
	list := make([]instant, 0, len(l)+len(more))
	for _, s := range l {
		list = append(list, s.at)
	}
	for _, t := range more {
		if t != never {
			list = append(list, t)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// least is the smallest power over [from, to), and the first instant at which it is
// reached; the stretch must not be empty.
func (l line) least(from, to instant) (metering.Power, instant) {
	low, when := l.at(from), from
	for _, s := range l {
		if s.at > from && s.at < to && s.power < low {
			low, when = s.power, s.at
		}
	}
	return low, when
}

func compare(a, b instant) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
