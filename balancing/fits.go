package balancing

import (
	"fmt"
	"slices"
	"time"
)

// misfit says why a load must not come back at a node; empty if it may. Its
// greatest power and a fifth more must fit under the target of this block and of
// the next one, under the ceiling, and at every node on its way. givenW is what this
// tick has given back already.
func (c *Controller) misfit(a *actuator, backW, givenW float64, st *State, now time.Time) string {
	back := c.cfg.Acting.RestoreFactor * backW
	for n := a.node; n != nil && n != c.plant.site; n = n.parent {
		if p, ok := n.limit.Power(); ok && n.known && c.effectiveW(n)+back > c.cfg.Target*float64(p) {
			return fmt.Sprintf("%s would have %v of %v", n.name(), rough(c.effectiveW(n)+back), p)
		}
	}
	if st.NoLimit {
		return ""
	}
	most, limited := c.limit.Power()
	if !limited || c.block.LengthH <= 0 || !st.Upper.Known {
		return "what the block allows is not known"
	}
	target := c.cfg.Target * float64(most)
	power := c.effectiveW(c.plant.site)
	switch {
	case c.pressed() && power+back > c.plant.site.targetW:
		return fmt.Sprintf("the site would draw %v of %v", rough(power+back), rough(c.plant.site.targetW))
	case !c.pressed() && float64(st.Upper.Power)+givenW+back > target:
		return fmt.Sprintf("the block may end at %v of %v", rough(float64(st.Upper.Power)+givenW+back), rough(target))
	case power+back > c.ceiling(most)*(1-c.cfg.MarginMin):
		return fmt.Sprintf("the site would draw %v at once", rough(power+back))
	}
	return c.misfitNext(a, back, backW, st, now)
}

// misfitNext judges the next block: by the forecast less what stays off, or by the
// power now with its spread over a whole block.
func (c *Controller) misfitNext(a *actuator, back, backW float64, st *State, now time.Time) string {
	next, _ := c.siteLimit(st.End)
	p, limited := next.Power()
	if !limited {
		return ""
	}
	target := c.cfg.Target * float64(p)
	if b, ok := c.forecast.block(st.End, now); ok {
		w := float64(b.Q90) - c.heldW(now) + min(backW, max(a.outW, a.raiseW())) + (back - backW)
		if w > target {
			return fmt.Sprintf("the next block is expected at up to %v of %v with it", rough(w), rough(target))
		}
		return ""
	}
	whole := Demand{LengthH: c.cfg.Block.Hours()}
	if w := c.effectiveW(c.plant.site) + c.spread(whole) + back; w > target {
		return fmt.Sprintf("the next block would hold up to %v of %v with it", rough(w), rough(target))
	}
	return ""
}

// raiseW is what a set-point keeps from its load, as far as it is known.
func (a *actuator) raiseW() float64 {
	if limit, ok := a.capped(); ok {
		return float64(a.cfg.Most - limit)
	}
	return 0
}

// heldW is what is kept from the loads: steps by what went with them, set-points by
// what their residents are expected to draw.
func (c *Controller) heldW(now time.Time) float64 {
	held := 0.0
	for _, cl := range c.plant.claims {
		held += cl.shedW
		if slices.ContainsFunc(cl.actuators, func(a *actuator) bool { _, ok := a.capped(); return ok }) {
			if w := c.forecast.resident(cl.cfg.Resident, now); w > 0 {
				held += max(0, w-cl.powerW-cl.shedW)
			}
		}
	}
	return held
}
