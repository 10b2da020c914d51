package exchange

import (
	"strings"
)

// headerRows is how many rows at the top of a sheet are looked through for the
// headings.
const headerRows = 40

// findHeader finds the row of headings: the first that names a time and has
// another heading beside it.
func findHeader(rows [][]string) int {
	for i, cells := range rows {
		times, filled := 0, 0
		for _, cell := range cells {
			if normalise(cell) == "" {
				continue
			}
			filled++
			switch headingRole(cell) {
			case roleStart, roleEnd, roleTime, rolePeriod, roleDate:
				if !startsWithDigit(cell) {
					times++
				}
			}
		}
		if times > 0 && filled > 1 {
			return i
		}
	}
	return -1
}

func startsWithDigit(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

// recogniser makes a layout of the first rows of a sheet.
type recogniser struct {
	o      *Options
	sheet  *sheet
	rows   [][]string
	lines  []int // the rows' numbers
	faults *Faults
	l      layout
}

// recognise finds the layout; false if the sheet has no headings, or some that
// say too little, which is a fault then.
func recognise(o *Options, s *sheet, rows [][]string, lines []int, faults *Faults) (*layout, bool) {
	at := findHeader(rows)
	if at < 0 {
		return nil, false
	}
	r := recogniser{o: o, sheet: s, rows: rows, lines: lines, faults: faults}
	r.l = layout{start: -1, end: -1, time: -1, period: -1, date: -1, point: -1, channel: -1, unit: -1, quality: -1,
		point0: o.Point, chan0: o.Channel, unit0: o.unit}
	before := faults.Len()
	r.roles(at)
	r.l.first = r.firstData(at)
	r.l.line = lines[at] + r.l.first - at
	r.context(at)
	r.columns(at)
	r.check(at)
	return &r.l, faults.Len() == before
}

// roles gives the columns with a known heading their place.
func (r *recogniser) roles(at int) {
	var qualities []int
	for c, cell := range r.rows[at] {
		into := (*int)(nil)
		switch headingRole(cell) {
		case roleStart:
			into = &r.l.start
		case roleEnd:
			into = &r.l.end
		case roleTime:
			into = &r.l.time
		case rolePeriod:
			into = &r.l.period
		case roleDate:
			into = &r.l.date
		case rolePoint:
			into = &r.l.point
		case roleChannel:
			into = &r.l.channel
		case roleUnit:
			into = &r.l.unit
		case roleQuality:
			qualities = append(qualities, c)
		}
		if into != nil && *into < 0 {
			*into = c
		}
	}
	if len(qualities) == 1 {
		r.l.quality = qualities[0]
	}
}

// firstData is the first row after the headings whose time is one: up to three
// rows of headings below the first are passed over.
func (r *recogniser) firstData(at int) int {
	timeColumn := max(r.l.start, r.l.time, r.l.date, r.l.period, r.l.end)
	for i := at + 1; i < len(r.rows) && i <= at+4; i++ {
		cells := r.rows[i]
		for _, c := range []int{r.l.start, r.l.end, r.l.time, r.l.date, r.l.period} {
			if c >= 0 && c < len(cells) && looksLikeTime(cells[c], r.sheet) {
				return i
			}
		}
		if timeColumn < len(cells) && normalise(cells[timeColumn]) != "" && hasDigit(cells[timeColumn]) {
			return i // a time that is none will be told as a fault of its row
		}
	}
	return at + 1
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func looksLikeTime(s string, sh *sheet) bool {
	if _, ok := parseStamp(s); ok {
		return true
	}
	if _, ok := serialStamp(s, sh.date1904); ok {
		return true
	}
	if _, ok := parseClock(s); ok {
		return true
	}
	_, _, ok := parseRange(s)
	return ok
}

// context looks into the lines above the headings for what holds for all values:
// a report on one point, in one unit.
func (r *recogniser) context(at int) {
	for _, cells := range r.rows[:at] {
		text := strings.TrimSpace(strings.Join(cells, " "))
		if text == "" || r.spread(cells) {
			continue
		}
		if id, ok := r.o.Points.findIn(text); ok && r.l.point0 == "" {
			r.l.point0 = id
		}
		if ch, ok := channelIn(text); ok && r.l.chan0 == 0 {
			r.l.chan0 = ch
		}
		if u, ok := unitIn(text); ok && r.l.unit0.dim == 0 {
			r.l.unit0 = u
		}
	}
	if id, ok := r.o.Points.Find(r.sheet.name); ok && r.l.point0 == "" && r.sheet.name != "" {
		r.l.point0 = id
	}
}

// spread reports whether a row above the headings heads columns of its own, and
// is no title.
func (r *recogniser) spread(cells []string) bool {
	n := 0
	for c, cell := range cells {
		if c > 0 && normalise(cell) != "" {
			n++
		}
	}
	return n > 1
}

// check refuses a layout that says too little.
func (r *recogniser) check(at int) {
	l := &r.l
	if len(l.values) == 0 && r.faults.Len() == 0 {
		r.fault(at, -1, "", "no-values", "the headings name a time and no values", "head the column of values with \"value\" or «значение», or a column with the name of a point")
	}
	if l.days {
		r.settleDays(at)
	}
	bare := 0
	for _, v := range l.values {
		if v.point == "" && l.point < 0 && l.point0 == "" {
			bare++
		}
	}
	if bare > 0 {
		r.fault(at, -1, "", "no-point", "nothing says which point the values are of", "add a column \"point\", name the sheet after the point, or say --point")
	}
	for _, v := range l.values {
		if v.unit.dim == 0 && l.unit < 0 && l.unit0.dim == 0 {
			r.fault(at, v.at, v.heading, "no-unit", "nothing says in which unit the values are", "write the unit into the heading, like \"A+, kWh\", or say --unit")
			break
		}
	}
}

func (r *recogniser) fault(at, column int, value, code, what, remedy string) {
	f := Fault{Sheet: r.sheet.name, Row: r.lines[at], Value: value, Code: code, What: what, Remedy: remedy}
	if column >= 0 {
		f.Column = columnName(column)
	}
	r.faults.add(f)
}
