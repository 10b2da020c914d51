package reclaim

import "asue/metering"

// Week is a week of a load as a whole, for who plays weeks again in another order:
// every block has a power.
type Week struct {
	// Season is the week of the calendar year, 0..51, that its first day lies in.
	Season int
	// Power is the mean power of each block, kW, day after day.
	Power []float32
	// Filled is how many of them are not valid and were filled in: by the median of the
	// same time of like days, where we held back by their p99, and never below what was
	// drawn.
	Filled int
}

// Seasons are those of the weeks that follow each other from the start of the year: as
// many as Weeks lays out for who was there all the time.
func (y *Year) Seasons() []int {
	var list []int
	for first := 0; first+7 <= len(y.days); first += 7 {
		list = append(list, y.season(first))
	}
	return list
}

// season is the week of the calendar year that a day lies in.
func (y *Year) season(day int) int {
	return min((y.days[day].start.In(y.loc).YearDay()-1)/7, 51)
}

// Weeks lays a record out as weeks that follow each other from the start of the year;
// days beyond the last whole week are left out, and so are weeks before commissioning.
// A time that the clock leaves out is filled in, one that it shows twice is the greater
// of the two. It fails like Use; it is empty if no block is valid.
func (y *Year) Weeks(s Subject, r Record) ([]Week, error) {
	t, err := y.trace(s, r)
	if err != nil {
		return nil, err
	}
	median, high := y.profiles(t)
	if median == nil {
		return nil, nil
	}
	perDay := y.cells() / likenesses
	var weeks []Week
	for first := 0; first+7 <= len(y.days); first += 7 {
		if y.dayFrom(t) > first {
			continue
		}
		w := Week{Season: y.season(first), Power: make([]float32, 7*perDay)}
		for d := range 7 {
			w.layDay(y, t, y.days[first+d], d*perDay, median, high)
		}
		weeks = append(weeks, w)
	}
	return weeks, nil
}

// layDay lays one day of a week from a position on.
func (w *Week) layDay(y *Year, t *trace, d day, at int, median, high []metering.Power) {
	perDay := len(median) / likenesses
	like := int(y.place[d.blocks[0]].cell) / perDay
	seen := make([]bool, perDay)
	put := func(slot int, p metering.Power, filled bool) {
		if kw := float32(p.Kilowatts()); !seen[slot] || kw > w.Power[at+slot] {
			w.Power[at+slot] = kw
		}
		if filled {
			w.Filled++
		}
		seen[slot] = true
	}
	for _, b := range d.blocks {
		cell := y.place[b].cell
		switch p := t.power[b]; t.state[b] {
		case valid:
			put(int(cell)%perDay, p, false)
		case held:
			put(int(cell)%perDay, max(p, high[cell]), true)
		default:
			put(int(cell)%perDay, max(p, median[cell]), true)
		}
	}
	for slot := range perDay {
		if !seen[slot] {
			put(slot, median[like*perDay+slot], true)
		}
	}
}
