package reclaim

import (
	"fmt"
	"time"
)

func suspend(c *Case, e Event, _ Terms) (string, string) {
	switch {
	case e.Cause != ForceMajeure && e.Cause != ByZone:
		return fmt.Sprintf("clocks are not stopped for %q", e.Cause), fmt.Sprintf("use %s or %s; a dispute stops them by itself", ForceMajeure, ByZone)
	case c.pausedFor(e.Cause) >= 0:
		return fmt.Sprintf("clocks stand still for %s already", e.Cause), ""
	}
	c.Pauses = append(c.Pauses, Pause{Cause: e.Cause, From: e.At})
	return "", ""
}

func resume(c *Case, e Event, _ Terms) (string, string) {
	i := c.pausedFor(e.Cause)
	if i < 0 || e.Cause == ByDispute {
		return fmt.Sprintf("no clock was stopped for %q", e.Cause), ""
	}
	c.Pauses[i].To = e.At
	return "", ""
}

func dispute(c *Case, e Event, _ Terms) (string, string) {
	if c.disputed() {
		return "a dispute is open already", ""
	}
	c.Pauses = append(c.Pauses, Pause{Cause: ByDispute, From: e.At})
	return "", ""
}

func settle(c *Case, e Event, _ Terms) (string, string) {
	i := c.pausedFor(ByDispute)
	if i < 0 {
		return "no dispute is open", ""
	}
	c.Pauses[i].To = e.At
	switch e.Outcome {
	case Upheld:
		c.close(e, "dispute upheld")
	case Dismissed:
	case Amended:
		if e.Volume <= 0 || e.Volume >= c.Volume {
			return fmt.Sprintf("amended from %v to %v", c.Volume, e.Volume), "a volume is amended to a smaller one"
		}
		if len(c.Done) > 0 {
			return fmt.Sprintf("%d of the papers of the return are on record with the greater volume", len(c.Done)), "uphold the dispute and find anew"
		}
		c.Volume = e.Volume
	default:
		return fmt.Sprintf("a dispute does not end in %q", e.Outcome), fmt.Sprintf("use %s, %s or %s", Upheld, Dismissed, Amended)
	}
	return "", ""
}

// goOn ends all pauses that last.
func (c *Case) goOn(at time.Time) {
	for i := range c.Pauses {
		if c.Pauses[i].To.IsZero() {
			c.Pauses[i].To = at
		}
	}
}
