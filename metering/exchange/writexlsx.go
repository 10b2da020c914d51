package exchange

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// xlsxWriter writes a workbook with typed cells: numbers are numbers, moments are
// dates, and a text is a text whatever it begins with, so that nothing is taken
// for a formula. What does not fit on a sheet goes on on another.
type xlsxWriter struct {
	w      io.Writer
	t      Table
	lang   Lang
	file   *excelize.File
	stream *excelize.StreamWriter
	styles []int
	title  int // style of headings
	sheets int
	next   int // row
	cells  []any
}

func newXLSXWriter(w io.Writer, t Table, lang Lang) (_ rowWriter, err error) {
	x := &xlsxWriter{w: w, t: t, lang: lang, file: excelize.NewFile(), cells: make([]any, len(t.Columns))}
	defer func() {
		if err != nil {
			x.abandon()
		}
	}()
	if x.title, err = x.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}); err != nil {
		return nil, err
	}
	for _, col := range t.Columns {
		style := &excelize.Style{}
		switch col.Kind {
		case DecimalKind, NumberKind:
			format := "0"
			if col.Places > 0 {
				format += "." + strings.Repeat("0", col.Places)
			}
			style.CustomNumFmt = &format
		case WholeKind:
			style.NumFmt = 1
		case MomentKind:
			format := "dd.mm.yyyy hh:mm"
			if lang == English {
				format = "yyyy-mm-dd hh:mm"
			}
			style.CustomNumFmt = &format
		case TextKind:
			style.NumFmt = 49
		}
		id, err := x.file.NewStyle(style)
		if err != nil {
			return nil, err
		}
		x.styles = append(x.styles, id)
	}
	return x, x.sheet()
}

// sheet begins a sheet with the headings, which stay in view.
func (x *xlsxWriter) sheet() error {
	if x.stream != nil {
		if err := x.stream.Flush(); err != nil {
			return err
		}
	}
	x.sheets++
	name := sheetName(x.t.Title.In(x.lang))
	if x.sheets == 1 {
		if err := x.file.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else {
		name = fmt.Sprintf("%s %d", name, x.sheets)
		if _, err := x.file.NewSheet(name); err != nil {
			return err
		}
	}
	var err error
	if x.stream, err = x.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := x.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, col := range x.t.Columns {
		width := max(12, float64(len([]rune(col.Title.In(x.lang)))+2))
		if col.Kind == MomentKind {
			width = max(width, 18)
		}
		if err := x.stream.SetColWidth(i+1, i+1, min(width, 40)); err != nil {
			return err
		}
		x.cells[i] = excelize.Cell{StyleID: x.title, Value: col.Title.In(x.lang)}
	}
	x.next = 2
	return x.stream.SetRow("A1", x.cells)
}

// sheetName leaves out what a sheet cannot be called.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 25 {
		s = string(r[:25])
	}
	return s
}

func (x *xlsxWriter) row(values []Value) error {
	if x.next > excelize.TotalRows {
		if err := x.sheet(); err != nil {
			return err
		}
	}
	for i, v := range values {
		x.cells[i] = excelize.Cell{StyleID: x.styles[i], Value: x.value(x.t.Columns[i], v)}
	}
	at := "A" + strconv.Itoa(x.next)
	x.next++
	return x.stream.SetRow(at, x.cells)
}

func (x *xlsxWriter) value(col Column, v Value) any {
	if !v.known {
		return nil
	}
	switch col.Kind {
	case WholeKind:
		return v.n
	case DecimalKind:
		return float64(v.n) / math.Pow10(col.Places) // exact to 15 digits, as Excel shows them
	case NumberKind:
		return v.f
	case MomentKind:
		if shownTwice(v.t, x.t.Zone) {
			return localText(v.t, x.t.Zone)
		}
		local := v.t.In(x.t.Zone)
		return time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
	}
	return printable(v.text)
}

// printable leaves out what the XML of a workbook cannot carry, and cuts what no
// cell can hold.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if (r < 0x20 && r != '\t' && r != '\n') || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > excelize.TotalCellChars {
		s = string(r[:excelize.TotalCellChars])
	}
	return s
}

func (x *xlsxWriter) close() error {
	if err := x.stream.Flush(); err != nil {
		x.abandon()
		return err
	}
	if _, err := x.file.WriteTo(x.w); err != nil {
		x.abandon()
		return err
	}
	return x.file.Close()
}

func (x *xlsxWriter) abandon() { _ = x.file.Close() } // removes temporary files; the failure is told already
