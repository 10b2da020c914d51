package agent

import (
	"fmt"
	"time"

	"asue/metering"
)

// output is one actuator and everything that the agent knows of it.
type output struct {
	metering.Actuator
	band     metering.HardBand // as commissioned; of a set-point
	bandText string            // the configuration wants another one
	narrowed bool              // by persons, and the limit has not come inside yet
	refresh  time.Duration

	reading Reading
	readAt  time.Time // of reading; zero: never read
	readErr error     // of the youngest read; nil: it succeeded
	asked   time.Time // for a read that has not been answered; zero: none is due
	tried   time.Time // when it was last asked for
	asks    uint64    // how often it was asked for
	looked  uint64    // the youngest of these that reading has answered
	blind   uint64    // what was asked for up to this one may have looked before the last write
	soon    bool      // a read is wanted at once

	selected *reservation
	flight   *flight
	own      *ownWrite // a write of the agent's own on its way

	command string // whose state is in force; empty: none
	want    metering.Desired
	lease   time.Time // its end

	failsafe time.Time // since when; zero: it is not
	silenced bool      // it is in fail-safe because nobody spoke, and not because the agent has just started
	hold     time.Time // until when
	holdText string
	overdue  bool // shed by a command whose lease is over
	ramp     *ramp
	written  time.Time // the last write that went well, for refreshing

	changes []time.Time // of the last hour
	changed time.Time   // the last one
	since   time.Time   // the position is the present one; zero: unknown
}

// Reading is what a device showed at one look.
type Reading struct {
	// Echo is the command as the device's own register holds it, if HasEcho.
	Echo    metering.Desired
	HasEcho bool
	// Now is what is in force: the limit that the device keeps, or where the contacts
	// stand. PositionUnknown: they are moving, or contradict each other.
	Now     metering.Desired
	Power   metering.Power // of the load, if Metered
	Metered bool
	Local   bool   // switched to local, or locked
	Fault   string // what the device says of itself; empty: nothing
	// FellBack: the device has left what was written to it by itself, because
	// nobody wrote for too long.
	FellBack bool
}

// Read is what a read has given, err if nothing.
func (a *Agent) Read(now time.Time, id metering.ActuatorID, r Reading, err error) Wants {
	x := a.find(id)
	if x == nil {
		return a.flush()
	}
	x.asked = time.Time{}
	if x.readErr = err; err != nil {
		x.soon = x.flight != nil // its time is short
		a.chase(x, now)
		return a.flush()
	}
	first := x.readAt.IsZero()
	if !first && x.Kind != metering.ActuatorSetpoint && r.Now.Position != x.reading.Now.Position {
		x.since = now
	}
	if r.Local && !x.reading.Local {
		a.alarm(x, "switched to local: no command reaches it")
	}
	x.reading, x.readAt, x.looked = r, now, x.asks
	a.chase(x, now)
	if x.soon {
		a.askRead(x, now)
	}
	return a.flush()
}

// wantRead asks for a read when one is due, and again when an answer has not come.
func (a *Agent) wantRead(x *output, now time.Time) {
	if !x.asked.IsZero() && now.Sub(x.asked) < a.t.FreshRead {
		return
	}
	if x.soon || x.tried.IsZero() || now.Sub(x.tried) >= a.t.ReadEvery {
		a.askRead(x, now)
	}
}

func (a *Agent) askRead(x *output, now time.Time) {
	if !x.asked.IsZero() && now.Sub(x.asked) < a.t.FreshRead {
		x.soon = true // the one under way may have looked before the write
		return
	}
	x.soon, x.asked, x.tried = false, now, now
	x.asks++
	a.out.Reads = append(a.out.Reads, x.ID)
}

// seen reports whether the state is known.
func (a *Agent) seen(x *output, now time.Time) bool {
	return x.readErr == nil && !x.readAt.IsZero() && now.Sub(x.readAt) <= a.t.FreshRead
}

// sure reports whether the state was read after the last write, and none is on its way.
func (x *output) sure() bool { return x.own == nil && x.looked > x.blind }

// register is the limit that the device would keep now: what was written to it, or
// what it fell back to.
func (x *output) register() metering.Power {
	if x.reading.HasEcho && !x.reading.FellBack {
		return x.reading.Echo.Limit
	}
	return x.reading.Now.Limit
}

// at reports whether the device is in a state, as far as it says.
func (x *output) at(d metering.Desired) bool {
	return x.reading.Now == d && (!x.reading.HasEcho || x.reading.Echo == d || x.Kind == metering.ActuatorBreaker)
}

// state is what a beat says of an actuator.
func (a *Agent) state(x *output, now time.Time) metering.ActuatorState {
	s := metering.ActuatorState{
		Actuator: x.ID, At: x.readAt, Readable: a.seen(x, now), Now: x.reading.Now, Guarding: a.guarding(x, now),
		Command: x.command, Band: x.band, Text: a.wrong(x, now),
	}
	if x.command != "" {
		s.Left = max(0, x.lease.Sub(now))
	}
	return s
}

// wrong is what people should know of an actuator; empty if all is well.
func (a *Agent) wrong(x *output, now time.Time) string {
	switch {
	case x.readErr != nil:
		return "cannot be read: " + x.readErr.Error()
	case x.readAt.IsZero():
		return "not read yet"
	case !a.seen(x, now):
		return fmt.Sprintf("last read %v ago", now.Sub(x.readAt).Round(time.Second))
	case a.trouble != nil:
		return "no command is carried out: " + a.trouble.Error()
	case x.reading.Local:
		return "switched to local"
	case x.reading.Fault != "":
		return x.reading.Fault
	case now.Before(x.hold):
		return fmt.Sprintf("on hold for %v: %s", x.hold.Sub(now).Round(time.Second), x.holdText)
	case x.bandText != "":
		return x.bandText
	case x.reading.FellBack:
		return "the device has fallen back to its own limit"
	case a.Silence(now) >= a.t.Alone:
		return fmt.Sprintf("no beat of the balancer for %v", a.Silence(now).Round(time.Second))
	case !x.failsafe.IsZero() && x.Kind == metering.ActuatorSetpoint:
		return fmt.Sprintf("in fail-safe for %v: waits for a command", now.Sub(x.failsafe).Round(time.Second))
	case x.ramp != nil && now.Sub(x.ramp.begin) > a.t.Ramp+a.t.Effect:
		return fmt.Sprintf("does not take the limit of %v, to which it should go by itself", x.ramp.to)
	case x.overdue:
		return "shed by a command whose lease is over: a command must say what next"
	case x.command != "" && x.flight == nil && x.reading.Now != x.want:
		return fmt.Sprintf("shows %v, not %v", x.reading.Now, x.want)
	}
	return ""
}
