package exchange

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// RegisterOptions say what a file of register readings does not say itself.
type RegisterOptions struct {
	// Quantum is the step of the register in watt-hours, 1 or more: every reading
	// is a multiple of it.
	Quantum int64
	// Modulus is the content, in watt-hours, at which the register starts anew from
	// 0; 0 if it is not known. It is a multiple of Quantum.
	Modulus int64
}

// RegisterSeries are the readings of one point's register, ascending, without
// doubles.
type RegisterSeries struct {
	Point    metering.PointID
	Readings []metering.RegisterReading
}

// Spans packs the readings as the ledger keeps them, ascending.
func (s RegisterSeries) Spans(meter metering.MeterID, q metering.Quantity) []metering.RegisterSpan {
	var spans []metering.RegisterSpan
	for from := 0; from < len(s.Readings); {
		start := metering.PeriodStart(s.Readings[from].At)
		to := from
		for to < len(s.Readings) && s.Readings[to].At.Before(start.Add(metering.BasePeriod)) {
			to++
		}
		span := metering.RegisterSpan{Meter: meter, Quantity: q, Start: start, Readings: s.Readings[from:to:to]}
		spans = append(spans, span.Merge(metering.RegisterSpan{})) // thins a copy of it
		from = to
	}
	return spans
}

// maxReadings bounds a file of readings: two years of a point read every ten
// seconds.
const maxReadings = 8 << 20

var errManyReadings = fmt.Errorf("the file has more than %d readings: split it by points or by years", maxReadings)

// registerLine is a reading as it stands in a file.
type registerLine struct {
	ms, wh int64
	line   int32
}

// ReadRegisters reads register readings from CSV, in any order, repeated or not:
//
//	time,point,register_wh
//	2026-01-01T00:00:03+05:00,F-12,4294960000
//
// Times are RFC 3339 with an offset and cut to milliseconds, registers are whole
// watt-hours from 0 on. A first line that is no reading names the columns, which
// may stand in another order then; others are passed over. Bad lines are in the
// faults, with line and column, and not in the series; of two lines that
// contradict each other the first one is kept and the other one is bad. Series
// ascend by point.
//
// The error is a file that cannot be read at all.
func ReadRegisters(r io.Reader, o RegisterOptions) ([]RegisterSeries, Faults, error) {
	if o.Quantum < 1 || o.Modulus < 0 || o.Modulus%o.Quantum != 0 {
		panic(fmt.Sprintf("BUG: registers of quantum %d and modulus %d", o.Quantum, o.Modulus))
	}
	p := registerParser{o: o, columns: [3]int{0, 1, 2}, names: [3]string{"time", "point", "register_wh"}, index: map[metering.PointID]int{}}
	rows := &csvRows{r: bufio.NewReaderSize(r, 256<<10), sep: ','}
	for n := 0; ; n++ {
		cells, line, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, p.faults, fmt.Errorf("line %d: %w", rows.line, err)
		}
		if n == 0 {
			cells[0] = strings.TrimPrefix(cells[0], "\xef\xbb\xbf")
			if ok, err := p.heading(cells); err != nil {
				return nil, p.faults, err
			} else if ok {
				continue
			}
		}
		if p.n > maxReadings {
			return nil, p.faults, errManyReadings
		}
		p.take(cells, line)
	}
	return p.series(), p.faults, nil
}

type registerParser struct {
	o       RegisterOptions
	columns [3]int // of time, point and register
	names   [3]string
	faults  Faults
	index   map[metering.PointID]int
	points  []metering.PointID
	lines   [][]registerLine // beside points
	n       int
	last    struct {
		text string
		at   int
	}
}

// heading reads the names of the columns; false if the line is a reading already.
func (p *registerParser) heading(cells []string) (bool, error) {
	if _, err := time.Parse(time.RFC3339, strings.TrimSpace(cells[0])); err == nil {
		return false, nil
	}
	for i, name := range p.names {
		p.columns[i] = slices.IndexFunc(cells, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), name) })
		if p.columns[i] < 0 {
			return false, fmt.Errorf("line 1: the column %s is missing: head the columns time,point,register_wh, separated by commas", name)
		}
	}
	return true, nil
}

