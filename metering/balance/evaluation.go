package balance

import (
	"fmt"
	"math"

	"asue/metering"
	"asue/metering/grid"
)

// Evaluation is a model over the intervals of one stretch of time. It remembers
// what it has worked out and belongs to one goroutine.
type Evaluation struct {
	m       *Model
	g       *grid.Grid
	rows    map[metering.PointID]*meterRows
	cells   map[rowKey][]flowCell
	losses  map[metering.NodeID][]LossCell
	pools   map[metering.NodeID]*pool
	remarks map[metering.NodeID][]string // about losses
}

// On is the model over the intervals of a grid.
func (m *Model) On(g *grid.Grid) *Evaluation {
	return &Evaluation{
		m: m, g: g,
		rows:    map[metering.PointID]*meterRows{},
		cells:   map[rowKey][]flowCell{},
		losses:  map[metering.NodeID][]LossCell{},
		pools:   map[metering.NodeID]*pool{},
		remarks: map[metering.NodeID][]string{},
	}
}

// meterRows are the four energies of a point.
type meterRows struct {
	point      metering.PointID
	imp, exp   grid.Row // A+, A-
	rImp, rExp grid.Row // R+, R-
}

func (e *Evaluation) row(p metering.PointID) *meterRows {
	r, ok := e.rows[p]
	if !ok {
		r = &meterRows{
			point: p,
			imp:   e.g.Row(p, metering.ChannelActiveImport),
			exp:   e.g.Row(p, metering.ChannelActiveExport),
			rImp:  e.g.Row(p, metering.ChannelReactiveImport),
			rExp:  e.g.Row(p, metering.ChannelReactiveExport),
		}
		e.rows[p] = r
	}
	return r
}

// pair is one energy less another; the second row counts only if the point has
// it at all.
func pair(plus, minus grid.Row, slot int) (net, uncertainty float64, grade metering.Grade, ok bool) {
	a := plus.At(slot)
	if a == nil || a.Grade == metering.Null {
		return 0, 0, metering.Null, false
	}
	net, uncertainty, grade = float64(a.Energy), float64(a.Uncertainty), a.Grade
	if !minus.Known() {
		return net, uncertainty, grade, true
	}
	b := minus.At(slot)
	if b == nil || b.Grade == metering.Null {
		return 0, 0, metering.Null, false
	}
	return net - float64(b.Energy), math.Hypot(uncertainty, float64(b.Uncertainty)), grade.Worse(b.Grade), true
}

// flowing is what goes through some points together in an interval.
type flowing struct {
	active, reactive float64 // Wh, varh
	uncertainty      float64 // Wh, of the active energy
	grade            metering.Grade
	guessed          bool             // the reactive energy follows from Config.TanPhi
	missing          metering.PointID // why it is not known
}

func (e *Evaluation) flowing(points []metering.PointID, slot int) (f flowing, ok bool) {
	f.grade = metering.Actual
	for _, p := range points {
		r := e.row(p)
		active, u, grade, known := pair(r.imp, r.exp, slot)
		if !known {
			return flowing{missing: p, grade: metering.Null}, false
		}
		f.active += active
		f.uncertainty = math.Hypot(f.uncertainty, u)
		f.grade = f.grade.Worse(grade)
		reactive, _, _, known := pair(r.rImp, r.rExp, slot)
		if !known {
			reactive, f.guessed = active*e.m.cfg.TanPhi, true
		}
		f.reactive += reactive
	}
	return f, len(points) > 0
}

// LossCell is the calculated loss of a node in one base interval.
type LossCell struct {
	Energy      metering.Energy // Wh, rounded to the nearest
	Reactive    metering.Energy // varh; 0 where the passport does not give it
	Uncertainty metering.Energy // Wh: of the passport and of the energies
	Grade       metering.Grade  // the worst of the energies that it follows from; Null: unknown
	Missing     metering.PointID
}

// Losses are the calculated losses of a node's own line or transformer in each
// base interval of the grid. It fails for a node that is not there or has
// neither.
func (e *Evaluation) Losses(id metering.NodeID) ([]LossCell, error) {
	if _, ok := e.m.net.nodes[id]; !ok {
		return nil, fmt.Errorf("losses of node %q: there is no such node", id)
	}
	if !e.m.net.lossy(id) {
		return nil, fmt.Errorf("losses of node %q: it has neither a transformer nor a line with a voltage", id)
	}
	return e.lossesOf(id), nil
}
