package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Grid is a sheet as it stands in a file, for who reads another table than intervals.
type Grid struct {
	Sheet string // of a workbook; empty for CSV
	// Rows are all that hold anything, in their order.
	Rows []GridRow

	workbook, date1904, comma bool
}

// GridRow is a row of cells; Line is its number from 1, as a spreadsheet or an editor
// counts.
type GridRow struct {
	Line  int
	Cells []string
}

// MaxGridRows is how many rows a file read by Grids may have.
const MaxGridRows = 20_000

// Grids reads a small table of CSV or XLSX whole: all sheets that are shown, and what
// was found out about the file, in words.
func Grids(r io.ReaderAt, size int64) ([]Grid, []string, error) {
	kind, err := kindOf(r, size)
	if err != nil {
		return nil, nil, err
	}
	switch kind {
	case "xlsx":
		return workbookGrids(r, size)
	case "csv":
		return csvGrid(r, size)
	}
	return nil, nil, errors.New("this is a message of layout 80020: give a table, CSV or XLSX")
}

func csvGrid(r io.ReaderAt, size int64) ([]Grid, []string, error) {
	set, err := detectCharset(r, size)
	if err != nil {
		return nil, nil, err
	}
	rows, separator, err := openCSV(set.text(r, size))
	if err != nil {
		return nil, nil, err
	}
	g := Grid{comma: rows.sep == ','}
	if err := g.fill(rows.next, new(int)); err != nil {
		return nil, nil, err
	}
	return []Grid{g}, []string{fmt.Sprintf("text in %s, cells separated by %s", set.name, separator)}, nil
}

func workbookGrids(r io.ReaderAt, size int64) (grids []Grid, notes []string, err error) {
	w, err := openWorkbook(r, size)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	n := 0
	for _, name := range w.sheets {
		s, closer, err := w.open(name)
		if err != nil {
			return nil, nil, err
		}
		g := Grid{Sheet: name, workbook: true, date1904: w.date1904}
		if err := errors.Join(g.fill(s.next, &n), closer.Close()); err != nil {
			return nil, nil, err
		}
		grids = append(grids, g)
	}
	for _, name := range w.hidden {
		notes = append(notes, fmt.Sprintf("sheet %s is hidden and was left out", name))
	}
	return grids, notes, nil
}

// fill takes rows in until there are no more; n counts those of the whole file.
func (g *Grid) fill(next func() ([]string, int, error), n *int) error {
	for {
		cells, line, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if *n++; *n > MaxGridRows {
			return fmt.Errorf("the file has more than %d rows: this is no such table, or it has to be split", MaxGridRows)
		}
		if !slices.ContainsFunc(cells, func(s string) bool { return normalise(s) != "" }) {
			continue
		}
		kept := make([]string, len(cells))
		for i, cell := range cells {
			kept[i] = string(bytes.Clone([]byte(cell)))
		}
		g.Rows = append(g.Rows, GridRow{line, kept})
	}
}

// ColumnLetter is how a spreadsheet calls a column counted from 0.
func ColumnLetter(column int) string { return columnName(column) }

// Text is what a cell says, without the spaces around it and without the apostrophe that
// keeps a spreadsheet from taking it for a formula.
func (g Grid) Text(cell string) string {
	cell = strings.TrimSpace(cell)
	if g.workbook {
		return cell
	}
	return unharmed(cell)
}

// Absent reports whether a cell says that there is nothing: it is empty, a dash, «нет».
func (g Grid) Absent(cell string) bool { return isAbsent(cell) }

// Decimal is a number times 10^power as a whole one. It says why a cell is none, why it
// may mean two things, or that something would be lost; then the error completes the
// sentence that begins with the cell.
func (g Grid) Decimal(cell string, power int) (int64, error) {
	n, err := parseDecimal(cell)
	if g.workbook {
		n = n.asStored()
	} else if err == nil && g.comma && thousandsOrDecimals(cell) {
		err = errAmbiguous
	}
	if err != nil {
		return 0, err
	}
	v, exact, fits := n.times(power)
	switch {
	case !fits:
		return 0, errTooLong
	case !exact:
		return 0, errTooFine
	}
	return v, nil
}

var errTooFine = errors.New("is finer than what is kept")

// Moment reads a date, 31.01.2026 or 2026-01-31, which is its first instant in a zone, a
// date with a time, with an offset or without, or a spreadsheet's serial number.
func (g Grid) Moment(cell string, zone *time.Location) (time.Time, bool) {
	st, ok := parseStamp(cell)
	if !ok {
		if st, ok = serialStamp(strings.TrimSpace(cell), g.date1904); !ok {
			return time.Time{}, false
		}
	}
	if st.fixed {
		return time.Unix(st.seconds, 0).UTC(), true
	}
	wall := time.Unix(st.seconds, 0).UTC()
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone).UTC(), true
}

// Heading is the text of a heading as it is compared with others: without case, ё, odd
// spaces and signs around it.
func Heading(text string) string { return normalise(text) }
