package agent_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"asue/collector/agent"
	"asue/metering"
)

// A set-point is lowered, held for as long as it is renewed, and goes back to the
// contracted power when it is not: over five minutes, after a while at random.
func TestLimitIsALease(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.carry(p.command("c", "SP-1", limit(600)))
	p.must("c", metering.StageConfirmed, "")
	for range 12 {
		p.pass(5 * time.Minute)
		p.renew("c")
		if s := p.state("SP-1"); s.Now != limit(600) || s.Command != "c" || s.Left != 15*time.Minute {
			t.Fatalf("%+v", s)
		}
	}
	p.pass(15*time.Minute - time.Second)
	if s := p.state("SP-1"); s.Now != limit(600) || s.Left != time.Second {
		t.Fatalf("a second before its end: %+v", s)
	}
	p.pass(2 * time.Second)
	p.must("c", metering.StageReverted, "")
	p.renew("c")
	p.must("c", metering.StageRefused, "expired")
	last := p.devices["SP-1"].force.Limit
	for range 7 * 60 {
		p.pass(time.Second)
		now := p.devices["SP-1"].force.Limit
		if now < last || now-last > 35*metering.Kilowatt { // 900 kW in 300 s, every 10 s
			t.Fatalf("from %v to %v in a second", last, now)
		}
		last = now
	}
	if last != 1500*metering.Kilowatt {
		t.Errorf("after seven minutes it is %v", last)
	}
	p.guards("SP-1", metering.GuardNormal)
}

// The delay is at random: of 60 limits that end at once the loads do not come back
// at once.
func TestLoadsComeBackOneAfterAnother(t *testing.T) {
	early, late := 0, 0
	for n := range 60 {
		p := newPlant(t, setpoint("SP-1"))
		p.stride = time.Second
		for range n {
			p.dice.Uint64()
		}
		p.normal()
		p.carry(p.command("c", "SP-1", limit(600)))
		p.pass(15*time.Minute + time.Second)
		from := p.now
		for p.devices["SP-1"].force == limit(600) {
			p.pass(time.Second)
		}
		switch after := p.now.Sub(from); {
		case after > 125*time.Second:
			t.Fatalf("after %v", after)
		case after < time.Minute:
			early++
		default:
			late++
		}
	}
	if early < 12 || late < 12 {
		t.Errorf("%d in the first minute, %d later", early, late)
	}
}

// A relay stays shed when its lease ends: an alarm, and closed again by command only.
func TestRelayHoldsWhenItsLeaseEnds(t *testing.T) {
	p := newPlant(t, relay("R-1"))
	p.normal()
	p.pass(10 * time.Minute)
	p.carry(p.command("shed", "R-1", opened))
	p.must("shed", metering.StageConfirmed, "")
	p.pass(15*time.Minute + time.Second)
	p.guards("R-1", metering.GuardAlarm)
	if s := p.state("R-1"); s.Now != opened || s.Command != "" || !strings.Contains(s.Text, "lease") {
		t.Errorf("%+v", s)
	}
	p.must("shed", metering.StageConfirmed, "") // nothing was reverted
	p.pass(time.Hour)
	if p.devices["R-1"].force != opened {
		t.Fatal("it closed by itself")
	}
	p.carry(p.command("back", "R-1", closed))
	p.must("back", metering.StageConfirmed, "")
	p.pass(time.Hour)
	p.guards("R-1", metering.GuardNormal) // a load that is served needs no lease
}

