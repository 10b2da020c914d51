package powerflow

import (
	"math"
	"math/cmplx"
)

// link finds where each branch stands among the admittances.
func (s *Solver) link() {
	s.ends = make([][4]int32, len(s.net.Branches))
	for k, c := range s.top.closed {
		s.ends[k] = [4]int32{-1, -1, -1, -1}
		for end, node := range c {
			if node >= 0 {
				s.ends[k][2+end] = int32(s.at[node])
			}
		}
		from, to := s.ends[k][2], s.ends[k][3]
		if from >= 0 && to >= 0 && from != to {
			s.ends[k][0], s.ends[k][1] = s.find(from, to), s.find(to, from)
		}
	}
}

func (s *Solver) find(from, to int32) int32 {
	for i := s.rows[from]; i < s.rows[from+1]; i++ {
		if s.links[i].to == to {
			return i
		}
	}
	panic("BUG: a branch is missing among the admittances")
}

// stamp makes the admittances of the branches and shunts.
func (s *Solver) stamp() {
	clear(s.diag)
	for i := range s.links {
		s.links[i].g, s.links[i].b = 0, 0
	}
	for i, b := range s.net.Buses {
		if k := s.at[s.top.node[i]]; k >= 0 {
			s.diag[k] += complex(b.ShuntMW, b.ShuntMvar) / complex(s.net.BaseMVA, 0)
		}
	}
	for k, b := range s.net.Branches {
		end := s.ends[k]
		from, to := end[2], end[3]
		if from < 0 && to < 0 {
			continue
		}
		ff, ft, tf, tt := b.admittances()
		switch {
		case to < 0:
			s.diag[from] += ff - ft*tf/tt
		case from < 0:
			s.diag[to] += tt - ft*tf/ff
		case from == to: // switches have closed it in itself
			s.diag[from] += ff + tt + ft + tf
		default:
			s.diag[from] += ff
			s.diag[to] += tt
			s.links[end[0]].g, s.links[end[0]].b = s.links[end[0]].g+real(ft), s.links[end[0]].b+imag(ft)
			s.links[end[1]].g, s.links[end[1]].b = s.links[end[1]].g+real(tf), s.links[end[1]].b+imag(tf)
		}
	}
	s.stamped = true
}

// admittances of the two-port; see the package's model.
func (b *Branch) admittances() (ff, ft, tf, tt complex128) {
	ys := 1 / complex(b.R, b.X)
	t := complex(b.Ratio, 0)
	if b.ShiftDeg != 0 {
		t = cmplx.Rect(b.Ratio, b.ShiftDeg*math.Pi/180)
	}
	tt = ys + complex(0, b.B/2)
	ff = (tt + complex(b.MagG, b.MagB)) / complex(b.Ratio*b.Ratio, 0)
	return ff, -ys / cmplx.Conj(t), -ys / t, tt
}
