package balancing

import (
	"math"
	"time"

	"asue/metering"
)

// point is what the controller has heard of one metering point.
type point struct {
	cfg  Point
	last struct { // youngest usable power
		at    time.Time
		w     float64
		q     float64 // reactive, var; 0 if unknown
		heard bool
	}
	flagged struct { // youngest reading that says of itself that it is not usable
		at      time.Time
		quality metering.Quality
	}
	registers registers
}

type freshness uint8

const (
	fresh freshness = iota
	suspect
	silent
)

// tolerance is how far ahead a device's clock may be.
const tolerance = 5 * time.Second

// mostReading is far beyond any plant, in W; it keeps sums finite.
const mostReading = 1e12

// take keeps a reading if it is younger than what is known.
func (p *point) take(r Reading) {
	if r.HasPower && !(math.Abs(r.PowerW) <= mostReading) {
		r.HasPower, r.Quality = false, metering.OutOfRange
	}
	switch {
	case r.HasPower && r.Quality.Usable():
		if !p.last.heard || r.At.After(p.last.at) || (r.At.Equal(p.last.at) && r.PowerW > p.last.w) {
			p.last.at, p.last.w, p.last.heard, p.last.q = r.At, r.PowerW, true, 0
			if math.Abs(r.ReactiveVar) <= mostReading {
				p.last.q = r.ReactiveVar
			}
		}
	case r.Quality == metering.CommFail, r.Quality == metering.DeviceFault, r.Quality == metering.Stale, r.Quality.Usable():
		// Nothing new: age alone decides.
	default:
		if r.At.After(p.flagged.at) {
			p.flagged.at, p.flagged.quality = r.At, r.Quality
		}
	}
	if r.Quantum > 0 && p.cfg.Level == Inputs {
		p.registers.insert(sample{At: r.At, Milli: r.Register, Quantum: r.Quantum, Meter: r.Meter})
	}
}

// forget drops powers that are stamped later than a time, and all registers: the
// clock was set back.
func (p *point) forget(after time.Time) {
	if p.last.at.After(after) {
		p.last.heard = false
		p.last.at = time.Time{}
	}
	if p.flagged.at.After(after) {
		p.flagged.at = time.Time{}
	}
	p.registers = nil
}

func (p *point) freshness(now time.Time, c *Config) freshness {
	if !p.last.heard || p.flagged.at.After(p.last.at) {
		return silent
	}
	age := now.Sub(p.last.at)
	polls := float64(age) / float64(p.cfg.Poll)
	switch {
	case age < -tolerance || polls > c.SuspectPolls:
		return silent
	case polls > c.FreshPolls:
		return suspect
	}
	return fresh
}

// guess is what a silent feeder is taken for: its last value, or at most what is
// allowed behind it; ok is false if neither is known.
func (p *point) guess() (w float64, ok bool) {
	limit, capped := p.cfg.Cap.Power()
	switch {
	case p.last.heard && capped:
		return min(max(p.last.w, 0), float64(limit)), true
	case p.last.heard:
		return max(p.last.w, 0), true
	case capped:
		return float64(limit), true
	}
	return 0, false
}
