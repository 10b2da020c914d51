package rehearsal

import (
	"fmt"
	"time"

	"asue/metering"
	"asue/simulator"
)

// trouble is one thing that can be broken.
type trouble struct {
	name string
	do   func(z *zone)
}

// troubles breaks one thing after another, as the temper of the run has it. In every
// run the load moves: a peak, a lost line, or a limit by persons.
func (z *zone) troubles() {
	z.loads()
	if z.temper.calm && z.chance(0.3) {
		z.after(z.between(time.Minute, z.temper.length), func() { z.breakOne(pick(z.stage, deviceTroubles)) })
	}
	if z.temper.troubles == 0 {
		return
	}
	var again func()
	again = func() {
		if z.over {
			return
		}
		list := processTroubles
		switch z.dice.IntN(3) {
		case 0:
			list = deviceTroubles
		case 1:
			list = otherTroubles
		}
		z.breakOne(pick(z.stage, list))
		z.after(z.long(z.temper.troubles), again)
	}
	z.after(z.long(z.temper.troubles)+time.Minute, again)
}

func (z *zone) breakOne(t trouble) {
	z.count["fault: "+t.name]++
	z.tell(fault{z.stamp(), t.name})
	t.do(z)
}

// loads has the load or its limit move.
func (z *zone) loads() {
	scenario := func(name string, from, to time.Duration) {
		z.after(z.between(from, to), func() { z.start1(name, "", 0) })
	}
	switch dice := z.dice.Float64(); {
	case dice < 0.55:
		scenario(simulator.MorningPeak, 2*time.Minute, 12*time.Minute)
	case dice < 0.7:
		scenario(simulator.LineReturns, 3*time.Minute, 20*time.Minute)
	case dice < 0.8:
		scenario(simulator.KaratagaiLost, 3*time.Minute, 20*time.Minute)
	case dice < 0.87: // less than can be held
		z.after(z.between(4*time.Minute, 15*time.Minute), func() {
			z.persons.order(metering.Order{Kind: metering.OrderLimit, Power: z.contract() * metering.Power(30+z.dice.IntN(20)) / 100, Expires: z.now.Add(70 * time.Minute)}, 1)
		})
	case dice < 0.97:
		z.after(z.between(4*time.Minute, 15*time.Minute), func() {
			z.persons.order(metering.Order{Kind: metering.OrderLimit, Power: z.contract() * metering.Power(70+z.dice.IntN(25)) / 100, Expires: z.now.Add(50 * time.Minute)}, 1)
		})
	}
}

// start1 starts a scenario of the world, and ends it after a while; 0: never.
func (z *zone) start1(name, target string, lasts time.Duration) {
	z.world.StepTo(z.now)
	if err := z.world.Start(name, target); err != nil {
		panic(err)
	}
	z.tell(fault{z.stamp(), name + " " + target})
	if lasts > 0 {
		z.after(lasts, func() {
			z.world.StepTo(z.now)
			if err := z.world.Stop(name); err != nil {
				panic(err)
			}
		})
	}
}

var deviceTroubles = []trouble{
	device(simulator.DeviceStuck), device(simulator.DeviceSlow), device(simulator.DeviceLies), device(simulator.DeviceOffline),
	device(simulator.DeviceLocal), device(simulator.DeviceDrifts), device(simulator.DeviceRestart),
}

func device(scenario string) trouble {
	return trouble{scenario, func(z *zone) {
		x := pick(z.stage, z.site.Actuators)
		if scenario == simulator.DeviceDrifts && x.Kind != metering.ActuatorSetpoint {
			return
		}
		z.start1(scenario, string(x.ID), z.between(5*time.Second, 15*time.Minute))
	}}
}