// The fail-safe table, second by second, of a balancer that dies.
func TestSilence(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"), setpoint("SP-2"), relay("R-1"), breaker("Q-1"))
	p.normal()
	p.pass(10 * time.Minute)
	p.carry(p.command("low", "SP-1", limit(400)))
	p.carry(p.command("shed", "R-1", opened))
	p.carry(p.command("open", "Q-1", opened))
	for _, c := range []string{"low", "shed", "open"} {
		p.must(c, metering.StageConfirmed, "")
	}
	p.pass(10 * time.Second)
	p.say(metering.Allotment{Verb: metering.VerbBeat}) // its last word
	p.beats = false
	silent := p.now
	type row struct {
		after      time.Duration
		guard      metering.Guarding
		low, other metering.Desired // of SP-1 and SP-2
	}
	held, safe := limit(400), limit(800)
	for _, r := range []row{
		{59 * time.Second, metering.GuardNormal, held, limit(1500)},
		{61 * time.Second, metering.GuardAlone, held, limit(1500)},
		{119 * time.Second, metering.GuardAlone, held, limit(1500)},
		{121 * time.Second, metering.GuardFailSafe, held, limit(1500)},
		{10 * time.Minute, metering.GuardFailSafe, safe, safe},
		{2*time.Hour + 3*time.Minute, metering.GuardFailSafe, safe, safe},
		{24 * time.Hour, metering.GuardFailSafe, safe, safe},
	} {
		if r.after > 5*time.Minute {
			p.stride = time.Second
		}
		p.pass(silent.Add(r.after).Sub(p.now))
		for _, id := range p.order {
			p.guards(id, r.guard)
		}
		got := []metering.Desired{p.devices["SP-1"].force, p.devices["SP-2"].force, p.devices["R-1"].force, p.devices["Q-1"].force}
		want := []metering.Desired{r.low, r.other, opened, opened}
		for i := range want {
			if d := got[i].Limit - want[i].Limit; got[i].Position != want[i].Position || d.Kilowatts() > 3 || d.Kilowatts() < -3 {
				t.Errorf("after %v actuator %d is %v, want %v", r.after, i, got[i], want[i])
			}
		}
	}
	p.must("low", metering.StageReverted, "")
	for _, id := range []metering.ActuatorID{"R-1", "Q-1"} {
		if n := p.devices[id].writes; n != 1 {
			t.Errorf("%s was written %d times", id, n)
		}
	}
}

// Beats alone do not end fail-safe before two hours; a fresh command does at once.
// An agent whose balancer only advises takes nothing from a load by itself: not after
// its start, not when nobody speaks, not after another start. With the first beat of a
// balancer that commands the table holds again.
func TestAdvisedAgentTakesNothing(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.beats, p.mode, p.stride = true, metering.ModeAdvisory, time.Second
	stands := p.devices["SP-1"].force
	if stands.Limit <= p.state("SP-1").Band.FailSafe {
		t.Fatalf("the device stands at %v: nothing could be taken", stands)
	}
	holds := func(when string) {
		t.Helper()
		p.pass(15 * time.Minute)
		if got := p.devices["SP-1"].force; got != stands {
			t.Errorf("%s: %v, want %v", when, got, stands)
		}
	}
	holds("advised")
	p.beats = false
	holds("in silence")
	p.start()
	holds("after a start in silence")
	p.beats, p.mode = true, metering.ModeAuto
	p.pass(10 * time.Second)
	p.beats = false
	p.pass(15 * time.Minute)
	if got, want := p.devices["SP-1"].force.Limit, p.state("SP-1").Band.FailSafe; got != want {
		t.Errorf("left alone by a balancer that commands: %v, want its fail-safe %v", got, want)
	}
}

// An agent that has just started takes nothing from a load either while its balancer
// speaks and asks persons first. Silence after that is silence, and the table holds; so
// does it for what a command has limited.
func TestAgentOfABalancerThatAsksHoldsAtItsStart(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"), setpoint("SP-2"))
	p.beats, p.mode, p.stride = true, metering.ModeConfirm, time.Second
	p.pass(30 * time.Second)
	p.carry(p.command("c", "SP-2", limit(900)))
	p.must("c", metering.StageConfirmed, "")
	stands := p.devices["SP-1"].force
	p.pass(30 * time.Minute)
	p.guards("SP-1", metering.GuardFailSafe)
	if got := p.devices["SP-1"].force; got != stands {
		t.Errorf("asked, and not answered: %v, want %v", got, stands)
	}
	p.beats = false
	p.pass(90 * time.Second)
	if got := p.devices["SP-1"].force; got != stands {
		t.Errorf("alone: %v, want %v", got, stands)
	}
	p.pass(15 * time.Minute)
	for _, id := range []metering.ActuatorID{"SP-1", "SP-2"} {
		if got, want := p.devices[id].force.Limit, p.state(id).Band.FailSafe; got != want {
			t.Errorf("%s in silence: %v, want its fail-safe %v", id, got, want)
		}
	}
	p.beats = true
	p.pass(time.Hour)
	if got, want := p.devices["SP-1"].force.Limit, p.state("SP-1").Band.FailSafe; got != want {
		t.Errorf("a beat after the silence: %v, want %v", got, want)
	}
}

