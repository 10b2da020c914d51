package powerflow

// SetLoad changes what a bus draws, by its index. It keeps the topology.
func (s *Solver) SetLoad(bus int, mw, mvar float64) {
	s.net.Buses[bus].LoadMW, s.net.Buses[bus].LoadMvar = mw, mvar
}

// SetGeneration changes what a generator feeds in, by its index; Mvar counts at PQ
// buses alone.
func (s *Solver) SetGeneration(generator int, mw, mvar float64) {
	s.net.Generators[generator].MW, s.net.Generators[generator].Mvar = mw, mvar
}

// SetRatio changes the off-nominal ratio of a branch, by its index; it is above 0.
func (s *Solver) SetRatio(branch int, ratio float64) {
	if !(ratio > 0) {
		panic("BUG: a ratio that is not above 0")
	}
	if s.net.Branches[branch].Ratio != ratio {
		s.net.Branches[branch].Ratio, s.stamped = ratio, false
	}
}

// SetSource changes voltage and angle that the slack at a bus holds.
func (s *Solver) SetSource(bus int, pu, deg float64) {
	s.net.Buses[bus].StartDeg = deg
	for i := range s.net.Generators {
		if s.byID[s.net.Generators[i].Bus] == bus {
			s.net.Generators[i].PU = pu
		}
	}
	set := &s.top.set[s.top.node[bus]]
	set.pu, set.deg = pu, deg
}

// Bus is the index of a bus by its id.
func (s *Solver) Bus(id string) (index int, known bool) {
	index, known = s.byID[id]
	return index, known
}
