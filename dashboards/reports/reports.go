package reports

import (
	"fmt"
	"io"
	"time"

	"asue/metering"
	"asue/metering/demand"
)

// Kind is which report it is.
type Kind string

// Kinds of reports.
const (
	Daily   Kind = "daily"   // суточная ведомость
	Profile Kind = "profile" // load profile
	Balance Kind = "balance" // imbalance, actual and permitted
	Peaks   Kind = "peaks"   // maxima and how they come together
	Alarms  Kind = "alarms"  // how many there were, and of what use
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Daily, Profile, Balance, Peaks, Alarms} }

// Lang is the language of a report.
type Lang string

// Languages.
const (
	Russian Lang = "ru"
	Kazakh  Lang = "kk"
	English Lang = "en"
)

// Langs lists every language.
func Langs() []Lang { return []Lang{Russian, Kazakh, English} }

// Format is what kind of file it becomes.
type Format string

// Formats.
const (
	HTML Format = "html" // one file that prints on A4
	XLSX Format = "xlsx" // a workbook, a sheet for each table
	CSV  Format = "csv"  // tables one after the other, an empty line between them
)

// Formats lists every format.
func Formats() []Format { return []Format{HTML, XLSX, CSV} }

// Head is what every report says about itself.
type Head struct {
	Zone     string // name of the site
	Location *time.Location
	// Demo marks every page: its data are invented.
	Demo     bool
	From, To time.Time // local midnights, To exclusive
	Made     time.Time // when it was drawn up
	Program  string    // "asue 1.2"
}

// State says what is known of an amount.
type State uint8

// States of an amount, the zero state first.
const (
	Absent    State = iota // nothing is metered there
	Unknown                // something is metered, and what is not known
	Estimated              // at least a part is an estimate
	Measured
)

// Amount is an energy, Wh, that belongs to a cell; meaningful from Estimated on.
type Amount struct {
	Energy metering.Energy
	State  State
}

// AmountOf is what a total says: known only if all of it is.
func AmountOf(t demand.Total) Amount {
	switch {
	case t.Known == 0 && t.Missing == 0:
		return Amount{}
	case t.Missing > 0:
		return Amount{State: Unknown}
	case t.Estimates > 0:
		return Amount{t.Energy, Estimated}
	}
	return Amount{t.Energy, Measured}
}

// Report is one of DailySheet, LoadProfile, BalanceSheet, PeakSheet and AlarmSheet.
type Report interface {
	compose(w *words) page
	head() Head
}

func (h Head) head() Head { return h }

// Write draws a report. The same report gives the same bytes of HTML and CSV, and the
// same sheets of XLSX.
//
// It fails on an unknown format or language, a head without a location or whose time is
// no time, and where w does.
func Write(w io.Writer, r Report, format Format, lang Lang) error {
	h := r.head()
	if h.Location == nil || !h.From.Before(h.To) {
		return fmt.Errorf("write a report: it has no location, or %s is not before %s", h.From.Format(time.RFC3339), h.To.Format(time.RFC3339))
	}
	text, ok := catalogues()[lang]
	if !ok {
		return fmt.Errorf("write a report: language %q is not known: use ru, kk or en", string(lang))
	}
	in := &words{lang: lang, text: text, loc: h.Location}
	draw, ok := map[Format]func(io.Writer, page, *words) error{HTML: writeHTML, XLSX: writeXLSX, CSV: writeCSV}[format]
	if !ok {
		return fmt.Errorf("write a report: format %q is not known: use html, xlsx or csv", string(format))
	}
	p := r.compose(in)
	p.head(h, in)
	if err := draw(w, p, in); err != nil {
		return fmt.Errorf("write a report as %s: %w", format, err)
	}
	return nil
}
