package papers

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// style is how a cell looks; the zero style is plain text.
type style struct {
	bold, centre, left, boxed, filled, under, code bool
	size                                           float64 // 0: 10
	number                                         string  // format; empty: general
}

// style is the number of a style in the workbook.
func (b *book) style(s style) int {
	if id, ok := b.styles[s]; ok {
		return id
	}
	font := &excelize.Font{Family: "Times New Roman", Size: 10, Bold: s.bold}
	if s.size > 0 {
		font.Size = s.size
	}
	if s.code {
		font.Family, font.Size = "Consolas", 8
	}
	e := &excelize.Style{Font: font, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}
	switch {
	case s.centre:
		e.Alignment.Horizontal = "center"
	case s.left:
		e.Alignment.Horizontal = "left"
	}
	if s.number != "" {
		e.CustomNumFmt = &s.number
	}
	if s.filled {
		e.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EEEEEE"}}
	}
	sides := []string{}
	switch {
	case s.boxed:
		sides = []string{"left", "right", "top", "bottom"}
	case s.under:
		sides = []string{"bottom"}
	}
	for _, side := range sides {
		e.Border = append(e.Border, excelize.Border{Type: side, Color: "555555", Style: 1})
	}
	id, err := b.file.NewStyle(e)
	b.fail(err)
	b.styles[s] = id
	return id
}

// layout prints the present sheet on A4, as wide as a page, with marks above and page
// numbers below.
func (b *book) layout() {
	orientation, size, pages, high, fit := "portrait", 9, 1, 0, true // 9 is A4
	if b.page.Wide {
		orientation = "landscape"
	}
	b.fail(b.file.SetSheetProps(b.sheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.fail(b.file.SetPageLayout(b.sheet, &excelize.PageLayoutOptions{Orientation: &orientation, Size: &size, FitToWidth: &pages, FitToHeight: &high}))
	left, right, top, bottom := 25/25.4, 15/25.4, 20/25.4, 20/25.4
	b.fail(b.file.SetPageMargins(b.sheet, &excelize.PageLayoutMarginsOptions{Left: &left, Right: &right, Top: &top, Bottom: &bottom}))
	text := func(s string) string { return strings.ReplaceAll(s, "&", "&&") }
	header := ""
	if marks := b.marks(); len(marks) > 0 {
		header = "&C&B" + text(strings.Join(marks, " · "))
	}
	b.fail(b.file.SetHeaderFooter(b.sheet, &excelize.HeaderFooterOptions{OddHeader: header, OddFooter: "&L" + text(cut(b.page.Foot, 120)) + "&R" + text(b.say("page.number")) + " &P / &N"}))
}

// apart writes a table on a sheet of its own, its headings in view and on every page,
// and draws it if it is a series.
func (b *book) apart(t *table) {
	b.sheet, b.row = cut(sheetName(t.Apart), 31), 1
	_, err := b.file.NewSheet(b.sheet)
	b.fail(err)
	b.layout()
	write := func(values []value, s style) {
		for i, v := range values {
			b.put(i+1, i+1, v, s)
		}
		b.row++
	}
	write(titles(t), style{bold: true, boxed: true, filled: true})
	for i, row := range t.Rows {
		write(row, style{boxed: true, bold: t.Strong[i]})
	}
	for i, c := range t.Columns {
		b.fail(b.file.SetColWidth(b.sheet, column1(i+1), column1(i+1), float64(8*c.Span)))
	}
	b.fail(b.file.SetPanes(b.sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	b.fail(b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$1:$1", b.sheet), Scope: b.sheet}))
	if t.Chart != noChart && len(t.Rows) > 1 {
		b.chart(t)
	}
}

// chart draws the second column over the first one, to the right of the table.
func (b *book) chart(t *table) {
	kind, skip := excelize.Line, 10
	if t.Chart == barChart {
		kind, skip = excelize.Col, 30
	}
	column := func(name string) string { return fmt.Sprintf("'%s'!$%s$2:$%s$%d", b.sheet, name, name, len(t.Rows)+1) }
	b.fail(b.file.AddChart(b.sheet, "D2", &excelize.Chart{
		Type:      kind,
		Series:    []excelize.ChartSeries{{Name: fmt.Sprintf("'%s'!$B$1", b.sheet), Categories: column("A"), Values: column("B")}},
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: t.Apart}}},
		XAxis:     excelize.ChartAxis{TickLabelSkip: skip},
		Legend:    excelize.ChartLegend{Position: "none"},
		Dimension: excelize.ChartDimension{Width: 640, Height: 320},
	}))
}

// sheetName leaves out what a sheet cannot be called.
func sheetName(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return -1
		}
		return r
	}, s)
}

func cut(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}
