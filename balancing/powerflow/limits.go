package powerflow

import "math"

// limit is where a generator node stands that no longer holds its voltage.
type limit uint8

const (
	within limit = iota
	atMin
	atMax
)

// qRange is what the generators that hold the voltage of a node can do together.
type qRange struct {
	at       int     // position
	min, max float64 // pu
	returned int     // times that it has taken its voltage back in this call
}

// makeRanges gathers the limits of generators at PV nodes.
func (s *Solver) makeRanges() {
	index := map[int]int{}
	for _, g := range s.net.Generators {
		bus := s.byID[g.Bus]
		k := s.position(bus)
		if k < 0 || g.Out || s.net.Buses[bus].Kind == PQ || s.top.kind[s.node[k]] != PV {
			continue
		}
		at, known := index[k]
		if !known {
			at = len(s.ranges)
			index[k] = at
			s.ranges = append(s.ranges, qRange{at: k})
		}
		s.ranges[at].min += g.MinMvar / s.net.BaseMVA
		s.ranges[at].max += g.MaxMvar / s.net.BaseMVA
	}
}

// applyLimit makes a node PQ that stands at a limit.
func (s *Solver) applyLimit(r qRange) {
	switch s.limits[r.at] {
	case atMin:
		s.kind[r.at] = PQ
		s.qSet[r.at] += r.min
	case atMax:
		s.kind[r.at] = PQ
		s.qSet[r.at] += r.max
	}
}

// keepLimits converts PV nodes to PQ one at a time, the worst first: all at once, the
// 14 buses of the IEEE do not converge. A node at its limit takes its voltage back if
// that would relieve it, twice at most, so that two nodes cannot take turns for ever.
// Where the way from the last solution leads nowhere, it begins flat.
func (s *Solver) keepLimits(tolerance float64, direct bool) error {
	for i := range s.ranges {
		s.ranges[i].returned = 0
	}
	for {
		change, to := s.worstLimit()
		if change < 0 {
			return nil
		}
		s.limits[s.ranges[change].at] = to
		s.prepare()
		err := s.newtonAll(tolerance)
		if err != nil && !direct {
			s.prepare()
			s.start(false)
			err = s.reach(tolerance, direct)
		}
		if err != nil {
			return err
		}
	}
}

// worstLimit is the range that has to change and what it becomes; −1 if none.
func (s *Solver) worstLimit() (int, limit) {
	const slack = 1e-7 // pu beyond a limit that still count as at it
	change, to, worst := -1, within, slack
	for i := range s.ranges {
		r := &s.ranges[i]
		if s.limits[r.at] != within {
			continue
		}
		q := s.qCalc[r.at] - s.qSet[r.at] // what the generators give
		if over := q - r.max; over > worst {
			change, to, worst = i, atMax, over
		}
		if under := r.min - q; under > worst {
			change, to, worst = i, atMin, under
		}
	}
	if change >= 0 {
		return change, to
	}
	for i := range s.ranges {
		r := &s.ranges[i]
		high := s.v[r.at] - s.setV[r.at]
		relieved := s.limits[r.at] == atMax && high > slack || s.limits[r.at] == atMin && high < -slack
		if relieved && r.returned < 2 && math.Abs(high) > worst {
			change, worst = i, math.Abs(high)
		}
	}
	if change >= 0 {
		s.ranges[change].returned++
	}
	return change, within
}
