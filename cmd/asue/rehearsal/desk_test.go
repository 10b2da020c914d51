package rehearsal

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"asue/balancing"
	"asue/metering"
	"asue/metering/wire"
)

// desk is the process of a balancer: what cmd/asue's balancer does, with a clock that
// can be set, a process that can be stopped or killed at any point, and a disk.
type desk struct {
	*zone
	name   string
	key    ed25519.PrivateKey
	run    int
	holder string
	c      *balancing.Controller // nil: the process is dead
	supply *balancing.SupplyWatch
	tenure balancing.Tenure
	led    balancing.Leadership
	offset time.Duration // of the wall clock

	stopped  time.Time     // SIGSTOP, until then
	frozen   []func()      // what is done when it goes on
	stopNext time.Duration // stop at the next command, after the last look at the lease

	disk    [][]byte // snapshots, the youngest last
	saved   time.Time
	thought time.Time
	thinks  bool // a thought is due soon
	last    balancing.State
	notices map[string]string // that stand, by ID: their kinds
}

func (d *desk) alive() bool          { return d.c != nil }
func (d *desk) wall() time.Time      { return d.now.Add(d.offset) }
func (d *desk) isStopped() bool      { return d.now.Before(d.stopped) }
func (d *desk) label() string        { return fmt.Sprintf("%s.%d", d.name, d.run) }
func (d *desk) way(to string) string { return d.name + ">" + to }

// boot starts the process, with a memory that may be an old one.
func (d *desk) boot(stale int) {
	d.run++
	d.holder = d.label()
	c, err := balancing.New(d.config)
	if err != nil {
		panic(err)
	}
	d.c, d.supply, d.tenure, d.led = c, balancing.NewSupplyWatch(d.site), balancing.Tenure{}, balancing.Leadership{}
	d.stopped, d.frozen, d.stopNext, d.notices = time.Time{}, nil, 0, map[string]string{}
	if n := len(d.disk); n > 0 {
		if err := c.Restore(d.disk[max(0, n-1-stale)]); err != nil {
			panic(err)
		}
	}
	d.tell(born{d.stamp(), d.name, d.run})
	run := d.run
	mine := func(do func()) func() {
		return func() {
			if d.run == run && d.alive() {
				do()
			}
		}
	}
	d.loop(d.between(0, time.Second), d.period, run, mine(d.think))
	d.loop(d.between(0, 500*time.Millisecond), balancing.LeaseEvery, run, mine(d.askLease))
}

// loop repeats something while the process lives.
func (d *desk) loop(first, period time.Duration, run int, do func()) {
	var again func()
	again = func() {
		if d.run != run || !d.alive() {
			return
		}
		if !d.isStopped() {
			do()
		}
		d.after(period, again)
	}
	d.after(first, again)
}

func (d *desk) kill() {
	if d.alive() {
		d.c = nil
		d.tell(dead{d.stamp(), d.name})
	}
}

// stop is SIGSTOP; what comes meanwhile waits.
func (d *desk) stop(length time.Duration) {
	d.stopped = d.now.Add(length)
	run := d.run
	d.after(length, func() {
		if d.run != run || !d.alive() || d.isStopped() {
			return
		}
		waiting := d.frozen
		d.frozen = nil
		for _, do := range waiting {
			do()
		}
	})
}

// whenAwake does something in the process: now, or when it goes on.
func (d *desk) whenAwake(do func()) {
	switch {
	case !d.alive():
	case d.isStopped():
		d.frozen = append(d.frozen, do)
	default:
		do()
	}
}

func (d *desk) askLease() {
	began, run := d.now, d.run
	d.row.ask(d.name, d.holder, func(l metering.Lease) {
		if d.run != run {
			return
		}
		d.whenAwake(func() {
			d.tenure.Answered(began, l)
			d.thinkSoon()
		})
	})
}

// Hear hands a message to the controller as it came.
func (d *desk) hearBatch(payload []byte) {
	d.whenAwake(func() {
		batch, err := wire.DecodeBatch(payload)
		if err != nil {
			return
		}
		for _, s := range batch.Snapshots {
			install, ok := d.site.InstallOf(s.Meter, s.At)
			if !ok {
				continue
			}
			d.supply.Take(install.Point, s)
			d.c.Step(balancing.ReadingOf(s, install))
		}
	})
}

func (d *desk) hearBeat(from metering.AgentID, payload []byte) {
	d.whenAwake(func() {
		if beat, err := wire.DecodeBeat(payload); err == nil && beat.Agent == from {
			d.c.Step(balancing.Beat{AgentBeat: beat})
		}
	})
}

func (d *desk) hearOutcome(from metering.AgentID, payload []byte) {
	d.whenAwake(func() {
		if o, err := wire.DecodeOutcome(payload); err == nil && o.Agent == from {
			d.c.Step(balancing.Outcome{Outcome: o})
			d.thinkSoon()
		}
	})
}

func (d *desk) hearOrder(payload []byte) {
	d.whenAwake(func() {
		if o, err := wire.OpenOrder(payload, d.pageKeys); err == nil {
			d.c.Step(balancing.Order{Order: o})
			d.thinkSoon()
		}
	})
}

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
