package alarm

// Deadband says when a value is too high (or too low), without chattering around the
// bound.
type Deadband struct {
	Bound float64
	// Band is how far the value has to come back before it is no longer too high; 0 or
	// more.
	Band float64
	// Low is set if what lies below the bound is wrong.
	Low bool
}

// Over reports whether a value is beyond the bound, given whether it was.
func (d Deadband) Over(was bool, v float64) bool {
	bound := d.Bound
	if d.Low {
		v, bound = -v, -bound
	}
	if was {
		return v > bound-d.Band
	}
	return v > bound
}
