package rehearsal

import (
	"fmt"
	"time"

	"asue/balancing"
	"asue/metering"
	"asue/metering/wire"
)

const thinkPause = 200 * time.Millisecond

func (d *desk) thinkSoon() {
	if d.thinks {
		return
	}
	d.thinks = true
	run := d.run
	d.after(max(0, thinkPause-d.now.Sub(d.thought)), func() {
		d.thinks = false
		if d.run == run && d.alive() && !d.isStopped() {
			d.think()
		}
	})
}

// saveEvery is how often the memory goes to the disk without a decision: more seldom
// than in the program, so that a restart finds older ones.
const saveEvery = 20 * time.Second

func (d *desk) think() {
	d.thought = d.now
	now := d.wall()
	if change, ok := d.supply.Check(now); ok {
		d.c.Step(change)
	}
	if term, held := d.tenure.Holds(d.now); term != d.led.Term || held != d.led.Held {
		d.led = balancing.Leadership{At: now, Term: term, Held: held}
		d.c.Step(d.led)
	}
	out := d.c.Tick(now)
	d.last = out.State
	decisions := d.remember(out)
	if decisions || len(out.Answers) > 0 || d.now.Sub(d.saved) >= saveEvery {
		d.saved = d.now
		d.disk = append(d.disk[max(0, len(d.disk)-8):], d.c.Snapshot())
	}
	d.command(out.Allotments)
}

// remember tells what people would read of a thought.
func (d *desk) remember(out balancing.Output) (decisions bool) {
	for _, n := range out.Notices {
		if delete(d.notices, n.ID); n.Active {
			d.notices[n.ID] = n.Kind
		}
		if n.Kind == balancing.KindArmour && n.Active {
			d.tell(armourTold{d.stamp()})
		}
	}
	for _, a := range out.Answers {
		if !a.At.Equal(out.State.At) {
			continue // the old answer to an order that was heard again
		}
		d.count["orders: "+map[bool]string{true: "accepted", false: "refused"}[a.Accepted]]++
		d.tell(obeyed{d.stamp(), d.name, d.run, a.Order, a.Accepted, a.Text})
	}
	for _, e := range out.Journal {
		if d.reads != nil {
			d.reads(e)
		}
		switch e.Kind {
		case balancing.EntryShed, balancing.EntryRestore, balancing.EntryCap:
			id, _ := e.Args["id"].(string)
			d.tell(decided{d.stamp(), d.name, d.run, id, e.Kind, metering.ActuatorID(e.Subject)})
			decisions = true
		}
	}
	return decisions
}

// command signs and sends, each only while the lease is held. The process may be
// stopped after the last look at the lease, with the message already in its hands.
func (d *desk) command(list []metering.Allotment) {
	for i, m := range list {
		if term, held := d.tenure.Holds(d.now); !held || term != m.Term {
			d.count["commands: withheld"]++
			continue
		}
		if d.stopNext > 0 && m.Verb != metering.VerbBeat {
			d.count["balancer: stopped while sending"]++
			d.tell(fault{d.stamp(), fmt.Sprintf("%s is stopped for %v with %v %s in its hands", d.label(), d.stopNext, m.Verb, m.ID)})
			rest := list[i+1:]
			d.stop(d.stopNext)
			d.stopNext = 0
			d.whenAwake(func() {
				d.publish(m)
				d.command(rest)
			})
			return
		}
		d.publish(m)
	}
}

func (d *desk) publish(m metering.Allotment) {
	sealed, err := wire.SealAllotment(m, d.key)
	if err != nil {
		panic(fmt.Sprintf("%s cannot seal %+v: %v", d.label(), m, err))
	}
	if m.Verb != metering.VerbBeat {
		d.count["said: "+m.Verb.String()]++
	}
	d.tell(said{d.stamp(), d.name, d.run, m, string(sealed)})
	d.net.keep(m.Agent, sealed)
	for _, c := range d.cabinets {
		if c.id == m.Agent {
			d.net.send(d.way(string(c.id)), sealed, true, c.hear)
		}
	}
}
