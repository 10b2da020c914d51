package balancing

import (
	"fmt"
	"time"

	"asue/metering"
)

// modes is how far the controller may go. Auto counts only while armed, and what
// was armed is gone after a restart.
type modes struct {
	System  metering.Mode                         `json:"system"`
	Feeders map[metering.ActuatorID]metering.Mode `json:"feeders,omitempty"` // given by persons
	Killed  bool                                  `json:"killed"`
	Armed   bool                                  `json:"-"`
	ByWhom  string                                `json:"by,omitempty"` // who gave the last mode
}

// effective is the mode that counts for an actuator: the weakest one of those that
// apply, and what it is weak by.
func (c *Controller) effective(a *actuator, now time.Time) (metering.Mode, string) {
	mode, why := c.modes.System, "the system's mode"
	weaker := func(m metering.Mode, reason string) {
		if m < mode {
			mode, why = m, reason
		}
	}
	weaker(a.cfg.Mode, "the feeder's mode")
	if m, given := c.modes.Feeders[a.cfg.ID]; given {
		weaker(m, "the feeder's mode, as ordered")
	}
	if !c.modes.Armed {
		weaker(metering.ModeConfirm, "auto is not armed")
	}
	if a.cfg.Kind == metering.ActuatorBreaker {
		weaker(metering.ModeConfirm, "a breaker is never moved without persons")
	}
	if c.modes.Killed {
		weaker(metering.ModeAdvisory, "the kill switch is set")
	}
	if o := c.override(metering.OrderInhibit, func(o metering.Order) bool { return o.Actuator == "" || o.Actuator == a.cfg.ID }, now); o != nil {
		weaker(metering.ModeAdvisory, "inhibited by "+by(*o))
	}
	return mode, why
}

// mode is the most that counts anywhere: no actuator has a stronger one.
func (c *Controller) mode(now time.Time) metering.Mode {
	mode := c.modes.System
	if !c.modes.Armed {
		mode = min(mode, metering.ModeConfirm)
	}
	if c.inhibited(now) != "" {
		mode = min(mode, metering.ModeAdvisory)
	}
	return mode
}

// doubt says why what is measured must not cause a command by itself; empty if it
// may. What is stale or contradicts itself never sheds a load.
func (c *Controller) doubt(z zone) string {
	switch {
	case c.condition == Failsafe || !z.known:
		return "the site's power is not known"
	case z.differs != "":
		return z.differs
	case z.suspect:
		return "the site's power is not fresh"
	}
	return ""
}

// inhibited says by whom everything is inhibited; empty if it is not.
func (c *Controller) inhibited(now time.Time) string {
	if c.modes.Killed {
		return "the kill switch is set"
	}
	if o := c.override(metering.OrderInhibit, func(o metering.Order) bool { return o.Actuator == "" }, now); o != nil {
		return fmt.Sprintf("inhibited by %s until %s: %s", by(*o), o.Expires.In(c.cfg.Location).Format("15:04"), o.Reason)
	}
	return ""
}

// obeyMode arms, disarms, kills and gives modes.
func (c *Controller) obeyMode(o metering.Order) (string, error) {
	before := c.modes
	switch o.Kind {
	case metering.OrderArm:
		if c.modes.Killed {
			return "", fmt.Errorf("the kill switch is set: take it back first")
		}
		c.modes.System, c.modes.Armed = metering.ModeAuto, true
	case metering.OrderDisarm:
		c.modes.Armed = false
		c.modes.System = min(c.modes.System, metering.ModeConfirm)
	case metering.OrderKill:
		c.modes.Killed, c.modes.Armed = true, false
		c.drop(func(*asked) bool { return true }, "the kill switch is set")
		c.book.Recall("the kill switch is set", c.now)
	case metering.OrderUnkill:
		if !c.modes.Killed {
			return "", fmt.Errorf("the kill switch is not set")
		}
		c.modes.Killed, c.modes.Armed, c.modes.System = false, false, metering.ModeAdvisory
	case metering.OrderMode:
		if o.Mode > metering.ModeAuto {
			return "", fmt.Errorf("%v is no mode", o.Mode)
		}
		if a := c.plant.byID[o.Actuator]; a != nil {
			if o.Mode > a.cfg.Mode {
				return "", fmt.Errorf("%s allows %v at most", a.cfg.ID, a.cfg.Mode)
			}
			c.modes.Feeders[a.cfg.ID] = o.Mode
			c.write(EntryMode, string(a.cfg.ID), fmt.Sprintf("the mode is %v by %s: %s", o.Mode, by(o), o.Reason), nil)
			return fmt.Sprintf("%s: the mode is %v", a.cfg.ID, o.Mode), nil
		}
		if o.Mode == metering.ModeAuto && !c.modes.Armed {
			return "", fmt.Errorf("auto has to be armed by two persons")
		}
		c.modes.System = o.Mode
		c.modes.Armed = c.modes.Armed && o.Mode == metering.ModeAuto
	}
	c.modes.ByWhom = by(o)
	text := fmt.Sprintf("the mode is %v", c.modes.System)
	if c.modes.Killed {
		text += ", the kill switch is set"
	}
	if before.System != c.modes.System || before.Armed != c.modes.Armed || before.Killed != c.modes.Killed {
		c.write(EntryMode, "system", fmt.Sprintf("%s by %s: %s", text, by(o), o.Reason), nil)
	}
	return text, nil
}
