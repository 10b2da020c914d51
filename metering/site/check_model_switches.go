package site

import (
	"fmt"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

func (m *modelChecker) checkSwitches() {
	pairs := map[[2]metering.NodeID]metering.ElementID{}
	for i := range m.network.switches.V {
		g := &m.network.switches.V[i]
		s := &g.V
		if point, ok := m.points.find(m.Report, s.point); ok && point.medium.Or(metering.Electricity) != metering.Electricity {
			m.Refuse(s.point.At, form.Found("wrong-medium", fmt.Sprintf("the point %q counts %s", s.point.V, point.medium.V), "a switch is seen by a point of electricity", "name the point at the switch, or delete \"point\""))
		}
		m.sound = m.sound && read(s.between) && s.closed.OK
		if !read(s.between) {
			continue
		}
		a, b := s.between.V[0], s.between.V[1]
		m.joins(s.between.At, fmt.Sprintf("the switch %q", s.id.V), a, b)
		pair := [2]metering.NodeID{min(a.V, b.V), max(a.V, b.V)}
		if other, twice := pairs[pair]; twice && a.V != b.V {
			m.Warn(s.between.At, form.Found("parallel-switches", fmt.Sprintf("the switches %q and %q join the same two buses", other, s.id.V),
				"opening one of them changes nothing, and how the current is divided is not known", "keep one, or give the part between them a node of its own"))
		}
		pairs[pair] = s.id.V
	}
}

// isClosed is the normal state of a switch; the second result is false where nothing
// can be said.
func (m *modelChecker) isClosed(ref given[metering.ElementID]) (closed, known bool) {
	s, ok := m.switches.byID[ref.V]
	return ok && s.closed.V, ok && ref.OK && s.closed.OK
}

// sets reports whether some scenario has a switch in this list otherwise than in the
// normal state.
func (m *modelChecker) sets(list func(*scenarioDraft) given[[]given[metering.ElementID]], id metering.ElementID) bool {
	return slices.ContainsFunc(m.network.scenarios.V, func(s given[scenarioDraft]) bool { return slices.Contains(values(list(&s.V).V), id) })
}

func (m *modelChecker) checkTransfers() {
	opened := func(s *scenarioDraft) given[[]given[metering.ElementID]] { return s.open }
	closed := func(s *scenarioDraft) given[[]given[metering.ElementID]] { return s.close }
	for i := range m.network.transfers.V {
		g := &m.network.transfers.V[i]
		t := &g.V
		name := fmt.Sprintf("the transfer %q", t.id.V)
		_, watched := m.bus(t.watch, name)
		_, reserved := m.bus(t.reserve, name)
		if watched && reserved && t.watch.V == t.reserve.V {
			m.Refuse(t.reserve.At, form.Found("own-reserve", fmt.Sprintf("%s has %q as its own reserve", name, t.watch.V), "what has lost its voltage cannot give it", "name the bus that gives the voltage"))
			reserved = false
		}
		if t.close.OK && len(t.close.V) == 0 {
			m.Refuse(t.close.At, form.Found("closes-nothing", name+" closes nothing", "a transfer joins the bus to its reserve", "name the switch that it closes"))
		}
		for _, ref := range t.open.V {
			_, ok := m.switches.find(m.Report, ref)
			if is, known := m.isClosed(ref); ok && known && !is && !m.sets(closed, ref.V) {
				m.Refuse(ref.At, form.Found("already-open", fmt.Sprintf("%s opens %q, which is open", name, ref.V), "it is open in the normal state, and no scenario closes it", "delete it here, or correct its normal state"))
			}
		}
		for _, ref := range t.close.V {
			_, ok := m.switches.find(m.Report, ref)
			if is, known := m.isClosed(ref); ok && known && is && !m.sets(opened, ref.V) {
				m.Refuse(ref.At, form.Found("already-closed", fmt.Sprintf("%s closes %q, which is closed", name, ref.V), "it is closed in the normal state, and no scenario opens it", "delete it here, or correct its normal state"))
			}
			if ok && slices.Contains(values(t.open.V), ref.V) {
				m.Refuse(ref.At, form.Found("opens-and-closes", fmt.Sprintf("%s opens %q and closes it again", name, ref.V), "a switch is done one thing to", "delete it from one of the two lists"))
			}
		}
		if m.sound && watched && reserved && read(t.close) && (!t.open.Stated() || read(t.open)) {
			if after := m.islands(values(t.open.V), values(t.close.V)); !after.together(t.watch.V, t.reserve.V) {
				m.Warn(t.close.At, form.Found("transfer-without-effect", fmt.Sprintf("%s does not join %q to %q", name, t.watch.V, t.reserve.V), "from the normal state, with these switches opened and closed, the two are still apart", "add the switch that is missing, or correct the reserve"))
			}
		}
	}
}

// islands is what hangs together in the normal state but for some switches, whether or
// not anything feeds it. It means something while the model is sound.
func (m *modelChecker) islands(open, closed []metering.ElementID) islands {
	all := islands{}
	for _, l := range m.network.lines.V {
		all.join(l.V.from.V, l.V.to.V)
	}
	for _, t := range m.network.transformers.V {
		for _, bus := range values(t.V.buses.V) {
			all.join(values(t.V.buses.V)[0], bus)
		}
	}
	for _, s := range m.network.switches.V {
		is := s.V.closed.V
		switch {
		case slices.Contains(closed, s.V.id.V):
			is = true
		case slices.Contains(open, s.V.id.V):
			is = false
		}
		if ends := values(s.V.between.V); is && len(ends) == 2 {
			all.join(ends[0], ends[1])
		}
	}
	return all
}

// islands are disjoint sets of buses: each points to another one of its set, and one
// of each set to itself.
type islands map[metering.NodeID]metering.NodeID

func (s islands) of(id metering.NodeID) metering.NodeID {
	for up, ok := s[id]; ok && up != id; up, ok = s[id] {
		id = up
	}
	return id
}

func (s islands) join(a, b metering.NodeID) { s[s.of(a)] = s.of(b) }

func (s islands) together(a, b metering.NodeID) bool { return s.of(a) == s.of(b) }
