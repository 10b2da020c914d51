package simulator

import (
	"slices"
	"time"

	"asue/metering"
)

// Snapshot is the world at one instant. It is immutable: any goroutine may look
// at it.
type Snapshot struct {
	At     time.Time // UTC
	shared *shared
	points []Measure
	active []Active

	closed []bool    // switches
	kv     []float64 // nodes; 0: dead

	wanted  int64 // mW
	outputs []ActuatorView
	loads   []loadView
}

// shared is what all snapshots of a world have in common.
type shared struct {
	site       *metering.Site
	order      []metering.PointID
	index      map[metering.PointID]int
	installs   map[metering.MeterID][]metering.Install
	lines      []metering.LineID
	firstMeter metering.MeterID          // silent unless another one is named
	slowLine   metering.LineID           // slow unless another one is named
	dead       map[metering.MeterID]bool // silent when many are
	outputs    map[metering.ActuatorID]int
	residents  map[metering.ResidentID][]int // their loads
	nodes      map[metering.NodeID]int
	switches   map[metering.ElementID]int
}

func newShared(site *metering.Site, net *network, seed uint64) *shared {
	s := &shared{
		dead:      map[metering.MeterID]bool{},
		outputs:   make(map[metering.ActuatorID]int, len(site.Actuators)),
		residents: map[metering.ResidentID][]int{},
		site:      site,
		index:     make(map[metering.PointID]int, len(site.Points)),
		installs:  make(map[metering.MeterID][]metering.Install, len(site.Meters)),
		lines:     Lines(site),
		nodes:     make(map[metering.NodeID]int, len(net.nodes)),
		switches:  map[metering.ElementID]int{},
	}
	for i := range net.nodes {
		s.nodes[net.nodes[i].ID] = i
	}
	if net.gear != nil {
		for i := range net.gear.switches {
			s.switches[net.gear.switches[i].ID] = i
		}
	}
	for _, p := range site.Points {
		if _, twice := s.index[p.ID]; twice || net.carry[p.ID] == nil && net.piped[p.ID] == nil {
			continue
		}
		s.index[p.ID] = len(s.order)
		s.order = append(s.order, p.ID)
	}
	var inputLines []metering.LineID
	for _, i := range site.Installs {
		s.installs[i.Meter] = append(s.installs[i.Meter], i)
		p, _ := site.Point(i.Point)
		m, _ := site.Meter(i.Meter)
		if p.MediumOf() != metering.Electricity {
			continue
		}
		if p.Role == metering.RoleInput {
			inputLines = append(inputLines, m.Line)
		}
		if p.Role == metering.RoleResident && sourceFor(seed, "dead "+string(i.Meter)).at(0) < deadShare {
			s.dead[i.Meter] = true
		}
		if r, ok := site.Resident(p.Resident); ok && s.firstMeter == "" && p.Role == metering.RoleResident && r.State == metering.Working {
			s.firstMeter = i.Meter
		}
	}
	for i, a := range site.Actuators {
		s.outputs[a.ID] = i
	}
	for i := range net.loads {
		if r := net.loads[i].resident; r != "" {
			s.residents[r] = append(s.residents[r], i)
		}
	}
	for _, l := range s.lines {
		if s.slowLine == "" || slices.Contains(inputLines, s.slowLine) && !slices.Contains(inputLines, l) {
			s.slowLine = l
		}
	}
	return s
}

// Lines lists the communication lines of a site in the order of the site file,
// after them lines that only meters name, and after these the addresses of actuators
// that hang on no line.
func Lines(site *metering.Site) []metering.LineID {
	var lines []metering.LineID
	for _, l := range site.Lines {
		if !slices.Contains(lines, l.ID) {
			lines = append(lines, l.ID)
		}
	}
	for _, m := range site.Meters {
		if !slices.Contains(lines, m.Line) {
			lines = append(lines, m.Line)
		}
	}
	for _, a := range site.Actuators {
		if l := metering.LineID(a.Address); !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	return lines
}

// Snapshot takes a picture of the world as it stands.
func (w *World) Snapshot() *Snapshot {
	if !w.quiet() {
		w.setRipple(floorDiv(w.now, int64(time.Second)))
	}
	pu := w.voltages()
	s := &Snapshot{At: w.Now(), shared: w.shared, active: w.active, points: make([]Measure, len(w.shared.order))}
	for i, id := range w.shared.order {
		if p := w.net.piped[id]; p != nil {
			s.points[i] = p.measure()
			continue
		}
		f := w.net.carry[id]
		s.points[i] = w.measure(f, pu[f.at.index])
	}
	for i := range w.net.nodes {
		s.kv = append(s.kv, pu[i].end*w.net.nodes[i].volts/1000)
	}
	if g := w.net.gear; g != nil {
		for i := range g.switches {
			s.closed = append(s.closed, g.switches[i].closed)
		}
	}
	w.look(s)
	return s
}

// Switch tells where a switch stands; false for one that the site does not describe.
func (s *Snapshot) Switch(id metering.ElementID) (closed, ok bool) {
	i, ok := s.shared.switches[id]
	return ok && s.closed[i], ok
}

// Voltage is the phase-to-phase voltage of a node in kV, 0 where there is none; false
// for a node that the site does not have.
func (s *Snapshot) Voltage(id metering.NodeID) (kv float64, ok bool) {
	i, ok := s.shared.nodes[id]
	if !ok {
		return 0, false
	}
	return s.kv[i], true
}

// Point is what a meter without error shows at a point now; false for a point
// that the site does not have.
func (s *Snapshot) Point(id metering.PointID) (Measure, bool) {
	i, ok := s.shared.index[id]
	if !ok {
		return Measure{}, false
	}
	return s.points[i], true
}

// Meter is what a meter shows, and how it is installed; false for one that stands
// at no point now.
func (s *Snapshot) Meter(id metering.MeterID) (Measure, metering.Install, bool) {
	for _, i := range s.shared.installs[id] {
		if i.At(s.At) {
			m, ok := s.Point(i.Point)
			return m, i, ok
		}
	}
	return Measure{}, metering.Install{}, false
}

// Zone is the power of all input points together.
func (s *Snapshot) Zone() metering.Power {
	var sum float64
	for _, p := range s.shared.site.Inputs() {
		m, _ := s.Point(p.ID)
		sum += m.P
	}
	return metering.Power(sum)
}

// Active lists the scenarios that are going on, in the order of their start. The
// caller must not change it.
func (s *Snapshot) Active() []Active { return s.active }

// Comm tells how a meter behaves on its line.
func (s *Snapshot) Comm(m metering.MeterID) Comm { return s.shared.commOf(s.active, m) }

// Line tells how a line behaves.
func (s *Snapshot) Line(l metering.LineID) LineState { return lineOf(s.active, l) }
