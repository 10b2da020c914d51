package exchange

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
)

func (c *collector) value(cells []string, row int, v *valueColumn, d datum, day int64, point metering.PointID, channel metering.Channel, u unit) {
	text := strings.TrimSpace(cells[v.at])
	if isAbsent(text) {
		if text != "" {
			c.absent++
		}
		return
	}
	if v.point != "" {
		point = v.point
	}
	if v.channel != 0 {
		channel = v.channel
	}
	if v.unit.dim != 0 {
		u = v.unit
	}
	channel, ok := c.settleChannel(point, channel, u, cells, row, v.at)
	if !ok {
		return
	}
	d.col = int16(v.at)
	if c.l.days && !c.dayPart(&d, v, day, cells, row) {
		return
	}
	if d.grade, ok = c.gradeOf(cells, row, v); !ok {
		return
	}
	if d.grade == metering.Null {
		c.absent++
		return
	}
	resolution, ok := c.number(&d, text, u, cells, row, v.at)
	if !ok {
		return
	}
	s := c.seriesOf(point, channel)
	s.data = append(s.data, d)
	if s.resolution == 0 || resolution < s.resolution {
		s.resolution = resolution
	}
	c.n++
}

// maxMilli is beyond any interval of any plant: 10^12 Wh.
const maxMilli = 1_000_000_000_000_000

// number reads a value in thousandths, and how fine it was written.
func (c *collector) number(d *datum, text string, u unit, cells []string, row, col int) (resolution int64, ok bool) {
	n, err := parseDecimal(text)
	if c.sheet.workbook {
		n = n.asStored()
	} else if err == nil && c.sheet.comma && thousandsOrDecimals(text) {
		err = errAmbiguous
	}
	if err != nil {
		c.fault(row, col, cells, "bad-number", err.Error(), "write digits with at most one decimal comma or point, like 1234,5")
		return 0, false
	}
	milli, exact, fits := n.times(u.power + 3)
	switch {
	case !fits || milli > maxMilli || milli < -maxMilli:
		c.fault(row, col, cells, "absurd", "is more than any plant draws", "check the unit: "+u.name+" was understood")
		return 0, false
	case milli < 0:
		c.fault(row, col, cells, "negative", "is negative", "energy that flows back belongs into channel A- or R-, with a positive sign")
		return 0, false
	case !exact:
		c.notes.count("values finer than a thousandth of the base unit were rounded")
	}
	d.milli = milli
	if u.isPower() {
		d.flags |= meanPower
	}
	resolution = 1
	for range u.power + 3 - n.places {
		resolution *= 10
	}
	return resolution, true
}

// thousandsOrDecimals reports whether a quoted cell of a file with commas between
// cells may be meant either way: "1,234".
func thousandsOrDecimals(s string) bool {
	whole, part, found := strings.Cut(strings.TrimLeft(s, "+-"), ",")
	if !found || strings.ContainsAny(part, ".,") || len(part) != 3 {
		return false
	}
	return len(whole) >= 1 && len(whole) <= 3 && whole != "0"
}

func (c *collector) seriesOf(point metering.PointID, channel metering.Channel) *series {
	key := seriesKey{point, channel}
	s := c.index[key]
	if s == nil {
		s = &series{point: point, channel: channel}
		c.index[key] = s
		c.list = append(c.list, s)
	}
	return s
}

// dayPart places a value of a layout by days.
func (c *collector) dayPart(d *datum, v *valueColumn, day int64, cells []string, row int) bool {
	d.flags |= hasEnd
	if v.form != dayOrdinal {
		d.at, d.to = day*daySeconds+v.from, day*daySeconds+v.to
		return true
	}
	// The n-th interval of a day lies n-1 lengths after its midnight, whatever the
	// clock shows meanwhile.
	date := time.Unix(day*daySeconds, 0).UTC()
	begin := time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, c.o.Zone).Unix()
	end := time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, 0, 0, c.o.Zone).Unix()
	length := dayCounts[len(c.l.values)]
	d.at = begin + int64(v.ordinal-1)*length
	d.to = d.at + length
	d.flags |= fixedAt | fixedTo
	if d.to > end {
		c.fault(row, v.at, cells, "bad-time", fmt.Sprintf("stands after the end of a day of %s in %v", lengthText(end-begin), c.o.Zone), "leave the column empty on this day")
		return false
	}
	return true
}
