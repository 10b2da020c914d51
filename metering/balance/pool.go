package balance

import (
	"fmt"
	"slices"

	"asue/metering"
)

// Shares are the parts of one node's loss and imbalance in one base interval.
type Shares struct {
	// Total is what came in at the node's head less what residents and own needs
	// below it drew: losses and imbalance together, negative if more went out.
	Total metering.Energy
	// Parts by resident add up to Total exactly; nil when it is not known.
	Parts       map[metering.ResidentID]metering.Energy
	Uncertainty metering.Energy // of Total, Wh
	Grade       metering.Grade
	Missing     metering.PointID // why it is not known
}

// pool is how the loss and imbalance of a node are shared out: among the flows at
// the node's own voltage in proportion to their energy, and what falls to a flow
// into a lower voltage among those who are fed through it, in the same way.
type pool struct {
	in, ends []metering.PointID
	root     *member
	shares   []Shares
}

// member is one flow of a pool: a resident's point, or what others are fed from.
type member struct {
	points   []metering.PointID // that measure it
	resident metering.ResidentID
	members  []*member
}

func (m *Model) pool(id metering.NodeID) (*pool, error) {
	node, ok := m.net.nodes[id]
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no node %q", id)
	case len(m.net.heads[id]) == 0:
		return nil, fmt.Errorf("nothing measures what enters node %q: its losses and imbalance are not known", id)
	}
	p := &pool{in: m.net.heads[id], ends: m.net.below(id, noHead).points, root: &member{}}
	p.root.members = m.members(id, m.poolVoltage(node))
	if len(p.root.members) == 0 {
		return nil, fmt.Errorf("no resident is metered below node %q: there is nobody to share its losses", id)
	}
	return p, nil
}

// poolVoltage is the voltage at which a node delivers: that of a transformer is
// on its other side, the highest there.
func (m *Model) poolVoltage(node metering.Node) float64 {
	if node.Transformer == nil {
		return node.VoltageKV
	}
	kv := 0.0
	for _, child := range m.net.children[node.ID] {
		kv = max(kv, m.net.nodes[child].VoltageKV)
	}
	return kv
}

// members are the flows at a node and below it as far as the voltage reaches. A
// feeder that serves lower voltages only is one flow, measured at its head.
func (m *Model) members(id metering.NodeID, kv float64) []*member {
	var list []*member
	for _, p := range m.net.ends[id] {
		if point := m.net.points[p]; point.Role == metering.RoleResident {
			list = append(list, &member{points: []metering.PointID{p}, resident: point.Resident})
		}
	}
	for _, child := range m.net.children[id] {
		node := m.net.nodes[child]
		if node.VoltageKV == kv && node.Transformer == nil {
			below, heads := m.members(child, kv), m.net.heads[child]
			if len(below) > 0 && len(heads) > 0 && !slices.ContainsFunc(below, func(b *member) bool { return len(b.members) == 0 }) {
				below = []*member{{points: heads, members: below}}
			}
			list = append(list, below...)
			continue
		}
		if below := m.members(child, m.poolVoltage(node)); len(below) > 0 {
			list = append(list, &member{points: m.net.entering(child, everyHead).points, members: below})
		}
	}
	return list
}

// Shares are the parts of a node's loss and imbalance in each base interval of
// the grid. It fails for a node whose inflow nobody measures, and where no
// resident is metered below.
func (e *Evaluation) Shares(id metering.NodeID) ([]Shares, error) {
	if p, ok := e.pools[id]; ok {
		return p.shares, nil
	}
	p, err := e.m.pool(id)
	if err != nil {
		return nil, fmt.Errorf("share losses of node %q: %w", id, err)
	}
	p.shares = make([]Shares, e.g.Len())
	for slot := range p.shares {
		p.shares[slot] = e.shares(p, slot)
	}
	e.pools[id] = p
	return p.shares, nil
}

func (e *Evaluation) shares(p *pool, slot int) Shares {
	in, ok := e.flowing(p.in, slot)
	if !ok {
		return Shares{Grade: metering.Null, Missing: in.missing}
	}
	out, ok := e.flowing(p.ends, slot)
	if !ok {
		return Shares{Grade: metering.Null, Missing: out.missing}
	}
	s := Shares{
		Total: wh(in.active - out.active), Grade: in.grade.Worse(out.grade),
		Uncertainty: rootOf(in.uncertainty, out.uncertainty),
		Parts:       map[metering.ResidentID]metering.Energy{},
	}
	e.divide(s.Parts, s.Total, p.root.members, slot)
	return s
}

// divide shares a total among members and, below them, their own.
func (e *Evaluation) divide(parts map[metering.ResidentID]metering.Energy, total metering.Energy, members []*member, slot int) {
	weights := make([]metering.Energy, len(members))
	for i, m := range members {
		weights[i] = wh(e.weight(m, slot))
	}
	for i, share := range Share(total, weights) {
		if m := members[i]; len(m.members) > 0 {
			e.divide(parts, share, m.members, slot)
		} else {
			parts[m.resident] += share
		}
	}
}

// weight is the energy of a member; where its meter is silent, what those below
// it drew. Residents are known wherever there is something to share.
func (e *Evaluation) weight(m *member, slot int) float64 {
	if f, ok := e.flowing(m.points, slot); ok {
		return f.active
	}
	sum := 0.0
	for _, below := range m.members {
		sum += e.weight(below, slot)
	}
	return sum
}

// needs are the points whose energies the pool is made of.
func (p *pool) needs() []metering.PointID {
	list := slices.Concat(p.in, p.ends)
	var walk func([]*member)
	walk = func(members []*member) {
		for _, m := range members {
			list = append(list, m.points...)
			walk(m.members)
		}
	}
	walk(p.root.members)
	return list
}
