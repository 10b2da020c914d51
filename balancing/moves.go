package balancing

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/balancing/lease"
	"asue/metering"
)

// move is a command whose effect is awaited.
type move struct {
	actuator *actuator
	action
	id    string
	at    time.Time // when it was commanded
	baseW float64   // behind its point then
	based bool
	done  time.Time // when its agent said that it is carried out; zero: not yet
	seen  time.Time // when it showed; zero: not yet
}

// leastEffect is the smallest change of a load, in W, that is looked for.
const leastEffect = 25e3

// hiddenW is how much of the move the smoothed power does not show yet.
func (m *move) hiddenW(now time.Time, smoothing time.Duration) float64 {
	switch {
	case m.seen.IsZero():
		return m.dropW
	case smoothing <= 0:
		return 0
	}
	return m.dropW * math.Exp(-float64(now.Sub(m.seen))/float64(smoothing))
}

// command hands an action to the conversation. It reports whether it went out.
func (c *Controller) command(act action, mode metering.Mode, approvals []metering.Approval, now time.Time) bool {
	a := act.actuator
	_, hash := c.basis.bytes()
	// An emergency makes reductions faster, and nothing else.
	why := lease.Why{Mode: mode, Emergency: c.emergency != "" && act.dropW > 0, Reason: act.why, Snapshot: hash, Approvals: approvals}
	id, err := c.book.Want(a.cfg.ID, act.want, why, now)
	if err != nil {
		c.write(EntryFailed, string(a.cfg.ID), err.Error(), nil)
		return false
	}
	if id == "" {
		return false // it is so already
	}
	m := &move{actuator: a, action: act, id: id, at: now}
	if a.point != nil && a.point.freshness(now, &c.cfg) != silent {
		m.baseW, m.based = a.point.last.w, true
	}
	a.moved, a.opened = m, a.opened || act.want.Position == metering.PositionOpen
	a.changes = append(a.changes, now)
	if act.dropW > 0 {
		a.reduced, c.shedAt = now, now
	} else {
		if a.gave = now; act.kind == EntryRestore {
			c.restoredAt = now
		}
	}
	c.drop(func(p *asked) bool { return p.act.actuator == a && p.act.want != act.want }, "another command was given")
	c.touched = append(c.touched, touch{at: now, node: a.node, dropW: act.dropW})
	c.write(act.kind, string(a.cfg.ID), fmt.Sprintf("%v: %s", act.want, act.why), map[string]any{
		"id": id, "want": act.want.String(), "drop_w": metering.Power(math.Round(act.dropW)), "mode": mode.String(), "resident": string(a.cfg.Resident),
	})
	return true
}

// verify takes in what the agents say of commands and holds what was expected
// against what shows.
func (c *Controller) verify(now time.Time) {
	for _, r := range c.book.Results() {
		c.ended(r, now)
	}
	for _, a := range c.plant.actuators {
		if a.moved != nil {
			c.watch(a, now)
		}
	}
	c.trails = slices.DeleteFunc(c.trails, func(m *move) bool {
		return math.Abs(m.hiddenW(now, c.cfg.Smoothing)) < 1000
	})
}

// ended takes in how a command ended at its agent.
func (c *Controller) ended(r lease.Result, now time.Time) {
	a := c.plant.byID[r.Actuator]
	if r.Verb == metering.VerbRenew {
		c.stirred = true
		c.write(EntryAlarm, string(r.Actuator), "its lease has ended: "+r.Text, map[string]any{"id": r.ID})
		c.eventNotice(KindReverted, Warning, a, r.Text, now)
		return
	}
	m := a.moved
	if m == nil || m.id != r.ID {
		return
	}
	switch r.Stage {
	case metering.StageConfirmed:
		m.done = now
	case metering.StageCancelled:
		a.moved = nil
	default:
		text := fmt.Sprintf("%s: %s", r.Stage, r.Text)
		if r.Refusal != "" {
			text = fmt.Sprintf("refused (%s): %s", r.Refusal, r.Text)
		}
		if r.Refusal == "rate" && m.dropW <= 0 && a.cfg.Kind == metering.ActuatorSetpoint {
			c.tooSoon(a, text, now)
			return
		}
		out := c.outFor(r.Refusal)
		if r.Stage == metering.StageExpired { // nothing has moved, and nothing is known against the device
			out = c.cfg.Acting.ZoneEvery
		}
		c.failed(a, text, out, now)
	}
}

