package balance

import (
	"fmt"
	"math"

	"asue/metering"
)

// part is what a term says about one interval; false if it says nothing, not
// even that there is no energy.
func (e *Evaluation) part(p plan, s source, ch metering.Channel, slot int) (part, bool) {
	switch {
	case s.losses != nil:
		c := s.losses[slot]
		v := part{
			energy: c.Energy, uncertainty: c.Uncertainty, grade: c.Grade, actual: measuredShare(c.Grade),
			flags: metering.FlagLossApplied, name: fmt.Sprintf("the losses of %s", s.LossOf),
		}
		if ch == metering.ChannelReactiveImport {
			v.energy = c.Reactive
		}
		if c.Grade == metering.Null {
			v.name += fmt.Sprintf(", because of %s", c.Missing)
		}
		return v, true
	case s.shares != nil:
		c := s.shares[slot]
		v := part{
			energy: c.Parts[p.point.Resident], uncertainty: c.Uncertainty, grade: c.Grade, actual: measuredShare(c.Grade),
			flags: metering.FlagLossApplied, name: fmt.Sprintf("the losses and imbalance of %s", s.ShareOf),
		}
		if c.Grade == metering.Null {
			v.name += fmt.Sprintf(", because of %s", c.Missing)
		}
		return v, true
	case s.virtual != nil:
		c := s.virtual[slot]
		return part{
			energy: c.Energy, uncertainty: c.Uncertainty, class: float64(c.ClassError), grade: c.Grade,
			actual: c.ActualShare, flags: c.Flags, name: string(s.Of),
		}, c.Grade != 0
	}
	iv := s.row.At(slot)
	if iv == nil {
		return part{}, false
	}
	return part{
		energy: iv.Energy, uncertainty: iv.Uncertainty, class: e.classError(s.Of, iv, slot), grade: iv.Grade,
		actual: measuredShare(iv.Grade), flags: iv.Flags, name: string(s.Of),
	}, true
}

func measuredShare(g metering.Grade) float64 {
	if g == metering.Actual {
		return 1
	}
	return 0
}

// classError is δ·W of a point in an interval. A channel without metering system
// in the sense of RD 34.09.101-94 (another medium) has the meter's error alone.
func (e *Evaluation) classError(p metering.PointID, iv *metering.Interval, slot int) float64 {
	s := e.m.at(p, e.g.Start(slot))
	if iv.Channel.Medium() != metering.Electricity {
		return s.errors.Meter / 100 * math.Abs(float64(iv.Energy))
	}
	errors, _ := s.loaded(e.apparent(p, slot))
	return e.m.cfg.Formula.Limit(errors) / 100 * math.Abs(float64(iv.Energy))
}

// already reports whether a part of a virtual point has the losses of a node in
// its energy.
func (e *Evaluation) already(p plan, id metering.NodeID, slot int) bool {
	for _, t := range p.terms {
		if t.Of == "" || !t.Holds(e.g.Start(slot)) {
			continue
		}
		if below, virtual := e.m.planOf(t.Of); virtual {
			if below.applies(id, e.g.Start(slot)) || e.already(below, id, slot) {
				return true
			}
		} else if e.compensated(t.Of, id, slot) {
			return true
		}
	}
	return false
}
