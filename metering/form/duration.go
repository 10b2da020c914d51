package form

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// Units of a duration from the longest down, which is the order in which they
// are written.
var durationUnits = []struct {
	name   string
	length time.Duration
}{
	{"y", year}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond},
}

const durationPattern = `^([0-9]{1,6}y)?([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?$`

var durationRegexp = regexp.MustCompile(durationPattern)

// Duration is a duration from least to most, both included: 500ms, 15m, 1h30m,
// 30d, 10y. A day has 24 hours and a year 365 days.
func Duration(least, most time.Duration) Kind[time.Duration] {
	return OfText(Object{"pattern": durationPattern, "minLength": 2}, "a duration", func(text string) (time.Duration, *Finding) {
		d, ok := parseDuration(text)
		switch {
		case !ok:
			return 0, badDuration(text, least, most)
		case d < least:
			return 0, Found("out-of-range", fmt.Sprintf("the duration %q is too short", text),
				durationRange(least, most), fmt.Sprintf("write %s or more", FormatDuration(least)))
		case d > most:
			return 0, Found("out-of-range", fmt.Sprintf("the duration %q is too long", text),
				durationRange(least, most), fmt.Sprintf("write %s or less", FormatDuration(most)))
		}
		return d, nil
	})
}

func durationRange(least, most time.Duration) string {
	return fmt.Sprintf("it lies between %s and %s", FormatDuration(least), FormatDuration(most))
}

// parseDuration fails on what would not fit, too: 292 years.
func parseDuration(text string) (time.Duration, bool) {
	parts := durationRegexp.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, false
	}
	var sum time.Duration
	for i, unit := range durationUnits {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(parts[i+1], unit.name), 10, 64)
		if err != nil || n > int64((1<<63-1-sum)/unit.length) {
			return 0, false
		}
		sum += time.Duration(n) * unit.length
	}
	return sum, true
}

// Spellings of the units that people try, Cyrillic ones too.
var durationSpellings = map[string]string{
	"мс": "ms", "msec": "ms", "с": "s", "сек": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
	"м": "m", "мин": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
	"ч": "h", "час": "h", "hour": "h", "hours": "h", "hr": "h", "д": "d", "дн": "d", "сут": "d", "day": "d", "days": "d",
	"г": "y", "год": "y", "лет": "y", "year": "y", "years": "y", "ms": "ms", "s": "s", "m": "m", "h": "h", "d": "d", "y": "y",
}

var looseDuration = regexp.MustCompile(`^([0-9]{1,6})(?:[.,]([0-9]{1,3}))?\s*(\pL*)\.?$`)

func badDuration(text string, least, most time.Duration) *Finding {
	remedy := "write it like 500ms, 15m, 1h30m or 30d"
	if m := looseDuration.FindStringSubmatch(strings.TrimSpace(text)); m != nil {
		unit, known := durationSpellings[strings.ToLower(m[3])]
		switch {
		case m[3] == "" && m[2] == "":
			if meant := withUnits(m[1], least, most); len(meant) > 0 {
				remedy = "write " + either(meant)
			}
		case known:
			if d, err := time.ParseDuration(fmt.Sprintf("%s.%s0%s", m[1], m[2], unit)); err == nil && d%time.Millisecond == 0 {
				remedy = fmt.Sprintf("write %q", FormatDuration(d))
			} else if _, fits := parseDuration(m[1] + unit); fits && m[2] == "" {
				remedy = fmt.Sprintf("write %q", m[1]+unit)
			}
		}
	}
	return Found("bad-duration", fmt.Sprintf("%q is not a duration", text),
		"it is whole numbers with their units: y, d, h, m, s, ms, the longest first", remedy)
}

// withUnits are the durations from least to most that a bare number may mean.
func withUnits(number string, least, most time.Duration) []string {
	var all []string
	for _, unit := range []string{"ms", "s", "m", "h"} {
		if d, ok := parseDuration(number + unit); ok && least <= d && d <= most {
			all = append(all, strconv.Quote(number+unit))
		}
	}
	return all
}

// either joins alternatives: "a, b or c".
func either(all []string) string {
	last := len(all) - 1
	if last == 0 {
		return all[0]
	}
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

// FormatDuration writes a duration as Duration reads it, to the millisecond:
// "1h30m", "10y".
func FormatDuration(d time.Duration) string {
	var b strings.Builder
	for _, unit := range durationUnits {
		if n := d / unit.length; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.length
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
