package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/collector/agent"
	"asue/metering"
	"asue/metering/wire"
)

// cabinet is the process of an agent: what cmd/internal/guard does, with a process that
// can be killed between any two steps and a disk that keeps what was made durable.
type cabinet struct {
	*zone
	id     metering.AgentID
	config agent.Config
	disk   *disk
	a      *agent.Agent // nil: the process is dead
	run    int
	armed  map[metering.ActuatorID]bool
	busy   map[string]time.Time // a bus does one thing after another
	// killAtWrite ends the process at so many writes from now, before or after the
	// device has it; the disk does the same at records.
	killAtWrite int
	killAfter   bool
}

// killed is thrown where the process ends.
type killed struct{}

// disk is a log in memory: what an append has returned is durable, what has not is
// lost or not, as the dice will.
type disk struct {
	*stage
	records []agent.Record
	full    bool
	dieAt   int // end the process at so many appends from now; 0: not
	before  bool
}

func (l *disk) Append(r agent.Record) error {
	if l.full {
		if l.chance(0.3) {
			l.records = append(l.records, r)
		}
		return errors.New("no space left on device")
	}
	if l.dieAt--; l.dieAt == 0 {
		if !l.before {
			l.records = append(l.records, r)
		}
		l.count["agent: killed at a record"]++
		panic(killed{})
	}
	l.records = append(l.records, r)
	return nil
}

func (l *disk) Replay(each func(agent.Record) error) error {
	for _, r := range l.records {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *disk) Large() bool { return len(l.records) > 400 }

func (l *disk) Compact(rs []agent.Record) error {
	l.records = slices.Clone(rs)
	return nil
}

// boot starts the process.
func (c *cabinet) boot() {
	c.run++
	c.armed, c.busy = map[metering.ActuatorID]bool{}, map[string]time.Time{}
	c.killAtWrite = 0
	c.tell(born{c.stamp(), string(c.id), c.run})
	run := c.run
	c.mortal(func() {
		a, wants, err := agent.New(c.config, c.disk, c.now)
		if err != nil {
			panic(err)
		}
		c.a = a
		c.do(wants)
	})
	var again func()
	again = func() {
		if c.run != run || c.a == nil {
			return
		}
		c.mortal(func() { c.do(c.a.Tick(c.now)) })
		c.after(500*time.Millisecond, again)
	}
	c.after(c.between(1, 500*time.Millisecond), again)
}

// mortal runs something in which the process may end, and reports whether it lived.
func (c *cabinet) mortal(do func()) (lived bool) {
	defer func() {
		switch e := recover(); e.(type) {
		case nil:
		case killed:
			c.kill()
			lived = false
		default:
			panic(e)
		}
	}()
	do()
	return true
}

func (c *cabinet) kill() {
	if c.a != nil {
		c.keepCounts()
	}
	c.a = nil
	c.disk.dieAt = 0
	c.tell(dead{c.stamp(), string(c.id)})
	run := c.run
	c.after(c.long(c.restart)+100*time.Millisecond, func() {
		if c.run == run {
			c.boot()
		}
	})
}

func (c *cabinet) keepCounts() {
	n := c.a.Counts()
	for code, k := range n.Refused {
		c.count["refused: "+code] += int(k)
	}
	c.count["agent: confirmed"] += int(n.Confirmed)
	c.count["agent: failed"] += int(n.Failed)
}

// hear is a message from the broker.
func (c *cabinet) hear(message []byte) {
	if c.a == nil {
		return
	}
	at := len(c.log)
	c.tell(heard{c.stamp(), c.id, string(message), true})
	if !c.mortal(func() { c.do(c.a.Receive(c.now, message)) }) {
		c.log[at] = heard{c.stamp(), c.id, string(message), false}
	}
}

// do carries out what the agent wants.
func (c *cabinet) do(w agent.Wants) {
	for _, o := range w.Outcomes {
		c.tell(answered{c.stamp(), o})
		payload, err := wire.EncodeOutcome(o)
		if err != nil {
			panic(fmt.Sprintf("outcome %+v: %v", o, err))
		}
		for _, d := range c.desks {
			c.net.send(string(c.id)+">"+d.name, payload, true, func(b []byte) { d.hearOutcome(c.id, b) })
		}
	}
	for _, x := range w.Writes {
		c.write(x)
	}
	for _, id := range w.Reads {
		c.read(id)
	}
	if w.Beat != nil {
		c.tell(beaten{c.stamp(), *w.Beat})
		payload, err := wire.EncodeBeat(*w.Beat)
		if err != nil {
			panic(fmt.Sprintf("beat %+v: %v", w.Beat, err))
		}
		c.net.hearBeat(*w.Beat)
		for _, d := range c.desks {
			c.net.send(string(c.id)+">"+d.name, payload, false, func(b []byte) { d.hearBeat(c.id, b) })
		}
	}
}

// bus has something done when the bus of an actuator is free, if the process still
// lives then.
func (c *cabinet) bus(x metering.Actuator, takes time.Duration, do func()) {
	line := x.Address
	begin := c.now
	if free := c.busy[line]; free.After(begin) {
		begin = free
	}
	c.busy[line] = begin.Add(takes)
	run := c.run
	c.after(begin.Add(takes).Sub(c.now), func() {
		if c.run == run && c.a != nil {
			c.mortal(do)
		}
	})
}
