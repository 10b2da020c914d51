package dispatcher

import (
	"fmt"
	"time"

	"asue/metering"
)

// meterState is the latest that a meter said, quantity by quantity.
type meterState struct {
	id       metering.MeterID
	readings map[metering.Quantity]stamped
	failedAt time.Time // latest read without an answer
	failure  metering.Quality
	reason   string
}

type stamped struct {
	metering.Reading
	at time.Time
}

func (m *meterState) take(snap metering.Snapshot) {
	if !snap.Quality.HasValue() {
		if !snap.At.Before(m.failedAt) {
			m.failedAt, m.failure, m.reason = snap.At, snap.Quality, snap.Reason
		}
		return
	}
	for _, r := range snap.Readings {
		if snap.Quality != metering.Good && r.Quality == metering.Good {
			r.Quality, r.Reason = snap.Quality, snap.Reason
		}
		if snap.At.Before(m.readings[r.Quantity].at) {
			continue
		}
		m.readings[r.Quantity] = stamped{Reading: r, at: snap.At}
	}
}

// Freshness is how a meter keeps up, in one word.
type Freshness string

// Degrees of freshness.
const (
	Fresh   Freshness = "fresh"   // usable and renewed in time
	Suspect Freshness = "suspect" // renewed in time, but not to be trusted
	Late    Freshness = "stale"   // not renewed for Limits.StaleAfter
	Silent  Freshness = "silent"  // not renewed for Limits.SilentAfter, or never
)

// live is a value as it may be shown at one moment.
type live struct {
	value     float64
	known     bool // there is a number to show
	usable    bool // and it may enter a sum
	at        time.Time
	quality   metering.Quality
	freshness Freshness
	reason    string
}

// clockSlack is how far a stamp may lie ahead of our clock before it is called wrong.
const clockSlack = 5 * time.Second

func (m *meterState) live(q metering.Quantity, now time.Time, limits Limits) live {
	r, seen := m.readings[q]
	if !seen {
		v := live{quality: metering.CommFail, freshness: Silent, reason: "no reading since the page started"}
		if !m.failedAt.IsZero() {
			v.quality, v.reason = m.failure, m.reason
		}
		return v
	}
	age := now.Sub(r.at)
	v := live{
		value: r.Value, known: r.Quality.HasValue(), usable: r.Usable(),
		at: r.at, quality: r.Quality, reason: r.Reason, freshness: Fresh,
	}
	switch {
	case age > limits.SilentAfter:
		v.known, v.usable, v.freshness = false, false, Silent
		v.quality, v.reason = m.whySilent(r.at, age)
	case age > limits.StaleAfter:
		v.usable, v.freshness = false, Late
		v.quality, v.reason = metering.Stale, m.whyLate(r.at, age)
	case age < -clockSlack:
		v.usable, v.freshness, v.quality = false, Suspect, metering.ClockBad
		v.reason = fmt.Sprintf("stamped %s ahead of the server's clock", (-age).Round(time.Second))
	case !v.usable:
		v.freshness = Suspect
	}
	if !v.known {
		v.usable = false
	}
	return v
}

func (m *meterState) whySilent(at time.Time, age time.Duration) (metering.Quality, string) {
	if m.failedAt.After(at) {
		return m.failure, m.reason
	}
	return metering.CommFail, fmt.Sprintf("nothing heard for %s", age.Round(time.Second))
}

func (m *meterState) whyLate(at time.Time, age time.Duration) string {
	if m.failedAt.After(at) && m.reason != "" {
		return m.reason
	}
	return fmt.Sprintf("not renewed for %s", age.Round(time.Second))
}

// pointState says which meter speaks for a point.
type pointState struct {
	metering.Point
	meter *meterState // nil: no meter stands there
}

func (p *pointState) live(q metering.Quantity, now time.Time, limits Limits) live {
	if p.meter == nil {
		return live{quality: metering.NotAvailable, freshness: Silent, reason: "no meter is installed at the point"}
	}
	return p.meter.live(q, now, limits)
}
