package powerflow

import "math"

const (
	maxIterations = 20
	maxHalvings   = 8
	// accepted is the mismatch that counts as converged when a smaller one cannot be
	// reached for the digits of a float: 1e-8 pu is 1 W on 100 MVA.
	accepted = 1e-8
)

// newton solves one island from where it stands. It returns its iterations, and
// NotConvergedError or SingularError.
func (s *Solver) newton(isl span, tolerance float64) (int, error) {
	worst, worstAt, merit := s.evaluate(isl)
	s.history[0] = worst
	for it := range maxIterations {
		if worst <= tolerance {
			return it, nil
		}
		if bad := s.plan.factor(s.m, isl.lo, isl.hi); bad >= 0 {
			return it, &SingularError{Bus: s.busAt(bad), Iteration: it + 1}
		}
		s.plan.solve(s.m, s.x, isl.lo, isl.hi)
		copy(s.way[isl.lo:isl.hi], s.x[isl.lo:isl.hi]) // evaluate writes into x
		copy(s.vOld[isl.lo:isl.hi], s.v[isl.lo:isl.hi])
		copy(s.angOld[isl.lo:isl.hi], s.ang[isl.lo:isl.hi])
		before := merit
		better := false
		for h, part := 0, 1.0; h <= maxHalvings; h, part = h+1, part/2 {
			s.step(isl, part)
			if worst, worstAt, merit = s.evaluate(isl); merit < before {
				better = true
				break
			}
		}
		s.history[it+1] = worst
		if !better && worst <= accepted {
			return it + 1, nil
		}
		if !better || math.IsNaN(worst) {
			return it + 1, s.notConverged(isl, it+1, worstAt, worst)
		}
	}
	if worst <= max(tolerance, accepted) {
		return maxIterations, nil
	}
	return maxIterations, s.notConverged(isl, maxIterations, worstAt, worst)
}

// step goes a part of the way that was found.
func (s *Solver) step(isl span, part float64) {
	for k := isl.lo; k < isl.hi; k++ {
		s.ang[k] = s.angOld[k] + part*s.way[k][0]
		s.v[k] = s.vOld[k] * (1 + part*s.way[k][1])
	}
}

// evaluate computes what every node of an island feeds in, leaves the Jacobian in m
// and what is missing in x. It returns the greatest mismatch, where, and the sum of
// squares. The second unknown of a node is the relative change of its magnitude,
// which makes all derivatives products that are at hand.
func (s *Solver) evaluate(isl span) (worst float64, worstAt int, merit float64) {
	for k := isl.lo; k < isl.hi; k++ {
		sin, cos := math.Sincos(s.ang[k])
		s.e[k], s.f[k] = s.v[k]*cos, s.v[k]*sin
	}
	s.clear(isl)
	worstAt = isl.lo
	for k := isl.lo; k < isl.hi; k++ {
		ek, fk := s.e[k], s.f[k]
		vv := ek*ek + fk*fk
		g, b := real(s.diag[k])*vv, imag(s.diag[k])*vv
		p, q := g, -b
		pv := s.kind[k] == PV
		for i := s.rows[k]; i < s.rows[k+1]; i++ {
			l := &s.links[i]
			eo, fo := s.e[l.to], s.f[l.to]
			c, d := ek*eo+fk*fo, fk*eo-ek*fo // V·V·cos, V·V·sin
			n, h := l.g*c+l.b*d, l.g*d-l.b*c
			p += n
			q += h
			switch {
			case l.block < 0:
			case pv:
				s.m[l.block] = block{h, n, 0, 0}
			default:
				s.m[l.block] = block{h, n, -n, h}
			}
		}
		s.pCalc[k], s.qCalc[k] = p, q
		dp, dq := s.pSet[k]-p, 0.0
		if pv {
			s.m[k] = block{-q - b, p + g, 0, 1}
		} else {
			dq = s.qSet[k] - q
			s.m[k] = block{-q - b, p + g, p - g, q - b}
		}
		s.x[k] = [2]float64{dp, dq}
		merit += dp*dp + dq*dq
		if m := math.Max(math.Abs(dp), math.Abs(dq)); !(m <= worst) {
			worst, worstAt = m, k
		}
	}
	return worst, worstAt, merit
}

// clear zeroes the blocks off the diagonal that an island's elimination fills.
func (s *Solver) clear(isl span) {
	if isl.lo == isl.hi {
		return
	}
	p := s.plan
	lo, hi := p.start[isl.lo], p.start[isl.hi]
	clear(s.m[int32(p.n)+2*lo : int32(p.n)+2*hi])
}

func (s *Solver) notConverged(isl span, it, at int, worst float64) error {
	e := &NotConvergedError{Island: isl.island, Iterations: it, WorstBus: s.busAt(at), MismatchMVA: worst * s.net.BaseMVA, Carried: -1}
	for _, h := range s.history[:it+1] {
		e.History = append(e.History, h*s.net.BaseMVA)
	}
	return e
}

// busAt is the first bus of the node at a position.
func (s *Solver) busAt(k int) string {
	for i, node := range s.top.node {
		if node == s.node[k] {
			return s.net.Buses[i].ID
		}
	}
	panic("BUG: a node without a bus")
}
