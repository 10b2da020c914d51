package balancing

import (
	"math"
	"slices"
	"time"

	"asue/metering"
)

// press finds by how much the load must fall, at the site and at each node. Once
// what is on its way brings the load to the target, nothing more is taken until it
// rises to the trigger again.
func (c *Controller) press(st *State, now time.Time) {
	s := c.plant.site
	s.targetW, s.gentle = math.Inf(1), false
	triggerW := math.Inf(1)
	switch {
	case !s.known || c.condition == Failsafe || c.dark():
	case c.emergency != "":
		s.targetW, triggerW = c.emergencyW(st, c.cfg.Target), c.emergencyW(st, c.cfg.Trigger)
	case !st.Quiet && c.block.LengthH > 0 && (c.band >= limit || c.missed(now)):
		s.targetW = c.goalW(c.cfg.Target)
		if triggerW = c.goalW(c.cfg.Trigger); c.band < limit {
			triggerW, s.gentle = s.targetW, true
		}
	}
	c.strain(s, triggerW)
	for _, n := range c.plant.nodes {
		c.heat(n, now)
		c.strain(n, n.targetW/c.cfg.Target*c.cfg.Trigger)
	}
	c.short = slices.ContainsFunc(c.plant.all, func(n *node) bool { return n.short })
}

// strain says whether a node has to come down to its target. A quarter of the way
// from there to the trigger is near enough: no step is taken for the rest.
func (c *Controller) strain(n *node, triggerW float64) {
	near := n.targetW + 1
	if !math.IsInf(triggerW, 1) {
		near += (triggerW - n.targetW) / 4
	}
	switch w := c.effectiveW(n); {
	case w <= near:
		n.short = false
	case w > triggerW:
		n.short = true
	}
}

// goalW is the power from now to the end of the block with which the block ends at
// a share of the limit, never above the ceiling. Where the limit is exceeded
// whatever is done, or whatever may be done, that share of the next block is steered
// to: emptying the zone would not save this one.
func (c *Controller) goalW(share float64) float64 {
	d := c.block
	d.Margin = max(d.Margin, 1-share)
	if d.Unavoidable() || c.lost() {
		return d.LimitW * (1 - d.Margin)
	}
	return min(max(0, d.AllowableRawW()), d.CeilingW*(1-c.cfg.MarginMin))
}

// lost reports whether the block in progress ends above the limit whatever is moved.
func (c *Controller) lost() bool {
	return c.impossible != nil && !c.impossible.At.Before(c.blockStart) && c.impossible.At.Before(c.blockStart.Add(c.cfg.Block))
}

// emergencyW is goalW, and in the time in which a projection says nothing, what holds
// at any moment: just below the ceiling, or that share of a limit that has fallen.
func (c *Controller) emergencyW(st *State, share float64) float64 {
	if c.block.LengthH <= 0 {
		return math.Inf(1)
	}
	goal := c.goalW(share)
	if st.Quiet {
		goal = c.block.CeilingW * (1 - c.cfg.MarginMin)
	}
	if c.fallen {
		goal = min(goal, c.block.LimitW*share)
	}
	return goal
}

// heat says whether a node is above its limit: from the trigger on until it has
// been at or below release for long enough.
func (c *Controller) heat(n *node, now time.Time) {
	n.targetW = math.Inf(1)
	p, limited := n.limit.Power()
	if !limited || !n.known {
		n.hot = n.hot && limited
		return
	}
	most := float64(p)
	switch {
	case n.powerW > most*c.cfg.Trigger+5e3:
		n.hot, n.calmAt = true, time.Time{}
	case n.powerW > most*c.cfg.Release+5e3:
		n.calmAt = time.Time{}
	case n.calmAt.IsZero():
		n.calmAt = now
	case now.Sub(n.calmAt) >= c.cfg.ReleaseFor:
		n.hot = false
	}
	if n.hot {
		n.targetW = most * c.cfg.Target
	}
}

