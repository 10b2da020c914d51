package balancing

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// pinned is the power at which a person has fixed a claim, and whether one has.
func (c *Controller) pinned(cl *claim, now time.Time) (metering.Power, bool) {
	o := c.override(metering.OrderPin, func(o metering.Order) bool { return pins(o, cl) }, now)
	if o == nil {
		return 0, false
	}
	return c.part(o.Power, cl, *o), true
}

func pins(o metering.Order, cl *claim) bool {
	return o.Resident == cl.cfg.Resident && (o.Node == "" || o.Node == cl.cfg.Node)
}

// part is what of a resident's pin falls to one of its claims: by what each is
// allowed.
func (c *Controller) part(power metering.Power, cl *claim, o metering.Order) metering.Power {
	var all metering.Power
	for _, other := range c.plant.claims {
		if pins(o, other) {
			all += other.cfg.Allowed
		}
	}
	if all <= 0 {
		return power
	}
	return metering.Power(float64(power) * float64(cl.cfg.Allowed) / float64(all))
}

// holdPins keeps the set-points of pinned residents where persons have fixed them.
func (c *Controller) holdPins(now time.Time) {
	var caps []action
	for _, cl := range c.plant.claims {
		p, ok := c.pinned(cl, now)
		if !ok {
			continue
		}
		for a, w := range c.split(cl, float64(p), now) {
			want := metering.Power(w) / metering.Kilowatt * metering.Kilowatt
			have := a.cfg.Most
			if limit, capped := a.capped(); capped {
				have = limit
			}
			apart := c.cfg.Acting.Reduce // from the last change, as the agent keeps it
			if want > have {
				apart = c.cfg.Acting.GiveBack
			}
			if want == have || within(a.gave, apart, now) || within(a.reduced, apart, now) || (want > have && len(a.changes) >= a.cfg.PerHour) {
				continue
			}
			o := c.override(metering.OrderPin, func(o metering.Order) bool { return pins(o, cl) }, now)
			behind, _ := c.behind(a, now)
			caps = append(caps, action{actuator: a, kind: EntryCap, want: metering.Desired{Limit: want}, dropW: pinDrop(have, want, behind),
				why: fmt.Sprintf("pinned by %s: %s", by(*o), o.Reason)})
		}
	}
	slices.SortFunc(caps, func(a, b action) int { return cmp.Compare(a.actuator.cfg.ID, b.actuator.cfg.ID) })
	if len(caps) > 0 {
		c.carryOut(plan{caps: caps}, now)
	}
}

// pinDrop is by how much a load changes when its set-point goes from one value to
// another. Lowering counts as a reduction even where nothing is drawn.
func pinDrop(have, want metering.Power, behindW float64) float64 {
	if want > have {
		return -float64(want - have)
	}
	return max(1, min(float64(have), behindW)-float64(want))
}

// obeyPin fixes a resident's allotment, unless that leaves others less than must
// not be cut: the order is refused with the nodes that it would overload.
func (c *Controller) obeyPin(o metering.Order, now time.Time) (string, error) {
	claims := slices.DeleteFunc(slices.Clone(c.plant.claims), func(cl *claim) bool { return !pins(o, cl) })
	if len(claims) == 0 {
		return "", fmt.Errorf("resident %q has no claim there", o.Resident)
	}
	if o.Power < 0 {
		return "", fmt.Errorf("%v: want 0 or more", o.Power)
	}
	pin := c.pinKW(now)
	rootW := unlimitedW
	if p, ok := c.limit.Power(); ok {
		rootW = float64(p)
	}
	_, violations, err := c.shareOut(rootW, c.limitW, func(cl *claim) float64 { return cl.demandW }, func(cl *claim) bool { return cl.guessed && !pins(o, cl) },
		func(cl *claim) (int64, bool) {
			if pins(o, cl) {
				return int64(c.part(o.Power, cl, o) / metering.Kilowatt), true
			}
			return pin(cl)
		})
	if err != nil {
		return "", err
	}
	if len(violations) > 0 {
		return "", fmt.Errorf("it does not fit: %s", tellViolations(violations))
	}
	for _, cl := range claims {
		if c.part(o.Power, cl, o) < min(cl.cfg.Emergency, watts(cl.demandW)) {
			return "", fmt.Errorf("%s: %v is below its emergency armour of %v", cl.name, c.part(o.Power, cl, o), cl.cfg.Emergency)
		}
	}
	c.overrides = append(c.overrides, Override{o})
	return fmt.Sprintf("%s is fixed at %v until %s", o.Resident, o.Power, o.Expires.In(c.cfg.Location).Format("15:04")), nil
}
