package hosting

import (
	"math/rand/v2"
	"slices"
	"time"
)

// draws are the synthetic years: which usable week stands for each week of the calendar,
// and how much of what they ask for newcomers use.
type draws struct {
	years int
	week  []uint16 // seasons for each year
	level []uint8  // of each year
}

// near lists the usable weeks within so many weeks of one of the calendar, going round
// at the end of the year.
func (m *Model) near(season, within int) []uint16 {
	var list []uint16
	for i, s := range m.season {
		apart := max(s-season, season-s)
		if min(apart, seasons-apart) <= within {
			list = append(list, uint16(i))
		}
	}
	return list
}

// draw draws the years of a policy. Levels are spread evenly over the years, whatever
// the dice say.
func (m *Model) draw(p Policy, levels int) *draws {
	dice := rand.New(rand.NewPCG(p.Seed, 1))
	d := &draws{years: p.Years, week: make([]uint16, 0, p.Years*seasons), level: make([]uint8, p.Years)}
	pools := make([][]uint16, seasons)
	for s := range seasons {
		pools[s] = m.near(s, p.Near)
	}
	for y := range p.Years {
		for s := range seasons {
			d.week = append(d.week, pools[s][dice.IntN(len(pools[s]))])
		}
		d.level[y] = uint8(y * levels / p.Years)
	}
	return d
}

// of is the weeks of a year.
func (d *draws) of(year int) []uint16 { return d.week[year*seasons : (year+1)*seasons] }

// monthOf is the month in which a week of the calendar has its middle.
func monthOf(season int) time.Month {
	return time.Date(2025, 1, 4+7*season, 0, 0, 0, 0, time.UTC).Month()
}

// quantile is the value that a part of some values do not exceed, 0..1: an exact one of
// them. They are sorted in place and must not be empty.
func quantile(values []float64, part float64) float64 {
	slices.Sort(values)
	rank := int(part*float64(len(values)) + 1 - 1e-9)
	return values[min(max(rank, 1), len(values))-1]
}
