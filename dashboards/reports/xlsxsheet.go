package reports

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// style is how a cell looks; the zero style is plain text.
type style struct {
	bold, boxed, filled, wrap bool
	size                      float64 // 0: 10
	number                    string  // format; empty: general
}

// style is the number of a style in the workbook.
func (b *book) style(s style) int {
	if id, ok := b.styles[s]; ok {
		return id
	}
	font := &excelize.Font{Family: "Arial", Size: 10, Bold: s.bold}
	if s.size > 0 {
		font.Size = s.size
	}
	e := &excelize.Style{Font: font, Alignment: &excelize.Alignment{WrapText: s.wrap, Vertical: "top"}}
	if s.number != "" {
		e.CustomNumFmt = &s.number
	}
	if s.filled {
		e.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EEEEEE"}}
	}
	if s.boxed {
		for _, side := range []string{"left", "right", "top", "bottom"} {
			e.Border = append(e.Border, excelize.Border{Type: side, Color: "777777", Style: 1})
		}
	}
	id, err := b.file.NewStyle(e)
	b.fail(err)
	b.styles[s] = id
	return id
}

// layout prints the present sheet on A4 across, as wide as a page, with the headings of
// row top and the fixed columns in view and on every page.
func (b *book) layout(top, fixed int) {
	orientation, size, pages, high, fit := "landscape", 9, 1, 0, true // 9 is A4
	b.fail(b.file.SetSheetProps(b.sheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.fail(b.file.SetPageLayout(b.sheet, &excelize.PageLayoutOptions{Orientation: &orientation, Size: &size, FitToWidth: &pages, FitToHeight: &high}))
	pane := "bottomRight"
	if fixed == 0 {
		pane = "bottomLeft"
	}
	b.fail(b.file.SetPanes(b.sheet, &excelize.Panes{Freeze: true, XSplit: fixed, YSplit: top,
		TopLeftCell: fmt.Sprintf("%s%d", columnName(fixed+1), top+1), ActivePane: pane}))
	b.fail(b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", b.sheet, top, top), Scope: b.sheet}))
	text := func(s string) string { return strings.ReplaceAll(s, "&", "&&") }
	header := ""
	if b.page.Demo {
		header = "&C&B" + text(b.say("mark.demo"))
	}
	b.fail(b.file.SetHeaderFooter(b.sheet, &excelize.HeaderFooterOptions{OddHeader: header, OddFooter: "&L" + text(cut(b.page.Foot, 120)) + "&R" + text(b.say("page.number")) + " &P / &N"}))
}
