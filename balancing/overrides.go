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
	return fmt.Sprintf("%s: the limit is %v until %s", name, o.Power, o.Expires.In(c.cfg.Location).Format("15:04")), nil
}
