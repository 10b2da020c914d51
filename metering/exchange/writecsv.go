package exchange

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// csvWriter writes CSV for the spreadsheet of a language.
type csvWriter struct {
	w       *bufio.Writer
	t       Table
	sep     byte
	decimal string
	end     string
	plain   bool // times as RFC 3339
}

func newCSVWriter(w io.Writer, t Table, lang Lang) (rowWriter, error) {
	c := &csvWriter{w: bufio.NewWriterSize(w, 64<<10), t: t, sep: ';', decimal: ",", end: "\r\n"}
	if lang == Russian || lang == Kazakh {
		if _, err := c.w.WriteString("\xef\xbb\xbf"); err != nil {
			return nil, err
		}
	} else {
		c.sep, c.decimal, c.end, c.plain = ',', ".", "\n", true
	}
	for i, col := range t.Columns {
		title := col.Title.In(lang)
		if c.plain {
			title = col.Name
		}
		c.cell(i, title)
	}
	_, err := c.w.WriteString(c.end)
	return c, err
}

// cell writes a cell, in quotation marks if it needs them. Errors stay with the
// buffered writer until close.
func (c *csvWriter) cell(i int, s string) {
	if i > 0 {
		_ = c.w.WriteByte(c.sep)
	}
	if strings.ContainsAny(s, "\"\r\n") || strings.IndexByte(s, c.sep) >= 0 || strings.TrimSpace(s) != s {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	_, _ = c.w.WriteString(s)
}

func (c *csvWriter) row(values []Value) error {
	for i, v := range values {
		c.cell(i, c.text(c.t.Columns[i], v))
	}
	_, err := c.w.WriteString(c.end)
	return err
}

func (c *csvWriter) text(col Column, v Value) string {
	if !v.known {
		return ""
	}
	switch col.Kind {
	case WholeKind:
		return strconv.FormatInt(v.n, 10)
	case DecimalKind:
		return decimalText(v.n, col.Places, c.decimal)
	case NumberKind:
		return strings.Replace(strconv.FormatFloat(v.f, 'f', col.Places, 64), ".", c.decimal, 1)
	case MomentKind:
		if c.plain {
			return v.t.In(c.t.Zone).Format(time.RFC3339)
		}
		return localText(v.t, c.t.Zone)
	}
	return harmless(v.text)
}

func (c *csvWriter) close() error { return c.w.Flush() }
func (c *csvWriter) abandon()     {}

// localText is a moment by the wall clock, with its offset when the clock shows it
// twice.
func localText(t time.Time, zone *time.Location) string {
	local := t.In(zone)
	layout := "02.01.2006 15:04"
	if local.Second() != 0 || local.Nanosecond() != 0 {
		layout = "02.01.2006 15:04:05"
	}
	if local.Nanosecond() != 0 {
		layout = "02.01.2006 15:04:05.000"
	}
	if shownTwice(t, zone) {
		layout += "-07:00"
	}
	return local.Format(layout)
}

func shownTwice(t time.Time, zone *time.Location) bool {
	_, offset := t.In(zone).Zone()
	wall := t.Unix() + int64(offset)
	return len(moments(wall, zone, false)) == 2 || len(moments(wall, zone, true)) == 2
}

// harmless keeps a spreadsheet from taking a text for a formula (CSV injection):
// an apostrophe before the first letter makes it a text, as it does when typed. A text
// that looks like one of these gets another, so that unharmed gives back what was.
func harmless(s string) string {
	if bare := strings.TrimLeft(s, "'"); bare != "" && strings.IndexByte("=+-@\t\r", bare[0]) >= 0 {
		return "'" + s
	}
	return s
}

// unharmed undoes harmless.
func unharmed(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && harmless(rest) != rest {
		return rest
	}
	return s
}
