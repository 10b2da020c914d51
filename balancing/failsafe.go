package balancing

import (
	"fmt"
	"time"

	"asue/metering"
)

// schedule keeps the static safe schedule: what everybody gets if all draw what
// they are allowed, on 95 % of the limit. It is made at every change of a limit.
func (c *Controller) schedule(now time.Time) {
	if len(c.plant.claims) == 0 || (c.static != nil && c.staticOf == c.limit) {
		return
	}
	rootW := unlimitedW
	if p, ok := c.limit.Power(); ok {
		rootW = float64(p) * c.cfg.Acting.StaticShare
	}
	shares, violations, err := c.shareOut(rootW, c.limitW, func(cl *claim) float64 { return float64(cl.cfg.Allowed) },
		func(*claim) bool { return false }, func(*claim) (int64, bool) { return 0, false })
	if err != nil {
		c.write(EntryAlarm, "schedule", "the static schedule cannot be made: "+err.Error(), nil)
		return
	}
	if c.static, c.staticOf = shares, c.limit; len(violations) > 0 {
		c.write(EntryAlarm, "schedule", "the static schedule cuts into armour: "+tellViolations(violations), nil)
	}
}

// failsafe acts while the site's power is not known: what is held stays held, and
// after a while who drew more than it is allowed comes down. Nothing firm is
// touched, no contact moves: a silent meter opens nothing. What each draws by its own
// meter is doubted by nobody.
func (c *Controller) failsafe(now time.Time) {
	if c.unknownAt.IsZero() {
		c.unknownAt = now
		c.advice.planAfresh()
		c.write(EntryAlarm, "site", "the site's power is not known: everything is held", nil)
	}
	c.drop(func(*asked) bool { return true }, "the site's power is not known")
	if now.Sub(c.unknownAt) < c.cfg.Acting.FailsafeHold || now.Sub(c.planned) < c.cfg.Acting.pause() {
		return
	}
	c.planned, c.doubted = now, ""
	c.advice.planAfresh()
	c.carryOut(c.staticPlan(now), now)
}

// staticPlan brings those down to the static schedule who draw more than they are
// allowed, and nobody below what is firm.
func (c *Controller) staticPlan(now time.Time) plan {
	var p plan
	for i, cl := range c.plant.claims {
		if cl.powerW <= float64(cl.cfg.Allowed)+float64(c.cfg.Acting.Reissue) || i >= len(c.static) {
			continue
		}
		to := max(float64(c.static[i].Share), float64(cl.cfg.Allowed), c.armourW(cl))
		for _, a := range cl.actuators {
			if a.cfg.Kind != metering.ActuatorSetpoint || c.usable(a, now) != "" {
				continue
			}
			w := c.split(cl, to, now)[a]
			if act, ok := c.lower(a, w, fmt.Sprintf("static schedule: %s draws %v of the %v it is allowed", cl.name, rough(cl.powerW), cl.cfg.Allowed), now); ok {
				p.caps = append(p.caps, act)
			}
		}
	}
	return p
}
