package simulator

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// network is the site made ready for the flow of power: nodes and loads by
// index. Only the flows change after it was built.
type network struct {
	nodes   []node
	upwards []int // node indices, those that are fed before those that feed them
	loads   []load
	carry   map[metering.PointID]*flow // what each point of electricity measures
	gear    *gear                      // nil for a site whose network is not described
	pipes   []*pipe                    // of gas and water, parts before their sums
	piped   map[metering.PointID]*pipe // what each point of gas and water measures
}

// node is a place in the network. Its flow is what enters it from its parent:
// the loads and children below, the losses of its own line or transformer.
type node struct {
	metering.Node
	flow
	index  int
	normal int // index of the parent in the normal state, -1 for a source
	parent int // index of the parent now
	source *metering.Source
	fed    bool // a source is there, if all breakers of feeders are closed
	open   bool // the breaker that feeds it is
	live   bool
	ohm    float64 // of the line into this node
	xOhm   float64
	volts  float64    // nominal, phase to phase
	also   []supplier // that feed it beside its parent
	feedKV float64    // held at a source, as the network's description has it; 0: the usual
	star   *windings  // of a transformer that the network's description has
	loss   int64      // mW, of the line or transformer
	lossQ  int64      // mvar
	dice   source
}

// load is what one works draws at one place.
type load struct {
	flow
	node     int
	resident metering.ResidentID
	working  bool
	shape    shape
	peak     float64 // W
	tan      float64 // reactive over active power
	dice     source
	wander   float64 // size of the noise as a share of the power
	habit    Habit   // nil: that of its trade

	wants, wantsQ int64   // mW, mvar: what it would draw with nothing shed
	extra         int64   // mW that it makes up for, beside it
	next          int64   // mW, while served
	rest          float64 // share of it that goes over no open step
	rebound       float64 // times what it wants, that it draws at most while it makes up
	owed          float64 // mW·s to be made up for
}

// flow is the power through one place and the registers of a meter there.
type flow struct {
	at       *node // whose voltage it has
	sending  bool  // measured before the node's line, not behind it
	measured bool
	p, q, s  int64 // mW, mvar, mVA: means of the slot, ≥ 0
	rp, rq   int64 // ripple of this second, within 1 % of p and q
	unequal  [3]float64
	thd      float64 // %, of the current
	active   counter
	reactive counter
	apparent counter
}

// Reactances and no-load currents are not in the site file; the usual ones stand
// in: overhead lines of 35 kV and above 0.41 Ω/km, cables 0.08 Ω/km; a 63 MVA
// transformer of 110 kV has uk 10.5 % and no-load current 0.7 % (typical values
// of ТДТН-63000/110).
const (
	overheadOhmPerKM = 0.41
	cableOhmPerKM    = 0.08
	shortCircuit     = 0.105
	noLoadCurrent    = 0.007
)

// Own needs of a substation of 110 kV, drawn where the site file has a node for
// them.
const (
	ownNeedsPeak   = 120 * metering.Kilowatt
	ownNeedsFactor = 0.85
)

func build(site *metering.Site, seed uint64, at time.Time) (*network, []output, error) {
	n := &network{carry: make(map[metering.PointID]*flow, len(site.Points))}
	var faults []error
	index := make(map[metering.NodeID]int, len(site.Topology.Nodes))
	for i, from := range site.Topology.Nodes {
		if _, twice := index[from.ID]; twice {
			faults = append(faults, fmt.Errorf("node %s: there are two of this name", from.ID))
		}
		index[from.ID] = i
		n.nodes = append(n.nodes, newNode(from, seed))
	}
	for i := range n.nodes {
		at := &n.nodes[i]
		at.flow.at, at.sending, at.index = at, true, i
		at.normal = -1
		if at.Parent == "" {
			continue
		}
		parent, ok := index[at.Parent]
		if !ok {
			faults = append(faults, fmt.Errorf("node %s: its parent %q is not in the topology", at.ID, at.Parent))
			continue
		}
		at.normal = parent
	}
	for _, src := range site.Sources {
		if i, ok := index[src.Node]; ok {
			n.nodes[i].source = &src
			continue
		}
		faults = append(faults, fmt.Errorf("source %s: its node %q is not in the topology", src.ID, src.Node))
	}
	faults = append(faults, n.sort()...)
	gear, odd := n.addGear(site, at, index)
	n.gear, faults = gear, append(faults, odd...)
	n.addLoads(site, seed, at, index)
	n.addPipes(site, seed, at)
	faults = append(faults, n.attach(site, index)...)
	outputs, strange := n.addOutputs(site, seed, index)
	if faults = append(faults, strange...); len(faults) > 0 {
		return nil, nil, fmt.Errorf("simulator: site %s: %w", site.ID, errors.Join(faults...))
	}
	return n, outputs, nil
}

