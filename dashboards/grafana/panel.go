package grafana

import (
	"time"

	"asue/metering"
)

// Language is a query language, and so the kind of the data source.
type Language string

// The languages.
const (
	PromQL   Language = "prometheus"
	InfluxQL Language = "influxdb"
)

// Languages are all of them.
func Languages() []Language { return []Language{PromQL, InfluxQL} }

// Look is how a panel draws.
type Look string

const (
	lookNumber Look = "stat"       // values of now
	lookDial   Look = "gauge"      // shares of a limit, now
	lookBars   Look = "bargauge"   // ranks of now
	lookTable  Look = "table"      // series of now with their labels
	lookCurves Look = "timeseries" // over time
)

// Line is one question of a panel, and the name of what it draws: {resident} stands for
// the label of that name.
type Line struct {
	Name string
	Ask  Ask
}

// Threshold is the colour from a value on.
type Threshold struct {
	From  float64
	Color string
}

// Colours of the boards: grey is normal, colour is for what is not.
const (
	quiet = "#8e8e8e"
	calm  = "#5794f2"
	amber = "#f9a825"
	red   = "#d32f2f"
)

// Panel is one panel, in words of neither language.
type Panel struct {
	Look  Look
	Title string // Russian
	Why   string // English: what it shows, what to do about it
	Unit  string // of Grafana: watt, watth, percent, s, …
	Lines []Line
	// Wide is of 24 columns; 0 is half of them.
	Wide uint32
	// Every is the least step of a curve; 0 is what the data source has.
	Every time.Duration
	// Stack puts curves on top of each other, Columns draws steps as columns.
	Stack, Columns bool
	// Base is the colour below the first threshold; empty is grey.
	Base       string
	Thresholds []Threshold
	// Limit is the name of the line that is drawn as a limit, red and dashed.
	Limit string
	// FromZero keeps 0 in sight.
	FromZero bool
	// Words stand for values.
	Words []Word
	// Empty says why a healthy zone may have nothing to show here, in Russian; Grafana
	// shows it then. Empty itself is: there is always something.
	Empty string
}

// Word stands for a value of a panel.
type Word struct {
	Value int
	Text  string
	Color string
}

func figure(title, why, unit string, a Ask) Panel {
	return Panel{Look: lookNumber, Title: title, Why: why, Unit: unit, Lines: []Line{{"", a}}}
}

func figures(title, why, unit string, lines ...Line) Panel {
	return Panel{Look: lookNumber, Title: title, Why: why, Unit: unit, Lines: lines}
}

func curves(title, why, unit string, lines ...Line) Panel {
	return Panel{Look: lookCurves, Title: title, Why: why, Unit: unit, Lines: lines}
}

func ranks(title, why, unit, label string, a Ask) Panel {
	return Panel{Look: lookBars, Title: title, Why: why, Unit: unit, Lines: []Line{{label, a}}}
}

func table(title, why, unit string, a Ask) Panel {
	return Panel{Look: lookTable, Title: title, Why: why, Unit: unit, Lines: []Line{{"", a}}}
}

// share is a dial of per cents of a limit: amber from 95, red from the limit on.
func share(title, why string, a Ask) Panel {
	return Panel{Look: lookDial, Title: title, Why: why, Unit: "percent", Lines: []Line{{"", a}},
		Thresholds: []Threshold{{95, amber}, {100, red}}}
}

// from sets the colours from values on.
func (p Panel) from(base string, list ...Threshold) Panel {
	p.Base, p.Thresholds = base, list
	return p
}

func (p Panel) limit(name string) Panel       { p.Limit = name; return p }
func (p Panel) wide(columns uint32) Panel     { p.Wide = columns; return p }
func (p Panel) every(d time.Duration) Panel   { p.Every = d; return p }
func (p Panel) stacked() Panel                { p.Stack = true; return p }
func (p Panel) columns(d time.Duration) Panel { p.Columns, p.Every = true, d; return p }
func (p Panel) fromZero() Panel               { p.FromZero = true; return p }
func (p Panel) words(list ...Word) Panel      { p.Words = list; return p }
func (p Panel) orEmpty(because string) Panel  { p.Empty = because; return p }

// yes shows a truth: 1 is well.
func (p Panel) yes(well, not string) Panel {
	return p.words(Word{0, not, red}, Word{1, well, quiet})
}

// qualityWords are the words of the numbers of qualities.
func qualityWords() []Word {
	var list []Word
	for n := metering.Good; n <= metering.Misconfigured; n++ {
		color := amber
		if n == metering.Good {
			color = quiet
		}
		list = append(list, Word{int(n), n.String(), color})
	}
	return list
}

// in is the part of a panel's lines that the language has words for.
func (p Panel) in(l Language) []Line {
	if l == PromQL {
		return p.Lines
	}
	var kept []Line
	for _, line := range p.Lines {
		if line.Ask.PromQL == "" {
			kept = append(kept, line)
		}
	}
	return kept
}
