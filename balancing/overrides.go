package balancing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Override is a person's order that stands for a while: a pin, an exclusion, a
// limit, an inhibition. It is never a single push: it holds until it expires or is
// released, and what it held comes back by the ordinary ramp.
type Override struct {
	Order metering.Order `json:"order"`
}

// override is the youngest order of a kind that stands at now and fits.
func (c *Controller) override(kind metering.OrderKind, fits func(metering.Order) bool, now time.Time) *metering.Order {
	for i := len(c.overrides) - 1; i >= 0; i-- {
		if o := &c.overrides[i].Order; o.Kind == kind && now.Before(o.Expires) && fits(*o) {
			return o
		}
	}
	return nil
}

// expire ends overrides whose time is over.
func (c *Controller) expire(now time.Time) {
	c.overrides = slices.DeleteFunc(c.overrides, func(o Override) bool {
		if now.Before(o.Order.Expires) {
			return false
		}
		c.write(EntryOrder, o.Order.ID, string(o.Order.Kind)+" has expired", nil)
		return true
	})
}

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

// excluded says by whom an actuator is left alone; empty if it is not.
func (c *Controller) excluded(a *actuator, now time.Time) string {
	if o := c.override(metering.OrderExclude, func(o metering.Order) bool { return o.Actuator == a.cfg.ID }, now); o != nil {
		return "excluded by " + by(*o)
	}
	return ""
}

// by names the persons of an order.
func by(o metering.Order) string {
	names := make([]string, len(o.By))
	for i, a := range o.By {
		names[i] = a.User
	}
	return strings.Join(names, " and ")
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

// limitW is a node's limit alone, +Inf if it has none.
func (c *Controller) limitW(n *node) float64 {
	if p, ok := n.limit.Power(); ok {
		return float64(p)
	}
	return unlimitedW
}

func tellViolations(violations []violation) string {
	texts := make([]string, len(violations))
	for i, v := range violations {
		texts[i] = fmt.Sprintf("%s needs %v of %v: %v too much", v.node.name(), v.need, v.limit, v.deficit)
	}
	return strings.Join(texts, "; ")
}

// obeyLimit puts another limit on a node, never a higher one.
func (c *Controller) obeyLimit(o metering.Order, now time.Time) (string, error) {
	if o.Power < 0 {
		return "", fmt.Errorf("%v: want 0 or more", o.Power)
	}
	name, have := "the site", c.limit
	if !c.names(o.Node, "") {
		n := c.plant.nodeByID[o.Node]
		if n == nil {
			return "", fmt.Errorf("node %q is not known", o.Node)
		}
		name, have = n.name(), n.limit
	}
	if p, ok := have.Power(); ok && o.Power >= p {
		return "", fmt.Errorf("%s: %v would not be lower than the limit in force, %v: an order never raises a limit", name, o.Power, p)
	}
	c.overrides = append(c.overrides, Override{o})
	return fmt.Sprintf("%s: %v until %s", name, o.Power, o.Expires.In(c.cfg.Location).Format("15:04")), nil
}
