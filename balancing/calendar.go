package balancing

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// limits puts the limits into force that hold at now: of several the lowest one.
// The block is judged anew from the moment at which the site's limit changes.
func (c *Controller) limits(now time.Time) {
	limit, why := c.siteLimit(now)
	if limit != c.limit {
		c.fallen = isLower(limit, c.limit)
		since := now
		if !c.suppliedAt.IsZero() {
			since = c.suppliedAt
		}
		c.limit, c.limitSince = limit, later(since, c.limitSince)
		c.minutes = nil // the window was drawn under another limit
	}
	c.suppliedAt, c.limitWhy = time.Time{}, why
	for _, n := range c.plant.nodes {
		n.limit, n.why = c.nodeLimit(n, now)
	}
}

// siteLimit is the limit of the line in service, or a lower one that the model of the
// network permits, or that the calendar or a person has put on the site or on a node of
// its supply.
func (c *Controller) siteLimit(at time.Time) (metering.Limit, string) {
	limit, why := c.byModel(c.supplied, "")
	for _, node := range c.supplyNodes() {
		limit, why = c.lowered(node, at, limit, why)
	}
	return limit, why
}

// supplyNodes are the nodes whose limits are the site's: itself, and those of the
// line that feeds it.
func (c *Controller) supplyNodes() []metering.NodeID {
	nodes := []metering.NodeID{""}
	for _, s := range c.cfg.Sources {
		if s.Name == c.contract || slices.Contains(c.with, s.Name) {
			nodes = append(nodes, s.Nodes...)
		}
	}
	return nodes
}

// nodeLimit is the limit of a node by power, by its power factor, by the calendar
// and by persons.
func (c *Controller) nodeLimit(n *node, at time.Time) (metering.Limit, string) {
	limit, why := capacity(n)
	return c.lowered(n.cfg.ID, at, limit, why)
}

func (c *Controller) lowered(node metering.NodeID, at time.Time, limit metering.Limit, why string) (metering.Limit, string) {
	for _, b := range c.cfg.Bands {
		if b.Node == node && b.At(at, c.cfg.Location) && isLower(b.Limit, limit) {
			limit, why = b.Limit, "calendar"
			if b.Document != "" {
				why += ": " + b.Document
			}
		}
	}
	for _, o := range c.overrides {
		if l := metering.LimitOf(max(0, o.Order.Power)); o.Order.Kind == metering.OrderLimit && c.names(o.Order.Node, node) &&
			!at.Before(o.Order.At) && at.Before(o.Order.Expires) && isLower(l, limit) {
			limit, why = l, fmt.Sprintf("order of %s: %s", by(o.Order), o.Order.Reason)
		}
	}
	return limit, why
}

// names reports whether an order that names a node means this one. A node of the
// line in service means the site.
func (c *Controller) names(ordered, node metering.NodeID) bool {
	return ordered == node || (node == "" && slices.Contains(c.supplyNodes(), ordered))
}

// isLower reports whether a limit is stated and lower than another one.
func isLower(a, b metering.Limit) bool {
	pa, oka := a.Power()
	pb, okb := b.Power()
	return oka && (!okb || pa < pb)
}