var processTroubles = []trouble{
	{"balancer killed", func(z *zone) { z.killDesk(pick(z.stage, z.desks), z.long(20*time.Second), z.dice.IntN(4)) }},
	{"leader killed", func(z *zone) {
		if d := z.leader(); d != nil {
			z.killDesk(d, z.long(5*time.Second), z.dice.IntN(4))
		}
	}},
	{"leader ends in order", func(z *zone) {
		if d := z.leader(); d != nil {
			if term, held := d.tenure.Holds(z.now); held {
				z.row.release(d.holder, term)
			}
			z.killDesk(d, z.long(5*time.Second), 0)
		}
	}},
	{"both balancers killed", func(z *zone) {
		for _, d := range z.desks {
			z.killDesk(d, z.between(10*time.Second, 200*time.Second), z.dice.IntN(4))
		}
	}},
	{"leader stopped", func(z *zone) {
		if d := z.leader(); d != nil && !d.isStopped() {
			d.stop(z.between(time.Second, 2*time.Minute))
		}
	}},
	{"leader stopped at its next command", func(z *zone) {
		if d := z.leader(); d != nil {
			d.stopNext = z.between(time.Second, time.Minute)
		}
	}},
	{"leader's clock set", func(z *zone) {
		if d := z.leader(); d != nil {
			step := pick(z.stage, []time.Duration{time.Second, 4 * time.Second, 20 * time.Second, 2 * time.Minute, time.Hour})
			if z.chance(0.5) {
				step = -step
			}
			before := d.offset
			d.offset += step
			z.tell(fault{z.stamp(), fmt.Sprintf("clock of %s by %v", d.name, step)})
			z.after(z.between(5*time.Second, 10*time.Minute), func() { d.offset = before })
		}
	}},
	{"ledger away", func(z *zone) {
		z.row.away[pick(z.stage, z.desks).name] = z.now.Add(z.between(3*time.Second, 90*time.Second))
	}},
	{"agent killed", func(z *zone) {
		if c := pick(z.stage, z.cabinets); c.a != nil {
			c.kill()
		}
	}},
	{"agent killed at a record", func(z *zone) {
		c := pick(z.stage, z.cabinets)
		c.disk.dieAt, c.disk.before = 1+z.dice.IntN(6), z.chance(0.5)
	}},
	{"agent killed at a write", func(z *zone) {
		c := pick(z.stage, z.cabinets)
		c.killAtWrite, c.killAfter = 1+z.dice.IntN(2), z.chance(0.5)
	}},
	{"agent's disk full", func(z *zone) {
		c := pick(z.stage, z.cabinets)
		c.disk.full = true
		z.after(z.between(5*time.Second, 3*time.Minute), func() { c.disk.full = false })
	}},
}

// killDesk kills a balancer and starts it again, perhaps from an older memory.
func (z *zone) killDesk(d *desk, down time.Duration, stale int) {
	if !d.alive() {
		return
	}
	d.kill()
	run := d.run
	z.after(down+time.Second, func() {
		if d.run == run && !d.alive() && !z.over {
			d.boot(stale)
		}
	})
}

var otherTroubles = []trouble{
	{"a way is cut", func(z *zone) {
		z.cutWay(pick(z.stage, z.ways()), z.between(5*time.Second, 150*time.Second))
	}},
	{"a balancer sees no agent", func(z *zone) {
		d, until := pick(z.stage, z.desks), z.between(5*time.Second, 150*time.Second)
		for _, c := range z.cabinets {
			z.cutWay(d.name+">"+string(c.id), until)
			z.cutWay(string(c.id)+">"+d.name, until)
		}
	}},
	{"broker away", func(z *zone) { z.net.away = z.now.Add(z.between(2*time.Second, 3*time.Minute)) }},
	{"meter silent", ill(func(a *ailing, until time.Time) { a.silent = until })},
	{"meter stuck", ill(func(a *ailing, until time.Time) { a.stuck = until })},
	{"meter lies", ill(func(a *ailing, until time.Time) { a.lies = until })},
	{"meter late", ill(func(a *ailing, until time.Time) { a.late = until })},
}

func (z *zone) cutWay(way string, length time.Duration) { z.net.cut[way] = z.now.Add(length) }

func (z *zone) ways() []string {
	var list []string
	for _, d := range z.desks {
		list = append(list, "meters>"+d.name, "page>"+d.name)
		for _, c := range z.cabinets {
			list = append(list, d.name+">"+string(c.id), string(c.id)+">"+d.name)
		}
	}
	return list
}

// ill is a trouble of one meter, or of a few.
func ill(how func(*ailing, time.Time)) func(*zone) {
	return func(z *zone) {
		until := z.now.Add(z.between(5*time.Second, 8*time.Minute))
		for range 1 + z.dice.IntN(3) {
			in := pick(z.stage, z.meters.list)
			how(z.meters.ways[in.Meter], until)
			z.liars[in.Point] = maxTime(z.liars[in.Point], until)
		}
	}
}
