package reclaim

import (
	"slices"

	"asue/metering"
)

// Fill is the need that comes out when that is filled in which is not known.
type Fill struct {
	// Name is FillMedian, FillHigh or FillHeld.
	Name string         `json:"name"`
	Need metering.Power `json:"need_w"`
	// Filled is how many blocks were filled in.
	Filled int `json:"filled"`
}

// Fills by which a class has to stand.
const (
	FillMedian = "median" // gaps by the median of the same time of like days
	FillHigh   = "p99"    // gaps by the p99 of the same
	FillHeld   = "held"   // gaps by the median; where we held back, the full ТУ
)

// fills are the needs by all fills; empty if nothing is known to fill with.
func (y *Year) fills(t *trace, allowed []metering.Power, set Settings) []Fill {
	median, high := y.profiles(t)
	if median == nil {
		return nil
	}
	return []Fill{
		y.fill(FillMedian, t, set, func(b int) metering.Power { return median[y.place[b].cell] }),
		y.fill(FillHigh, t, set, func(b int) metering.Power { return high[y.place[b].cell] }),
		y.fill(FillHeld, t, set, func(b int) metering.Power {
			if t.state[b] == held {
				return allowed[b]
			}
			return median[y.place[b].cell]
		}),
	}
}

// fill finds the need with every block that is not valid filled in. An energy that is
// known for it, imputed or held back, is a lower bound.
func (y *Year) fill(name string, t *trace, set Settings, with func(block int) metering.Power) Fill {
	f := Fill{Name: name}
	blocks := len(t.power) - t.first
	highest := newTop(max((5*blocks+999)/1000, 1)) // the least of them is p99.5
	days := newTop(set.Days)
	for _, d := range y.days {
		most, counts := metering.Power(0), false
		for _, b := range d.blocks {
			if int(b) < t.first {
				continue
			}
			p := t.power[b]
			if t.state[b] != valid {
				p = max(p, with(int(b)))
				f.Filled++
			}
			highest.take(p)
			if !counts || p > most {
				most, counts = p, true
			}
		}
		if counts {
			days.take(most)
		}
	}
	if len(highest.list) == highest.n {
		f.Need = highest.least()
	}
	if len(days.list) == set.Days {
		f.Need = max(f.Need, days.least())
	}
	return f
}

// profiles are the median and the p99 of the valid blocks of each cell; nil if no block
// is valid. A cell without any takes those of the same time of all days, and that
// failing those of all blocks.
func (y *Year) profiles(t *trace) (median, high []metering.Power) {
	n := y.cells()
	perDay := n / likenesses
	by := make([][]metering.Power, n)
	var all []metering.Power
	for b := t.first; b < len(t.power); b++ {
		if t.state[b] == valid {
			c := y.place[b].cell
			by[c] = append(by[c], t.power[b])
			all = append(all, t.power[b])
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	median, high = make([]metering.Power, n), make([]metering.Power, n)
	for c := range n {
		list := by[c]
		if len(list) == 0 {
			for like := range likenesses {
				list = append(list, by[like*perDay+c%perDay]...)
			}
		}
		if len(list) == 0 {
			list = all
		}
		list = slices.Clone(list)
		slices.Sort(list)
		median[c], _ = reached(list, 500)
		high[c], _ = reached(list, 10)
	}
	return median, high
}