func (p *registerParser) take(cells []string, line int) {
	if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
		return
	}
	cell := func(i int) string { return cellAt(cells, p.columns[i]) }
	before := p.faults.Len()
	at, err := time.Parse(time.RFC3339, cell(0))
	switch {
	case err != nil:
		p.fault(line, 0, cell(0), "bad-time", "is no time with an offset", "write RFC 3339, like 2026-01-01T00:00:03+05:00 or …Z")
	case at.Year() < 1970 || at.Year() > 2200:
		p.fault(line, 0, cell(0), "bad-time", "is of another age", "check the year")
	}
	point := cell(1)
	if point == "" {
		p.fault(line, 1, "", "no-point", "the point is missing", "name the point in every line")
	}
	text := cell(2)
	wh, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		p.fault(line, 2, text, "bad-register", "does not fit a register of 63 bits", "check the value")
	case err != nil:
		p.fault(line, 2, text, "bad-register", "is no whole number of watt-hours", "write digits only, like 4294960000")
	case wh < 0:
		p.fault(line, 2, text, "bad-register", "is negative, which no register is", "check the value")
	case p.o.Modulus > 0 && wh >= p.o.Modulus:
		p.fault(line, 2, text, "bad-register", fmt.Sprintf("is beyond the modulus of %d", p.o.Modulus), "check the value, or --modulus")
	case wh%p.o.Quantum != 0:
		p.fault(line, 2, text, "bad-register", fmt.Sprintf("is no multiple of the quantum of %d", p.o.Quantum), "check the value, or --quantum")
	}
	if p.faults.Len() > before {
		return
	}
	i := p.pointAt(point)
	p.lines[i] = append(p.lines[i], registerLine{at.UnixMilli(), wh, int32(min(line, math.MaxInt32))})
	p.n++
}

// pointAt is the place of a point's readings.
func (p *registerParser) pointAt(name string) int {
	if len(p.points) > 0 && p.last.text == name {
		return p.last.at
	}
	i, ok := p.index[metering.PointID(name)]
	if !ok {
		i = len(p.points)
		id := metering.PointID(strings.Clone(name))
		p.index[id] = i
		p.points, p.lines = append(p.points, id), append(p.lines, nil)
	}
	p.last.text, p.last.at = strings.Clone(name), i
	return i
}

func (p *registerParser) fault(line, column int, value, code, what, remedy string) {
	p.faults.add(Fault{Row: line, Column: p.names[column], Value: value, Code: code, What: what, Remedy: remedy})
}

// series sorts the readings and finds those that contradict each other.
func (p *registerParser) series() []RegisterSeries {
	all := make([]RegisterSeries, len(p.points))
	for i, lines := range p.lines {
		slices.SortFunc(lines, func(a, b registerLine) int { return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.line, b.line)) })
		s := RegisterSeries{Point: p.points[i], Readings: make([]metering.RegisterReading, 0, len(lines))}
		var last registerLine
		for k, l := range lines {
			if k > 0 && l.ms == last.ms {
				if l.wh != last.wh {
					p.fault(int(l.line), 2, strconv.FormatInt(l.wh, 10), "contradiction", fmt.Sprintf("is another value than %d in line %d, of the same point and time", last.wh, last.line), "leave one of them")
				}
				continue
			}
			last = l
			s.Readings = append(s.Readings, metering.RegisterReading{
				At: time.UnixMilli(l.ms).UTC(), Count: metering.Count{Raw: l.wh / p.o.Quantum, Step: 1000 * p.o.Quantum},
			})
		}
		p.lines[i] = nil
		all[i] = s
	}
	slices.SortFunc(all, func(a, b RegisterSeries) int { return cmp.Compare(a.Point, b.Point) })
	slices.SortStableFunc(p.faults.List, func(a, b Fault) int { return cmp.Compare(a.Row, b.Row) })
	return all
}
