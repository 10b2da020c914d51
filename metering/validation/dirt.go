package validation

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
)

// channelKey names one channel of one point.
type channelKey struct {
	point   metering.PointID
	channel metering.Channel
}

// stretch is [from, to) of one channel of a point, in whole base periods, and when
// it was marked first and last.
type stretch struct {
	channelKey
	from, to    time.Time
	first, last time.Time
}

// While a backlog comes in, old periods change with every batch. They are let
// alone until nothing has come for quiet, or for patience at most.
const (
	quiet    = time.Minute
	patience = 10 * time.Minute
	old      = 24 * time.Hour
)

// dirt is what has changed since it was validated: for each channel the hull of
// the periods that did. It is not safe for concurrent use.
type dirt map[channelKey]stretch

// add marks [from, to) at now.
func (d dirt) add(key channelKey, from, to, now time.Time) {
	if !from.Before(to) {
		return
	}
	have, ok := d[key]
	if !ok {
		d[key] = stretch{key, from, to, now, now}
		return
	}
	have.from, have.to, have.last = earlier(have.from, from), later(have.to, to), now
	d[key] = have
}

// take removes what ends at or before ripe and returns it, oldest first. Of a
// stretch that reaches beyond, the part before ripe is taken and the rest stays.
// A backlog that is still coming in stays too.
func (d dirt) take(ripe, now time.Time) []stretch {
	var out []stretch
	for key, s := range d {
		backlog := s.from.Before(now.Add(-old)) && now.Sub(s.last) < quiet && now.Sub(s.first) < patience
		if !s.from.Before(ripe) || backlog {
			continue
		}
		part := s
		if s.to.After(ripe) {
			part.to, s.from = ripe, ripe
			d[key] = s
		} else {
			delete(d, key)
		}
		out = append(out, part)
	}
	slices.SortFunc(out, func(a, b stretch) int {
		return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.point, b.point), cmp.Compare(a.channel, b.channel))
	})
	return out
}

// oldest is the earliest moment that is not validated; false if all is.
func (d dirt) oldest() (time.Time, bool) {
	var first time.Time
	for _, s := range d {
		if first.IsZero() || s.from.Before(first) {
			first = s.from
		}
	}
	return first, !first.IsZero()
}
