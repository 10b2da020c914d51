package site

import (
	"fmt"
	"math"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

func (m *modelChecker) checkFeeds() {
	for i := range m.network.feeds.V {
		g := &m.network.feeds.V[i]
		m.checkFeed(g.At, &g.V)
	}
	if !m.network.feeds.OK {
		return
	}
	for _, s := range m.plant.sources.V {
		if _, fed := m.feeds[s.V.id.V]; s.V.id.OK && !fed {
			m.Refuse(s.At, form.Found("source-without-feed", fmt.Sprintf("the network has no feed of the source %q", s.V.id.V), "without its voltage nothing can be calculated that it supplies", "add it to \"feeds\" of the network"))
		}
	}
}

func (m *modelChecker) checkFeed(at *form.Node, f *feedDraft) {
	s, ok := m.sources.find(m.Report, f.source)
	if ok && m.feeds[f.source.V] != nil {
		m.Refuse(f.source.At, form.Found("duplicate-feed", fmt.Sprintf("two feeds of the source %q", f.source.V), "a sending end has one voltage", "delete one of the two"))
	} else if ok {
		m.feeds[f.source.V] = f
		if s.node.OK && !m.buses[s.node.V] {
			m.Refuse(f.source.At, form.Found("feed-without-line", fmt.Sprintf("no line of the network begins at %q, where the source %q does", s.node.V, f.source.V), "what it feeds in would go nowhere", "add its line to \"lines\" of the network"))
		}
		if n, known := m.nodeOf(s.node); known && f.voltage.OK && math.Abs(f.voltage.V/n.voltage.V-1) > 0.15 {
			m.Refuse(f.voltage.At, form.Found("wrong-voltage", fmt.Sprintf("%v kV are held at a node of %v kV", f.voltage.V, n.voltage.V), "a sending end holds a voltage within 15 % of the nominal one", "check the number and its unit"))
		}
	}
	if f.meter.Stated() {
		m.bus(f.meter, "the feed's meter")
	}
	switch {
	case f.angleKnown.V && !f.angle.Stated():
		m.Refuse(f.angleKnown.At, form.Found("no-angle", "an angle that is known and not written", "flows between feeds in parallel follow from it", "write \"angle\", or delete \"angle_known\""))
	case f.rToX.Stated() && !f.shortCircuit.Stated():
		m.Warn(f.rToX.At, form.Found("no-short-circuit", "a ratio of R to X without a short-circuit power", "without the power there is no impedance that it could divide", "add \"short_circuit\", or delete the ratio"))
	}
	if f.shortCircuit.OK && (f.shortCircuit.V < 20 || f.shortCircuit.V > 100_000) {
		m.Warn(f.shortCircuit.At, form.Found("implausible-feed", fmt.Sprintf("a short-circuit power of %v MVA", f.shortCircuit.V), "networks that feed a zone have 20 to 100 000 MVA", "check the number and its unit"))
	}
}

// station names the busbar behind a source, which is one of its own if none is stated.
func (m *modelChecker) station(source string) string {
	if f := m.feeds[source]; f != nil && f.station.OK {
		return "station " + f.station.V
	}
	return "source " + source
}

func (m *modelChecker) checkScenarios() {
	for i := range m.network.scenarios.V {
		g := &m.network.scenarios.V[i]
		s := &g.V
		if s.sources.OK && len(s.sources.V) == 0 {
			m.Refuse(s.sources.At, form.Found("no-source", fmt.Sprintf("the scenario %q has no source", s.id.V), "then nothing is fed, and there is nothing to calculate", "name the sources that are in service"))
		}
		good := m.sound && read(s.sources)
		for _, ref := range s.sources.V {
			_, ok := m.sources.find(m.Report, ref)
			good = good && ok
		}
		m.checkSettings(s)
		if good && len(s.sources.V) > 0 {
			m.checkParallel(s)
		}
	}
}

// checkSettings looks at the switches that stand otherwise than in the normal state.
func (m *modelChecker) checkSettings(s *scenarioDraft) {
	f := func(list given[[]given[metering.ElementID]], wants bool, word string) {
		for _, ref := range list.V {
			_, ok := m.switches.find(m.Report, ref)
			if is, known := m.isClosed(ref); ok && known && is == wants {
				m.Warn(ref.At, form.Found("as-normal", fmt.Sprintf("the scenario %q has %q %s, as it is in the normal state", s.id.V, ref.V, word), "a scenario says what differs from the normal state", "delete it here, or correct the normal state"))
			}
		}
	}
	f(s.open, false, "open")
	f(s.close, true, "closed")
	for _, ref := range s.close.V {
		if ref.OK && slices.Contains(values(s.open.V), ref.V) {
			m.Refuse(ref.At, form.Found("opens-and-closes", fmt.Sprintf("the scenario %q has %q open and closed", s.id.V, ref.V), "a switch has one position", "delete it from one of the two lists"))
		}
	}
}

// checkParallel looks for feeds of different stations in one island, which equalise
// over the zone's buses by an angle that nobody may know.
func (m *modelChecker) checkParallel(s *scenarioDraft) {
	all := m.islands(values(s.open.V), values(s.close.V))
	first := map[metering.NodeID]string{} // source by island
	parallel := false
	for _, ref := range s.sources.V {
		source, ok := m.sources.byID[ref.V]
		if !ok || !source.node.OK || m.feeds[ref.V] == nil {
			return
		}
		root := all.of(source.node.V)
		other, met := first[root]
		if !met {
			first[root] = ref.V
			continue
		}
		if m.station(other) == m.station(ref.V) {
			continue
		}
		parallel = true
		if !s.parallel.V {
			m.Refuse(ref.At, form.Found("parallel-feeds", fmt.Sprintf("%q and %q feed one island in the scenario %q", other, ref.V, s.id.V),
				"feeds of different stations equalise through the zone by their angle, which breaks contracts and may not be known", "open a switch between them, or write \"parallel: true\" if it is meant so"))
		}
	}
	if s.parallel.V && !parallel {
		m.Warn(s.parallel.At, form.Found("not-parallel", fmt.Sprintf("no two feeds of different stations meet in the scenario %q", s.id.V), "\"parallel\" announces that they do", "close the switch that joins them, or delete \"parallel\""))
	}
	served := func(share given[shareDraft]) bool {
		_, fed := first[all.of(share.V.node.V)]
		return fed
	}
	if shares := m.network.plan.V.shares.V; len(shares) > 0 && !slices.ContainsFunc(shares, served) {
		m.Warn(s.sources.At, form.Found("dark-scenario", fmt.Sprintf("nothing is fed in the scenario %q", s.id.V), "no share of the load hangs together with one of its sources", "close the switch of the source"))
	}
}

// checkPlan looks at how the load of a study is spread.
func (m *modelChecker) checkPlan() {
	plan := &m.network.plan.V
	if !plan.shares.OK {
		return
	}
	sum, whole := 0.0, read(plan.shares)
	seen := map[metering.NodeID]bool{}
	all := m.islands(nil, nil)
	fed := map[metering.NodeID]bool{}
	for _, s := range m.plant.sources.V {
		if s.V.node.OK && s.V.available.V {
			fed[all.of(s.V.node.V)] = true
		}
	}
	for _, g := range plan.shares.V {
		share := g.V
		whole = whole && share.part.OK
		sum += share.part.V
		if _, ok := m.bus(share.node, "a share of the load"); !ok {
			continue
		}
		if seen[share.node.V] {
			m.Refuse(share.node.At, form.Found("duplicate-share", fmt.Sprintf("two shares of %q", share.node.V), "a bus has one share", "add the two up"))
		}
		seen[share.node.V] = true
		if m.sound && share.part.V > 0 && !fed[all.of(share.node.V)] {
			m.Warn(share.node.At, form.Found("dark-share", fmt.Sprintf("nothing feeds %q in the normal state", share.node.V), "its share of the load would be without voltage in every result", "correct the switches of the normal state, or the share"))
		}
	}
	if whole && math.Abs(sum-100) > 1e-4 {
		m.Refuse(plan.shares.At, form.Found("shares-off", fmt.Sprintf("the shares make %.6g %%", sum), "together they are the load of the site: 100 %, to a millionth", "correct the shares"))
	}
}
