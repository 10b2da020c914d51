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
	notices map[string]string     // that stand, by ID: their kinds
	reads   func(balancing.Entry) // who reads the journal; nil: nobody
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
