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

// silentFor is how old the balancer's report may be of which a limit is read off, in time
// of the run, and silentLeast in that of the wall clock.
const (
	silentFor   = time.Minute
	silentLeast = 10 * time.Second
	// hearWithin is how long a start waits for the report of a balancer in another process,
	// which the broker retains, before none is taken to be there; of the wall clock.
	hearWithin = 30 * time.Second
)

// hear takes in the balancer's report. One goroutine calls it.
func (c *capacity) hear(control wire.Control) {
	if c == nil || control.Acts == nil {
		return
	}
	if before := c.heard.Load(); before == nil || !control.At.Before(before.At) {
		c.heard.Store(&control)
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
	heard := c.heard.Load()
	if err := c.awaited(heard, at); err != nil || heard == nil {
		return nil, err
	}
	right := rightIn(heard, file.Resident)
	if right == nil {
		return nil, nil
	}
	return &office.Seen{At: heard.At, Allowed: *right}, nil
}

// awaited says why the balancer's word has to be waited for; nil if it is there, or there
// is no balancer.
func (c *capacity) awaited(heard *wire.Control, at time.Time) error {
	switch {
	case heard == nil && (c.balanced || time.Now().Before(c.hearBy)):
		return silence("the balancer has not reported yet by which right it shares: wait for its report")
	case heard != nil && at.Sub(heard.At) > max(silentFor, c.silent):
		return silence(fmt.Sprintf("the balancer is silent since %s: by which right it shares now is not known", heard.At.UTC().Format(time.RFC3339)))
	}
	return nil
}

func silence(why string) error { return &dispatcher.CapacityRefusal{Reasons: []string{why}} }

// right is the firm power by which the balancer shares for a resident, at all of its
// nodes together; nil if it does not know it.
func (c *capacity) right(resident metering.ResidentID) *metering.Power {
	return rightIn(c.heard.Load(), resident)
}

func rightIn(heard *wire.Control, resident metering.ResidentID) *metering.Power {
	if heard == nil {
		return nil
	}
	var sum metering.Power
	known := false
	for _, r := range heard.Acts.Rights {
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
