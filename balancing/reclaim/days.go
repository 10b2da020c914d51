package reclaim

import (
	"time"

	"asue/metering"
)

// DayMax is the greatest valid block of a local day.
type DayMax struct {
	Date string          `json:"date"`  // "2026-06-30"
	Max  *metering.Power `json:"max_w"` // nil on a day without a valid block
}

// DailyMaxima are those of the days of the year, ascending, of which Use takes the
// tenth highest: what a reader of a finding looks at. It fails like Use on a record of
// another time.
func (y *Year) DailyMaxima(s Subject, r Record) ([]DayMax, error) {
	t, err := y.trace(s, r)
	if err != nil {
		return nil, err
	}
	list := make([]DayMax, len(y.days))
	for i, p := range y.maxima(t) {
		list[i].Date = y.days[i].start.In(y.loc).Format(time.DateOnly)
		if p != unknownDay {
			list[i].Max = &p
		}
	}
	return list, nil
}