func newNode(from metering.Node, seed uint64) node {
	n := node{Node: from, volts: from.VoltageKV * 1000, dice: sourceFor(seed, "node "+string(from.ID))}
	if from.Line != nil {
		reactance := cableOhmPerKM
		if from.VoltageKV >= 35 {
			reactance = overheadOhmPerKM
		}
		n.ohm = from.Line.LengthKM * from.Line.OhmPerKM
		n.xOhm = from.Line.LengthKM * reactance
	}
	n.unequal = unequal(n.dice, 0.004)
	n.thd = 3 + 1.5*n.dice.at(-4)
	return n
}

// unequal is how the phases differ from a third of the whole each; it sums to 0.
func unequal(dice source, size float64) [3]float64 {
	a, b := size*dice.swing(-2), size*dice.swing(-3)
	return [3]float64{a, b, -a - b}
}

// sort fills upwards and finds nodes that hang in a circle.
func (n *network) sort() []error {
	var faults []error
	depth := make([]int, len(n.nodes))
	for i := range n.nodes {
		for up := n.nodes[i].normal; up >= 0; up = n.nodes[up].normal {
			if depth[i]++; depth[i] > len(n.nodes) {
				return []error{fmt.Errorf("node %s: its parents go round in a circle", n.nodes[i].ID)}
			}
		}
		n.upwards = append(n.upwards, i)
	}
	slices.SortStableFunc(n.upwards, func(a, b int) int { return depth[b] - depth[a] })
	return faults
}

// addLoads puts each resident's load where its billing points are, or, if it has
// none, where its technical conditions are; several places share the load by the
// power of the conditions there. Every own-needs node gets a load too.
func (n *network) addLoads(site *metering.Site, seed uint64, at time.Time, index map[metering.NodeID]int) {
	for i := range n.nodes {
		if n.nodes[i].Kind == metering.NodeOwnNeeds {
			l := newLoad(seed, "own needs "+string(n.nodes[i].ID), i, metering.Simulation{Peak: ownNeedsPeak, PowerFactor: ownNeedsFactor})
			l.shape, l.thd = ownNeeds, 5
			n.loads = append(n.loads, l)
		}
	}
	for _, r := range site.Residents {
		how, plays := simulation(site, r, at)
		if !plays {
			continue
		}
		for _, place := range places(site, r.ID, at) {
			i, ok := index[place.node]
			if !ok {
				continue // a point on an unknown node: attach names it
			}
			part := how
			part.Peak = metering.Power(math.Round(float64(how.Peak) * place.share))
			l := newLoad(seed, string(r.ID)+" at "+string(place.point), i, part)
			l.resident, l.working = r.ID, r.State == metering.Working
			l.shape, l.wander = shapeOf(r.Trade), 1
			l.thd = distortion(r.Trade)
			if l.rebound = how.Rebound; l.rebound == 0 {
				l.rebound = rebound(r.Trade)
			}
			switch r.State {
			case metering.InRealisation:
				l.shape = construction
			case metering.Idle:
				l.shape, l.wander = standing, 0.1
			}
			n.loads = append(n.loads, l)
		}
	}
}

// simulation is how a resident is played. A working resident that the site file
// says nothing about is given half of its technical conditions at power factor
// 0.9, so that any site can be shown; any other one draws nothing then.
func simulation(site *metering.Site, r metering.Resident, at time.Time) (metering.Simulation, bool) {
	if r.Simulation != nil {
		return *r.Simulation, true
	}
	if allowed := site.Allowed(r.ID, at); r.State == metering.Working && allowed > 0 {
		return metering.Simulation{Peak: allowed / 2, PowerFactor: 0.9}, true
	}
	return metering.Simulation{}, false
}

