package reclaim

import (
	"slices"
	"time"

	"asue/metering"
)

// Enough says how far a record is from being known well enough, and when it will be.
type Enough struct {
	// Missing is how many more valid intervals the year would need to be covered
	// (Settings.Coverage); 0 if only a month is not.
	Missing int `json:"missing_intervals"`
	// From is the first local midnight with which a rolling year ends that is covered as
	// a whole and in each month, if every interval from the end of this one on is valid.
	// It is the end of this one if that is covered.
	From time.Time `json:"from"`
}

// Enough finds it. It fails on a record of another time than the year.
func (y *Year) Enough(s Subject, r Record, set Settings) (Enough, error) {
	t, err := y.trace(s, r)
	if err != nil {
		return Enough{}, err
	}
	var all Counts
	for i := t.begin; i < len(t.base); i++ {
		all.count(t.base[i])
	}
	e := Enough{Missing: max(0, (set.Coverage*all.Expected+99)/100-all.Valid)}
	days := y.tallies(t)
	for {
		e.From = days[len(days)-1].to
		if y.endingAt(e.From).covered(days, set) {
			return e, nil
		}
		_, to := metering.LocalDay(e.From, y.loc)
		n := int(to.Sub(e.From) / metering.BasePeriod)
		days = append(days, tally{from: e.From, to: to, Counts: Counts{Expected: n, Valid: n}})
	}
}

// tally is what is known of a local day.
type tally struct {
	from, to time.Time
	Counts
}

func (y *Year) tallies(t *trace) []tally {
	list := make([]tally, len(y.days))
	for i, d := range y.days {
		list[i].from, list[i].to = d.start, y.to
		if i > 0 {
			list[i-1].to = d.start
		}
	}
	day := 0
	for i := range t.base {
		if !y.start(i).Before(list[day].to) {
			day++
		}
		if i >= t.begin {
			list[day].count(t.base[i])
		}
	}
	return list
}

// endingAt is a rolling year with its months, and nothing else of it.
func (y *Year) endingAt(to time.Time) *Year {
	w := &Year{from: YearTo(to, y.loc), to: to, loc: y.loc}
	if to.Equal(y.to) {
		w.from = y.from
	}
	w.layMonths()
	return w
}

// covered reports whether the rolling year is covered by days, as a whole and in each
// of its months that has any interval to be covered.
func (y *Year) covered(days []tally, set Settings) bool {
	first := slices.IndexFunc(days, func(d tally) bool { return !d.from.Before(y.from) })
	if first < 0 {
		return false
	}
	var all Counts
	months := make([]Counts, len(y.months))
	for _, d := range days[first:] {
		for _, c := range []*Counts{&all, &months[y.monthOf(d.from)]} {
			c.Expected += d.Expected
			c.Valid += d.Valid
		}
	}
	return all.Covers(set.Coverage) && !slices.ContainsFunc(months, func(c Counts) bool {
		return c.Expected > 0 && !c.Covers(set.MonthCoverage)
	})
}
