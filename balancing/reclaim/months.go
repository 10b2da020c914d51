package reclaim

import (
	"slices"
	"time"

	"asue/metering"
)

// Counts says of how many base intervals what is known.
type Counts struct {
	Expected int `json:"expected"`
	Valid    int `json:"valid"`
	Imputed  int `json:"imputed"`
	Missing  int `json:"missing"`
	Outage   int `json:"outage"`
	Held     int `json:"held"`
}

// Covers reports whether the valid part is pct % or more. Nothing covers nothing.
func (c Counts) Covers(pct int) bool { return c.Expected > 0 && c.Valid*100 >= pct*c.Expected }

// Share is the part n of the expected intervals in hundredths of a percent.
func (c Counts) Share(n int) int {
	if c.Expected == 0 {
		return 0
	}
	return n * 10_000 / c.Expected
}

func (c *Counts) count(s state) {
	c.Expected++
	switch s {
	case valid:
		c.Valid++
	case imputed:
		c.Imputed++
	case missing:
		c.Missing++
	case dark:
		c.Outage++
	case held:
		c.Held++
	}
}

// Month is a month of the year, counted from its start.
type Month struct {
	// Name is its first local day, "2025-09-01".
	Name      string          `json:"name"`
	From      time.Time       `json:"from"`
	Intervals Counts          `json:"intervals"`
	Energy    metering.Energy `json:"energy_wh"` // of valid blocks
	Blocks    int             `json:"blocks"`
	Max       metering.Power  `json:"max_w"`
	// OverBlocks are blocks above the ТУ in force, on OverDays different days.
	OverBlocks int `json:"over_blocks"`
	OverDays   int `json:"over_days"`
}

// countIntervals counts base intervals, over all and by month.
func (y *Year) countIntervals(t *trace, u *Use) {
	for _, m := range y.months {
		u.Months = append(u.Months, Month{Name: m.In(y.loc).Format(time.DateOnly), From: m})
	}
	month := 0
	for i := t.begin; i < len(t.base); i++ {
		for month+1 < len(y.months) && !y.start(i).Before(y.months[month+1]) {
			month++
		}
		u.Intervals.count(t.base[i])
		u.Months[month].Intervals.count(t.base[i])
	}
}

// trend is the median slope of the months' mean powers, in W per month.
func trend(months []Month, perHour int64) metering.Power {
	var slopes []metering.Power
	mean := func(m Month) metering.Power {
		return metering.Power(int64(m.Energy) * perHour / int64(m.Blocks))
	}
	for i, a := range months {
		for j := i + 1; j < len(months); j++ {
			if b := months[j]; a.Blocks > 0 && b.Blocks > 0 {
				slopes = append(slopes, (mean(b)-mean(a))/metering.Power(j-i))
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	return slopes[len(slopes)/2]
}
