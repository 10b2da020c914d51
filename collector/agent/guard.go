package agent

import (
	"fmt"
	"time"

	"asue/metering"
)

// guarding is what the agent does with an output of its own accord.
func (a *Agent) guarding(x *output, now time.Time) metering.Guarding {
	switch {
	case x.reading.Local:
		return metering.GuardLocal
	case now.Before(x.hold):
		return metering.GuardHold
	case !x.failsafe.IsZero():
		return metering.GuardFailSafe
	case a.Silence(now) >= a.t.Alone:
		return metering.GuardAlone
	case x.overdue:
		return metering.GuardAlarm
	}
	return metering.GuardNormal
}

// watchBeats lets outputs enter fail-safe when nobody has spoken for too long, and
// leave it when somebody speaks again after a long stay.
func (a *Agent) watchBeats(now time.Time) {
	silence := a.Silence(now)
	for _, x := range a.outputs {
		x.silenced = x.silenced && !x.failsafe.IsZero() || silence >= a.t.FailSafe
		switch {
		case silence >= a.t.FailSafe && x.failsafe.IsZero():
			x.failsafe = now
			a.alarm(x, "no beat of the balancer for %v: fail-safe", silence.Round(time.Second))
			if x.command != "" {
				a.revert(now, x, fmt.Sprintf("no beat of the balancer for %v", silence.Round(time.Second)))
			}
		case silence < a.t.Alone && !x.failsafe.IsZero() && now.Sub(x.failsafe) >= a.t.StayFailSafe && x.flight == nil:
			x.failsafe = time.Time{}
		}
	}
}

// endLease ends the state of a command whose lease is over. A load that is served,
// or has its whole contracted power, just goes on without a lease. While nobody
// speaks everything is held, until fail-safe.
func (a *Agent) endLease(x *output, now time.Time) {
	if x.command == "" || x.flight != nil || x.lease.After(now) || a.Silence(now) >= a.t.Alone {
		return
	}
	if x.want.Position == metering.PositionClosed || (x.Kind == metering.ActuatorSetpoint && x.want.Limit == x.band.Most) {
		a.keep(Record{At: now, Kind: RecordLapse, Actuator: x.ID, ID: x.command, Text: "its lease is over"})
		x.command = ""
		return
	}
	a.alarm(x, "the lease of command %s is over", x.command)
	a.revert(now, x, "its lease is over")
}

// ramp is a way of the agent's own from one limit to another.
type ramp struct {
	from, to metering.Power
	begin    time.Time // after the delay
	stepped  time.Time // the last write
}

// at is the limit of a moment.
func (r *ramp) at(now time.Time, length time.Duration) metering.Power {
	gone := now.Sub(r.begin)
	switch {
	case gone <= 0:
		return r.from
	case gone >= length:
		return r.to
	}
	between := r.from + metering.Power(float64(r.to-r.from)*gone.Seconds()/length.Seconds())
	// Some devices count in kilowatts; none goes below both ends.
	return max(between-between%metering.Kilowatt, min(r.from, r.to))
}

// goal is the limit to which an output goes by itself, false if it stays.
func (a *Agent) goal(x *output, now time.Time) (metering.Power, bool) {
	switch {
	case x.Kind != metering.ActuatorSetpoint, !a.seen(x, now), x.reading.Local, x.flight != nil, !x.sure(), x.selected != nil:
		return 0, false
	case a.advised && x.comesInside():
		return x.band.Most, !now.Before(x.hold)
	case !x.failsafe.IsZero() && a.asks && !x.silenced && x.command == "":
		return 0, false // persons have been asked, and nobody has answered: that takes nothing from a load
	case !x.failsafe.IsZero():
		// A balancer that lives says within a minute of a start what should be: the load
		// need not move to and fro.
		return x.band.FailSafe, now.Sub(a.started) >= a.t.Alone && !a.spares(x, x.band.FailSafe)
	case a.Silence(now) >= a.t.Alone, x.command != "", now.Before(x.hold):
		return 0, false
	}
	return x.band.Most, !a.spares(x, x.band.Most)
}

// spares reports whether an output keeps its limit because a lower one would be the
// agent's own idea: its balancer, when it was last heard, did not command but advise,
// and then people decide what is taken from a load.
func (a *Agent) spares(x *output, goal metering.Power) bool {
	return a.advised && x.register() > goal
}

// comesInside reports whether a limit is above a hard band that persons have narrowed:
// then they have decided that it comes down to the band, whoever only advises.
func (x *output) comesInside() bool {
	x.narrowed = x.narrowed && x.register() > x.band.Most
	return x.narrowed
}

// move takes a set-point along its ramp. Relays and breakers never move by
// themselves.
func (a *Agent) move(x *output, now time.Time) {
	goal, moves := a.goal(x, now)
	if !moves {
		if x.sure() && x.selected == nil {
			x.ramp = nil
		}
		a.freshen(x, now)
		return
	}
	stands := x.register()
	if stands == goal {
		x.ramp = nil
		a.freshen(x, now)
		return
	}
	if x.ramp == nil || x.ramp.to != goal {
		x.ramp = &ramp{from: stands, to: goal, begin: now.Add(a.delay(stands, goal))}
	}
	limit := x.ramp.at(now, a.t.Ramp)
	pause := a.t.RampStep
	if now.Sub(x.ramp.begin) > a.t.Ramp+a.t.Effect { // the device does not follow
		pause *= 6
	}
	if limit == stands || (!x.ramp.stepped.IsZero() && now.Sub(x.ramp.stepped) < pause) {
		a.freshen(x, now)
		return
	}
	// A limit that goes down is more urgent than its record.
	if !a.keep(Record{At: now, Kind: RecordOwn, Actuator: x.ID, Want: metering.Desired{Limit: limit}}) && limit > stands {
		return
	}
	x.ramp.stepped = now
	x.own = &ownWrite{want: metering.Desired{Limit: limit}, at: now}
	x.own.id = a.write(now, x, x.own.want, "")
}

// delay spreads the return of loads: all at once would be a new peak.
func (a *Agent) delay(from, to metering.Power) time.Duration {
	if to <= from {
		return 0
	}
	return time.Duration(a.cfg.Random() % uint64(a.t.RampDelay+1))
}

// freshen writes a device the limit that it holds again, lest it falls back: some
// leave a limit by themselves when nobody writes for a while.
func (a *Agent) freshen(x *output, now time.Time) {
	if x.refresh <= 0 || x.Kind != metering.ActuatorSetpoint || now.Sub(x.written) < x.refresh {
		return
	}
	if !a.seen(x, now) || x.reading.Local || x.reading.FellBack || !x.reading.HasEcho || x.flight != nil || !x.sure() || x.selected != nil {
		return
	}
	if held := x.reading.Echo.Limit; held >= x.band.Least && held <= x.band.Most {
		x.own = &ownWrite{want: x.reading.Echo, at: now}
		x.own.id = a.write(now, x, x.own.want, "")
	}
}