func TestWayOutOfFailSafe(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"), setpoint("SP-2"))
	p.normal()
	p.beats = false
	p.pass(3 * time.Minute)
	p.guards("SP-1", metering.GuardFailSafe)
	entered := p.now.Add(-time.Minute)
	p.beats, p.stride = true, time.Second
	p.pass(20 * time.Minute)
	p.guards("SP-1", metering.GuardFailSafe)
	p.carry(p.command("c", "SP-1", limit(1000)))
	p.must("c", metering.StageConfirmed, "")
	p.guards("SP-1", metering.GuardNormal)
	p.guards("SP-2", metering.GuardFailSafe)
	p.pass(entered.Add(2*time.Hour - 10*time.Second).Sub(p.now))
	p.guards("SP-2", metering.GuardFailSafe)
	if p.devices["SP-2"].force != limit(800) {
		t.Errorf("in fail-safe it is %v", p.devices["SP-2"].force)
	}
	p.pass(20 * time.Second)
	p.guards("SP-2", metering.GuardNormal)
	p.pass(8 * time.Minute)
	if p.devices["SP-2"].force != limit(1500) {
		t.Errorf("after fail-safe it is %v", p.devices["SP-2"].force)
	}
}

// A balancer that is back says that a limit stays as it is. Meanwhile the agent's own
// ramp has led it a little lower: that is no return of load. What it has left long ago
// is one.
func TestLimitStaysWhileTheRampBegins(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.carry(p.command("c", "SP-1", limit(1200)))
	p.must("c", metering.StageConfirmed, "")
	p.beats, p.stride = false, time.Second
	p.pass(2*time.Minute + 25*time.Second)
	seen := p.command("back", "SP-1", limit(1200))
	if now := p.devices["SP-1"].force.Limit; now >= 1200*metering.Kilowatt {
		t.Fatalf("the ramp has not begun: %v", now)
	}
	seen.Expect = limit(1200)
	p.carry(seen)
	p.must("back", metering.StageConfirmed, "")
	p.guards("SP-1", metering.GuardNormal)

	p.pass(3 * time.Minute)
	late := p.command("late", "SP-1", limit(1200))
	late.Expect = limit(1200)
	p.carry(late)
	p.must("late", metering.StageRefused, "rate")
}

// A start is in fail-safe, reads before anything else, and leaves relays alone.
func TestStart(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"), relay("R-1"))
	p.devices["SP-1"].dead = true
	p.guards("SP-1", metering.GuardFailSafe)
	p.pass(10 * time.Minute)
	if p.devices["SP-1"].writes != 0 {
		t.Error("a device was written that was never read")
	}
	p.devices["SP-1"].dead = false
	p.pass(6 * time.Minute)
	if p.devices["SP-1"].force != limit(800) || p.devices["R-1"].writes != 0 {
		t.Errorf("%v, relay written %d times", p.devices["SP-1"].force, p.devices["R-1"].writes)
	}
}

