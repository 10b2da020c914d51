package powerflow

import "slices"

// Solver calculates one network again and again. Its topology is that of the network
// that it was made of; loads, generation, set voltages and ratios may be changed
// between two calls. It belongs to one goroutine at a time.
type Solver struct {
	net  Network
	byID map[string]int
	top  *topology

	plan    *plan
	islands []span // of the live islands, in the order of topology
	at      []int  // position of each node, −1 if it is dead; free nodes in the order of elimination, slacks behind them
	node    []int  // node at each position
	free    int    // positions below it are free

	// By position.
	kind     []Kind // what is held now; a PV bus at its limit is PQ
	v, ang   []float64
	e, f     []float64 // v·cos and v·sin of the angle
	pSet     []float64 // fed in, net of loads, pu
	qSet     []float64
	pCalc    []float64
	qCalc    []float64
	setV     []float64
	tree     []twig
	rows     []int32 // admittances of a row begin here in links
	links    []link
	ends     [][4]int32 // of each branch: links FROM→TO and TO→FROM, positions of FROM and TO; −1 for none
	diag     []complex128
	m        []block
	x        [][2]float64 // what is missing, then the step that mends it
	way      [][2]float64
	vOld     []float64
	angOld   []float64
	scale    float64 // part of loads and generation that is on
	limits   []limit
	stamped  bool
	solved   bool
	taps     []int // positions of the regulators
	wishes   []int // by how many positions each wants to go
	moves    []int // its last move
	turns    []int // how often it has turned round
	history  [maxIterations + 1]float64
	ranges   []qRange
	lastIter int
}

// span are the positions of an island's free nodes.
type span struct{ lo, hi, island int }

// link is an admittance to a neighbour.
type link struct {
	to    int32
	block int32 // of the Jacobian; −1 if either end is a slack
	g, b  float64
}

// New checks a network and lays it out. It fails with Faults, ErrNoSource or
// ErrTooMeshed. The network is copied.
func New(n Network) (*Solver, error) {
	if faults := n.Check(); faults != nil {
		return nil, faults
	}
	s := &Solver{net: n, byID: make(map[string]int, len(n.Buses)), scale: 1}
	s.net.Buses, s.net.Generators = slices.Clone(n.Buses), slices.Clone(n.Generators)
	s.net.Branches, s.net.Regulators = slices.Clone(n.Branches), slices.Clone(n.Regulators)
	for i, b := range n.Buses {
		s.byID[b.ID] = i
	}
	top, faults := lay(n, s.byID)
	if faults != nil {
		return nil, faults
	}
	s.top = top
	if !top.energised() {
		return nil, ErrNoSource
	}
	if err := s.layOut(); err != nil {
		return nil, err
	}
	s.link()
	s.grow()
	s.makeRanges()
	s.taps, s.wishes = make([]int, len(n.Regulators)), make([]int, len(n.Regulators))
	s.moves, s.turns = make([]int, len(n.Regulators)), make([]int, len(n.Regulators))
	for i, r := range n.Regulators {
		s.taps[i] = r.Start
	}
	return s, nil
}

// layOut orders the live nodes for elimination, island by island.
func (s *Solver) layOut() error {
	t := s.top
	s.at = make([]int, t.nodes)
	for i := range s.at {
		s.at[i] = -1
	}
	ties := s.ties()
	var all [][]int // later pivots by position
	local := make([]int, t.nodes)
	for island, members := range t.members {
		if !t.live[island] {
			continue
		}
		var free []int
		for _, node := range members {
			if t.kind[node] != Slack {
				local[node] = len(free)
				free = append(free, node)
			}
		}
		graph := make([][]int, len(free))
		for i, node := range free {
			for _, other := range ties[node] {
				if t.kind[other] != Slack {
					graph[i] = append(graph[i], local[other])
				}
			}
		}
		order, tied := leastDegree(graph)
		if order == nil && len(free) > 0 {
			return ErrTooMeshed
		}
		lo := len(s.node)
		position := make([]int, len(free))
		for k, i := range order {
			position[i] = lo + k
			s.at[free[i]] = lo + k
			s.node = append(s.node, free[i])
		}
		for _, i := range order {
			later := make([]int, 0, len(tied[i]))
			for _, j := range tied[i] {
				later = append(later, position[j])
			}
			slices.Sort(later)
			all = append(all, later)
		}
		s.islands = append(s.islands, span{lo, len(s.node), island})
	}
	s.free = len(s.node)
	for island := range t.members {
		for _, node := range t.slacks[island] {
			s.at[node] = len(s.node)
			s.node = append(s.node, node)
		}
	}
	var places map[[2]int]int32
	s.plan, places = newPlan(all)
	s.makeRows(ties, places)
	return nil
}

// ties are the neighbours of each node over branches that are closed at both ends.
func (s *Solver) ties() [][]int {
	ties := make([][]int, s.top.nodes)
	for _, c := range s.top.closed {
		if c[0] >= 0 && c[1] >= 0 && c[0] != c[1] {
			ties[c[0]] = append(ties[c[0]], c[1])
			ties[c[1]] = append(ties[c[1]], c[0])
		}
	}
	for i := range ties {
		slices.Sort(ties[i])
		ties[i] = slices.Compact(ties[i])
	}
	return ties
}

// makeRows lays out the admittances and everything that is kept by position.
func (s *Solver) makeRows(ties [][]int, places map[[2]int]int32) {
	n := len(s.node)
	s.rows = make([]int32, n+1)
	for k, node := range s.node {
		for _, other := range ties[node] {
			l := link{to: int32(s.at[other]), block: -1}
			if k < s.free && int(l.to) < s.free {
				l.block = places[[2]int{k, int(l.to)}]
			}
			s.links = append(s.links, l)
		}
		s.rows[k+1] = int32(len(s.links))
	}
	figures := make([]float64, 11*n)
	for i, p := range []*[]float64{&s.v, &s.ang, &s.e, &s.f, &s.pSet, &s.qSet, &s.pCalc, &s.qCalc, &s.setV, &s.vOld, &s.angOld} {
		*p = figures[i*n : (i+1)*n : (i+1)*n]
	}
	s.kind, s.diag = make([]Kind, n), make([]complex128, n)
	s.limits = make([]limit, n)
	s.m, s.x = make([]block, s.plan.blocks), make([][2]float64, s.free)
	s.way = make([][2]float64, s.free)
}

// twig leads away from a slack over a branch.
type twig struct {
	from, to int // positions
	branch   int
	back     bool // from its TO end to its FROM end
}

// grow lays twigs to every live node, the nearest to a slack first.
func (s *Solver) grow() {
	around := make([][]twig, len(s.node))
	for k, end := range s.ends {
		if from, to := int(end[2]), int(end[3]); from >= 0 && to >= 0 {
			around[from] = append(around[from], twig{from, to, k, false})
			around[to] = append(around[to], twig{to, from, k, true})
		}
	}
	reached := make([]bool, len(s.node))
	var wave []int
	for k := s.free; k < len(s.node); k++ {
		reached[k], wave = true, append(wave, k)
	}
	for len(wave) > 0 {
		for _, t := range around[wave[0]] {
			if !reached[t.to] {
				reached[t.to] = true
				s.tree, wave = append(s.tree, t), append(wave, t.to)
			}
		}
		wave = wave[1:]
	}
}

// position of a bus by its index, −1 if it is dead.
func (s *Solver) position(bus int) int {
	if s.net.Buses[bus].Out {
		return -1
	}
	return s.at[s.top.node[bus]]
}
