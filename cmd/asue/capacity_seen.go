package main

import (
	"fmt"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

// silentFor is how old the balancer's report may be of which a limit is read off.
const silentFor = time.Minute

// hear takes in the balancer's report.
func (c *capacity) hear(control wire.Control) {
	if c == nil || control.Acts == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heard == nil || !control.At.Before(c.heard.At) {
		c.heard = &control
	}
}

// seenOf is what the balancer reports of the resident whose limit an action says is set;
// nil for every other action, and for a resident that the balancer does not know. It
// refuses where a balancer should report and is silent: whether the limit is set is then
// not known.
func (c *capacity) seenOf(o *office.Office, a office.Action, at time.Time) (*office.Seen, error) {
	if a.Kind != office.StepCase || a.Event == nil || a.Event.Kind != reclaim.InLimit {
		return nil, nil
	}
	file, ok := o.Case(a.Case, at)
	if !ok {
		return nil, nil // the office says so
	}
	switch {
	case c.heard == nil && c.balanced:
		return nil, silence("the balancer has not reported yet by which right it shares: wait for its report")
	case c.heard == nil:
		return nil, nil
	case at.Sub(c.heard.At) > silentFor:
		return nil, silence(fmt.Sprintf("the balancer is silent since %s: by which right it shares now is not known", c.heard.At.UTC().Format(time.RFC3339)))
	}
	right := c.right(file.Resident)
	if right == nil {
		return nil, nil
	}
	return &office.Seen{At: c.heard.At, Allowed: *right}, nil
}

func silence(why string) error { return &dispatcher.CapacityRefusal{Reasons: []string{why}} }

// right is the firm power by which the balancer shares for a resident, at all of its
// nodes together; nil if it does not know it. c.mu is held.
func (c *capacity) right(resident metering.ResidentID) *metering.Power {
	if c.heard == nil {
		return nil
	}
	var sum metering.Power
	known := false
	for _, r := range c.heard.Acts.Rights {
		if r.Resident == resident {
			sum += r.AllowedW
			known = true
		}
	}
	if !known {
		return nil
	}
	return &sum
}
