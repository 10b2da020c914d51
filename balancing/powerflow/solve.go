package powerflow

import (
	"errors"
	"math"
)

// Options are how to solve. The zero value is a flat start to 1e-8 pu.
type Options struct {
	// Tolerance is the greatest mismatch of a node, pu; 0 is 1e-8, which is 1 W on 100
	// MVA. What a float's digits do not allow is not asked for: then 1e-8 counts.
	Tolerance float64
	// Warm begins at the last solution, if there is one. It takes no memory.
	Warm bool
	// FileStart begins at StartPU and StartDeg of the buses.
	FileStart bool
	// QLimits keeps generators within their reactive limits: the one that is furthest
	// outside stops holding its voltage first.
	QLimits bool
	// Direct does without continuation: what Newton's method does not reach at once is
	// not converged, and a solution below 0.7 of the set voltage is refused.
	Direct bool
}

// lowVoltage is the part of the set voltage below which a solution from a flat start
// is not believed.
const lowVoltage = 0.7

// Solve calculates the network as it stands. It fails with NotConvergedError,
// SingularError or LowVoltageError; then the state is of no use, and the next call
// begins flat.
func (s *Solver) Solve(o Options) error {
	tolerance := o.Tolerance
	if tolerance == 0 {
		tolerance = 1e-8
	}
	if !s.stamped {
		s.stamp()
	}
	s.lastIter = 0
	warm := o.Warm && s.solved
	if !warm || !o.QLimits {
		clear(s.limits)
	}
	s.solved = false
	s.scale = 1
	s.prepare()
	var err error
	if warm {
		if err = s.newtonAll(tolerance); err != nil && !o.Direct {
			err = s.approach(tolerance, err)
		}
	} else {
		s.start(o.FileStart)
		err = s.reach(tolerance, o.Direct)
	}
	if err == nil && o.QLimits {
		err = s.keepLimits(tolerance, o.Direct)
	}
	s.solved = err == nil
	return err
}

// reach solves from where start has put the nodes, else from where the linear
// network stands, else by continuation. The error is that of the first attempt.
func (s *Solver) reach(tolerance float64, direct bool) error {
	err := s.newtonAll(tolerance)
	if err == nil {
		err = s.believed()
	}
	if err == nil || direct {
		return err
	}
	s.prepare()
	s.startLinear()
	if s.newtonAll(tolerance) == nil && s.believed() == nil {
		return nil
	}
	return s.approach(tolerance, err)
}

// newtonAll solves every island.
func (s *Solver) newtonAll(tolerance float64) error {
	for _, isl := range s.islands {
		n, err := s.newton(isl, tolerance)
		s.lastIter += n
		if err != nil {
			return err
		}
	}
	for k := s.free; k < len(s.node); k++ {
		s.slackPower(k)
	}
	return nil
}

// slackPower is what a slack node feeds in.
func (s *Solver) slackPower(k int) {
	vv := s.v[k] * s.v[k]
	p, q := real(s.diag[k])*vv, -imag(s.diag[k])*vv
	for i := s.rows[k]; i < s.rows[k+1]; i++ {
		l := &s.links[i]
		c, d := s.e[k]*s.e[l.to]+s.f[k]*s.f[l.to], s.f[k]*s.e[l.to]-s.e[k]*s.f[l.to]
		p += l.g*c + l.b*d
		q += l.g*d - l.b*c
	}
	s.pCalc[k], s.qCalc[k] = p, q
}

