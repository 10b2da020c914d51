package reports

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// writeXLSX draws a page as a workbook, a sheet for each table: headings in view and on
// every printed page, numbers as numbers, and a text a text whatever it begins with.
func writeXLSX(w io.Writer, p page, in *words) error {
	b := &book{words: in, file: excelize.NewFile(), page: p, styles: map[style]int{}}
	defer func() { _ = b.file.Close() }() // removes temporary files, of which there are none
	for i, t := range p.Tables {
		b.table(i, t)
	}
	b.fail(b.file.SetDocProps(&excelize.DocProperties{Title: p.Title, Subject: p.Subtitle, Description: p.Foot, Language: string(in.lang), Creator: "asue",
		Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z"})) // a pure package knows no time
	if b.err != nil {
		return b.err
	}
	_, err := b.file.WriteTo(w)
	return err
}

// book is a workbook in the making; err is the first fault.
type book struct {
	*words
	file   *excelize.File
	page   page
	sheet  string
	row    int // the next one
	styles map[style]int
	err    error
}

func (b *book) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// table writes a sheet: what it is about, the headings, the rows.
func (b *book) table(i int, t table) {
	b.sheet, b.row = sheetName(t.Name), 1
	if i == 0 {
		b.fail(b.file.SetSheetName("Sheet1", b.sheet))
	} else {
		_, err := b.file.NewSheet(b.sheet)
		b.fail(err)
	}
	if b.page.Demo {
		b.line(b.say("mark.demo"), style{bold: true})
	}
	b.line(b.page.Title+", "+b.page.Subtitle, style{bold: true, size: 13})
	var facts []string
	for _, f := range b.page.Facts {
		facts = append(facts, f.Label+": "+b.show(f.Value, 3))
	}
	b.line(strings.Join(facts, "   "), style{})
	b.line(t.Name, style{bold: true})
	top := b.row
	for i, c := range t.Columns {
		b.put(i+1, textOf(c.Title), style{bold: true, boxed: true, filled: true, wrap: true})
		b.fail(b.file.SetColWidth(b.sheet, columnName(i+1), columnName(i+1), float64(max(10, min(c.Width, 60)))))
	}
	b.row++
	for i, row := range t.Rows {
		for j, v := range row {
			b.put(j+1, v, style{boxed: true, bold: t.Strong[i]})
		}
		b.row++
	}
	for _, note := range b.page.Notes {
		b.line(note, style{})
	}
	b.layout(top, t.Fixed)
}

func (b *book) line(s string, look style) {
	b.put(1, textOf(s), look)
	b.row++
}

func (b *book) put(column int, v value, look style) {
	x, format := cell(v, b.loc)
	look.number = format
	if x == "" || x == nil {
		if !look.boxed {
			return
		}
		x = nil
	}
	at := fmt.Sprintf("%s%d", columnName(column), b.row)
	if s, ok := x.(string); ok {
		b.fail(b.file.SetCellStr(b.sheet, at, s))
	} else {
		b.fail(b.file.SetCellValue(b.sheet, at, x))
	}
	b.fail(b.file.SetCellStyle(b.sheet, at, at, b.style(look)))
}

// cell is a value as a workbook holds it, and its number format. An estimate keeps its
// asterisk as a part of the format, so that it remains a number.
func cell(v value, loc *time.Location) (any, string) {
	switch v.kind {
	case number:
		scale, places := 1.0, v.exp
		for range v.exp {
			scale *= 10
		}
		for rest := v.n; places > 0 && rest%10 == 0; rest /= 10 {
			places--
		}
		format := "#,##0"
		if places > 0 {
			format += "." + strings.Repeat("0", places)
		}
		if v.mark {
			format += `"*"`
		}
		return float64(v.n) / scale, format // exact to 15 digits, as spreadsheets show them
	case day:
		y, m, d := v.t.In(loc).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), "dd.mm.yyyy"
	case moment:
		t := v.t.In(loc)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC), "dd.mm.yyyy hh:mm"
	case dash:
		return nil, ""
	}
	s := printable(v.text)
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s, "@" // stays a text when somebody edits it
	}
	return s, ""
}

// printable leaves out what the XML of a workbook cannot carry, and cuts what no cell
// can hold.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if (r < 0x20 && r != '\t' && r != '\n') || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, s)
	return cut(s, excelize.TotalCellChars)
}

// sheetName leaves out what a sheet cannot be called.
func sheetName(s string) string {
	return cut(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return -1
		}
		return r
	}, s), 31)
}

func cut(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}

func columnName(n int) string {
	name, err := excelize.ColumnNumberToName(n)
	if err != nil {
		panic(fmt.Sprintf("BUG: column %d: %v", n, err))
	}
	return name
}
