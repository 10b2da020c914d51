package rehearsal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering"
)

// The oracle lets a good log pass, and names each rule that a bad one breaks.
func TestOracleComplains(t *testing.T) {
	f := func(rule, about string, tell func(*tale)) {
		t.Helper()
		story := newTale()
		tell(story)
		wrong := judge(story.site, story.log, true)
		named := 0
		for _, line := range wrong {
			if strings.HasPrefix(line, rule+":") {
				named++
			}
		}
		switch {
		case rule == "" && len(wrong) > 0:
			t.Errorf("%s: %v", about, wrong)
		case rule != "" && named == 0:
			t.Errorf("%s: %q is not named, but %v", about, rule, wrong)
		}
	}
	dc := command{id: "c1", actuator: "sp-dc", want: kw(1500), before: kw(2200)}
	step := command{id: "c1", actuator: "r-plastics-1", want: opened, before: closed}
	breaker := func(by func(at time.Time) []metering.Approval) command {
		return command{id: "c1", actuator: "q-metal", want: opened, before: closed, m: func(m *metering.Allotment) {
			m.Mode, m.Approvals = metering.ModeConfirm, by(time.Date(2026, 3, 2, 5, 1, 0, 0, time.UTC))
		}}
	}
	confirm := func(s *tale, by []metering.Approval) {
		s.add(ordered{s.s(60), metering.Order{ID: "confirm", Kind: metering.OrderConfirm, At: s.at(60), By: by}})
	}
	with := func(c command, change func(*command)) command { change(&c); return c }

	f("", "a set-point comes down", func(s *tale) { s.carry(30, dc) })
	f("", "a step goes and comes back", func(s *tale) {
		s.carry(30, step)
		s.carry(30+900, with(step, func(c *command) { c.id, c.want, c.before = "c2", closed, opened }))
	})
	f("", "a breaker opens by two persons", func(s *tale) {
		confirm(s, two(s.at(60)))
		s.carry(65, breaker(two))
	})
	f("", "the way to fail-safe", func(s *tale) {
		s.carry(30, dc)
		s.beat(149, "agent-1", metering.GuardAlone, nil)
		s.beat(152, "agent-1", metering.GuardFailSafe, nil)
		s.add(wrote{stamp: s.s(151), agent: "agent-1", actuator: "sp-dc", want: kw(1499), before: kw(1500), inForce: 1500 * metering.Kilowatt})
	})

	f("decision", "a command that nobody decided", func(s *tale) { s.carry(30, with(dc, func(c *command) { c.hidden = true })) })
	f("arming", "auto without two persons", func(s *tale) { s.log = s.log[:4]; s.carry(30, dc) })
	f("arming", "auto after it was taken back", func(s *tale) {
		s.add(ordered{s.s(22), metering.Order{ID: "off", Kind: metering.OrderDisarm, By: two(s.at(22))}})
		s.add(obeyed{s.s(23), "a", 1, "off", true, ""})
		s.carry(30, dc)
	})
	f("kill", "a command after the kill switch", func(s *tale) {
		s.add(ordered{s.s(22), metering.Order{ID: "kill", Kind: metering.OrderKill, By: two(s.at(22))}})
		s.add(obeyed{s.s(23), "a", 1, "kill", true, ""})
		s.carry(30, dc)
	})
	f("quiet start", "a command right after a restart", func(s *tale) { s.add(born{s.s(25), "a", 1}); s.carry(30, dc) })
	f("order", "an order that nobody gave", func(s *tale) { s.add(obeyed{s.s(22), "a", 1, "never", true, ""}) })
	f("persons", "armed by one person", func(s *tale) {
		s.add(ordered{s.s(22), metering.Order{ID: "one", Kind: metering.OrderArm, By: two(s.at(22))[:1]}})
		s.add(obeyed{s.s(23), "a", 1, "one", true, ""})
	})
	f("outcome", "a command whose end nobody tells", func(s *tale) {
		s.carry(30, with(dc, func(c *command) { c.silent = true }))
		s.add(fault{s.s(30 + 1600), "nothing"})
	})
	f("twice", "a command carried out twice", func(s *tale) {
		s.carry(30, dc)
		s.add(wrote{stamp: s.s(31), agent: "agent-1", actuator: "sp-dc", want: kw(1500), command: "c1", before: kw(1500)})
	})
	f("valid", "a forged operate", func(s *tale) { s.carry(30, with(dc, func(c *command) { c.forged = true })) })
	f("valid", "an old operate", func(s *tale) {
		s.beat(2, "agent-1", metering.GuardFailSafe, nil)
		s.carry(40, with(dc, func(c *command) { c.operate = func(m *metering.Allotment) { m.Nonce = 20 } }))
	})
	f("valid", "an operate from before the agent's start", func(s *tale) {
		s.carry(40, with(dc, func(c *command) { c.operate = func(m *metering.Allotment) { m.Nonce = 999_999 } }))
	})
	f("valid", "an operate for another agent", func(s *tale) {
		s.carry(30, with(dc, func(c *command) { c.wrote = func(w *wrote) { w.agent = "agent-2" } }))
	})
	f("valid", "another value than that of the command", func(s *tale) {
		s.carry(30, with(dc, func(c *command) { c.wrote = func(w *wrote) { w.want = kw(1400) } }))
	})
	f("select", "an operate without a select", func(s *tale) {
		s.carry(30, with(dc, func(c *command) { c.m = func(m *metering.Allotment) { m.Verb = metering.VerbOperate } }))
	})
	f("select", "an operate 40 s after its select", func(s *tale) { s.carry(30, with(dc, func(c *command) { c.select2 = 40 })) })
	f("late", "a write 5 s after its operate", func(s *tale) { s.carry(30, with(dc, func(c *command) { c.delay = 5 })) })
	f("valid", "an operate of an older term", func(s *tale) {
		s.beat(30, "agent-1", metering.GuardNormal, nil)
		s.term = 3
		s.message(30, metering.Allotment{Verb: metering.VerbBeat, Agent: "agent-1"}, "")
		s.term = 2
		s.carry(31, dc)
	})
	f("overlap", "two balancers at two agents", func(s *tale) {
		s.term = 3
		s.carry(30, dc)
		s.term = 2
		s.carry(40, command{id: "c2", actuator: "sp-metal", want: kw(1000), before: kw(2000)})
	})
	f("band", "a limit outside the hard band", func(s *tale) { s.carry(30, with(dc, func(c *command) { c.want = kw(999) })) })
	f("band", "a hard band that nobody ordered", func(s *tale) {
		s.beat(30, "agent-1", metering.GuardFailSafe, func(b *metering.AgentBeat) { b.States[0].Band.Least = 0 })
	})
	f("breaker", "a breaker by itself", func(s *tale) {
		s.carry(65, with(breaker(two), func(c *command) { c.operate = func(m *metering.Allotment) { m.Mode = metering.ModeAuto } }))
	})
	f("approvals", "a breaker by one person", func(s *tale) {
		one := func(at time.Time) []metering.Approval { return two(at)[:1] }
		confirm(s, one(s.at(60)))
		s.carry(65, breaker(one))
	})
	f("approvals", "a breaker by two persons who have ordered nothing", func(s *tale) { s.carry(65, breaker(two)) })
	f("rate", "load given back after a minute", func(s *tale) {
		s.carry(30, dc)
		s.carry(90, with(dc, func(c *command) { c.id, c.want, c.before = "c2", kw(2200), kw(1500) }))
	})
	f("min-off", "a step comes back too soon", func(s *tale) {
		s.carry(30, with(step, func(c *command) { c.actuator = "r-chemistry" }))
		s.carry(30+400, with(step, func(c *command) { c.actuator, c.id, c.want, c.before = "r-chemistry", "c2", closed, opened }))
	})
	f("min-on", "a step goes again too soon", func(s *tale) {
		s.carry(30, step)
		s.carry(1000, with(step, func(c *command) { c.id, c.want, c.before = "c2", closed, opened }))
		s.carry(1100, with(step, func(c *command) { c.id = "c3" }))
	})
	f("swing", "a set-point swings", func(s *tale) {
		for i := range 5 {
			a, b := kw(1500), kw(2200)
			if i%2 == 1 {
				a, b = b, a
			}
			s.carry(float64(500+i*170), command{id: fmt.Sprint("c", i), actuator: "sp-dc", want: a, before: b})
		}
	})
	f("armour", "a step below the armour", func(s *tale) {
		s.carry(30, with(step, func(c *command) { c.wrote = func(w *wrote) { w.honest, w.leaves = true, 100*metering.Kilowatt } }))
	})
	f("by itself", "a relay without a command", func(s *tale) {
		s.add(wrote{stamp: s.s(300), agent: "agent-1", actuator: "r-plastics-1", want: opened, before: closed})
	})
	f("by itself", "a breaker on lost communication", func(s *tale) {
		s.add(wrote{stamp: s.s(7300), agent: "agent-2", actuator: "q-metal", want: opened, before: closed})
	})
	f("table", "an agent that does not mind silence", func(s *tale) { s.carry(30, dc); s.beat(92, "agent-1", metering.GuardNormal, nil) })
	f("table", "an agent alone too early", func(s *tale) { s.carry(30, dc); s.beat(80, "agent-1", metering.GuardAlone, nil) })
	f("table", "an agent that is not in fail-safe in time", func(s *tale) { s.carry(30, dc); s.beat(152, "agent-1", metering.GuardAlone, nil) })
	f("table", "a set-point that comes down before its time", func(s *tale) {
		s.carry(30, dc)
		s.add(wrote{stamp: s.s(120), agent: "agent-1", actuator: "sp-dc", want: kw(1490), before: kw(1500), inForce: 1500 * metering.Kilowatt})
	})
	f("table", "a set-point beyond its fail-safe value", func(s *tale) {
		s.carry(30, dc)
		s.add(wrote{stamp: s.s(500), agent: "agent-1", actuator: "sp-dc", want: kw(1200), before: kw(1500), inForce: 1500 * metering.Kilowatt})
	})
	f("table", "a set-point that is given back in a silence", func(s *tale) {
		s.carry(30, dc)
		s.add(wrote{stamp: s.s(110), agent: "agent-1", actuator: "sp-dc", want: kw(1600), before: kw(1500), inForce: 1500 * metering.Kilowatt})
	})
	// A balancer is back after two and a half minutes: the ramp has led 24 kW lower.
	back := func(s *tale, at float64, want int) {
		s.carry(30, dc)
		s.add(wrote{stamp: s.s(152), agent: "agent-1", actuator: "sp-dc", want: kw(1488), before: kw(1500), inForce: 1500 * metering.Kilowatt})
		s.add(wrote{stamp: s.s(162), agent: "agent-1", actuator: "sp-dc", want: kw(1476), before: kw(1488), inForce: 1488 * metering.Kilowatt})
		s.carry(at, command{id: "c2", actuator: "sp-dc", want: kw(want), before: kw(1476)})
	}
	f("", "a limit stays what a beat has told", func(s *tale) { back(s, 180, 1500) })
	f("rate", "a limit goes back to what it was a minute ago", func(s *tale) { back(s, 230, 1500) })
	f("rate", "a limit goes back to more than it was", func(s *tale) { back(s, 180, 1510) })
	advise := func(s *tale, at float64) {
		s.beat(at, "agent-1", metering.GuardNormal, nil)
		s.message(at, metering.Allotment{Verb: metering.VerbBeat, Agent: "agent-1", Mode: metering.ModeAdvisory}, "")
	}
	f("advised", "a set-point taken down although its balancer only advises", func(s *tale) {
		s.carry(30, dc)
		advise(s, 40)
		s.add(wrote{stamp: s.s(200), agent: "agent-1", actuator: "sp-dc", want: kw(1490), before: kw(1500), inForce: 1500 * metering.Kilowatt})
	})
	f("", "a set-point that keeps what it has while its balancer only advised", func(s *tale) {
		s.carry(30, dc)
		advise(s, 40)
		for at := 190; at < 1000; at += 10 {
			s.add(shown{s.s(float64(at)), "sp-dc", 1500 * metering.Kilowatt, true})
		}
	})
	f("silence", "a set-point that does not come down", func(s *tale) {
		s.carry(30, dc)
		for at := 140; at < 700; at += 10 {
			s.add(shown{s.s(float64(at)), "sp-dc", 1500 * metering.Kilowatt, true})
		}
	})
	f("silence", "a set-point that comes down too slowly", func(s *tale) {
		s.carry(30, dc)
		for at := 140; at < 400; at += 10 {
			s.add(shown{s.s(float64(at)), "sp-dc", 1500*metering.Kilowatt - metering.Power(at-140)*100, true})
		}
	})
	f("limit", "a block above what could be held", func(s *tale) { s.add(blockEnded{s.s(1800), 12.1e6, 12e6, "", true}) })
	f("not told", "a limit that could not be held, and nobody said so", func(s *tale) {
		s.add(blockEnded{s.s(1800), 12.1e6, 12e6, "the loads that may be moved do not suffice", false})
	})
	f("term", "a term that goes back", func(s *tale) {
		s.term = 2
		s.carry(30, dc)
		s.add(born{s.s(40), "agent-1", 2})
		s.log = append(s.log, forgetful{s.s(40)})
		s.term = 1
		s.carry(100, with(dc, func(c *command) { c.id, c.want, c.before = "c2", kw(1400), kw(1500) }))
	})
}
