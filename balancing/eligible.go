package balancing

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// usable says why an actuator must be left alone now; empty if it may be used.
func (c *Controller) usable(a *actuator, now time.Time) string {
	switch {
	case now.Before(a.failedUntil):
		return a.failedWhy
	case a.moved != nil:
		return "a command is on its way"
	case !a.view.Eligible:
		return a.view.Why
	}
	return c.excluded(a, now)
}

// sheddable says why a step cannot be taken off now; empty if it can.
func (c *Controller) sheddable(a *actuator, now time.Time) string {
	if why := c.usable(a, now); why != "" {
		return why
	}
	switch {
	case a.cfg.Kind == metering.ActuatorSetpoint:
		return "it is no step"
	case a.view.Now.Position != metering.PositionClosed:
		return "it is off"
	case !a.served.IsZero() && now.Sub(a.served) < a.cfg.MinOn:
		return fmt.Sprintf("it has been on for %v of %v", now.Sub(a.served).Round(time.Second), a.cfg.MinOn)
	case len(a.changes) >= a.cfg.PerHour:
		return fmt.Sprintf("%d operations in the last hour", len(a.changes))
	case a.drawsW() < leastDrop:
		return "it draws nothing"
	case a.claim.powerW-a.drawsW() < c.armourW(a.claim):
		return "what is left would be below the armour"
	}
	if _, pinned := c.pinned(a.claim, now); pinned {
		return "its resident is pinned"
	}
	return ""
}

// drawsW is what goes if the step is taken off now.
func (a *actuator) drawsW() float64 {
	if math.IsNaN(a.drawnW) {
		if a.point == nil {
			return float64(a.cfg.Power) // nobody measures it
		}
		return 0
	}
	return a.drawnW
}