// A band of another configuration is told, and not taken, until two persons say so.
func TestHardBandIsCommissioned(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	wider := setpoint("SP-1")
	wider.Most, wider.Power = 1900*metering.Kilowatt, 2*metering.Megawatt
	p.config.Actuators = []metering.Actuator{wider}
	p.start()
	p.normal()
	if s := p.state("SP-1"); s.Band.Most != 1500*metering.Kilowatt || !strings.Contains(s.Text, "1.9 MW") {
		t.Fatalf("%+v", s)
	}
	p.pass(6 * time.Minute)
	p.carry(p.command("high", "SP-1", limit(1800)))
	p.must("high", metering.StageRefused, "band")
	band := metering.Allotment{
		ID: "band-1", Verb: metering.VerbCommission, Actuator: "SP-1", Kind: metering.ActuatorSetpoint,
		Band: &metering.HardBand{Least: wider.Least, Most: wider.Most, FailSafe: wider.FailSafe}, Approvals: two(p.now)[:1],
	}
	p.say(band)
	p.must("band-1", metering.StageRefused, "approvals")
	twice := band
	twice.ID, twice.Approvals = "band-2", []metering.Approval{{User: "Ivanova", Role: metering.RoleDispatcher, At: p.now}, {User: "ivanova ", Role: metering.RoleEngineer, At: p.now}}
	p.say(twice)
	p.must("band-2", metering.StageRefused, "approvals")
	beyond := band
	beyond.ID, beyond.Approvals, beyond.Band = "band-3", two(p.now), &metering.HardBand{Most: 3 * metering.Megawatt}
	p.say(beyond)
	p.must("band-3", metering.StageRefused, "band")
	band.ID, band.Approvals = "band-4", two(p.now)
	p.say(band)
	p.must("band-4", metering.StageConfirmed, "")
	p.carry(p.command("high-2", "SP-1", limit(1800)))
	p.must("high-2", metering.StageConfirmed, "")
	p.start()
	if s := p.state("SP-1"); s.Band.Most != 1900*metering.Kilowatt {
		t.Errorf("after a restart: %+v", s)
	}
}

// A band that persons narrow takes the limit along, even while the balancer only
// advises: the device is not left without a refresh above its band until it falls back.
func TestLimitComesInsideANarrowedBand(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.beats, p.mode, p.stride = true, metering.ModeAdvisory, time.Second
	p.pass(10 * time.Minute)
	stands := p.devices["SP-1"].force.Limit
	narrow := metering.HardBand{Least: 200 * metering.Kilowatt, Most: 1100 * metering.Kilowatt, FailSafe: 600 * metering.Kilowatt}
	if stands <= narrow.Most {
		t.Fatalf("the device stands at %v: nothing has to come inside", stands)
	}
	p.say(metering.Allotment{ID: "band", Verb: metering.VerbCommission, Actuator: "SP-1", Kind: metering.ActuatorSetpoint, Band: &narrow, Approvals: two(p.now)})
	p.must("band", metering.StageConfirmed, "")
	p.start()
	p.pass(10 * time.Minute)
	if got := p.devices["SP-1"].force.Limit; got != narrow.Most {
		t.Errorf("after ten minutes: %v, want %v", got, narrow.Most)
	}
	p.beats = false
	p.pass(20 * time.Minute)
	if got := p.devices["SP-1"].force.Limit; got != narrow.Most {
		t.Errorf("inside the band, in silence: %v, want %v: the balancer only advised", got, narrow.Most)
	}
}