// urgent reports whether the load has to fall so far that steps must go, not just
// set-points come down.
func (c *Controller) urgent() bool {
	return slices.ContainsFunc(c.plant.all, func(n *node) bool { return n.short && !n.gentle })
}

// missed reports whether somebody who was asked to come down to its share has let
// the deadline pass while the projection stayed in the warning band.
func (c *Controller) missed(now time.Time) bool {
	return c.band == warn && slices.ContainsFunc(c.plant.claims, func(cl *claim) bool {
		return !cl.asked.IsZero() && now.Sub(cl.asked) >= c.cfg.Acting.NoticeFor
	})
}

// pressed reports whether the load has to be held back somewhere.
func (c *Controller) pressed() bool {
	return slices.ContainsFunc(c.plant.all, func(n *node) bool { return !math.IsInf(n.targetW, 1) })
}

// effectiveW is the power at a node as it will be when everything on its way has
// shown.
func (c *Controller) effectiveW(n *node) float64 {
	w := n.powerW
	for _, a := range c.plant.actuators {
		if a.moved != nil && a.node.under(n) {
			w -= a.moved.hiddenW(c.now, c.cfg.Smoothing)
		}
	}
	for _, m := range c.trails {
		if m.actuator.node.under(n) {
			w -= m.hiddenW(c.now, c.cfg.Smoothing)
		}
	}
	return max(0, w)
}

// moveEmergency enters an emergency at once and leaves it when the power has been
// good for long enough. It reports whether it changed.
func (c *Controller) moveEmergency(st *State, now time.Time) bool {
	cause := c.danger(st, now)
	if cause != "" {
		c.goodSince = time.Time{}
		if c.emergency != "" {
			c.emergency = cause
			return false
		}
		c.emergency = cause
		c.tell(aboutEmergency, KindEmergency, Alarm, map[string]any{"reason": cause}, now)
		c.later(EntryAlarm, "site", "emergency: "+cause)
		return true
	}
	if c.emergency == "" {
		return false
	}
	if c.goodSince.IsZero() {
		c.goodSince = now
	}
	if now.Sub(c.goodSince) < c.cfg.Acting.EmergencyOff {
		return false
	}
	c.emergency, c.fallen = "", false
	c.end(aboutEmergency, nil, now)
	c.later(EntryAlarm, "site", "the emergency is over")
	return true
}

// fallenFor is how long after a limit has fallen the load may still come back onto
// the new supply.
const fallenFor = 5 * time.Minute

// danger says why the ordinary pace is too slow; empty if it is not.
func (c *Controller) danger(st *State, now time.Time) string {
	s := c.plant.site
	if len(c.plant.actuators) == 0 && len(c.plant.claims) == 0 {
		return ""
	}
	if c.dark() {
		return "no line is in service"
	}
	if c.fallen && c.emergency == "" && now.Sub(c.limitSince) >= fallenFor {
		c.fallen = false
	}
	if c.armourShort != "" {
		return c.armourShort
	}
	most, limited := c.limit.Power()
	if !limited || !s.known || c.condition == Failsafe {
		return ""
	}
	power := c.effectiveW(s)
	ceiling := c.ceiling(most)
	switch {
	case st.Power.Known && float64(st.Power.Power) > ceiling && !c.hotAt.IsZero() && now.Sub(c.hotAt) > c.cfg.CeilingFor:
		return "the power is above " + rough(ceiling).String() + " for longer than " + c.cfg.CeilingFor.String()
	case c.fallen && power > float64(most)*c.cfg.Target+1:
		return "the limit has fallen to " + most.String() + " below the load of " + rough(power).String()
	case c.emergency != "" && power > c.emergencyW(st, c.cfg.Trigger)+1:
		return c.emergency
	}
	return ""
}

// rough is a power for people, in whole kilowatts.
func rough(w float64) metering.Power {
	return metering.Power(math.Round(w/1000)) * metering.Kilowatt
}

// watts is a power in whole watts, not below zero.
func watts(w float64) metering.Power { return metering.Power(math.Round(max(0, w))) }
