package study

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"asue/balancing/powerflow"
	"asue/metering"
)

// Model is a site's network as it is at a moment. It never changes: any number of
// goroutines may use it at once.
type Model struct {
	site *metering.Site
	at   time.Time
	data [32]byte // digest of the network's data

	buses        []bus
	byNode       map[metering.NodeID]int // buses
	draws        map[metering.NodeID]int // of every node: the bus at which it draws, −1 if none is above it
	below        []bool                  // of each bus: something hangs below it that may draw
	feeds        []feed
	stations     []station
	lines        []line
	transformers []transformer
	switches     []breaker
	transferList []transfer
	bands        map[float64]metering.VoltageBand // by nominal voltage
	net          powerflow.Network                // everything in service, every switch open
	notes        notes

	mu      sync.Mutex
	idle    map[string][]*powerflow.Solver // laid out, by topology
	factors map[ratingKey]float64
}

// bus is a node at which the model tells a voltage.
type bus struct {
	node metering.NodeID
	kv   float64
}

// feed is a source at its sending end.
type feed struct {
	metering.Feed
	source  metering.Source
	bus     int
	station int   // that stands behind it
	lines   []int // that lead away from its bus
	metered bool  // at the sending end; else at the far ends of its lines
}

// station is the network behind one or several feeds: a busbar that each of them is
// tied to while it gives voltage.
type station struct {
	name      string
	feeds     []int
	generator int // index in powerflow
	behind    int // branch of its inner reactance, −1 for an ideal one
}

// line is a circuit.
type line struct {
	metering.NetworkLine // with every figure filled in
	from, to             int
	branch               int
}

// transformer has three rays, whose branches follow each other.
type transformer struct {
	metering.ThreeWinding
	name      string
	bus       [3]int
	branch    int // of HV
	regulator int // −1: no changer
	cooling   Cooling
}

// breaker is a switch between two buses.
type breaker struct {
	metering.Switch
	a, b int
}

// transfer is an АВР between buses and switches.
type transfer struct {
	metering.Transfer
	watch, reserve int
	open, closes   []int
}

// New makes the model of a site at a moment, of the elements that are part of its
// network then. It fails with Faults, everything at once.
func New(site *metering.Site, at time.Time) (*Model, error) {
	m := &Model{site: site, at: at, byNode: map[metering.NodeID]int{}, draws: map[metering.NodeID]int{},
		idle: map[string][]*powerflow.Solver{}, factors: map[ratingKey]float64{}}
	b := builder{m: m}
	b.build()
	if len(b.faults) > 0 {
		return nil, b.faults
	}
	m.data = digestData(site, at)
	m.note()
	return m, nil
}

// Site is what the model was made of.
func (m *Model) Site() *metering.Site { return m.site }

// Buses lists the nodes of the model in the order of the site file.
func (m *Model) Buses() []metering.NodeID {
	nodes := make([]metering.NodeID, len(m.buses))
	for i, b := range m.buses {
		nodes[i] = b.node
	}
	return nodes
}

// BusOf is the bus at which a node draws; false if none is above it.
func (m *Model) BusOf(node metering.NodeID) (metering.NodeID, bool) {
	if i, ok := m.draws[node]; ok && i >= 0 {
		return m.buses[i].node, true
	}
	return "", false
}

// maxIdle bounds the topologies whose solvers are kept.
const maxIdle = 512

// take is a solver of a topology: one that is idle, or a new one. It fails as
// powerflow.New does.
func (m *Model) take(p position) (*powerflow.Solver, error) {
	m.mu.Lock()
	key := p.key()
	if list := m.idle[key]; len(list) > 0 {
		s := list[len(list)-1]
		m.idle[key] = list[:len(list)-1]
		m.mu.Unlock()
		return s, nil
	}
	m.mu.Unlock()
	return powerflow.New(m.network(p))
}

// give takes a solver back for the next who asks for its topology.
func (m *Model) give(p position, s *powerflow.Solver) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := p.key()
	if _, known := m.idle[key]; !known && len(m.idle) >= maxIdle {
		clear(m.idle)
	}
	if list := m.idle[key]; len(list) < runtime.GOMAXPROCS(0) {
		m.idle[key] = append(list, s)
	}
}

// network is the model in a position.
func (m *Model) network(p position) powerflow.Network {
	n := m.net
	n.Generators = append([]powerflow.Generator(nil), n.Generators...)
	n.Branches = append([]powerflow.Branch(nil), n.Branches...)
	n.Switches = append([]powerflow.Switch(nil), n.Switches...)
	for _, s := range m.stations {
		on := slices.ContainsFunc(s.feeds, func(i int) bool { return p.feeds[i] })
		n.Generators[s.generator].Out = !on
		if s.behind >= 0 {
			n.Branches[s.behind].Out = !on
		}
	}
	for i, on := range p.feeds {
		n.Switches[len(m.switches)+i].Closed = on
	}
	for i, l := range m.lines {
		n.Branches[l.branch].Out = !p.lines[i]
	}
	for i, t := range m.transformers {
		for k := t.branch; k < t.branch+3; k++ {
			n.Branches[k].Out = !p.transformers[i]
		}
	}
	for i := range m.switches {
		n.Switches[i].Closed = p.closed[i]
	}
	return n
}