// What is refused, and by which code.
func TestRefusals(t *testing.T) {
	type m = metering.Allotment
	f := func(name, code string, prepare func(p *plant), change func(p *plant, m *m)) {
		t.Helper()
		p := newPlant(t, setpoint("SP-1"), relay("R-1"), breaker("Q-1"))
		p.normal()
		p.pass(10 * time.Minute)
		if prepare != nil {
			prepare(p)
		}
		c := p.command("c", "SP-1", limit(600))
		if change != nil {
			change(p, &c)
		}
		p.carry(c)
		if o := p.last("c"); o.Stage != metering.StageRefused && o.Refusal != "not-selected" || len(o.Text) < 10 {
			t.Errorf("%s: %+v", name, o)
		}
		for _, o := range p.outcomes {
			if o.ID == "c" && o.Stage == metering.StageRefused {
				if o.Refusal != code {
					t.Errorf("%s: refused for %q (%s), want %q", name, o.Refusal, o.Text, code)
				}
				break
			}
		}
		for _, d := range p.devices {
			if d.commanded["c"] != 0 {
				t.Errorf("%s: written all the same", name)
			}
		}
	}
	to := func(actuator metering.ActuatorID, want metering.Desired) func(p *plant, c *m) {
		return func(p *plant, c *m) { *c = p.command("c", actuator, want) }
	}
	lowered := func(p *plant) { p.carry(p.command("before", "SP-1", limit(700))) }
	f("below the band", "band", nil, to("SP-1", limit(199)))
	f("above the band", "band", nil, to("SP-1", limit(1501)))
	f("not an actuator", "actuator", nil, func(_ *plant, c *m) { c.Actuator = "SP-9" })
	f("another kind", "kind", nil, func(_ *plant, c *m) { c.Kind, c.Want, c.Expect = metering.ActuatorRelay, opened, closed })
	f("a position for a set-point", "malformed", nil, func(_ *plant, c *m) { c.Want = opened })
	f("a lease for ever", "malformed", nil, func(_ *plant, c *m) { c.Lease = time.Hour })
	f("advice", "mode", nil, func(_ *plant, c *m) { c.Mode = metering.ModeAdvisory })
	f("more than the feeder allows", "mode", func(p *plant) {
		p.config.Actuators[0].Mode = metering.ModeConfirm
		p.start()
		p.beats = true
		p.pass(10 * time.Second)
	}, nil)
	f("confirmed by nobody", "approvals", nil, func(_ *plant, c *m) { c.Mode = metering.ModeConfirm })
	f("confirmed by a viewer", "approvals", nil, func(p *plant, c *m) {
		c.Mode, c.Approvals = metering.ModeConfirm, []metering.Approval{{User: "guest", Role: metering.RoleViewer, At: p.now}}
	})
	f("a breaker by one person", "approvals", nil, func(p *plant, c *m) { to("Q-1", opened)(p, c); c.Approvals = c.Approvals[:1] })
	f("a breaker by one person twice", "approvals", nil, func(p *plant, c *m) { to("Q-1", opened)(p, c); c.Approvals[1].User = "IVANOVA" })
	f("a breaker by nobody", "mode", nil, func(p *plant, c *m) {
		to("Q-1", opened)(p, c)
		c.Mode, c.Emergency, c.Approvals = metering.ModeAuto, true, nil
	})
	f("another state", "expect", nil, func(_ *plant, c *m) { c.Expect = limit(1400) })
	f("moving contacts", "expect", func(p *plant) { p.devices["R-1"].force = metering.Desired{}; p.pass(2 * time.Second) }, to("R-1", opened))
	f("local", "local", func(p *plant) { p.devices["SP-1"].local = true; p.pass(2 * time.Second) }, nil)
	f("unreadable", "read", func(p *plant) { p.devices["SP-1"].dead = true; p.pass(2 * time.Second) }, nil)
	f("a reduction too soon", "rate", lowered, nil)
	f("a return too soon", "rate", func(p *plant) { lowered(p); p.pass(299 * time.Second) }, to("SP-1", limit(900)))
	f("an emergency hurries no return", "rate", func(p *plant) { lowered(p); p.pass(31 * time.Second) }, func(p *plant, c *m) {
		to("SP-1", limit(900))(p, c)
		c.Emergency = true
	})
	f("served too short", "min-on", func(p *plant) {
		p.carry(p.command("1", "R-1", opened))
		p.pass(6 * time.Minute)
		p.carry(p.command("2", "R-1", closed))
		p.must("2", metering.StageConfirmed, "")
		p.pass(9 * time.Minute)
	}, func(p *plant, c *m) { to("R-1", opened)(p, c); c.Emergency = true })
	f("shed too short", "min-off", func(p *plant) {
		p.carry(p.command("1", "R-1", opened))
		p.pass(3 * time.Minute)
	}, to("R-1", closed))
	f("the log is broken", "log", func(p *plant) {
		p.log.broken = errors.New("no space left on device")
		p.term++
		p.pass(6 * time.Second)
	}, nil)
}

