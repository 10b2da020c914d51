package exchange

import (
	"fmt"
	"strings"

	"asue/metering"
)

// layout is what the columns of a sheet are.
type layout struct {
	first   int  // the first row of data, among those that were looked at
	line    int  // its number
	start   int  // column of interval starts; -1 if there is none, and so below
	end     int  //
	time    int  // of moments that are one or the other
	period  int  // of stretches of a day
	date    int  //
	point   int  //
	channel int  //
	unit    int  //
	quality int  // of all values of a row
	days    bool // values are the intervals of the row's day
	values  []valueColumn
	point0  metering.PointID // of all values; empty if columns or rows say it
	chan0   metering.Channel
	unit0   unit
	ignored []string // headings of columns that are not read
}

// valueColumn is a column of values, with what its heading says.
type valueColumn struct {
	at      int
	heading string
	point   metering.PointID
	channel metering.Channel
	unit    unit
	quality int // of this column alone; -1 if there is none
	// Of a layout by days:
	form     dayForm
	from, to int64 // seconds of the day
	ordinal  int   // from 1
}

// dayForm is how the heading of a part of a day is written.
type dayForm uint8

const (
	dayRange   dayForm = iota + 1 // 00:00-00:30
	dayLabel                      // 00:30
	dayOrdinal                    // 17
)

// headingOf joins what stands above a column. A merged cell stands in its first
// column only: in rows above the last it is carried to the right.
func (r *recogniser) headingOf(c, at int) string {
	var parts []string
	for i := max(0, at-3); i < r.l.first; i++ {
		if i < at && !r.spread(r.rows[i]) {
			continue
		}
		text := cellAt(r.rows[i], c)
		for k := c - 1; text == "" && i < r.l.first-1 && k > 0; k-- {
			if headingRole(cellAt(r.rows[at], k)) != roleNone && i == at {
				break
			}
			text = cellAt(r.rows[i], k)
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ; ")
}

func cellAt(cells []string, c int) string {
	if c < 0 || c >= len(cells) {
		return ""
	}
	return strings.TrimSpace(cells[c])
}

// columns finds the columns of values.
func (r *recogniser) columns(at int) {
	width := 0
	for i := at; i < r.l.first; i++ {
		width = max(width, len(r.rows[i]))
	}
	if r.dayColumns(at, width) {
		return
	}
	for c := range width {
		own := ""
		for i := at; i < r.l.first; i++ {
			own = strings.TrimSpace(own + " " + cellAt(r.rows[i], c))
		}
		what := headingRole(cellAt(r.rows[at], c))
		switch {
		case c == r.l.start || c == r.l.end || c == r.l.time || c == r.l.period || c == r.l.date || c == r.l.point || c == r.l.channel || c == r.l.unit || c == r.l.quality:
		case what == roleQuality:
			if n := len(r.l.values); n > 0 {
				r.l.values[n-1].quality = c
			}
		case what == roleValue:
			r.l.values = append(r.l.values, r.valueColumn(c, at))
		case own == "":
		case what != roleNone:
			r.l.ignored = append(r.l.ignored, own)
		default:
			v := r.valueColumn(c, at)
			if v.point == "" && v.channel == 0 && (r.l.point >= 0 || r.l.point0 != "") && v.unit.dim == 0 {
				r.l.ignored = append(r.l.ignored, own)
				continue
			}
			if v.point == "" && r.l.point < 0 && r.l.point0 == "" {
				r.fault(at, c, own, "unknown-point", "no point of the site is called so", "write its identifier or name from the site file into the heading, or delete the column")
				continue
			}
			r.l.values = append(r.l.values, v)
		}
	}
}

func (r *recogniser) valueColumn(c, at int) valueColumn {
	v := valueColumn{at: c, heading: r.headingOf(c, at), quality: -1}
	rest := v.heading
	if u, ok := unitIn(rest); ok {
		v.unit = u
	}
	if id, ok := r.o.Points.findIn(rest); ok {
		v.point = id
	}
	if ch, ok := channelIn(rest); ok {
		v.channel = ch
	}
	return v
}

// columnName is a spreadsheet's name of a column: A, B, … Z, AA.
func columnName(c int) string {
	name := ""
	for c++; c > 0; c = (c - 1) / 26 {
		name = string(rune('A'+(c-1)%26)) + name
	}
	return name
}

// describe says in one line what was recognised.
func (l *layout) describe(s *sheet) string {
	kind := "a row for each interval of each point"
	switch {
	case l.days:
		kind = fmt.Sprintf("a row for each day, %d columns of intervals", len(l.values))
	case len(l.values) > 1:
		kind = fmt.Sprintf("a row for each interval, %d columns of values", len(l.values))
	}
	text := kind + fmt.Sprintf(", data from row %d on", l.line)
	if s.name != "" {
		text = "sheet " + s.name + ": " + text
	}
	if len(l.ignored) > 0 {
		text += "; not read: " + cut(strings.Join(l.ignored, ", "), 200)
	}
	return text
}
