package reports

import (
	"time"

	"asue/metering"
)

// page is a report before it is drawn.
type page struct {
	Title, Subtitle string
	Demo            bool
	Foot            string
	Facts           []fact
	Tables          []table
	Notes           []string // what the signs mean
}

type fact struct {
	Label string
	Value value
}

// table has a row of values for each of Rows, and one for each column. Where there are
// more columns than fit on paper, Fixed of them are repeated before each PerPage others.
type table struct {
	Name           string // heading and sheet
	Columns        []column
	Rows           [][]value
	Strong         map[int]bool // rows that are sums
	Fixed, PerPage int          // PerPage 0: all fit
}

type column struct {
	Title  string
	Width  int // share of the paper's width
	Places int // of numbers on paper, or whatThereIs
}

// whatThereIs stands for as many places as a number has.
const whatThereIs = -1

// kind is what a value is.
type kind uint8

const (
	text kind = iota
	number
	day
	moment
	dash // not known; empty in files
)

// value is a cell.
type value struct {
	kind kind
	text string
	n    int64 // number: n / 10^exp
	exp  int
	mark bool // rests on an estimate
	t    time.Time
}

func textOf(s string) value            { return value{text: s} }
func whole(n int) value                { return value{kind: number, n: int64(n)} }
func dayOf(t time.Time) value          { return value{kind: day, t: t} }
func momentOf(t time.Time) value       { return value{kind: moment, t: t} }
func unknown() value                   { return value{kind: dash} }
func kwh(e metering.Energy) value      { return value{kind: number, n: int64(e), exp: 3} }
func kilowatts(p metering.Power) value { return value{kind: number, n: int64(p), exp: 3} }

// parts is a figure without a unit, kept to five places.
func parts(x float64) value {
	const scale = 100_000
	if x < 0 {
		return value{kind: number, n: int64(x*scale - 0.5), exp: 5}
	}
	return value{kind: number, n: int64(x*scale + 0.5), exp: 5}
}

// of is an amount in kWh.
func of(a Amount) value { return a.value(1) }

// value is an amount times a factor: of an energy in 15 minutes the mean power is four
// times as many W.
func (a Amount) value(factor int64) value {
	switch a.State {
	case Absent:
		return textOf("")
	case Unknown:
		return unknown()
	}
	return value{kind: number, n: int64(a.Energy) * factor, exp: 3, mark: a.State == Estimated}
}

// head completes a page by what all reports say.
func (p *page) head(h Head, w *words) {
	p.Demo = h.Demo
	last := h.To.Add(-time.Second)
	p.Subtitle = w.show(dayOf(h.From), 0)
	if end := w.show(dayOf(last), 0); end != p.Subtitle {
		p.Subtitle += " – " + end
	}
	p.Facts = append([]fact{{w.say("fact.zone"), textOf(h.Zone)}, {w.say("fact.clock"), textOf(h.From.In(h.Location).Format("UTC-07:00"))}}, p.Facts...)
	p.Foot = h.Program
	if !h.Made.IsZero() {
		p.Facts = append(p.Facts, fact{w.say("fact.made"), momentOf(h.Made)})
	}
}

// Print is the table as paper has it: cut into as many as fit beside one another.
func (t table) Print() []table {
	if t.PerPage == 0 || len(t.Columns) <= t.Fixed+t.PerPage {
		return []table{t}
	}
	var list []table
	for from := t.Fixed; from < len(t.Columns); from += t.PerPage {
		to := min(from+t.PerPage, len(t.Columns))
		piece := table{Strong: t.Strong, Columns: append(append([]column{}, t.Columns[:t.Fixed]...), t.Columns[from:to]...)}
		if from == t.Fixed {
			piece.Name = t.Name
		}
		for _, row := range t.Rows {
			piece.Rows = append(piece.Rows, append(append([]value{}, row[:t.Fixed]...), row[from:to]...))
		}
		list = append(list, piece)
	}
	return list
}