// Six changes an hour, and no seventh that gives back; a reduction is never the one
// too many.
func TestChangesAnHour(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.pass(10 * time.Minute)
	kw := int64(1400)
	for n := range 6 {
		p.carry(p.command(id(n), "SP-1", limit(kw)))
		p.must(id(n), metering.StageConfirmed, "")
		if n%2 == 0 {
			kw += 50
		} else {
			kw -= 100
		}
		p.pass(5*time.Minute + time.Second)
	}
	p.carry(p.command("up", "SP-1", limit(1450)))
	p.must("up", metering.StageRefused, "rate")
	p.carry(p.command("down", "SP-1", limit(600)))
	p.must("down", metering.StageConfirmed, "")
}

// A limit that is in force already is no change, even if the register has to be
// written because the device has fallen back to it by itself.
func TestLimitOfAFallenDeviceIsNoChange(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.pass(10 * time.Minute)
	for n := range 6 {
		p.carry(p.command(id(n), "SP-1", limit(1400-100*int64(n))))
		p.must(id(n), metering.StageConfirmed, "")
		p.pass(5*time.Minute + time.Second)
	}
	d := p.devices["SP-1"]
	d.force, d.fellBack = limit(950), true
	p.pass(2 * time.Second)
	p.carry(p.command("stay", "SP-1", limit(950)))
	p.must("stay", metering.StageConfirmed, "")
	p.carry(p.command("up", "SP-1", limit(1000)))
	p.must("up", metering.StageRefused, "rate")
}

// An emergency lowers at once after a change.
func TestEmergencyLowersAtOnce(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.carry(p.command("1", "SP-1", limit(900)))
	p.pass(2 * time.Second)
	c := p.command("2", "SP-1", limit(500))
	c.Emergency = true
	p.carry(c)
	p.must("2", metering.StageConfirmed, "")
}

// With the agent's own leave, an emergency opens a breaker without persons, and
// never closes one.
func TestBreakerInEmergency(t *testing.T) {
	p := newPlant(t, breaker("Q-1"))
	p.config.BreakerInEmergency = true
	p.start()
	p.normal()
	c := p.command("open", "Q-1", opened)
	c.Mode, c.Emergency, c.Approvals = metering.ModeAuto, true, nil
	p.carry(c)
	p.must("open", metering.StageConfirmed, "")
	p.pass(time.Hour)
	c = p.command("close", "Q-1", closed)
	c.Mode, c.Emergency, c.Approvals = metering.ModeAuto, true, nil
	c.Verb = metering.VerbSelect
	p.say(c)
	p.must("close", metering.StageRefused, "mode")
	p.carry(p.command("close-2", "Q-1", closed))
	p.must("close-2", metering.StageConfirmed, "")
}

// The two messages of a command.
func TestSelectBeforeOperate(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.pass(time.Minute)
	c := p.command("c", "SP-1", limit(600))
	say := func(v metering.Verb, change func(*metering.Allotment)) {
		m := c
		if m.Verb = v; change != nil {
			change(&m)
		}
		p.say(m)
	}
	say(metering.VerbOperate, nil)
	p.must("c", metering.StageRefused, "not-selected")
	say(metering.VerbSelect, nil)
	p.must("c", metering.StageSelected, "")
	say(metering.VerbSelect, nil) // told twice, done once
	p.must("c", metering.StageSelected, "")
	other := p.command("d", "SP-1", limit(500))
	other.Verb = metering.VerbSelect
	p.say(other)
	p.must("d", metering.StageRefused, "busy")
	say(metering.VerbOperate, func(m *metering.Allotment) { m.Want = limit(500) })
	p.must("c", metering.StageRefused, "malformed")
	say(metering.VerbCancel, nil)
	p.must("c", metering.StageCancelled, "")
	say(metering.VerbOperate, nil)
	p.must("c", metering.StageCancelled, "")

	c.ID = "e"
	say(metering.VerbSelect, nil)
	p.pass(31 * time.Second)
	p.must("e", metering.StageExpired, "")
	say(metering.VerbOperate, nil)
	p.must("e", metering.StageExpired, "")

	c.ID = "f"
	say(metering.VerbSelect, nil)
	p.pass(29 * time.Second)
	say(metering.VerbOperate, nil)
	p.must("f", metering.StageConfirmed, "")
	before := p.devices["SP-1"].writes
	for range 5 {
		say(metering.VerbOperate, nil)
		p.must("f", metering.StageConfirmed, "")
	}
	if p.devices["SP-1"].writes != before {
		t.Error("a command was written again")
	}

	p.pass(time.Minute)
	c = p.command("g", "SP-1", limit(500))
	say(metering.VerbSelect, nil)
	p.devices["SP-1"].local = true
	p.pass(2 * time.Second)
	say(metering.VerbOperate, nil) // what changes between the two counts
	p.must("g", metering.StageRefused, "local")
}

