package feeder

import (
	"time"

	"asue/metering"
)

// rightsEvery is how often rights are written although they are the same: each step of
// a curve has some then, and a board never shows an old one.
const rightsEvery = 15 * time.Second

// Right is what a resident may draw at a node by its technical conditions; an empty node
// is the supply.
type Right struct {
	Resident metering.ResidentID
	Node     metering.NodeID
	Allowed  metering.Power
}

// Rights makes samples of the rights that the balancer tells each second. It is for one
// goroutine.
type Rights struct{ said time.Time }

// Samples are the samples for Feeder.Extra, asue_allowed_w by resident and node, once in
// fifteen seconds of the run; none in between, or if time went backwards for less.
func (r *Rights) Samples(at time.Time, rights []Right) []metering.Sample {
	if at.Sub(r.said).Abs() < rightsEvery {
		return nil
	}
	r.said = at
	var samples []metering.Sample
	for _, right := range rights {
		samples = append(samples, metering.Sample{
			Resident: right.Resident, Node: right.Node, Field: "allowed_w", At: at, Value: float64(right.Allowed),
		})
	}
	return samples
}
