package rehearsal

import (
	"errors"
	"fmt"
	"time"

	"asue/collector/agent"
	"asue/metering"
	"asue/simulator"
)

// What a bus says, as the real one does.
var (
	errTimeout = errors.New("no answer within 1s")
	errUnsent  = errors.New("not sent: its time was over")
)

type refusedError struct{ error }

func (refusedError) Refused() bool { return true }

// read looks at a device as it is when the answer is made.
func (c *cabinet) read(id metering.ActuatorID) {
	x, _ := c.site.Actuator(id)
	c.bus(x, c.between(3*time.Millisecond, 25*time.Millisecond), func() {
		c.world.StepTo(c.now)
		v, _ := c.world.Actuator(id)
		if v.Offline {
			c.armed[id] = false
			c.late(x, func() { c.do(c.a.Read(c.now, id, agent.Reading{}, errTimeout)) })
			return
		}
		c.arm(x)
		c.do(c.a.Read(c.now, id, readingOf(x.Kind, v), nil))
	})
}

// arm sets a set-point's own fallback when it answers again.
func (c *cabinet) arm(x metering.Actuator) {
	if x.Kind != metering.ActuatorSetpoint || c.armed[x.ID] {
		return
	}
	for _, w := range []simulator.Write{
		{Actuator: x.ID, What: simulator.WriteFallback, Value: int64(x.FailSafe)}, {Actuator: x.ID, What: simulator.WriteTimeout, Value: int64(fallbackAfter / time.Second)},
	} {
		if c.world.Write(w) != nil {
			return // it is switched to local: another time
		}
	}
	c.armed[x.ID] = true
}

// Of a set-point's own fallback, as its map has it.
const (
	fallbackAfter   = 3 * time.Minute
	fallbackRefresh = 45 * time.Second
)

func readingOf(kind metering.ActuatorKind, v simulator.ActuatorView) agent.Reading {
	r := agent.Reading{Local: v.Local}
	if v.Fault {
		r.Fault = "the device reports a fault"
	}
	at := func(closed bool) metering.Desired {
		if closed {
			return metering.Desired{Position: metering.PositionClosed}
		}
		return metering.Desired{Position: metering.PositionOpen}
	}
	switch kind {
	case metering.ActuatorSetpoint:
		r.Echo, r.HasEcho = metering.Desired{Limit: v.Limit}, true
		r.Now = metering.Desired{Limit: v.InForce}
		r.FellBack, r.Power, r.Metered = v.TimedOut, v.Measured, true
	case metering.ActuatorRelay:
		r.Echo, r.HasEcho = at(v.Coil), true
		r.Now = at(v.AuxClosed)
	default:
		switch {
		case v.AuxClosed && v.AuxOpen:
			r.Fault = "its auxiliary contacts say closed and open at once"
		case v.AuxClosed != v.AuxOpen:
			r.Now = at(v.AuxClosed)
		}
	}
	return r
}

// late is an answer that does not come: its time-out does.
func (c *cabinet) late(x metering.Actuator, do func()) {
	c.busy[x.Address] = maxTime(c.busy[x.Address], c.now.Add(time.Second))
	run := c.run
	c.after(time.Second, func() {
		if c.run == run && c.a != nil {
			c.mortal(do)
		}
	})
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// write brings a device into a state, once, and not after its time.
func (c *cabinet) write(w agent.Write) {
	x, _ := c.site.Actuator(w.Actuator)
	wait := c.between(3*time.Millisecond, 30*time.Millisecond)
	if c.chance(c.slowWrite) {
		wait = c.between(500*time.Millisecond, 4*time.Second)
		c.count["device: slow bus"]++
	}
	c.bus(x, wait, func() {
		done := func(err error) { c.do(c.a.Written(c.now, w.ID, err)) }
		c.world.StepTo(c.now)
		v, _ := c.world.Actuator(x.ID)
		switch {
		case c.now.After(w.Until):
			done(errUnsent)
			return
		case v.Offline: // the look before a write finds nobody
			c.late(x, func() { done(errUnsent) })
			return
		case c.chance(c.lostWrite):
			c.count["device: write lost"]++
			c.late(x, func() { done(errTimeout) })
			return
		}
		c.killAtWrite--
		if c.killAtWrite == 0 && !c.killAfter {
			c.count["agent: killed before a write"]++
			panic(killed{})
		}
		err := c.carry(x, w)
		if c.killAtWrite == 0 && c.killAfter {
			c.count["agent: killed after a write"]++
			panic(killed{})
		}
		switch {
		case errors.Is(err, simulator.ErrNoAnswer):
			c.late(x, func() { done(errTimeout) })
		case err != nil:
			done(refusedError{err})
		case c.chance(c.lostAnswer):
			c.count["device: done and not answered"]++
			c.late(x, func() { done(errTimeout) })
		default:
			done(nil)
		}
	})
}

// carry writes to the device, and tells what has reached it.
func (c *cabinet) carry(x metering.Actuator, w agent.Write) error {
	v, _ := c.world.Actuator(x.ID)
	f := wrote{stamp: c.stamp(), agent: c.id, actuator: x.ID, want: w.Want, command: w.Command, before: metering.Desired{Position: v.Position}}
	one := func(what simulator.WriteKind, value int64) error {
		return c.world.Write(simulator.Write{Actuator: x.ID, What: what, Value: value, Source: w.Command})
	}
	closed := w.Want.Position == metering.PositionClosed
	var err error
	switch x.Kind {
	case metering.ActuatorSetpoint:
		f.before, f.inForce = metering.Desired{Limit: v.Limit}, v.InForce
		err = one(simulator.WriteLimit, int64(w.Want.Limit))
	case metering.ActuatorRelay:
		if err = one(simulator.WriteCoil, map[bool]int64{true: 1}[closed]); !closed {
			c.weigh(&f, x, v)
		}
	default:
		kinds := [2]simulator.WriteKind{simulator.WriteSelectOpen, simulator.WriteOperateOpen}
		if closed {
			kinds = [2]simulator.WriteKind{simulator.WriteSelectClose, simulator.WriteOperateClose}
		}
		if err = one(kinds[0], 1); err == nil {
			err = one(kinds[1], 1)
		}
	}
	if err == nil {
		c.count[fmt.Sprintf("written: %s by %s", x.Kind, map[bool]string{true: "itself", false: "command"}[w.Command == ""])]++
		c.tell(f)
	}
	return err
}

// weigh says what is left to the resident of a step that is taken off.
func (c *cabinet) weigh(f *wrote, x metering.Actuator, v simulator.ActuatorView) {
	_, served := c.world.Snapshot().Resident(x.Resident)
	f.leaves = served - v.Served
	f.honest = served > 0 && !c.liars[x.Point].After(c.now.Add(-2*time.Minute))
}