// A new leader's select takes the place of the old one's, whose operate comes too
// late.
func TestNewTermFencesTheOldOne(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.pass(time.Minute)
	old := p.command("old", "SP-1", limit(600))
	old.Verb = metering.VerbSelect
	p.say(old)
	old.Verb = metering.VerbOperate
	late := p.sealed(old)
	p.term++
	fresh := p.command("new", "SP-1", limit(900))
	fresh.Verb = metering.VerbSelect
	p.say(fresh)
	p.must("new", metering.StageSelected, "")
	p.must("old", metering.StageCancelled, "")
	p.do(p.agent.Receive(p.now, late))
	p.must("old", metering.StageCancelled, "")
	fresh.Verb = metering.VerbOperate
	p.say(fresh)
	p.must("new", metering.StageConfirmed, "")
	p.start() // the term outlives the agent
	p.pass(2 * time.Second)
	p.term--
	c := p.command("older", "SP-1", limit(500))
	c.Verb = metering.VerbSelect
	p.say(c)
	p.must("older", metering.StageRefused, "term")
}

// Devices that do not do what they are told.
func TestWhatDoesNotHappenFails(t *testing.T) {
	f := func(name string, spoil func(d *device), after time.Duration, says string) {
		t.Helper()
		p := newPlant(t, setpoint("SP-1"), relay("R-1"))
		p.normal()
		p.pass(10 * time.Minute)
		for _, c := range []metering.Allotment{p.command("sp", "SP-1", limit(600)), p.command("r", "R-1", opened)} {
			spoil(p.devices[c.Actuator])
			p.carry(c)
		}
		p.pass(after - time.Second)
		for _, c := range []string{"sp", "r"} {
			if after > time.Second {
				p.must(c, metering.StageExecuting, "")
			}
		}
		p.pass(2 * time.Second)
		for _, c := range []string{"sp", "r"} {
			p.must(c, metering.StageFailed, "")
			if o := p.last(c); !strings.Contains(o.Text, says) {
				t.Errorf("%s: %s", name, o.Text)
			}
		}
		p.guards("R-1", metering.GuardHold)
		p.pass(14 * time.Minute)
		c := p.command("again", "R-1", opened)
		c.Verb = metering.VerbSelect
		p.say(c)
		p.must("again", metering.StageRefused, "hold")
		*p.devices["R-1"] = device{kind: metering.ActuatorRelay, register: closed, force: closed}
		p.pass(11 * time.Minute)
		p.carry(p.command("then", "R-1", opened))
		p.must("then", metering.StageConfirmed, "")
	}
	f("nothing moves", func(d *device) { d.stuck = true }, time.Minute, "after 1m0s")
	f("it is slower than a minute", func(d *device) { d.lag = 65 * time.Second }, time.Minute, "after 1m0s")
	f("no write gets through", func(d *device) { d.deaf = true }, 2*time.Second, "no echo within 2s")
	f("it refuses", func(d *device) { d.refuses = true }, 0, "refuses")
}

// A write that is done and whose answer is lost is found by reading.
func TestLostAnswerIsRead(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.devices["SP-1"].swallows = true
	p.carry(p.command("c", "SP-1", limit(600)))
	p.must("c", metering.StageConfirmed, "")
	if n := p.devices["SP-1"].commanded["c"]; n != 1 {
		t.Errorf("written %d times", n)
	}
}