type place struct {
	point metering.PointID // empty for a load that nobody meters
	node  metering.NodeID
	share float64
}

func places(site *metering.Site, r metering.ResidentID, at time.Time) []place {
	power := make(map[metering.NodeID]float64)
	var conditioned []metering.NodeID
	for _, c := range site.Conditions {
		if c.Resident == r && c.At(at) {
			if power[c.Node] == 0 {
				conditioned = append(conditioned, c.Node)
			}
			power[c.Node] += float64(c.Power)
		}
	}
	var list []place
	pointsAt := make(map[metering.NodeID]float64)
	for _, p := range site.Points {
		if p.Resident == r && p.Role == metering.RoleResident && p.MediumOf() == metering.Electricity {
			list = append(list, place{point: p.ID, node: p.Node})
			pointsAt[p.Node]++
		}
	}
	if len(list) == 0 {
		for _, node := range conditioned {
			list = append(list, place{node: node})
			pointsAt[node]++
		}
	}
	sum := 0.0
	for i := range list {
		list[i].share = power[list[i].node] / pointsAt[list[i].node]
		sum += list[i].share
	}
	for i := range list {
		if sum > 0 {
			list[i].share /= sum
		} else {
			list[i].share = 1 / float64(len(list))
		}
	}
	return list
}

func newLoad(seed uint64, name string, node int, how metering.Simulation) load {
	l := load{node: node, peak: float64(how.Peak), wander: 0.5, dice: sourceFor(seed, "load "+name)}
	cos := clamp(how.PowerFactor, 0.1, 1)
	l.tan = math.Sqrt(1-cos*cos) / cos
	l.unequal = unequal(l.dice, 0.006)
	return l
}

// rebound is how many times its usual load a trade draws at most while it makes up for
// what it has missed: cooling that was held back has to be done, kilns and presses
// go on where they stopped.
func rebound(t metering.Trade) float64 {
	switch t {
	case metering.TradeDataCentre:
		return 1.3
	case metering.TradeOffices:
		return 1.2
	case metering.TradeLogistics:
		return 1.1
	}
	return 1
}

// distortion is a usual THD of the current of a trade's load, in %.
func distortion(t metering.Trade) float64 {
	switch t {
	case metering.TradeDataCentre:
		return 7
	case metering.TradePlastics, metering.TradeMetal:
		return 11
	case metering.TradeOffices, metering.TradeLogistics:
		return 9
	}
	return 4.5
}

// attach says for every point which flow its meters see: a resident's point and
// its check meters see the resident's load, every other point what enters its
// node.
func (n *network) attach(site *metering.Site, index map[metering.NodeID]int) []error {
	var faults []error
	for i := range n.loads {
		n.loads[i].at = &n.nodes[n.loads[i].node]
	}
	loadOf := func(r metering.ResidentID, node int, taken bool) *flow {
		for i := range n.loads {
			if l := &n.loads[i]; l.resident == r && l.node == node && (taken || !l.measured) {
				return &l.flow
			}
		}
		return nil
	}
	for _, billing := range []bool{true, false} { // check meters look at what is billed
		for _, p := range site.Points {
			if (p.Role == metering.RoleResident) != billing || p.MediumOf() != metering.Electricity {
				continue
			}
			i, ok := index[p.Node]
			if !ok {
				faults = append(faults, fmt.Errorf("point %s: its node %q is not in the topology", p.ID, p.Node))
				continue
			}
			seen := &n.nodes[i].flow
			switch {
			case billing:
				if seen = loadOf(p.Resident, i, false); seen == nil {
					seen = &flow{at: &n.nodes[i]} // a resident that draws nothing
				}
			case p.Role == metering.RoleCheck && p.Resident != "":
				if f := loadOf(p.Resident, i, true); f != nil {
					seen = f
				}
			}
			seen.measured = true
			n.carry[p.ID] = seen
		}
	}
	return faults
}
