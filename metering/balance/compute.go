package balance

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"asue/metering"
	"asue/metering/grid"
)

// Computed is an interval of a virtual point.
type Computed struct {
	metering.Interval
	// ActualShare is how much of the energy that went into it was measured, 0..1:
	// by the magnitude of the terms. 1 when all of them are 0 and Actual.
	ActualShare float64
	// ClassError bounds what the accuracy classes of the meters may matter, Wh:
	// the root of the sum of (c·δ·W)² over the terms. Interval.Uncertainty, as in
	// every interval, is that of registers and calculated losses, here by the root
	// of the sum of squares.
	ClassError metering.Energy
}

// inherited are the flags that a virtual point takes over from its parts: facts
// about their energies, as far as FlagUnverified. A person's word or a permission
// for one interval is not that for a sum.
const inherited = (metering.FlagUnverified<<1 - 1) &^ metering.FlagManual

// Compute works out the intervals of virtual points over the grid, ascending in
// the order of computing, then by channel and time; of all of them if none is
// named. An interval comes out where every term in force has one; it is Null,
// with the reason, where one of these is. Facts that the parts' flags tell are its
// own too; FlagManual, a person's word about another point, is not.
//
// A point has the channels for which every term has one; but if its first term
// names a channel, as that of a difference A+ less A- does, it has only that one.
// Losses and shares are of one channel and enter no other: active energy is not
// added to reactive.
//
// A loss that a part has in its energy already is not added again.
func (e *Evaluation) Compute(points ...metering.PointID) ([]Computed, error) {
	for _, id := range points {
		if !slices.Contains(e.m.Virtual(), id) {
			return nil, fmt.Errorf("compute point %q: it is not a virtual point", id)
		}
	}
	values := virtualRows{}
	var out []Computed
	for _, p := range e.m.plans {
		wanted := len(points) == 0 || slices.Contains(points, p.point.ID)
		for _, ch := range p.point.Channels() {
			row := e.compute(p, ch, values)
			if row == nil {
				continue
			}
			values[rowKey{p.point.ID, ch}] = row
			if wanted {
				for _, c := range row {
					if c.Grade != 0 {
						out = append(out, c)
					}
				}
			}
		}
	}
	return out, nil
}

type rowKey struct {
	point   metering.PointID
	channel metering.Channel
}

// virtualRows are the virtual points computed so far; Grade 0 is no interval.
type virtualRows map[rowKey][]Computed

// source is where one term's energies come from.
type source struct {
	planTerm
	row     grid.Row
	virtual []Computed
	losses  []LossCell
	shares  []Shares
}

// compute is one channel of a virtual point; nil if it has no such channel.
func (e *Evaluation) compute(p plan, ch metering.Channel, values virtualRows) []Computed {
	if first := p.terms[0].Channel; first != 0 && first != ch {
		return nil
	}
	sources := make([]source, 0, len(p.terms))
	for _, t := range p.terms {
		s, ok := e.source(t, ch, values)
		if !ok {
			return nil
		}
		sources = append(sources, s)
	}
	row := make([]Computed, e.g.Len())
	for slot := range row {
		row[slot] = e.computeSlot(p, ch, sources, slot)
	}
	return row
}

func (e *Evaluation) source(t planTerm, ch metering.Channel, values virtualRows) (source, bool) {
	s := source{planTerm: t}
	of := ch
	if t.Channel != 0 {
		of = t.Channel
	}
	switch {
	case t.Of != "":
		s.row, s.virtual = e.g.Row(t.Of, of), values[rowKey{t.Of, of}]
		return s, s.row.Known() || s.virtual != nil
	case t.LossOf != "":
		s.losses = e.lossesOf(t.LossOf)
		reactive := of == metering.ChannelReactiveImport && e.m.reactiveLoss(t.LossOf)
		return s, of == ch && (of == metering.ChannelActiveImport || reactive)
	}
	shares, err := e.Shares(t.ShareOf)
	s.shares = shares
	return s, err == nil && of == ch && of == metering.ChannelActiveImport
}

func (m *Model) reactiveLoss(id metering.NodeID) bool {
	t := m.lossModel(id).transformer
	return t != nil && t.Reactive()
}

// part is what a term contributes to one interval.
type part struct {
	energy      metering.Energy
	uncertainty metering.Energy
	class       float64 // Wh
	actual      float64 // 0..1
	grade       metering.Grade
	flags       metering.Flags
	name        string
}

func (e *Evaluation) computeSlot(p plan, ch metering.Channel, sources []source, slot int) Computed {
	start := e.g.Start(slot)
	c := Computed{Interval: metering.Interval{
		Point: p.point.ID, Channel: ch, Start: start, Grade: metering.Actual, Method: metering.MethodVirtual,
	}}
	sum := sumOf(p.den)
	var u, class, measured, magnitude float64
	terms, worst := 0, ""
	var flagged []string
	for _, s := range sources {
		if !s.Holds(start) {
			continue
		}
		terms++
		if (s.LossOf != "") && e.already(p, s.LossOf, slot) {
			c.Flags |= metering.FlagLossApplied
			flagged = append(flagged, fmt.Sprintf("the losses of %s, which are in a part already", s.LossOf))
			continue
		}
		v, ok := e.part(p, s, ch, slot)
		if !ok {
			return Computed{}
		}
		if v.grade == metering.Null {
			return null(c, v.name)
		}
		sum.add(s.num, v.energy)
		weight := math.Abs(float64(s.num)) / float64(p.den)
		u = math.Hypot(u, weight*float64(v.uncertainty))
		class = math.Hypot(class, weight*v.class)
		size := weight * math.Abs(float64(v.energy))
		magnitude += size
		measured += size * v.actual
		if c.Grade.Worse(v.grade) != c.Grade {
			c.Grade, worst = v.grade, v.name
		}
		if v.flags &= inherited; v.flags != 0 {
			c.Flags |= v.flags
			flagged = append(flagged, v.name)
		}
	}
	if terms == 0 {
		return Computed{}
	}
	c.Energy = sum.round()
	c.Uncertainty, c.ClassError = metering.Energy(math.Ceil(u)), metering.Energy(math.Ceil(class))
	c.ActualShare = 1
	if magnitude > 0 {
		c.ActualShare = measured / magnitude
	} else if c.Grade != metering.Actual {
		c.ActualShare = 0
	}
	c.Reason = reason(c, worst, flagged)
	return c
}

func reason(c Computed, worst string, flagged []string) string {
	var words []string
	if worst != "" {
		words = append(words, fmt.Sprintf("%.1f %% of the parts is measured; %s is of grade %v", 100*c.ActualShare, worst, c.Grade))
	}
	if len(flagged) > 0 {
		words = append(words, "flags of "+strings.Join(flagged, ", "))
	}
	return strings.Join(words, "; ")
}

func null(c Computed, why string) Computed {
	c.Grade, c.Method, c.Flags = metering.Null, metering.MethodNone, 0
	c.Reason = "no energy of " + why
	return c
}
