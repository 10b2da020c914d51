package exchange

import (
	"fmt"
	"strings"

	"asue/metering"
)

// times reads when the values of a row are: a start and an end, a stretch, or a
// label.
func (c *collector) times(cells []string, row int, d *datum) bool {
	l := c.l
	const remedy = "write 31.01.2026 00:15 or 2026-01-31T00:15"
	if l.start >= 0 && l.end >= 0 {
		from, ok1 := c.momentAt(cells, l.start)
		to, ok2 := c.momentAt(cells, l.end)
		if !ok1 {
			c.fault(row, l.start, cells, "bad-time", "is no time", remedy)
		}
		if !ok2 {
			c.fault(row, l.end, cells, "bad-time", "is no time", remedy)
		}
		if l.date >= 0 && ok1 && ok2 && to.seconds <= from.seconds && to.seconds%daySeconds == 0 {
			to.seconds += daySeconds // 23:30 to 00:00
		}
		d.stretch(from, to)
		return ok1 && ok2
	}
	if l.period >= 0 {
		if from, to, ok := c.stretchAt(cells); ok {
			d.stretch(from, to)
			return true
		}
	}
	for _, col := range []int{l.start, l.end, l.time, l.period} {
		if col < 0 {
			continue
		}
		st, ok := c.momentAt(cells, col)
		if !ok {
			c.fault(row, col, cells, "bad-time", "is no time", remedy)
			return false
		}
		d.label(st)
		return true
	}
	c.fault(row, l.date, cells, "no-time", "there is a date and no time of day", "add a column \"start\" or \"end\" with the times of the intervals")
	return false
}

func (d *datum) label(st stamp) {
	d.at = st.seconds
	if st.fixed {
		d.flags |= fixedAt
	}
	if st.midnight24 {
		d.flags |= midnight24
	}
}

func (d *datum) stretch(from, to stamp) {
	d.at, d.to = from.seconds, to.seconds
	d.flags |= hasEnd
	if from.fixed {
		d.flags |= fixedAt
	}
	if to.fixed {
		d.flags |= fixedTo
	}
}

// momentAt reads a moment from a cell, or a time of day beside the row's date.
func (c *collector) momentAt(cells []string, col int) (stamp, bool) {
	if c.l.date >= 0 && col != c.l.date {
		if day, ok := c.stampAt(cells, c.l.date); ok && !day.fixed {
			text := cellAt(cells, col)
			of, ok := parseClock(text)
			if !ok && col == c.l.period {
				of, ok = parseHour(text) // of a column of hours
			}
			if !ok && c.sheet.workbook {
				of, ok = serialClock(text)
			}
			if ok {
				day.seconds = day.seconds/daySeconds*daySeconds + of
				day.midnight24 = of == daySeconds
				return day, true
			}
		}
	}
	return c.stampAt(cells, col)
}

// stampAt reads a moment; most rows have the same as the row before.
func (c *collector) stampAt(cells []string, col int) (stamp, bool) {
	text := cellAt(cells, col)
	cache := c.stamps[col]
	if cache == nil {
		cache = &stampCache{}
		c.stamps[col] = cache
	} else if cache.text == text {
		return cache.st, cache.ok
	}
	cache.text = strings.Clone(text)
	cache.st, cache.ok = parseStamp(text)
	if !cache.ok {
		cache.st, cache.ok = serialStamp(text, c.sheet.date1904)
	}
	return cache.st, cache.ok
}

// stretchAt reads a stretch like "00:00-00:30" beside a date, or behind one.
func (c *collector) stretchAt(cells []string) (from, to stamp, ok bool) {
	text := cellAt(cells, c.l.period)
	day, rest, ok := parseDate(text)
	if !ok {
		st, ok := c.stampAt(cells, c.l.date)
		if !ok || st.fixed || c.l.date < 0 {
			return from, to, false
		}
		day, rest = st.seconds/daySeconds, text
	}
	a, b, ok := parseRange(rest)
	if !ok {
		return from, to, false
	}
	return stamp{seconds: day*daySeconds + a}, stamp{seconds: day*daySeconds + b}, true
}

