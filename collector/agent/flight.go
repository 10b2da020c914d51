package agent

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// flight is a command on its way: from the record before the write to the proof.
type flight struct {
	m       metering.Allotment
	digest  [32]byte
	begun   time.Time
	write   uint64
	written time.Time // zero: the write has not come back
	asks    uint64    // reads that had been asked for by then
	err     error     // of the write; what it did is unknown then
	echoed  bool
	reduces bool
	// remembered flights were begun before this start: they are read, and never
	// written.
	remembered bool
}

// ownWrite is a write of the agent's own on its way.
type ownWrite struct {
	id   uint64
	want metering.Desired
	at   time.Time
}

// execute makes a durable record, then asks for the write. A state that is there
// already is not written.
func (a *Agent) execute(now time.Time, x *output, m metering.Allotment, digest [32]byte) {
	o := a.outcome(now, m.ID, x.ID, metering.StageExecuting, "")
	r := recordOf(o, m, digest)
	r.Change = !x.at(m.Want) || !x.sure()
	if !a.keep(r) {
		a.tell(digest, a.refused(now, m, refuse(codeLog, "it cannot be remembered: %v", a.trouble)))
		return
	}
	x.ramp = nil
	x.flight = &flight{m: m, digest: digest, begun: now, reduces: x.reduces(m.Want)}
	a.tell(digest, o)
	if !r.Change {
		a.confirm(now, x, "it is so already")
		return
	}
	x.change(now)
	x.flight.write = a.write(now, x, m.Want, m.ID)
}

func (a *Agent) write(now time.Time, x *output, want metering.Desired, command string) uint64 {
	a.writes++
	a.counts.Writes++
	a.out.Writes = append(a.out.Writes, Write{ID: a.writes, Actuator: x.ID, Want: want, Command: command, Until: now.Add(a.t.Send)})
	return a.writes
}

// Written is what has become of a write: err nil if the device took it. With any
// error what the device did is unknown, so that it is read.
func (a *Agent) Written(now time.Time, id uint64, err error) Wants {
	for _, x := range a.outputs {
		switch {
		case x.flight != nil && x.flight.write == id && x.flight.written.IsZero() && !x.flight.remembered:
			x.flight.written, x.flight.err, x.flight.asks = now, err, x.asks
		case x.own != nil && x.own.id == id:
			x.own = nil
			if err != nil {
				a.alarm(x, "cannot be written: %v", err)
			}
		default:
			continue
		}
		if err == nil {
			x.written = now
		}
		x.blind = x.asks
		a.askRead(x, now)
	}
	return a.flush()
}

// chase follows a command until it is proven or has failed.
func (a *Agent) chase(x *output, now time.Time) {
	if x.own != nil && now.Sub(x.own.at) > a.t.Written {
		x.own, x.blind = nil, x.asks
	}
	f := x.flight
	switch {
	case f == nil:
	case f.remembered:
		a.chaseRemembered(x, now)
	case f.written.IsZero():
		if now.Sub(f.begun) > a.t.Written {
			a.fail(now, x, fmt.Sprintf("the write was not answered within %v", a.t.Written))
		}
	default:
		a.chaseEffect(x, now)
	}
}

func (a *Agent) chaseEffect(x *output, now time.Time) {
	f := x.flight
	looked := x.readErr == nil && x.asks > f.asks && x.asked.IsZero() // after the write
	if looked && x.echoes(f.m.Want) {
		f.echoed = true
	}
	switch {
	case looked && f.echoed && a.effective(x):
		a.confirm(now, x, "")
	case looked && !f.echoed && f.err != nil && final(f.err):
		a.fail(now, x, fmt.Sprintf("the device refuses: %v", f.err))
	case !f.echoed && now.Sub(f.written) > a.t.Echo:
		text := fmt.Sprintf("no echo within %v", a.t.Echo)
		if f.err != nil {
			text += fmt.Sprintf(" after a write that did not go well: %v", f.err)
		}
		if x.readErr != nil {
			text += fmt.Sprintf("; it cannot be read: %v", x.readErr)
		}
		a.fail(now, x, text)
	case now.Sub(f.written) > a.t.Effect:
		a.fail(now, x, a.ineffective(x))
	}
}

