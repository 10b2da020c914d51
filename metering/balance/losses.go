package balance

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

const periodHours = float64(metering.BasePeriod) / float64(time.Hour)

// lossModel is how the loss of one node is calculated.
type lossModel struct {
	node        metering.Node
	transformer *Transformer
	ohm, volts  float64
	// ways are sets of points that each measure what enters the node, the best
	// first; windings measure what leaves a transformer's other two windings.
	ways     [][]metering.PointID
	windings [][]metering.PointID
}

func (m *Model) lossModel(id metering.NodeID) lossModel {
	node := m.net.nodes[id]
	l := lossModel{node: node}
	if heads := m.net.heads[id]; len(heads) > 0 {
		l.ways = append(l.ways, heads)
	}
	if below := m.net.below(id, everyHead); len(below.points) > 0 {
		l.ways = append(l.ways, below.points)
	}
	if node.Transformer == nil {
		l.ohm, l.volts = node.Line.LengthKM*node.Line.OhmPerKM, node.VoltageKV*1000
		return l
	}
	p := m.cfg.Passports[id]
	l.transformer = &Transformer{
		Units: p.Units, RatedVA: node.Transformer.RatedVA,
		NoLoadW: node.Transformer.NoLoadW, LoadLossW: node.Transformer.LoadLossW,
		WindingW: p.WindingW, NoLoadPercent: p.NoLoadPercent, ShortPercent: p.ShortPercent,
	}
	if l.transformer.ThreeWindings() {
		l.windings = m.net.windings(id)
	}
	return l
}

// windings are the points that measure what leaves a transformer towards each
// lower voltage, the higher voltage first.
func (n *network) windings(id metering.NodeID) [][]metering.PointID {
	byVoltage := map[float64][]metering.PointID{}
	var voltages []float64
	for _, child := range n.children[id] {
		kv := n.nodes[child].VoltageKV
		if _, ok := byVoltage[kv]; !ok {
			voltages = append(voltages, kv)
		}
		byVoltage[kv] = append(byVoltage[kv], n.entering(child, everyHead).points...)
	}
	slices.Sort(voltages)
	slices.Reverse(voltages)
	var list [][]metering.PointID
	for _, kv := range voltages {
		list = append(list, byVoltage[kv])
	}
	return list
}

func (e *Evaluation) lossesOf(id metering.NodeID) []LossCell {
	if cells, ok := e.losses[id]; ok {
		return cells
	}
	l := e.m.lossModel(id)
	cells := make([]LossCell, e.g.Len())
	guessed, coarse := 0, 0
	for slot := range cells {
		guess, two := e.loss(&cells[slot], l, slot)
		guessed, coarse = guessed+guess, coarse+two
	}
	if guessed > 0 {
		e.remarks[id] = append(e.remarks[id], fmt.Sprintf("losses of %s: no reactive energy in %d of %d intervals, tan φ %v is taken", id, guessed, len(cells), e.m.cfg.TanPhi))
	}
	if coarse > 0 {
		e.remarks[id] = append(e.remarks[id], fmt.Sprintf("losses of %s: the windings' energies are not known in %d of %d intervals, all of it is taken to go through one of them", id, coarse, len(cells)))
	}
	e.losses[id] = cells
	return cells
}

// loss fills in the loss of one interval. It counts (0 or 1) whether the reactive
// energy was guessed, and whether three windings had to be taken for two.
func (e *Evaluation) loss(c *LossCell, l lossModel, slot int) (guessed, coarse int) {
	through, ok := flowing{}, false
	for _, way := range l.ways {
		if through, ok = e.flowing(way, slot); ok {
			break
		}
	}
	if !ok {
		c.Grade, c.Missing = metering.Null, through.missing
		return 0, 0
	}
	k := e.squareFactor(l.node.ID, slot)
	var loss Loss
	var load float64 // W, the part that grows with the load
	if l.transformer == nil {
		loss.P = LineLoss(l.ohm, l.volts, through.flow(k))
		load = loss.P
	} else {
		voltage := 1.0
		if at := e.m.cfg.VoltageAt; at != nil {
			if u, ok := at(l.node.ID, e.g.Start(slot)); ok {
				voltage = u
			}
		}
		t, flows, reduced := e.throughWindings(l, through, k, slot)
		loss = t.Loss(voltage, flows...)
		load = loss.P - t.Loss(voltage).P
		coarse = reduced
	}
	c.Energy = metering.Energy(math.Round(loss.P * periodHours))
	c.Reactive = metering.Energy(math.Round(loss.Q * periodHours))
	c.Grade = through.grade
	relative := 0.0
	if through.active != 0 {
		relative = math.Min(1, through.uncertainty/math.Abs(through.active))
	}
	u := math.Hypot(e.m.cfg.PassportTolerance*loss.P, 2*relative*load) * periodHours
	c.Uncertainty = metering.Energy(math.Ceil(u + 0.5))
	if through.guessed {
		guessed = 1
	}
	return guessed, coarse
}

// throughWindings are the flows of a transformer's windings, and the transformer
// as they let it be seen: with two windings where the energies of three are not
// known.
func (e *Evaluation) throughWindings(l lossModel, through flowing, k float64, slot int) (t Transformer, flows []Flow, coarse int) {
	t, flows = *l.transformer, []Flow{through.flow(k)}
	if !t.ThreeWindings() {
		return t, flows, 0
	}
	for _, points := range l.windings {
		if f, ok := e.flowing(points, slot); ok {
			flows = append(flows, f.flow(k))
		}
	}
	if n := len(flows) - 1; n == 0 || n != len(l.windings) || n >= len(t.WindingW) {
		t.LoadLossW = t.WindingW[0] + max(t.WindingW[1], t.WindingW[2])
		t.WindingW = [3]float64{}
		return t, flows[:1], 1
	}
	return t, flows, 0
}

// flow is the mean power of what goes through in an interval.
func (f flowing) flow(k float64) Flow {
	return Flow{P: f.active / periodHours, Q: f.reactive / periodHours, SquareFactor: k}
}

func (e *Evaluation) squareFactor(id metering.NodeID, slot int) float64 {
	if at := e.m.cfg.SquareFactorAt; at != nil {
		if k, ok := at(id, e.g.Start(slot)); ok {
			return math.Max(1, k)
		}
	}
	return e.m.cfg.SquareFactor
}

// mayCompensate reports whether the meter at a point can add the losses of a
// node: it is stated so, or the node is the nearest one above the meter.
func (m *Model) mayCompensate(p metering.PointID, id metering.NodeID) bool {
	if nodes, ok := m.cfg.Compensated[p]; ok {
		return slices.Contains(nodes, id)
	}
	nearest, ok := m.net.compensates(p)
	return ok && nearest == id
}

// compensated reports whether the meter at a point has added the losses of a
// node to its energy of an interval, so that they must not be added again.
func (e *Evaluation) compensated(p metering.PointID, id metering.NodeID, slot int) bool {
	return e.m.mayCompensate(p, id) && e.added(p, slot)
}

// added reports whether a meter has added the losses that it may add.
func (e *Evaluation) added(p metering.PointID, slot int) bool {
	if _, stated := e.m.cfg.Compensated[p]; stated {
		return true
	}
	iv := e.row(p).imp.At(slot)
	return iv != nil && iv.Flags&metering.FlagLossApplied != 0
}
