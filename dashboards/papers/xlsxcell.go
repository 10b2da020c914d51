package papers

import (
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// cell is a value as a workbook holds it, and its number format.
func (b *book) cell(v value) (any, string) {
	switch v.kind {
	case number:
		return numberCell(v)
	case date:
		y, m, d := v.t.In(b.loc).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), "dd.mm.yyyy"
	case moment:
		t := v.t.In(b.loc)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC), "dd.mm.yyyy hh:mm"
	}
	s := printable(b.show(v))
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) && len(s) < 256 {
		return s, "@" // stays a text when somebody edits it
	}
	return s, ""
}

// numberCell is a number with as many places as it has; percents are parts of 1.
func numberCell(v value) (any, string) {
	scale, places := int64(1), v.exp
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
	x := float64(v.n) / float64(scale) // exact to 15 digits, as spreadsheets show them
	switch v.unit {
	case "":
	case "%":
		return x / 100, format + "%"
	default:
		format += `" ` + strings.ReplaceAll(v.unit, `"`, "") + `"`
	}
	return x, format
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
	if r := []rune(s); len(r) > excelize.TotalCellChars {
		s = string(r[:excelize.TotalCellChars])
	}
	return s
}
