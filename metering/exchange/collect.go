package exchange

import (
	"errors"
	"fmt"
	"strings"

	"asue/metering"
)

// datum is one value of a file, before it is known which interval it is of.
type datum struct {
	at    int64 // label, or start where there is an end
	to    int64 // end; meaningful with hasEnd
	milli int64 // thousandths of W, Wh, var, varh or L
	row   int32
	col   int16
	sheet int16
	flags datumFlags
	grade metering.Grade
}

type datumFlags uint8

const (
	hasEnd     datumFlags = 1 << iota
	fixedAt               // at is in UTC, not by the wall clock
	fixedTo               //
	meanPower             //
	midnight24            // the label is "24:00"
)

// series is what a file says of one channel of one point.
type series struct {
	point      metering.PointID
	channel    metering.Channel
	data       []datum
	resolution int64 // thousandths of a unit in the last place of its finest value
}

// collector takes the rows of all sheets of a file in.
type collector struct {
	o      *Options
	faults *Faults
	notes  *notes
	list   []*series
	index  map[seriesKey]*series
	n      int // values so far
	absent int // cells that say that there is no value
	label  Label
	sheets []string

	// of the sheet under way
	sheet *sheet
	l     *layout
	// what the same words meant before
	points   map[string]metering.PointID
	channels map[string]metering.Channel
	stamps   map[int]*stampCache
}

type seriesKey struct {
	point   metering.PointID
	channel metering.Channel
}

type stampCache struct {
	text string
	st   stamp
	ok   bool
}

func newCollector(o *Options, faults *Faults, n *notes) *collector {
	return &collector{o: o, faults: faults, notes: n, index: map[seriesKey]*series{}, label: o.Label,
		points: map[string]metering.PointID{}, channels: map[string]metering.Channel{}}
}

// begin prepares for the rows of a sheet. Sheets whose headings disagree on what
// a label names cannot be read together.
func (c *collector) begin(s *sheet, l *layout) error {
	if len(c.sheets) >= maxSheets {
		return errors.New("too many sheets")
	}
	c.sheet, c.l, c.stamps = s, l, map[int]*stampCache{}
	c.sheets = append(c.sheets, s.name)
	switch {
	case l.start >= 0 && l.end < 0:
		c.hint(LabelStart, "the heading")
	case l.end >= 0 && l.start < 0:
		c.hint(LabelEnd, "the heading")
	}
	return nil
}

// hint is a reason to take labels for starts or for ends.
func (c *collector) hint(label Label, from string) {
	switch c.label {
	case LabelUnknown:
		c.label = label
		c.notes.say("labels name the %v of intervals: %s says so", label, from)
	case label:
	default:
		c.faults.add(Fault{Sheet: c.sheet.name, Code: "bad-label", What: fmt.Sprintf("%s says that labels name the %v of intervals, which contradicts what was said before", from, label),
			Remedy: "correct the heading, or leave --label away"})
	}
}

// row takes one row of data in.
func (c *collector) row(cells []string, row int) error {
	blank := true
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			blank = false
			break
		}
	}
	if blank || c.isTotal(cells) {
		return nil
	}
	var d datum
	d.row, d.sheet = int32(row), int16(len(c.sheets)-1)
	if !c.l.days {
		if !c.times(cells, row, &d) {
			return nil
		}
	}
	day := int64(0)
	if c.l.days {
		st, ok := c.stampAt(cells, c.l.date)
		if !ok || st.fixed || st.seconds%daySeconds != 0 {
			c.fault(row, c.l.date, cells, "bad-time", "is no date", "write 31.01.2026 or 2026-01-31")
			return nil
		}
		day = st.seconds / daySeconds
	}
	point, ok := c.pointOf(cells, row)
	if !ok {
		return nil
	}
	channel, ok := c.channelOf(cells, row)
	if !ok {
		return nil
	}
	u, ok := c.unitOf(cells, row)
	if !ok {
		return nil
	}
	for i := range c.l.values {
		v := &c.l.values[i]
		if v.at >= len(cells) {
			continue
		}
		c.value(cells, row, v, d, day, point, channel, u)
	}
	if c.n > maxValues {
		return errManyValues
	}
	return nil
}

// isTotal reports whether a row is a sum below the data.
func (c *collector) isTotal(cells []string) bool {
	for _, cell := range cells {
		if t := normalise(cell); t != "" {
			switch strings.Fields(t)[0] {
			case "итого", "всего", "total", "сумма", "барлығы", "жиыны", "среднее", "максимум", "минимум":
				return true
			}
			return false
		}
	}
	return false
}

func (c *collector) fault(row, col int, cells []string, code, what, remedy string) {
	f := Fault{Sheet: c.sheet.name, Row: row, Code: code, What: what, Remedy: remedy}
	if col >= 0 {
		f.Column = columnName(col)
		f.Value = cellAt(cells, col)
	}
	c.faults.add(f)
}
