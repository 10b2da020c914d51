package powerflow

import "math/cmplx"

// startLinear begins where the network would stand if what is drawn and fed in were
// admittances at the flat voltage: then the equations are linear, and ratios and
// shifts that do not agree round a mesh, which a flat start cannot follow, are met.
// It costs about one iteration. Where even that has no answer, the start is flat.
func (s *Solver) startLinear() {
	s.start(false)
	for _, isl := range s.islands {
		s.clear(isl)
		for k := isl.lo; k < isl.hi; k++ {
			y := s.diag[k] - complex(s.pSet[k], -s.qSet[k])/complex(s.v[k]*s.v[k], 0)
			s.m[k], s.x[k] = blockOf(y), [2]float64{}
			for i := s.rows[k]; i < s.rows[k+1]; i++ {
				l := &s.links[i]
				if l.block >= 0 {
					s.m[l.block] = blockOf(complex(l.g, l.b))
					continue
				}
				s.x[k][0] -= l.g*s.e[l.to] - l.b*s.f[l.to]
				s.x[k][1] -= l.g*s.f[l.to] + l.b*s.e[l.to]
			}
		}
		if s.plan.factor(s.m, isl.lo, isl.hi) >= 0 {
			continue
		}
		s.plan.solve(s.m, s.x, isl.lo, isl.hi)
		for k := isl.lo; k < isl.hi; k++ {
			v := complex(s.x[k][0], s.x[k][1])
			size := cmplx.Abs(v)
			if !(size > 0.1*s.v[k] && size < 10*s.v[k]) {
				continue
			}
			// Turned from the flat angle: several shifts of 30° may add up to more than half a turn.
			s.ang[k] += cmplx.Phase(v * cmplx.Rect(1, -s.ang[k]))
			if s.kind[k] == PQ {
				s.v[k] = size
			}
		}
	}
}

// blockOf multiplies a voltage, as real and imaginary part, by an admittance.
func blockOf(y complex128) block {
	g, b := real(y), imag(y)
	return block{g, -b, b, g}
}
