package study

import (
	"slices"

	"asue/balancing/internal/disjoint"
	"asue/metering"
)

// position is what is closed and in service, each list in the order of the model's.
type position struct {
	closed       []bool // switches
	feeds        []bool // give voltage at their sending ends
	lines        []bool
	transformers []bool
}

func (p position) clone() position {
	return position{slices.Clone(p.closed), slices.Clone(p.feeds), slices.Clone(p.lines), slices.Clone(p.transformers)}
}

// key names a position among those of one model.
func (p position) key() string {
	key := make([]byte, 0, len(p.closed)+len(p.feeds)+len(p.lines)+len(p.transformers))
	for _, list := range [][]bool{p.closed, p.feeds, p.lines, p.transformers} {
		for _, on := range list {
			if on {
				key = append(key, '1')
			} else {
				key = append(key, '0')
			}
		}
	}
	return string(key)
}

// position is how a setting has the network stand. It fails with UnknownError.
func (m *Model) position(s Setting) (position, error) {
	p := position{closed: make([]bool, len(m.switches)), feeds: make([]bool, len(m.feeds)),
		lines: trues(len(m.lines)), transformers: trues(len(m.transformers))}
	for i, sw := range m.switches {
		p.closed[i] = sw.Closed
	}
	scenario, err := m.scenario(s.Scenario)
	if err != nil {
		return p, err
	}
	for _, id := range scenario.Open {
		p.closed[m.switchIndex(id)] = false
	}
	for _, id := range scenario.Close {
		p.closed[m.switchIndex(id)] = true
	}
	for _, id := range sortedKeys(s.Closed) {
		i := m.switchIndex(id)
		if i < 0 {
			return p, &UnknownError{"switch", string(id)}
		}
		p.closed[i] = s.Closed[id]
	}
	if err := m.energise(&p, s, scenario); err != nil {
		return p, err
	}
	for _, id := range s.Out {
		if !m.takeOut(&p, id) {
			return p, &UnknownError{"element", id}
		}
	}
	return p, nil
}

// energise says which feeds give voltage.
func (m *Model) energise(p *position, s Setting, scenario metering.SupplyScenario) error {
	sources := s.Sources
	if sources == nil {
		sources = scenario.Sources
	}
	if sources == nil {
		for i, f := range m.feeds {
			p.feeds[i] = f.source.Available
		}
		return nil
	}
	for _, id := range sources {
		i := m.feedIndex(id)
		if i < 0 {
			return &UnknownError{"source", id}
		}
		p.feeds[i] = true
	}
	return nil
}

// takeOut takes everything of an id out of service; false if nothing has it.
func (m *Model) takeOut(p *position, id string) (known bool) {
	out := func(list []bool, i int) { list[i], known = false, true }
	for i, l := range m.lines {
		if string(l.ID) == id || l.Towers == id && id != "" {
			out(p.lines, i)
		}
	}
	for i, t := range m.transformers {
		if string(t.Node) == id {
			out(p.transformers, i)
		}
	}
	for i, f := range m.feeds {
		if f.Source == id {
			out(p.feeds, i)
		}
	}
	return known
}

// scenario finds a scenario; the empty id is the normal state.
func (m *Model) scenario(id metering.ElementID) (metering.SupplyScenario, error) {
	if id == "" {
		return metering.SupplyScenario{}, nil
	}
	for _, s := range m.site.Network.Scenarios {
		if s.ID == id {
			return s, nil
		}
	}
	return metering.SupplyScenario{}, &UnknownError{"scenario", string(id)}
}

// scenarioOf is the first scenario in which switches and sources stand as they do;
// empty if it is none.
func (m *Model) scenarioOf(p position) metering.ElementID {
	for _, s := range m.site.Network.Scenarios {
		other, err := m.position(Setting{Scenario: s.ID})
		if err == nil && slices.Equal(other.closed, p.closed) && slices.Equal(other.feeds, p.feeds) {
			return s.ID
		}
	}
	return ""
}

// energised says of every bus whether it has voltage: whether closed switches and
// branches in service lead there from a feed that gives it.
func (m *Model) energised(p position) []bool {
	live := make([]bool, len(m.buses))
	root := m.islands(p)
	held := make([]bool, len(m.buses))
	for i, f := range m.feeds {
		if p.feeds[i] {
			held[root[f.bus]] = true
		}
	}
	for i := range live {
		live[i] = held[root[i]]
	}
	return live
}

// islands gives every bus the first bus of its island.
func (m *Model) islands(p position) []int {
	tie := disjoint.New(len(m.buses))
	m.fuse(p, tie)
	for i, l := range m.lines {
		if p.lines[i] {
			tie.Join(l.from, l.to)
		}
	}
	for i, t := range m.transformers {
		if p.transformers[i] {
			tie.Join(t.bus[0], t.bus[1])
			tie.Join(t.bus[0], t.bus[2])
		}
	}
	for _, s := range m.stations {
		first := -1
		for _, i := range s.feeds {
			switch {
			case !p.feeds[i]:
			case first < 0:
				first = m.feeds[i].bus
			default:
				tie.Join(first, m.feeds[i].bus)
			}
		}
	}
	return tie.Roots()
}

// fuse joins the buses that closed switches make one.
func (m *Model) fuse(p position, tie disjoint.Sets) {
	for i, s := range m.switches {
		if p.closed[i] {
			tie.Join(s.a, s.b)
		}
	}
}

func trues(n int) []bool {
	list := make([]bool, n)
	for i := range list {
		list[i] = true
	}
	return list
}

func sortedKeys[K ~string, V any](of map[K]V) []K {
	keys := make([]K, 0, len(of))
	for k := range of {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