// final reports whether the device itself has refused a write.
func final(err error) bool {
	var e interface{ Refused() bool }
	return errors.As(err, &e) && e.Refused()
}

// echoes reports whether the device's register holds what was written.
func (x *output) echoes(want metering.Desired) bool {
	return !x.reading.HasEcho || x.reading.Echo == want
}

// effective reports whether what was wanted is so: contacts stand where they should,
// or the limit is in force and, if it was lowered, the load is at most a tenth
// above it.
func (a *Agent) effective(x *output) bool {
	f := x.flight
	if x.reading.Now != f.m.Want {
		return false
	}
	return x.Kind != metering.ActuatorSetpoint || !f.reduces || !x.reading.Metered || x.reading.Power <= f.m.Want.Limit+f.m.Want.Limit/10
}

func (a *Agent) ineffective(x *output) string {
	if x.Kind == metering.ActuatorSetpoint && x.reading.Now == x.flight.m.Want {
		return fmt.Sprintf("the load draws %v, more than a tenth above %v after %v", x.reading.Power, x.flight.m.Want.Limit, a.t.Effect)
	}
	return fmt.Sprintf("it shows %v after %v", x.reading.Now, a.t.Effect)
}

// chaseRemembered finds out what has become of a command that was being carried out
// when the agent ended. It reads only.
func (a *Agent) chaseRemembered(x *output, now time.Time) {
	f := x.flight
	switch {
	case x.readErr != nil || x.readAt.IsZero():
		return // as long as nobody can look, nobody knows
	case x.echoes(f.m.Want) && x.reading.Now == f.m.Want:
		a.confirm(now, x, "found so after a restart of the agent")
		a.revert(now, x, "its lease ended with the restart of the agent")
	case now.Sub(f.begun) > a.t.Effect || (!x.echoes(f.m.Want) && x.reading.Now.Position != metering.PositionUnknown):
		a.fail(now, x, fmt.Sprintf("after a restart of the agent it shows %v", x.reading.Now))
	}
}

func (a *Agent) confirm(now time.Time, x *output, text string) {
	f := x.flight
	x.flight = nil
	o := a.outcome(now, f.m.ID, x.ID, metering.StageConfirmed, text)
	a.keep(recordOf(o, f.m, f.digest))
	a.counts.Confirmed++
	x.command, x.want, x.lease = f.m.ID, f.m.Want, f.begun.Add(f.m.Lease)
	x.overdue = false
	if a.Silence(now) < a.t.FailSafe && !f.remembered {
		x.failsafe = time.Time{}
	}
	a.tell(f.digest, o)
}

// fail ends a command whose state was not reached, and leaves the actuator alone
// for a while.
func (a *Agent) fail(now time.Time, x *output, text string) {
	f := x.flight
	x.flight = nil
	if f.written.IsZero() {
		x.blind = x.asks
	}
	o := a.outcome(now, f.m.ID, x.ID, metering.StageFailed, text)
	a.keep(recordOf(o, f.m, f.digest))
	a.counts.Failed++
	x.command, x.want = "", metering.Desired{}
	x.overdue = x.reading.Now.Position == metering.PositionOpen
	x.hold, x.holdText = now.Add(a.t.Hold), fmt.Sprintf("command %s failed: %s", f.m.ID, text)
	a.alarm(x, "command %s to be %v failed: %s", f.m.ID, f.m.Want, text)
	a.tell(f.digest, o)
}

// revert ends the state of a command that was in force.
func (a *Agent) revert(now time.Time, x *output, text string) {
	id := x.command
	held := x.Kind != metering.ActuatorSetpoint
	x.overdue = held && x.want.Position == metering.PositionOpen
	x.command = ""
	o := a.outcome(now, id, x.ID, metering.StageReverted, text)
	k := a.known.find(id)
	if held || k == nil { // a relay keeps its state: nothing is reverted
		a.keep(Record{At: now, Kind: RecordLapse, Actuator: x.ID, ID: id, Text: text})
		return
	}
	a.keep(recordOf(o, metering.Allotment{Want: x.want, Term: a.term}, k.digest))
	a.tell(k.digest, o)
}
