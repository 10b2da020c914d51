package study

import "asue/metering"

// TransfersAfter is what transfers make of a setting once out is lost as well: which
// switches are closed and which transformers in service then, by id, and the moves.
func (m *Model) TransfersAfter(s Setting, out []string) (closed, in map[metering.ElementID]bool, moves []metering.Move, err error) {
	p, err := m.position(s)
	if err != nil {
		return nil, nil, nil, err
	}
	before := m.energised(p)
	for _, id := range out {
		if !m.takeOut(&p, id) {
			return nil, nil, nil, &UnknownError{"element", id}
		}
	}
	p, moves = m.transfers(p, before)
	closed, in = map[metering.ElementID]bool{}, map[metering.ElementID]bool{}
	for i, sw := range m.switches {
		closed[sw.ID] = p.closed[i]
	}
	for i, t := range m.transformers {
		in[metering.ElementID(t.Node)] = p.transformers[i]
	}
	return closed, in, moves, nil
}
