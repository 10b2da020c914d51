package exchange

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stamp is a moment as a file has it: by the wall clock of some zone, or fixed by
// an offset of its own.
type stamp struct {
	seconds int64 // since 1970 by the wall clock; in UTC if fixed
	fixed   bool
	// midnight24 is set for "24:00", which only the end of an interval is called.
	midnight24 bool
}

const daySeconds = 24 * 60 * 60

// parseStamp reads date and time of one cell: "31.01.2026 00:15", "2026-01-31T00:15",
// with seconds and offset or without, "31.01.2026 24:00", "31.01.26 0:15", or a
// date alone. Spreadsheets' serial numbers are read by serialStamp.
func parseStamp(s string) (stamp, bool) {
	s = strings.TrimSpace(s)
	day, rest, ok := parseDate(s)
	if !ok {
		return stamp{}, false
	}
	rest = strings.TrimLeft(rest, " \u00a0\u202fTt,")
	if rest == "" {
		return stamp{seconds: day * daySeconds}, true
	}
	clock, offset, fixed, ok := splitOffset(rest)
	if !ok {
		return stamp{}, false
	}
	of, ok := parseClock(clock)
	if !ok {
		return stamp{}, false
	}
	st := stamp{seconds: day*daySeconds + of, fixed: fixed, midnight24: of == daySeconds}
	if fixed {
		st.seconds -= offset
	}
	return st, true
}

// parseDate reads a date at the beginning of s: day first with '.', '/' or '-', or
// year first; a year of two digits is of this century. rest is what follows.
func parseDate(s string) (day int64, rest string, ok bool) {
	var numbers [3]int
	var lengths [3]int
	i := 0
	var sep byte
	for k := range 3 {
		begin := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' && i-begin < 8 {
			numbers[k] = numbers[k]*10 + int(s[i]-'0')
			i++
		}
		lengths[k] = i - begin
		if lengths[k] == 0 {
			return 0, "", false
		}
		if k == 0 && lengths[0] == 8 { // 20260131
			return dayOf(numbers[0]/10000, numbers[0]/100%100, numbers[0]%100, s[i:])
		}
		if k < 2 {
			if i >= len(s) || (s[i] != '.' && s[i] != '/' && s[i] != '-') || (k == 1 && s[i] != sep) {
				return 0, "", false
			}
			sep = s[i]
			i++
		}
	}
	rest = strings.TrimPrefix(s[i:], " г.") // 31.01.2026 г.
	switch {
	case lengths[0] == 4 && lengths[1] <= 2 && lengths[2] <= 2:
		return dayOf(numbers[0], numbers[1], numbers[2], rest)
	case lengths[0] <= 2 && lengths[1] <= 2 && lengths[2] == 4:
		return dayOf(numbers[2], numbers[1], numbers[0], rest)
	case lengths[0] <= 2 && lengths[1] <= 2 && lengths[2] == 2 && sep == '.':
		return dayOf(2000+numbers[2], numbers[1], numbers[0], rest)
	}
	return 0, "", false
}

func dayOf(y, m, d int, rest string) (int64, string, bool) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1990 || y > 2199 || t.Month() != time.Month(m) || t.Day() != d {
		return 0, "", false
	}
	return t.Unix() / daySeconds, rest, true
}

// splitOffset takes "Z", "+05", "+05:00" or "+0500" from the end of a time.
func splitOffset(s string) (clock string, offset int64, fixed, ok bool) {
	s = strings.TrimSpace(s)
	if z := strings.TrimRight(s, "Zz"); len(z) == len(s)-1 {
		return z, 0, true, true
	}
	i := strings.LastIndexAny(s, "+-")
	if i < 3 { // "0015-..." is no offset before a time is whole
		return s, 0, false, i < 0
	}
	digits := strings.ReplaceAll(s[i+1:], ":", "")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil || n < 0:
		return "", 0, false, false
	case len(digits) == 2:
		n *= 100
	case len(digits) != 4:
		return "", 0, false, false
	}
	if n/100 > 14 || n%100 > 59 {
		return "", 0, false, false
	}
	offset = int64(n/100*3600 + n%100*60)
	if s[i] == '-' {
		offset = -offset
	}
	return strings.TrimSpace(s[:i]), offset, true, true
}

