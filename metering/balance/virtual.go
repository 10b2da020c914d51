package balance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// plan is a virtual point made ready: its terms with one common denominator.
type plan struct {
	point metering.VirtualPoint
	terms []planTerm
	den   int64
	needs []metering.PointID // directly, each once
}

type planTerm struct {
	metering.Term
	num int64 // over the plan's denominator
}

// maxDenominator bounds the common denominator of a virtual point's factors, so
// that its sums stay exact.
const maxDenominator = 1_000_000_000

// planVirtual makes the virtual points ready and puts each after those that it
// needs.
func (m *Model) planVirtual() ([]plan, error) {
	plans := map[metering.PointID]plan{}
	for _, v := range m.site.Virtual {
		if _, ok := plans[v.ID]; ok || m.known(v.ID) {
			return nil, fmt.Errorf("virtual point %q: the id is taken", v.ID)
		}
		p, err := m.plan(v)
		if err != nil {
			return nil, fmt.Errorf("virtual point %q: %w", v.ID, err)
		}
		plans[v.ID] = p
	}
	s := sorter{plans: plans, state: map[metering.PointID]int{}}
	for _, v := range m.site.Virtual {
		if err := s.visit(v.ID); err != nil {
			return nil, err
		}
	}
	return s.order, nil
}

func (m *Model) known(id metering.PointID) bool {
	_, ok := m.site.Point(id)
	return ok
}

func (m *Model) plan(v metering.VirtualPoint) (plan, error) {
	p := plan{point: v, den: 1}
	if len(v.Terms) == 0 {
		return plan{}, fmt.Errorf("it has no terms")
	}
	for i, t := range v.Terms {
		needs, err := m.needs(v, t)
		if err != nil {
			return plan{}, fmt.Errorf("term %d: %w", i+1, err)
		}
		for _, id := range needs {
			if !slices.Contains(p.needs, id) {
				p.needs = append(p.needs, id)
			}
		}
		_, den := t.Factor.Parts()
		p.den = p.den / gcd(p.den, den) * den
		if p.den <= 0 || p.den > maxDenominator {
			return plan{}, fmt.Errorf("the factors' common denominator is above %d: write them coarser", maxDenominator)
		}
	}
	for _, t := range v.Terms {
		num, den := t.Factor.Parts()
		p.terms = append(p.terms, planTerm{t, num * (p.den / den)})
	}
	return p, nil
}

// needs are the points that a term is computed from.
func (m *Model) needs(v metering.VirtualPoint, t metering.Term) ([]metering.PointID, error) {
	set := 0
	for _, stated := range []bool{t.Of != "", t.LossOf != "", t.ShareOf != ""} {
		if stated {
			set++
		}
	}
	switch {
	case set != 1:
		return nil, fmt.Errorf("it names %d of a point, a node's loss and a node's share: name exactly one", set)
	case t.Of != "":
		virtual := slices.ContainsFunc(m.site.Virtual, func(o metering.VirtualPoint) bool { return o.ID == t.Of })
		if !virtual && !m.known(t.Of) {
			return nil, fmt.Errorf("there is no point %q", t.Of)
		}
		return []metering.PointID{t.Of}, nil
	case t.LossOf != "":
		if !m.net.lossy(t.LossOf) {
			return nil, fmt.Errorf("node %q has neither a transformer nor a line with a voltage", t.LossOf)
		}
		l := m.lossModel(t.LossOf)
		if len(l.ways) == 0 {
			return nil, fmt.Errorf("nothing measures what goes through node %q", t.LossOf)
		}
		return slices.Concat(append(l.ways, l.windings...)...), nil
	}
	if v.Resident == "" {
		return nil, fmt.Errorf("a share of node %q is a resident's, and the point has none", t.ShareOf)
	}
	p, err := m.pool(t.ShareOf)
	if err != nil {
		return nil, err
	}
	needs := p.needs()
	if !slices.ContainsFunc(needs, func(id metering.PointID) bool { return m.net.points[id].Resident == v.Resident }) {
		return nil, fmt.Errorf("resident %q is not metered below node %q and has no share there", v.Resident, t.ShareOf)
	}
	return needs, nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// sorter puts virtual points into the order of computing.
type sorter struct {
	plans map[metering.PointID]plan
	state map[metering.PointID]int // 1: on the way, 2: done
	way   []string
	order []plan
}

func (s *sorter) visit(id metering.PointID) error {
	p, virtual := s.plans[id]
	switch {
	case !virtual || s.state[id] == 2:
		return nil
	case s.state[id] == 1:
		first := slices.Index(s.way, string(id))
		return fmt.Errorf("virtual points need each other in a circle: %s → %s", strings.Join(s.way[first:], " → "), id)
	}
	s.state[id] = 1
	s.way = append(s.way, string(id))
	for _, need := range p.needs {
		if err := s.visit(need); err != nil {
			return err
		}
	}
	s.way = s.way[:len(s.way)-1]
	s.state[id] = 2
	s.order = append(s.order, p)
	return nil
}

// Virtual lists the virtual points in the order of computing: each after those
// that it needs.
func (m *Model) Virtual() []metering.PointID {
	var list []metering.PointID
	for _, p := range m.plans {
		list = append(list, p.point.ID)
	}
	return list
}

// Needs lists the points, physical and virtual, that a virtual point is computed
// from directly; nil for any other point.
func (m *Model) Needs(id metering.PointID) []metering.PointID {
	for _, p := range m.plans {
		if p.point.ID == id {
			return slices.Clone(p.needs)
		}
	}
	return nil
}

// Dependents lists the virtual points that change when one of the given points
// does, directly or through others, in the order of computing.
func (m *Model) Dependents(changed ...metering.PointID) []metering.PointID {
	dirty := map[metering.PointID]bool{}
	for _, id := range changed {
		dirty[id] = true
	}
	var list []metering.PointID
	for _, p := range m.plans {
		if slices.ContainsFunc(p.needs, func(id metering.PointID) bool { return dirty[id] }) {
			dirty[p.point.ID] = true
			list = append(list, p.point.ID)
		}
	}
	return list
}

func (m *Model) planOf(id metering.PointID) (plan, bool) {
	for _, p := range m.plans {
		if p.point.ID == id {
			return p, true
		}
	}
	return plan{}, false
}

// applies reports whether the losses of a node are a term of the point.
func (p plan) applies(id metering.NodeID, at time.Time) bool {
	return slices.ContainsFunc(p.terms, func(t planTerm) bool { return t.LossOf == id && t.Holds(at) })
}