func (c *collector) pointOf(cells []string, row int) (metering.PointID, bool) {
	if c.l.point < 0 {
		return c.l.point0, true
	}
	text := cellAt(cells, c.l.point)
	if text == "" && c.l.point0 != "" {
		return c.l.point0, true
	}
	id, known := c.points[text]
	if !known {
		if found, ok := c.o.Points.Find(unescape(text)); ok {
			id = found
		}
		if len(c.points) < 10_000 {
			c.points[strings.Clone(text)] = id
		}
	}
	if id == "" && c.o.Points.computed(unescape(text)) {
		c.notes.count("rows of virtual points were passed over: these are computed from other points")
		return "", false
	}
	if id == "" {
		c.fault(row, c.l.point, cells, "unknown-point", "no point of the site is called so", "write its identifier or name from the site file")
	}
	return id, id != ""
}

func (c *collector) channelOf(cells []string, row int) (metering.Channel, bool) {
	if c.l.channel < 0 {
		return c.l.chan0, true
	}
	text := cellAt(cells, c.l.channel)
	if text == "" {
		return c.l.chan0, true
	}
	ch, known := c.channels[text]
	if !known {
		ch, _ = channelOf(unescape(text))
		if len(c.channels) < 1000 {
			c.channels[strings.Clone(text)] = ch
		}
	}
	if ch == 0 {
		c.fault(row, c.l.channel, cells, "unknown-channel", "is no channel", "write A+, A-, R+, R-, gas, drinking-water, process-water or sewage, or a code from 01 to 08")
	}
	return ch, ch != 0
}

func (c *collector) unitOf(cells []string, row int) (unit, bool) {
	if c.l.unit < 0 || cellAt(cells, c.l.unit) == "" {
		return c.l.unit0, true
	}
	u, ok := unitOf(cellAt(cells, c.l.unit))
	if !ok {
		c.fault(row, c.l.unit, cells, "unknown-unit", "is no unit", "write "+UnitNames)
	}
	return u, ok
}

// settleChannel finds the channel that nobody has named, and refuses one that the
// point or the unit cannot have.
func (c *collector) settleChannel(point metering.PointID, channel metering.Channel, u unit, cells []string, row, col int) (metering.Channel, bool) {
	medium := c.o.Points.mediumOf(point)
	if channel == 0 {
		for _, ch := range metering.AllChannels() {
			if ch.Medium() == medium && u.fits(ch) {
				channel = ch
				break
			}
		}
		if channel != 0 {
			c.notes.once(fmt.Sprintf("no channel is named: %v was taken", channel))
		}
	}
	switch {
	case u.dim == 0:
		c.fault(row, col, cells, "no-unit", "nothing says in which unit the value is", "add it to the heading or to the row, or say --unit")
		return 0, false
	case channel == 0 || !u.fits(channel):
		c.fault(row, col, cells, "bad-unit", fmt.Sprintf("%s is no unit of channel %v of point %s", u.name, channel, point), "correct the unit or the channel")
		return 0, false
	case channel.Medium() != medium:
		c.fault(row, col, cells, "bad-channel", fmt.Sprintf("point %s meters %s and has no channel %v", point, medium, channel), "correct the point or the channel")
		return 0, false
	}
	return channel, true
}

func (c *collector) gradeOf(cells []string, row int, v *valueColumn) (metering.Grade, bool) {
	col := v.quality
	if col < 0 {
		col = c.l.quality
	}
	text := cellAt(cells, col)
	if text == "" {
		return metering.Actual, true
	}
	g, ok := gradeOf(text)
	if !ok {
		c.fault(row, col, cells, "unknown-quality", "is no quality", "write A, S, F, E or N, or the status 0 or 1 of layout 80020")
	}
	return g, ok
}

// unescape takes the apostrophe away that keeps a spreadsheet from taking a text
// for a formula.
func unescape(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@", rune(s[1])) {
		return s[1:]
	}
	return s
}