// prepare sets what is held and what is fed in at every node.
func (s *Solver) prepare() {
	clear(s.pSet)
	clear(s.qSet)
	part := s.scale / s.net.BaseMVA
	for i := range s.net.Buses {
		if k := s.position(i); k >= 0 {
			s.pSet[k] -= s.net.Buses[i].LoadMW * part
			s.qSet[k] -= s.net.Buses[i].LoadMvar * part
		}
	}
	for i := range s.net.Generators {
		g := &s.net.Generators[i]
		bus := s.byID[g.Bus]
		k := s.position(bus)
		if k < 0 || g.Out {
			continue
		}
		s.pSet[k] += g.MW * part
		if s.net.Buses[bus].Kind == PQ || s.top.kind[s.node[k]] == PQ {
			s.qSet[k] += g.Mvar * part
		}
	}
	for k, node := range s.node {
		s.kind[k] = s.top.kind[node]
		if s.kind[k] == PQ {
			continue
		}
		set := s.top.set[node]
		s.setV[k], s.v[k] = set.pu, set.pu
		if s.kind[k] == Slack {
			s.ang[k] = set.deg * math.Pi / 180
			sin, cos := math.Sincos(s.ang[k])
			s.e[k], s.f[k] = set.pu*cos, set.pu*sin
		}
	}
	for _, r := range s.ranges {
		s.applyLimit(r)
	}
}

// start sets all free nodes flat, which is what the ratios of the transformers on the
// way from a slack make of its voltage without load, or to where the buses say.
func (s *Solver) start(file bool) {
	for _, t := range s.tree {
		b := &s.net.Branches[t.branch]
		ratio, shift := 1/b.Ratio, -b.ShiftDeg*math.Pi/180
		if t.back {
			ratio, shift = b.Ratio, -shift
		}
		s.ang[t.to] = s.ang[t.from] + shift
		if s.kind[t.to] == PQ {
			s.v[t.to] = s.v[t.from] * ratio
		}
	}
	if !file {
		return
	}
	for i, b := range s.net.Buses {
		k := s.position(i)
		if k < 0 || k >= s.free || b.StartPU == 0 {
			continue
		}
		s.ang[k] = b.StartDeg * math.Pi / 180
		if s.kind[k] == PQ {
			s.v[k] = b.StartPU
		}
	}
}

// believed refuses a solution that begins to look like the lower branch.
func (s *Solver) believed() error {
	var low *LowVoltageError
	for _, isl := range s.islands {
		held := s.setV[s.at[s.top.slacks[isl.island][0]]]
		for k := isl.lo; k < isl.hi; k++ {
			if s.v[k] < lowVoltage*held && (low == nil || s.v[k] < low.PU) {
				low = &LowVoltageError{Bus: s.busAt(k), PU: s.v[k]}
			}
		}
	}
	if low == nil {
		return nil
	}
	return low
}

// approach goes from no load to the whole load in steps, each from the last
// solution. A step that fails, or moves a voltage by more than jump, is halved. why
// is what the direct way has said.
func (s *Solver) approach(tolerance float64, why error) error {
	const (
		least = 1e-4
		jump  = 0.1 // pu: more might be a fall to the lower branch
	)
	lastV, lastAng := make([]float64, len(s.v)), make([]float64, len(s.v))
	at, step := 0.0, 0.25
	s.scale = 0
	s.prepare()
	s.startLinear()
	if err := s.newtonAll(tolerance); err != nil {
		s.scale = 1
		return carried(why, 0)
	}
	for at < 1 {
		copy(lastV, s.v)
		copy(lastAng, s.ang)
		s.scale = min(1, at+step)
		s.prepare()
		err := s.newtonAll(tolerance)
		far := 0.0
		for k := range s.free {
			far = math.Max(far, math.Abs(s.v[k]-lastV[k]))
		}
		if err == nil && far <= jump {
			at, step = s.scale, min(0.25, 2*step)
			continue
		}
		copy(s.v, lastV)
		copy(s.ang, lastAng)
		if step /= 2; step < least {
			s.scale = 1
			return carried(why, at)
		}
	}
	return nil
}

// carried adds to an error how far solutions were found.
func carried(why error, at float64) error {
	var n *NotConvergedError
	if errors.As(why, &n) {
		n.Carried = at
	}
	return why
}
