package edge

import (
	"asue/collector"
)

// Seen is how a collector does at one moment.
type Seen struct {
	Lines    []LineSeen // ascending by id
	Delivery collector.DeliverStats
}

// LineSeen is a line with what its bus knows.
type LineSeen struct {
	collector.LineStats
	URL     string // empty while the line is being taken out of service
	Late    uint64 // answers thrown away because they belonged to an older question
	Drained uint64 // bytes thrown away because nobody had asked for them
	Tracing bool
}

// Look tells how the lines and the outbox do. It is quick and safe for concurrent use.
func (c *Collector) Look() Seen {
	s := Seen{Delivery: c.deliverer.Stats()}
	for _, l := range c.poller.Stats().Lines {
		v := LineSeen{LineStats: l}
		if bus, ok := c.lines.bus(l.ID); ok {
			n := bus.Counters()
			v.URL, v.Late, v.Drained, v.Tracing = bus.URL(), n.Late, n.Drained, bus.Frames() != nil
		}
		s.Lines = append(s.Lines, v)
	}
	return s
}
