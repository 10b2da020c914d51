package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// like are energies in thousandths of a unit by the mean of like days, how far
// those days lie apart from it, and which they were; false if a day has none.
//
// For a shape (not weekly) these are the most recent days of the same kind; for an
// energy (weekly) the same weekday of the last weeks, as long as it was of the
// same kind, else the same. A holiday without earlier holidays is like a Sunday.
// Only days count whose intervals of the same wall-clock times are all fit to be
// history.
func (l *look) like(parts []part, weekly bool) (milli, doubts []int64, text string, ok bool) {
	var used []time.Time
	for _, parts := range l.byDay(parts) {
		days := l.likeDays(parts, weekly, l.history)
		if len(days) == 0 {
			return nil, nil, "", false
		}
		for i, p := range parts {
			m, d := l.meanOf(days, i, p)
			milli, doubts = append(milli, m), append(doubts, d)
		}
		for _, d := range days {
			used = append(used, d.date)
		}
	}
	return milli, doubts, "mean of like days " + l.dates(used), true
}

// byDay cuts parts where a local day ends.
func (l *look) byDay(parts []part) [][]part {
	var list [][]part
	for len(parts) > 0 {
		_, end := metering.LocalDay(l.c.slot(parts[0].slot), l.c.zone())
		n := 1
		for n < len(parts) && l.c.slot(parts[n].slot).Before(end) {
			n++
		}
		list, parts = append(list, parts[:n]), parts[n:]
	}
	return list
}

// meanOf is the mean of like days at their i-th slot, and the greatest distance
// from it; of a single day, the energy itself.
func (l *look) meanOf(days []likeDay, i int, p part) (milli, doubt int64) {
	var sum int64
	for _, d := range days {
		e, _ := l.history(d.slots[i])
		sum += max(0, int64(e)) * 1000
	}
	mean := sum / int64(len(days))
	far := int64(0)
	for _, d := range days {
		e, _ := l.history(d.slots[i])
		far = max(far, abs(max(0, int64(e))*1000-mean))
	}
	if len(days) == 1 {
		far = mean
	}
	return mulDiv(mean, p.over(), periodMS), mulDiv(far, p.over(), periodMS)/1000 + 1
}

// likeDay is a day with the slots that correspond to those asked for.
type likeDay struct {
	date  time.Time // noon of it
	slots []int
}

// likeDays finds days like that of the parts, which all lie in one local day, the
// most recent first; every slot of them is fit.
func (l *look) likeDays(parts []part, weekly bool, fit func(slot int) (metering.Energy, bool)) []likeDay {
	kind := l.c.Calendar.KindOf(l.c.slot(parts[0].slot), l.c.zone())
	if weekly {
		if days := l.search(parts, kind, 7, l.set.count(likeWeeks), l.set.count(likeWeeks), fit); len(days) > 0 {
			return days
		}
	}
	days := l.search(parts, kind, 1, l.set.count(likeBack), l.set.count(likeDays), fit)
	if len(days) == 0 && kind == metering.Holiday {
		days = l.search(parts, metering.Sunday, 1, l.set.count(likeBack), l.set.count(likeDays), fit)
	}
	return days
}

// search goes back in steps of some days, up to steps of them, for most days of a
// kind.
func (l *look) search(parts []part, kind metering.DayKind, step, steps, most int, fit func(slot int) (metering.Energy, bool)) []likeDay {
	var days []likeDay
	zone := l.c.zone()
	y, m, d := l.c.slot(parts[0].slot).In(zone).Date()
	for k := 1; k <= steps && len(days) < most; k++ {
		noon := time.Date(y, m, d-k*step, 12, 0, 0, 0, zone)
		if l.c.Calendar.KindOf(noon, zone) != kind {
			continue
		}
		slots := make([]int, len(parts))
		whole := true
		for i, p := range parts {
			hour, minute, _ := l.c.slot(p.slot).In(zone).Clock()
			slots[i] = slotOf(l.c.From, time.Date(y, m, d-k*step, hour, minute, 0, 0, zone))
			if _, ok := fit(slots[i]); !ok {
				whole = false
				break
			}
		}
		if whole {
			days = append(days, likeDay{noon, slots})
		}
	}
	return days
}

// dates lists days, each once, the latest first.
func (l *look) dates(days []time.Time) string {
	var names []string
	for _, d := range days {
		names = append(names, d.In(l.c.zone()).Format(time.DateOnly))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	slices.Reverse(names)
	if len(names) > 12 {
		return strings.Join(names[:12], ", ") + fmt.Sprintf(" and %d more", len(names)-12)
	}
	return strings.Join(names, ", ")
}