// parseClock reads a time of day in seconds: "0:15", "00:15", "00:15:00", "24:00",
// "0015", "00:15:00.000"; 0 to 86 400.
func parseClock(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	var h, m, sec int
	var err error
	if !strings.Contains(s, ":") {
		if len(s) != 4 && len(s) != 6 {
			return 0, false
		}
		n, err := strconv.Atoi(s)
		if err != nil || s[0] == '-' || s[0] == '+' {
			return 0, false
		}
		if len(s) == 4 {
			n *= 100
		}
		h, m, sec = n/10000, n/100%100, n%100
	} else {
		parts := strings.Split(s, ":")
		if len(parts) > 3 {
			return 0, false
		}
		for i, into := range []*int{&h, &m, &sec} {
			if i >= len(parts) {
				break
			}
			part := parts[i]
			if i == 2 { // a fraction of a second must be zero
				whole, fraction, _ := strings.Cut(part, ".")
				if strings.Trim(fraction, "0") != "" {
					return 0, false
				}
				part = whole
			}
			if len(part) == 0 || len(part) > 2 || part[0] == '-' || part[0] == '+' {
				return 0, false
			}
			if *into, err = strconv.Atoi(part); err != nil {
				return 0, false
			}
		}
	}
	if h > 24 || m > 59 || sec > 59 || (h == 24 && (m > 0 || sec > 0)) {
		return 0, false
	}
	return int64(h*3600 + m*60 + sec), true
}

// parseHour reads an hour of the day, 0 to 24, in seconds.
func parseHour(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	n, err := strconv.Atoi(s)
	return int64(n) * 3600, err == nil && n >= 0 && n <= 24 && len(s) <= 2
}

// parseRange reads a stretch of the day: "00:00-00:30", "0000–0030", "23:30-24:00",
// "23:30-00:00", or of hours, "00-01". to is after from, at most 86 400.
func parseRange(s string) (from, to int64, ok bool) {
	s = strings.NewReplacer("–", "-", "—", "-", "−", "-", "…", "-", "..", "-").Replace(strings.TrimSpace(s))
	a, b, found := strings.Cut(s, "-")
	if !found {
		return 0, 0, false
	}
	from, ok1 := parseClock(a)
	to, ok2 := parseClock(b)
	if !ok1 && !ok2 {
		from, ok1 = parseHour(a)
		to, ok2 = parseHour(b)
	}
	if to == 0 {
		to = daySeconds
	}
	return from, to, ok1 && ok2 && to > from
}

// serialEpoch is day 0 of a workbook: 1899-12-30, or 1904-01-01 in workbooks of
// old Macs. Days before March 1900, which Excel counts wrongly, are out of range.
func serialEpoch(date1904 bool) int64 {
	if date1904 {
		return time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()
}

// serialStamp reads a spreadsheet's date number, "46053.0104166667" for 31.01.2026
// 00:15; days from 1990 to 2119. Seconds are rounded, because an hour is no whole
// binary fraction of a day.
func serialStamp(s string, date1904 bool) (stamp, bool) {
	days, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || days < 31000 || days > 80500 {
		return stamp{}, false
	}
	return stamp{seconds: serialEpoch(date1904) + int64(math.Round(days*daySeconds))}, true
}

// serialClock reads a time of day as a spreadsheet keeps it: a fraction of a day.
func serialClock(s string) (int64, bool) {
	part, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || part < 0 || part > 1 {
		return 0, false
	}
	return int64(math.Round(part * daySeconds)), true
}

// wallText is a wall-clock moment for people.
func wallText(seconds int64) string {
	return time.Unix(seconds, 0).UTC().Format("02.01.2006 15:04")
}

// moments are the instants at which the wall clock of a zone shows some seconds,
// ascending: none when the clock was put forward over them, two when it was put
// back. The end of an interval may be called by the clock just before it, too: on
// the day on which 02:00 becomes 03:00 both are one moment.
func moments(seconds int64, zone *time.Location, end bool) []int64 {
	var found []int64
	for _, around := range []int64{-daySeconds, daySeconds} {
		_, offset := time.Unix(seconds+around, 0).In(zone).Zone()
		t := seconds - int64(offset)
		if slices.Contains(found, t) {
			continue
		}
		if offsetAt(t, zone) == offset || (end && offsetAt(t-1, zone) == offset) {
			found = append(found, t)
		}
	}
	slices.Sort(found)
	return found
}

func offsetAt(t int64, zone *time.Location) int {
	_, offset := time.Unix(t, 0).In(zone).Zone()
	return offset
}

func lengthText(seconds int64) string {
	if seconds%3600 == 0 {
		return fmt.Sprintf("%d h", seconds/3600)
	}
	if seconds%60 == 0 {
		return fmt.Sprintf("%d min", seconds/60)
	}
	return fmt.Sprintf("%d s", seconds)
}
