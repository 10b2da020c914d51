package exchange

import (
	"fmt"
	"strconv"
	"strings"
)

// dayCounts are how many columns a day has, those on which the clock is set among
// them, and how long an interval of each is in seconds.
var dayCounts = map[int]int64{23: 3600, 24: 3600, 25: 3600, 46: 1800, 48: 1800, 50: 1800, 92: 900, 96: 900, 100: 900}

// dayColumns finds the columns of a table with a row for each day.
func (r *recogniser) dayColumns(at, width int) bool {
	if r.l.date < 0 || r.l.start >= 0 || r.l.time >= 0 || r.l.period >= 0 {
		return false
	}
	var found []valueColumn
	for c := range width {
		for i := r.l.first - 1; i >= at; i-- {
			v := valueColumn{at: c, heading: cellAt(r.rows[i], c), quality: -1}
			if v.inDay(r.sheet.workbook) {
				found = append(found, v)
				break
			}
		}
	}
	if _, ok := dayCounts[len(found)]; !ok {
		return false
	}
	r.l.days, r.l.values = true, found
	return true
}

// inDay reads a heading as a part of the day: "00:00-00:30", "00:30", "1 ч", "17".
func (v *valueColumn) inDay(workbook bool) bool {
	text := strings.TrimSpace(v.heading)
	if from, to, ok := parseRange(text); ok {
		v.form, v.from, v.to = dayRange, from, to
		return true
	}
	if of, ok := parseClock(text); ok && strings.Contains(text, ":") {
		v.form, v.from = dayLabel, of
		return true
	}
	number := strings.TrimRight(strings.TrimLeft(normalise(text), "ht"), " hчсағт.")
	if n, err := strconv.Atoi(number); err == nil && n >= 0 && n <= 100 {
		v.form, v.ordinal = dayOrdinal, n
		return true
	}
	if of, ok := serialClock(text); ok && workbook {
		v.form, v.from = dayLabel, of
		return true
	}
	return false
}

// settleDays makes a stretch of the day of every column, or numbers them.
func (r *recogniser) settleDays(at int) {
	values := r.l.values
	length := dayCounts[len(values)]
	labels, ordinals := 0, 0
	for _, v := range values {
		switch v.form {
		case dayLabel:
			labels++
		case dayOrdinal:
			ordinals++
		}
	}
	switch {
	case labels > 0 && labels+2 >= len(values):
		r.settleLabels(at, length)
	case ordinals == len(values):
		shift := 1 - values[0].ordinal // numbered from 0 or from 1
		for i := range values {
			values[i].ordinal += shift
			if values[i].ordinal != i+1 || shift < 0 || shift > 1 {
				r.fault(at, values[i].at, values[i].heading, "bad-header", "the columns of a day are not numbered one after the other",
					fmt.Sprintf("number them 1 to %d, or head them with times", len(values)))
				return
			}
		}
	case labels+ordinals > 0:
		r.fault(at, -1, "", "bad-header", "the columns of a day are headed in different ways", "head all of them with times, or number all of them")
	}
}

// settleLabels takes times for starts when the first is midnight, for ends when
// the last is. In a workbook midnight is 0 or 1 and was read as a number.
func (r *recogniser) settleLabels(at int, length int64) {
	values := r.l.values
	for i := range values {
		if values[i].form == dayOrdinal {
			values[i].from = int64(values[i].ordinal) * daySeconds
			values[i].ordinal = 0
		}
		values[i].form = dayRange
	}
	first, last := values[0].from, values[len(values)-1].from
	switch {
	case first == 0 && r.o.Label != LabelEnd:
		for i := range values {
			values[i].to = values[i].from + length
		}
	case first == length && (last == daySeconds || last == 0) && r.o.Label != LabelStart:
		for i := range values {
			if values[i].from == 0 {
				values[i].from = daySeconds
			}
			values[i].from, values[i].to = values[i].from-length, values[i].from
		}
	default:
		r.fault(at, values[0].at, values[0].heading, "bad-label", "the columns of a day begin neither at its start nor one interval after it",
			"head them with stretches, like 00:00-00:30")
	}
}
