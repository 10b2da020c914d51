package balance

import (
	"math"

	"asue/metering"
	"asue/metering/grid"
)

// Side is where a flow counts in a balance.
type Side string

// Sides of a balance.
const (
	In  Side = "in"
	Out Side = "out"
	Own Side = "own-needs"
)

// Run is one balance worked out for every base interval of a grid.
type Run struct {
	e       *Evaluation
	subject Subject
	flows   []*flow
	losses  [][]LossCell // beside subject.Losses
	// inMeter tells in which intervals a meter of the balance has added a node's
	// losses to its energy, beside subject.Losses; nil for none.
	inMeter [][]bool
	slots   []Slot
}

// flow is one energy of one point, which counts on one side.
type flow struct {
	point   metering.PointID
	channel metering.Channel
	side    Side
	row     grid.Row
	cells   []flowCell
}

type flowCell struct {
	energy  float64 // Wh
	limit   float64 // Wh, of the metering system's error
	quantum float64 // Wh, the interval's own uncertainty
	percent float64 // of the rated current; 0 if unknown
	errors  Errors
	grade   metering.Grade // Null: not known
}

// Slot is a balance over one base interval. Percentages are of what came in, and
// 0 when nothing did.
type Slot struct {
	In, Out, OwnNeeds, Losses float64 // Wh
	Imbalance                 float64 // Wh: In - Out - OwnNeeds - Losses
	Actual                    float64 // %
	Permitted                 float64 // %, by the accuracy classes
	Bound                     float64 // Wh, beyond which something is wrong
	BoundPercent              float64 // Bound in % of In
	Estimated                 float64 // share of In and Out that is not measured, 0..1
	Complete                  bool    // every flow and every loss is known; nothing else is set otherwise
	Beyond                    bool    // |Imbalance| > Bound
}

// Run works out a balance for every base interval.
func (e *Evaluation) Run(s Subject) *Run {
	r := &Run{e: e, subject: s}
	r.add(s.In, In)
	r.add(s.Out, Out)
	r.add(s.OwnNeeds, Own)
	for _, id := range s.Losses {
		r.losses = append(r.losses, e.lossesOf(id))
		r.inMeter = append(r.inMeter, r.compensated(id))
	}
	for _, f := range r.flows {
		e.measure(f)
	}
	r.slots = make([]Slot, e.g.Len())
	for slot := range r.slots {
		r.slots[slot] = r.slot(slot)
	}
	return r
}

// Slots are the balances of the base intervals, from the grid's first on.
func (r *Run) Slots() []Slot { return r.slots }

// add takes both directions of some points in. A point that has no A- at all is
// metered in one direction.
func (r *Run) add(points []metering.PointID, side Side) {
	for _, p := range points {
		rows := r.e.row(p)
		r.flows = append(r.flows, &flow{point: p, channel: metering.ChannelActiveImport, side: side, row: rows.imp})
		if !rows.exp.Known() {
			continue
		}
		back := In
		if side == In {
			back = Out
		}
		r.flows = append(r.flows, &flow{point: p, channel: metering.ChannelActiveExport, side: back, row: rows.exp})
	}
}

// measure finds the energies of a flow and how wrong its metering system may be.
func (e *Evaluation) measure(f *flow) {
	k := rowKey{f.point, f.channel}
	if f.cells = e.cells[k]; f.cells != nil {
		return
	}
	f.cells = make([]flowCell, e.g.Len())
	e.cells[k] = f.cells
	var s *system
	for slot := range f.cells {
		c := &f.cells[slot]
		iv := f.row.At(slot)
		if iv == nil || iv.Grade == metering.Null {
			c.grade = metering.Null
			continue
		}
		if start := e.g.Start(slot); s == nil || !s.Holds(start) {
			s = e.m.at(f.point, start)
		}
		c.energy, c.quantum, c.grade = float64(iv.Energy), float64(iv.Uncertainty), iv.Grade
		c.errors, c.percent = s.loaded(e.apparent(f.point, slot))
		c.limit = e.m.cfg.Formula.Limit(c.errors) / 100 * math.Abs(c.energy)
	}
}

// apparent is the mean apparent power at a point, VA: of both directions.
func (e *Evaluation) apparent(p metering.PointID, slot int) float64 {
	r := e.row(p)
	sum := func(a, b grid.Row) (float64, bool) {
		x, okX := a.Energy(slot)
		y, okY := b.Energy(slot)
		return float64(x + y), okX || okY
	}
	active, _ := sum(r.imp, r.exp)
	reactive, ok := sum(r.rImp, r.rExp)
	if !ok {
		reactive = active * e.m.cfg.TanPhi
	}
	return math.Hypot(active, reactive) / periodHours
}

func (r *Run) slot(slot int) Slot {
	var t tally
	for _, f := range r.flows {
		if c := f.cells[slot]; !t.flow(f.side, c.energy, c.limit, c.quantum, c.grade) {
			return Slot{}
		}
	}
	for i, cells := range r.losses {
		c := cells[slot]
		if c.Grade == metering.Null {
			return Slot{}
		}
		if r.inMeter[i] == nil || !r.inMeter[i][slot] {
			t.loss(float64(c.Energy), float64(c.Uncertainty))
		}
	}
	return t.close(r.e.m.cfg.Strict)
}

// compensated are the intervals in which a meter of the balance has added the
// losses of a node; nil if there are none.
func (r *Run) compensated(id metering.NodeID) []bool {
	var slots []bool
	for _, f := range r.flows {
		if f.channel != metering.ChannelActiveImport || !r.e.m.mayCompensate(f.point, id) {
			continue
		}
		for slot := range r.e.g.Len() {
			if !r.e.added(f.point, slot) {
				continue
			}
			if slots == nil {
				slots = make([]bool, r.e.g.Len())
			}
			slots[slot] = true
		}
	}
	return slots
}