// The load of a lowered set-point must follow within a tenth.
func TestLoadMustFollow(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	d := p.devices["SP-1"]
	d.power = 1200 * metering.Kilowatt
	p.carry(p.command("c", "SP-1", limit(1100))) // 1.1 MW and a tenth hold 1.2 MW
	p.must("c", metering.StageConfirmed, "")
	p.pass(time.Minute)
	p.onWrite = func(agent.Write) { d.stuck, d.moving = true, p.now } // the limit is in force, the load goes on
	c := p.command("d", "SP-1", limit(600))
	p.carry(c)
	d.register, d.force = limit(600), limit(600)
	p.pass(59 * time.Second)
	p.must("d", metering.StageExecuting, "")
	p.pass(2 * time.Second)
	p.must("d", metering.StageFailed, "")
	if o := p.last("d"); !strings.Contains(o.Text, "1.2 MW") {
		t.Error(o.Text)
	}
}

// A device that falls back when nobody writes is written again in time.
func TestDeviceIsKeptAwake(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"), relay("R-1"))
	p.config.Refresh = map[metering.ActuatorID]time.Duration{"SP-1": time.Minute}
	p.start()
	p.normal()
	var gaps []time.Duration
	last := p.now
	p.onWrite = func(w agent.Write) {
		if w.Command != "" || w.Actuator != "SP-1" || w.Want != limit(1500) {
			t.Errorf("%+v", w)
		}
		gaps = append(gaps, p.now.Sub(last))
		last = p.now
	}
	p.pass(time.Hour)
	if len(gaps) < 59 {
		t.Errorf("%d writes in an hour", len(gaps))
	}
	for _, g := range gaps {
		if g > 62*time.Second {
			t.Errorf("%v without a write", g)
		}
	}
}

// While the disk is full nothing is commanded, and fail-safe works all the same.
func TestFullDisk(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.log.broken = errors.New("no space left on device")
	p.beats = false
	p.pass(8 * time.Minute)
	if p.devices["SP-1"].force != limit(800) {
		t.Errorf("in fail-safe it is %v", p.devices["SP-1"].force)
	}
	p.beats = true
	p.pass(10 * time.Second)
	c := p.command("c", "SP-1", limit(600))
	c.Verb = metering.VerbSelect
	p.say(c)
	p.must("c", metering.StageRefused, "log")
	p.log.broken = nil
	p.pass(2 * time.Second)
	p.carry(p.command("d", "SP-1", limit(600)))
	p.must("d", metering.StageConfirmed, "")
}

// The way down is a way down to its last kilowatt, however short it is.
func TestShortWayDownNeverTurnsBack(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.normal()
	p.carry(p.command("c", "SP-1", limit(815)))
	p.must("c", metering.StageConfirmed, "")
	p.beats = false
	last := 815 * metering.Kilowatt
	p.onWrite = func(w agent.Write) {
		if w.Want.Limit > last || w.Want.Limit < 800*metering.Kilowatt {
			t.Errorf("%v: from %v to %v on the way down to 800 kW", p.now.Sub(dawn), last, w.Want.Limit)
		}
		last = w.Want.Limit
	}
	p.pass(8 * time.Minute)
	if last != 800*metering.Kilowatt {
		t.Errorf("it ends at %v", last)
	}
}

// A command fails because nobody could look, though the device has taken it. The way to
// the fail-safe value begins where the device stands, not where it was seen last.
func TestNothingIsWrittenOnAnOldLook(t *testing.T) {
	p := newPlant(t, setpoint("SP-1"))
	p.beats = true
	p.pass(57 * time.Second) // just started: in fail-safe, and still for three seconds more
	p.blindReads = true      // the bus is crowded: no read comes back
	p.carry(p.command("c", "SP-1", limit(900)))
	d := p.devices["SP-1"]
	if d.register != limit(900) {
		t.Fatalf("the device holds %v", d.register)
	}
	p.onWrite = func(w agent.Write) {
		if w.Want.Limit > 900*metering.Kilowatt {
			t.Errorf("%v: %v is written over 900 kW", p.now.Sub(dawn), w.Want.Limit)
		}
	}
	p.pass(7 * time.Second)
	p.must("c", metering.StageFailed, "")
	p.blindReads = false
	p.pass(10 * time.Minute)
	if d.register != limit(800) {
		t.Errorf("it ends at %v", d.register)
	}
}
