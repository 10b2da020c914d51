package balancing

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// carryOut does with each action of a plan what its actuator's mode allows: it is
// done, proposed, told or written down.
func (c *Controller) carryOut(p plan, now time.Time) {
	var advised []action
	for _, act := range slices.Concat(p.caps, p.steps) {
		mode, why := c.effective(act.actuator, now)
		if c.doubted != "" && mode > metering.ModeAdvisory {
			mode, why = metering.ModeAdvisory, c.doubted
		}
		switch {
		case mode == metering.ModeOff, mode < metering.ModeConfirm && c.shadow():
		case mode == metering.ModeMonitor:
			c.would(act, mode, why, now)
		case mode == metering.ModeAdvisory:
			c.would(act, mode, why, now)
			advised = append(advised, act)
		case !c.commands(now):
		case mode == metering.ModeConfirm:
			c.propose(act, now)
		default:
			if act, ok := c.paced(act, now); ok {
				c.command(act, metering.ModeAuto, nil, now)
			}
		}
	}
	c.tellAdvice(advised, now)
}

// paced holds an action to the rates of its feeder and of the zone. A set-point may
// come down in part; a step that is more than the zone's share by itself goes alone
// and keeps the zone quiet for longer in proportion. An emergency lifts the rates.
func (c *Controller) paced(act action, now time.Time) (action, bool) {
	a := act.actuator
	s := &c.cfg.Acting
	if c.emergency != "" {
		return act, true
	}
	if within(a.reduced, s.Reduce, now) || within(a.gave, s.Reduce, now) {
		return act, false
	}
	share := s.ZoneShare * c.plant.site.powerW
	budget := share
	c.touched = slices.DeleteFunc(c.touched, func(t touch) bool {
		return !within(t.at, time.Duration(float64(s.ZoneEvery)*max(1, min(t.dropW/max(share, 1), 20))), now)
	})
	for _, t := range c.touched {
		if t.node != a.node {
			return act, false
		}
		budget -= t.dropW
	}
	alone := len(c.touched) == 0
	switch {
	case alone && within(c.shedAt, s.pause(), now):
		return act, false
	case act.dropW <= budget, alone && a.cfg.Kind != metering.ActuatorSetpoint:
		return act, true
	case a.cfg.Kind != metering.ActuatorSetpoint || budget < c.worth(a):
		return act, false
	}
	spare := metering.Power(act.dropW-budget) / metering.Kilowatt * metering.Kilowatt
	act.want.Limit, act.dropW = act.want.Limit+spare, act.dropW-float64(spare)
	act.why += fmt.Sprintf("; %v of it now, the rest later: no more than %g %% of the load in %v", rough(act.dropW), 100*s.ZoneShare, s.ZoneEvery)
	return act, true
}

// would tells what is not done, and writes it down once in a while.
func (c *Controller) would(act action, mode metering.Mode, why string, now time.Time) {
	a := act.actuator
	c.advises(act, mode, why, now)
	if !a.wouldAt.IsZero() && now.Sub(a.wouldAt) < c.cfg.Acting.NoticeFor && a.wouldWant == act.want {
		return
	}
	a.wouldAt, a.wouldWant = now, act.want
	c.write(EntryWould, string(a.cfg.ID), fmt.Sprintf("would %s: %v: %s; not done: %s", act.kind, act.want, act.why, why), map[string]any{
		"want": act.want.String(), "drop_w": known(act.dropW).Power, "resident": string(a.cfg.Resident),
	})
}
