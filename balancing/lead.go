package balancing

import (
	"fmt"
	"time"

	"asue/metering"
)

// leadership takes in who leads. Without a lease the controller is a shadow: it
// thinks, and writes nothing.
func (c *Controller) leadership(m Leadership) {
	if m.Term < c.lead.Term || (m.Term == c.lead.Term && m.At.Before(c.lead.At)) {
		return
	}
	before := c.lead
	c.lead = m
	switch {
	case !m.Held:
		c.book.Follow(c.now)
		c.quietUntil = time.Time{}
		if before.Held {
			c.later(EntryLead, "balancer", fmt.Sprintf("term %d: this balancer leads no more", m.Term))
		}
	case !before.Held || before.Term != m.Term:
		c.book.Lead(m.Term, c.now)
		c.quietUntil = time.Time{}
		for _, a := range c.plant.actuators {
			a.moved = nil
		}
		c.proposals = nil
		c.later(EntryLead, "balancer", fmt.Sprintf("term %d: this balancer leads; it reads the actual states before it commands", m.Term))
	}
}

// settle ends a new leader's silence: when nothing of the leader before can be carried
// out any more, two cycles pass before the first command.
func (c *Controller) settle(now time.Time) {
	if c.lead.Held && c.quietUntil.IsZero() && c.book.Ready(now) {
		c.quietUntil = now.Add(2 * c.cfg.Acting.Cycle)
	}
}

// commands reports whether this balancer may command at all.
func (c *Controller) commands(now time.Time) bool {
	return c.lead.Held && !c.quietUntil.IsZero() && !now.Before(c.quietUntil) && c.phase != Init && c.phase != Monitor
}

// shadow reports whether another balancer leads, which says what there is to say.
func (c *Controller) shadow() bool { return c.lead.Term > 0 && !c.lead.Held }

// later writes an entry once this tick's basis is known.
func (c *Controller) later(kind, subject, text string) {
	c.due = append(c.due, Entry{Kind: kind, Subject: subject, Text: text})
}

// greet ends the fail-safe of agents that were left alone, or have just started: it
// takes a fresh command, and the state that is asked for is the one that is.
func (c *Controller) greet(now time.Time) {
	var list []action
	for _, a := range c.plant.actuators {
		v := a.view
		if a.cfg.Kind != metering.ActuatorSetpoint || v.Guarding != metering.GuardFailSafe || v.Command != "" || within(a.gave, c.cfg.Acting.Reduce, now) || c.usable(a, now) != "" {
			continue
		}
		want := min(max(v.Now.Limit/metering.Kilowatt*metering.Kilowatt, a.cfg.Least), a.cfg.Most)
		list = append(list, action{actuator: a, kind: EntryCap, want: metering.Desired{Limit: want}, greets: true, why: "its agent was left alone: the balancer is back, the limit stays as it is"})
	}
	for _, act := range list {
		switch mode, _ := c.effective(act.actuator, now); {
		case !c.commands(now):
		case mode == metering.ModeAuto:
			c.command(act, mode, nil, now)
		case mode == metering.ModeConfirm && !c.pressed() && !within(act.actuator.greeted, c.cfg.Acting.RejectFor, now):
			c.propose(act, now)
		}
	}
}