// outFor is how long an actuator is left out after a refusal. Some pass with time
// or with the next message, and say nothing about the device.
func (c *Controller) outFor(refusal string) time.Duration {
	switch refusal {
	case "stale", "seq", "term", "not-selected", "expired", "expect":
		return c.cfg.Acting.ZoneEvery
	case "rate", "min-on", "min-off":
		return c.cfg.Acting.GiveBack
	}
	return c.cfg.Acting.FailedFor
}

// tooSoon takes in that a set-point may not rise yet. It may be lowered all the same:
// an agent that gives no more load back for now takes as much off as ever.
func (c *Controller) tooSoon(a *actuator, text string, now time.Time) {
	a.moved, c.stirred = nil, true
	c.write(EntryFailed, string(a.cfg.ID), "fail to restore: "+text, map[string]any{"until": a.gave.Add(c.cfg.Acting.GiveBack)})
}

// watch holds a move against what shows.
func (c *Controller) watch(a *actuator, now time.Time) {
	m := a.moved
	echoed := a.view.Known && a.view.Readable && a.view.Now == m.want
	fell, measured := 0.0, false
	if p := a.point; m.based && p.freshness(now, &c.cfg) != silent && p.last.at.After(m.at) {
		fell, measured = m.baseW-p.last.w, true
	}
	effect := m.based && m.dropW >= leastEffect // else the echo alone counts
	switch {
	case effect && measured && fell >= c.cfg.Acting.VerifyShare*m.dropW && (echoed || !m.done.IsZero()):
		if !a.shares { // a meter that others share shows what they do, too
			m.dropW = min(fell, 1.5*m.dropW)
		}
		c.shown(a, now)
	case echoed && !effect && (m.dropW <= 0 || (!m.done.IsZero() && now.Sub(m.done) >= c.cfg.Acting.MeasureLag)):
		c.shown(a, now)
	case !m.done.IsZero() && now.Sub(m.done) >= c.cfg.Acting.Verify, m.done.IsZero() && now.Sub(m.at) >= 2*c.cfg.Acting.Verify:
		lies := effect && measured && !a.shares && fell < 0.3*m.dropW
		if lies && a.open() {
			a.outW = max(0, fell)
		}
		if echoed && !lies && (a.cfg.Kind != metering.ActuatorSetpoint || !effect) {
			if measured {
				m.dropW = min(max(0, fell), max(0, m.dropW)) // the contact says so; the load was smaller
			}
			c.shown(a, now)
			return
		}
		text := fmt.Sprintf("%v was commanded %v ago, it reads %v", m.want, now.Sub(m.at).Round(time.Second), a.view.Now)
		if measured {
			text += fmt.Sprintf(" and the load fell by %v of %v", rough(fell), rough(m.dropW))
		}
		c.failed(a, text, c.cfg.Acting.FailedFor, now)
	}
}

// shown ends a move that has come about.
func (c *Controller) shown(a *actuator, now time.Time) {
	a.moved.seen = now
	c.trails = append(c.trails, a.moved)
	a.moved = nil
}

// failed leaves an actuator out for a while; the next plan takes another one.
func (c *Controller) failed(a *actuator, text string, out time.Duration, now time.Time) {
	what := "fail to restore"
	if a.moved.dropW > 0 {
		what = "fail to shed"
	}
	a.moved, a.failedUntil, a.failedWhy = nil, now.Add(out), what+": "+text
	c.stirred = true
	c.write(EntryFailed, string(a.cfg.ID), what+": "+text, map[string]any{"until": a.failedUntil})
	if out >= c.cfg.Acting.FailedFor {
		c.eventNotice(KindFailed, Alarm, a, what+": "+text, now)
	}
}

// awaited reports whether the effect of a command is still awaited.
func (c *Controller) awaited() bool {
	return slices.ContainsFunc(c.plant.actuators, func(a *actuator) bool { return a.moved != nil })
}
