package powerflow

// SetRegulator changes where a tap changer begins and whether it stays there, by its
// index. One that stays is there at once, also for a warm start. It keeps the topology.
func (s *Solver) SetRegulator(regulator, start int, blocked bool) {
	r := &s.net.Regulators[regulator]
	r.Start, r.Blocked = min(max(start, r.Min), r.Max), blocked
	if blocked {
		s.setPosition(regulator, r.Start)
	}
}
