package papers

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// XLSX writes a document as a workbook that prints on A4: the document on the first
// sheet, what is long on sheets of its own. Numbers are numbers and days are dates; a
// text is a text whatever it begins with. The same document gives the same sheets.
//
// It fails like HTML.
func XLSX(w io.Writer, d Document, lang Lang) error {
	p, in, err := composed(d, lang)
	if err != nil {
		return err
	}
	b := &book{words: in, file: excelize.NewFile(), page: p, styles: map[style]int{}}
	defer func() { _ = b.file.Close() }() // removes temporary files, of which there are none
	if err := b.write(); err != nil {
		return fmt.Errorf("write a paper as XLSX: %w", err)
	}
	if _, err := b.file.WriteTo(w); err != nil {
		return fmt.Errorf("write a paper as XLSX: %w", err)
	}
	return nil
}

// grid is how many columns the first sheet has: the parts of a table take several each.
const grid = 24

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

func (b *book) write() error {
	b.first()
	for _, blk := range b.page.Blocks {
		b.block(blk)
	}
	for _, blk := range b.page.Blocks {
		if t := blk.Table; t != nil && t.Apart != "" {
			b.apart(t)
		}
	}
	b.fail(b.file.SetDocProps(&excelize.DocProperties{Title: b.page.Title, Subject: b.page.Subtitle, Description: b.page.Foot, Language: string(b.lang), Creator: "asue",
		Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z"})) // a pure package knows no time
	return b.err
}

// first begins the sheet of the document: marks, title, facts.
func (b *book) first() {
	b.sheet = b.say("sheet.main")
	b.fail(b.file.SetSheetName("Sheet1", b.sheet))
	b.row = 1
	b.layout()
	width := 3.7
	if b.page.Wide {
		width = 5.7
	}
	b.fail(b.file.SetColWidth(b.sheet, "A", column1(grid), width))
	for _, mark := range b.marks() {
		b.line(mark, style{bold: true, centre: true, boxed: true})
	}
	b.line(strings.ToUpper(b.page.Title), style{bold: true, centre: true, size: 14})
	b.line(b.page.Subtitle, style{centre: true, size: 12})
	b.row++
	for _, f := range b.page.Facts {
		b.put(1, 8, textOf(f.Label), style{})
		b.put(9, grid, f.Value, style{bold: true, left: true})
		b.fit(b.show(f.Value), grid-8)
	}
	b.row++
}

func (b *book) marks() []string {
	var list []string
	if b.page.Demo {
		list = append(list, b.say("mark.demo"))
	}
	if b.page.Draft {
		list = append(list, b.say("mark.draft"))
	}
	return list
}

func (b *book) block(blk block) {
	if blk.Heading != "" {
		b.row++
		b.line(blk.Heading, style{bold: true, size: 11})
	}
	if blk.Text != "" {
		b.line(blk.Text, style{})
	}
	for i, item := range blk.List {
		mark := "• "
		if blk.Numbered {
			mark = fmt.Sprintf("%d. ", i+1)
		}
		b.line(mark+item, style{})
	}
	for _, code := range blk.Code {
		b.line(code, style{code: true})
	}
	if t := blk.Table; t != nil && t.Apart == "" {
		b.table(t)
	}
	if len(blk.Signs) > 0 {
		b.signs(blk.Signs)
	}
}

// line writes a text across the sheet.
func (b *book) line(text string, s style) {
	b.put(1, grid, textOf(text), s)
	b.fit(text, grid)
}

// fit makes the row as high as a text wants and goes on to the next one: spreadsheets
// do not do it for merged cells.
func (b *book) fit(text string, columns int) {
	perLine := columns * 4
	if b.page.Wide {
		perLine = columns * 6
	}
	lines := 0
	for part := range strings.SplitSeq(text, "\n") {
		lines += (len([]rune(part)) + perLine - 1) / perLine
	}
	b.height(lines)
	b.row++
}

func (b *book) height(lines int) {
	b.fail(b.file.SetRowHeight(b.sheet, b.row, 14*float64(max(lines, 1))+2))
}

// table writes a table into the grid.
func (b *book) table(t *table) {
	write := func(values []value, s style) {
		from, lines := 1, 1
		for i, v := range values {
			to := from + t.Columns[i].Span*grid/t.spans() - 1
			b.put(from, to, v, s)
			perLine := (to - from + 1) * 3
			if b.page.Wide {
				perLine = (to - from + 1) * 5
			}
			lines = max(lines, (len([]rune(b.show(v)))+perLine-1)/perLine)
			from = to + 1
		}
		b.height(lines)
		b.row++
	}
	write(titles(t), style{bold: true, boxed: true, filled: true})
	for i, row := range t.Rows {
		write(row, style{boxed: true, bold: t.Strong[i]})
	}
	b.row++
}

func titles(t *table) []value {
	var list []value
	for _, c := range t.Columns {
		list = append(list, textOf(c.Title))
	}
	return list
}

// signs are places for signatures, side by side.
func (b *book) signs(list []sign) {
	b.row++
	half := grid/2 - 1
	rows := []func(s sign) (value, style){
		func(s sign) (value, style) { return textOf(s.Words), style{bold: true} },
		func(s sign) (value, style) { return textOf(s.Party), style{bold: true} },
	}
	for _, name := range []string{"sign.post", "sign.hand"} {
		rows = append(rows,
			func(sign) (value, style) { return textOf(""), style{under: true} },
			func(sign) (value, style) { return textOf(b.say(name)), style{centre: true, size: 8} })
	}
	for _, row := range rows {
		for i, s := range list {
			v, st := row(s)
			b.put(1+i*(half+2), half+i*(half+2), v, st)
		}
		b.height(1)
		b.row++
	}
}

// put writes a value into columns of the present row.
func (b *book) put(from, to int, v value, s style) {
	first, last := fmt.Sprintf("%s%d", column1(from), b.row), fmt.Sprintf("%s%d", column1(to), b.row)
	cell, number := b.cell(v)
	s.number, s.left = number, s.left || v.kind == date || v.kind == moment
	if text, ok := cell.(string); ok {
		b.fail(b.file.SetCellStr(b.sheet, first, text))
	} else if cell != nil {
		b.fail(b.file.SetCellValue(b.sheet, first, cell))
	}
	if from != to {
		b.fail(b.file.MergeCell(b.sheet, first, last))
	}
	b.fail(b.file.SetCellStyle(b.sheet, first, last, b.style(s)))
}

// column1 is the name of a column, counted from 1.
func column1(n int) string {
	name, err := excelize.ColumnNumberToName(n)
	if err != nil {
		panic(fmt.Sprintf("BUG: column %d: %v", n, err))
	}
	return name
}

func (b *book) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}
