package exchange

import (
	"fmt"
	"io"
	"iter"
	"time"
)

// Lang is the language of headings, and of the spreadsheet that a CSV is for.
type Lang string

// Languages.
const (
	Russian Lang = "ru"
	Kazakh  Lang = "kk"
	English Lang = "en"
)

// Words are a text in the three languages.
type Words struct{ RU, KK, EN string }

// In is the text in one language; English for an unknown one.
func (w Words) In(l Lang) string {
	switch l {
	case Russian:
		return w.RU
	case Kazakh:
		return w.KK
	}
	return w.EN
}

// Kind is what the cells of a column are.
type Kind uint8

// Kinds of columns.
const (
	TextKind    Kind = iota + 1
	WholeKind        // integers
	DecimalKind      // exact decimal fractions with Column.Places places
	NumberKind       // measured figures, shown with up to Column.Places places
	MomentKind       // moments, shown in the zone of the table
)

// Column is a column of a table.
type Column struct {
	Name   string // of the JSON field
	Title  Words
	Kind   Kind
	Places int
}

// Value is a cell. The zero Value is an empty one.
type Value struct {
	known bool
	text  string
	n     int64
	f     float64
	t     time.Time
}

// Text is a cell of a text column.
func Text(s string) Value { return Value{known: true, text: s} }

// Whole is a cell of a column of integers.
func Whole(n int64) Value { return Value{known: true, n: n} }

// Decimal is a cell of a column of decimal fractions: n / 10^Column.Places.
func Decimal(n int64) Value { return Value{known: true, n: n} }

// Number is a cell of a column of measured figures; v must be finite.
func Number(v float64) Value { return Value{known: true, f: v} }

// Moment is a cell of a column of moments; the zero time makes an empty one.
func Moment(t time.Time) Value { return Value{known: !t.IsZero(), t: t} }

// Table is a heading and its rows.
type Table struct {
	Name    string // "intervals"
	Title   Words  // of the sheet
	Columns []Column
	// Rows are given once. A row has a value for each column and is good until the
	// next one; an error ends them.
	Rows iter.Seq2[[]Value, error]
	Zone *time.Location // of moments
}

// Format is how a table is written.
type Format string

// Formats. Layout 80020 is no table: see Maket.
const (
	CSV       Format = "csv"
	XLSX      Format = "xlsx"
	JSON      Format = "json"  // an array of objects
	JSONLines Format = "jsonl" // an object on each line
)

// rowWriter writes the rows of one table.
type rowWriter interface {
	row(values []Value) error
	close() error
	abandon() // instead of close, after a failure
}

// Write writes a table. In CSV the language decides on separators: ';' and a
// decimal comma after a byte order mark for Russian and Kazakh, whose Excel opens
// nothing else right, plain commas and points for English.
func Write(w io.Writer, t Table, format Format, lang Lang) error {
	var rows rowWriter
	var err error
	switch format {
	case CSV:
		rows, err = newCSVWriter(w, t, lang)
	case XLSX:
		rows, err = newXLSXWriter(w, t, lang)
	case JSON, JSONLines:
		rows = newJSONWriter(w, t, format == JSON)
	default:
		return fmt.Errorf("format %q is not known: use csv, xlsx, json or jsonl", string(format))
	}
	if err != nil {
		return fmt.Errorf("write %s as %s: %w", t.Name, format, err)
	}
	for values, err := range t.Rows {
		if err != nil {
			rows.abandon()
			return err
		}
		if len(values) != len(t.Columns) {
			panic(fmt.Sprintf("BUG: table %s: a row of %d values for %d columns", t.Name, len(values), len(t.Columns)))
		}
		if err := rows.row(values); err != nil {
			rows.abandon()
			return fmt.Errorf("write %s as %s: %w", t.Name, format, err)
		}
	}
	if err := rows.close(); err != nil {
		return fmt.Errorf("write %s as %s: %w", t.Name, format, err)
	}
	return nil
}

// decimalText is n / 10^places with the given decimal sign.
func decimalText(n int64, places int, sign string) string {
	digits := fmt.Sprintf("%0*d", places+1, magnitude(n))
	minus := ""
	if n < 0 {
		minus = "-"
	}
	if places == 0 {
		return minus + digits
	}
	at := len(digits) - places
	return minus + digits[:at] + sign + digits[at:]
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
