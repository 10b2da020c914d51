package powerflow

// maxPasses bounds the moves of the tap changers.
const maxPasses = 30

// SolveWithTaps solves, moves each regulator whose bus is outside its band by one
// position, and solves again until none moves, as tap changers do. Regulators of one
// node move together. It begins at the regulators' Start, or, with o.Warm, where
// they stand; if that does not converge, at their Min. It fails as Solve does, and
// with TapHuntingError if a regulator turns round for the third time, after which
// Result tells the position of lower voltage, the cautious one of the two. A regulator at the end of its range stays there: that its bus
// is outside the band then is for the caller to see.
func (s *Solver) SolveWithTaps(o Options) error {
	if !o.Warm || !s.solved {
		for i, r := range s.net.Regulators {
			s.setPosition(i, r.Start)
		}
	}
	s.level()
	total := 0
	err := s.Solve(o)
	total += s.lastIter
	if err != nil && len(s.taps) > 0 {
		for i, r := range s.net.Regulators {
			if !r.Blocked {
				s.setPosition(i, r.Min)
			}
		}
		again := s.Solve(o)
		if total += s.lastIter; again != nil {
			return err
		}
		err = nil
	}
	o.Warm = true
	clear(s.moves)
	clear(s.turns)
	for pass := range maxPasses {
		moved := false
		for i := range s.net.Regulators { // all wishes come from one solution
			by := s.move(i)
			s.wishes[i] = by
			if by == 0 {
				continue
			}
			if s.moves[i] == -by {
				if s.turns[i]++; s.turns[i] >= 3 {
					return s.hunting(i, by, pass, total, o)
				}
			}
			s.moves[i], moved = by, true
		}
		s.lastIter = total
		if !moved {
			return err
		}
		for i, by := range s.wishes {
			if by != 0 {
				s.setPosition(i, s.taps[i]+by)
			}
		}
		if err = s.Solve(o); err != nil {
			return err
		}
		total += s.lastIter
	}
	for i := range s.net.Regulators {
		if by := s.move(i); by != 0 {
			return s.hunting(i, by, maxPasses, total, o)
		}
	}
	s.lastIter = total
	return err
}

// move is by how many positions a regulator wants to go: −1, 0 or 1.
func (s *Solver) move(i int) int {
	r := s.net.Regulators[i]
	k := s.position(s.byID[r.Bus])
	switch {
	case r.Blocked || k < 0 || s.idle(r.Branch):
	case s.v[k] < r.LowPU && s.taps[i] > r.Min:
		return -1
	case s.v[k] > r.HighPU && s.taps[i] < r.Max:
		return 1
	}
	return 0
}

// idle says that a branch carries nothing.
func (s *Solver) idle(branch int) bool {
	return s.ends[branch][2] < 0 || s.ends[branch][3] < 0
}

// level gives regulators of one node the position of the first of them, as
// transformers in parallel need it.
func (s *Solver) level() {
	for i := range s.net.Regulators {
		for j := range i {
			if s.parallel(i, j) {
				s.setPosition(i, s.within(i, s.taps[j]))
				break
			}
		}
	}
}

// parallel says that two regulators hold the voltage of one node.
func (s *Solver) parallel(i, j int) bool {
	a, b := s.net.Regulators[i], s.net.Regulators[j]
	return !a.Blocked && !b.Blocked && !s.idle(a.Branch) && !s.idle(b.Branch) && s.top.node[s.byID[a.Bus]] == s.top.node[s.byID[b.Bus]]
}

// within is the position nearest to one that a regulator has.
func (s *Solver) within(i, position int) int {
	return min(max(position, s.net.Regulators[i].Min), s.net.Regulators[i].Max)
}

func (s *Solver) setPosition(i, position int) {
	r := s.net.Regulators[i]
	s.taps[i] = position
	s.SetRatio(r.Branch, 1+float64(position-r.Neutral)*r.Step)
}

// hunting leaves a regulator, and those in parallel, at the position of lower
// voltage, and tells what its bus has at either.
func (s *Solver) hunting(i, by, pass, total int, o Options) error {
	r, at := s.net.Regulators[i], s.taps[i]
	e := &TapHuntingError{Regulator: i, Branch: s.net.Branches[r.Branch].name(), Bus: r.Bus, Low: min(at, at+by), High: max(at, at+by),
		Band: [2]float64{r.LowPU, r.HighPU}, Passes: pass}
	for side, position := range []int{e.Low, e.High} {
		for j := range s.net.Regulators {
			if j == i || s.parallel(i, j) {
				s.setPosition(j, s.within(j, position))
			}
		}
		if err := s.Solve(o); err != nil {
			return err
		}
		total += s.lastIter
		e.PU[side] = s.v[s.position(s.byID[r.Bus])]
	}
	s.lastIter = total
	return e
}

func (b Branch) name() string {
	if b.ID != "" {
		return b.ID
	}
	return b.From + "–" + b.To
}

// Position is where a regulator stands.
func (s *Solver) Position(regulator int) int { return s.taps[regulator] }
