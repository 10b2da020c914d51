package reports

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// writeCSV draws the tables of a page one after the other, an empty line between them:
// for Russian and Kazakh with semicolons and decimal commas after a byte order mark,
// because their Excel opens nothing else right, for English with commas and points.
func writeCSV(w io.Writer, p page, in *words) error {
	c := csvFile{w: bufio.NewWriter(w), words: in, sep: ";", point: ",", end: "\r\n"}
	if in.lang == English {
		c.sep, c.point, c.end = ",", ".", "\n"
	} else {
		c.put("\ufeff")
	}
	for i, t := range p.Tables {
		if i > 0 {
			c.put(c.end)
		}
		c.table(t)
	}
	return c.w.Flush()
}

// csvFile keeps errors until it is flushed.
type csvFile struct {
	*words
	w               *bufio.Writer
	sep, point, end string
}

func (c csvFile) put(s string) { _, _ = c.w.WriteString(s) }

func (c csvFile) table(t table) {
	for i, col := range t.Columns {
		c.cell(i, harmless(col.Title))
	}
	c.put(c.end)
	for _, row := range t.Rows {
		for i, v := range row {
			c.cell(i, c.text(v))
		}
		c.put(c.end)
	}
}

// cell writes a cell, in quotation marks if it needs them.
func (c csvFile) cell(i int, s string) {
	if i > 0 {
		c.put(c.sep)
	}
	if strings.ContainsAny(s, "\"\r\n"+c.sep) || strings.TrimSpace(s) != s {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	c.put(s)
}

func (c csvFile) text(v value) string {
	switch v.kind {
	case number:
		return plain(v.n, v.exp, c.point)
	case day, moment:
		return c.show(v, 0)
	case dash:
		return ""
	}
	return harmless(v.text)
}

// plain is n / 10^exp whole, without zeros at the end.
func plain(n int64, exp int, point string) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	for len(digits) <= exp {
		digits = "0" + digits
	}
	cut := len(digits) - exp
	if fraction := strings.TrimRight(digits[cut:], "0"); fraction != "" {
		return sign + digits[:cut] + point + fraction
	}
	return sign + digits[:cut]
}

// harmless puts an apostrophe before a text that a spreadsheet would take for a formula
// (OWASP, CSV injection).
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
