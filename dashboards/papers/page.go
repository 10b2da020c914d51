package papers

import (
	"time"

	"asue/metering"
)

// page is a document as content: what stands on it, in one language, and not yet how it
// is drawn.
type page struct {
	Title    string
	Subtitle string
	Foot     string // at the foot of every page, with its number
	Wide     bool   // A4 on its side
	Draft    bool
	Demo     bool
	Facts    []fact
	Blocks   []block
}

// fact is a line of the head: what, and its value.
type fact struct {
	Label string
	Value value
}

// block is one thing below another; only one of its parts is set, and a heading before
// it.
type block struct {
	Heading string
	Text    string
	Small   bool     // of Text
	Tail    bool     // stays with what follows: annexes, and what is signed
	Code    []string // lines to be copied letter by letter
	List    []string
	// Numbered is the list with numbers.
	Numbered bool
	Table    *table
	Graph    *graph
	Signs    []sign
}

// table is rows of values. It stays on one page if it is short.
type table struct {
	Columns []column
	Rows    [][]value
	// Strong are the numbers of rows that matter most.
	Strong map[int]bool
	// Apart: in a workbook the table gets a sheet of its own, with this name. HTML does
	// not show it if Hidden.
	Apart  string
	Hidden bool
	Chart  chart // how it is drawn on a sheet of its own
}

// chart is how a workbook draws a table of two columns.
type chart uint8

const (
	noChart chart = iota
	lineChart
	barChart
)

// column is a column; the Spans of a table come to 12 or to 24.
type column struct {
	Title string
	Span  int
}

// spans are all of a table's.
func (t *table) spans() int {
	sum := 0
	for _, c := range t.Columns {
		sum += c.Span
	}
	return sum
}

// sign is a place for a signature: who, by which words.
type sign struct {
	Party string // "Оператор зоны"
	Words string // "Акт подписал"
}

// value is what a cell or a fact holds, typed, so that a number is a number in a
// workbook.
type value struct {
	kind valueKind
	text string
	n    int64 // number: n / 10^exp, Unit after it
	exp  int
	unit string // as it is written
	t    time.Time
}

type valueKind uint8

const (
	none   valueKind = iota // not known, or nothing: a dash
	text                    // as it is
	blank                   // to be filled in by hand
	number                  // with its unit, if any
	date                    // a local day
	moment                  // a local minute
)

func textOf(s string) value { return value{kind: text, text: s} }
func dateOf(t time.Time) value {
	if t.IsZero() {
		return value{}
	}
	return value{kind: date, t: t}
}
func momentOf(t time.Time) value { return value{kind: moment, t: t} }
func countOf(n int) value        { return value{kind: number, n: int64(n)} }

// kilowatts is a power in kW without its unit, which stands in a heading.
func kilowatts(p metering.Power) value { return value{kind: number, n: int64(p), exp: 3} }

// megawattHours is an energy in MWh, to the nearest kWh.
func megawattHours(e metering.Energy) value {
	return value{kind: number, n: (int64(e) + 500) / 1000, exp: 3}
}

// maybeKilowatts is a dash for what is not known.
func maybeKilowatts(p *metering.Power) value {
	if p == nil {
		return value{}
	}
	return kilowatts(*p)
}

// hundredths is a share of 1 in hundredths of a percent, as percent.
func hundredths(n int) value { return value{kind: number, n: int64(n), exp: 2, unit: "%"} }

// shareOf is a by b in percent, rounded down to a hundredth of it; a dash if b is 0.
func shareOf(a, b metering.Power) value {
	if b == 0 {
		return value{}
	}
	return hundredths(int(int64(a) * 10_000 / int64(b)))
}

func (v value) in(unit string) value {
	v.unit = unit
	return v
}
