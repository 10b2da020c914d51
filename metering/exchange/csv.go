package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of what is read, so that a file that is not what it seems to be fills no
// memory.
const (
	maxLine    = 1 << 20 // bytes of a line of CSV
	maxColumns = 2000
	maxJoined  = 64      // lines that one quoted cell may span
	maxRows    = 8 << 20 // rows of a file
	maxValues  = 2 << 20 // intervals of a file: 59 channels for a year
)

var (
	errLongLine   = fmt.Errorf("a line is longer than %d bytes: this is no table, or its lines end in a sign that is none", maxLine)
	errColumns    = fmt.Errorf("a row has more than %d columns: split the file by points", maxColumns)
	errOpenQuote  = fmt.Errorf("a quotation mark is opened and not closed within %d lines: double the mark inside the cell, or close it", maxJoined)
	errManyRows   = fmt.Errorf("the file has more than %d rows: split it by months", maxRows)
	errManyValues = fmt.Errorf("the file has more than %d values: split it by months or by points", maxValues)
)

// sheet is one table of a file as rows of cells.
type sheet struct {
	name string // empty for CSV
	// next gives a row, whose cells are good until the next call, and its number
	// from 1; io.EOF after the last one.
	next func() (cells []string, row int, err error)
	// workbook is set when numbers are as a spreadsheet stores them.
	workbook bool
	date1904 bool
	comma    bool // cells are separated by commas
}

// csvRows reads CSV. A quoted cell may contain separators, doubled quotation
// marks and line breaks.
type csvRows struct {
	r     *bufio.Reader
	sep   byte
	line  int
	cells []string
}

// openCSV finds the separator in the first lines.
func openCSV(r io.Reader) (*csvRows, string, error) {
	c := &csvRows{r: bufio.NewReaderSize(r, 256<<10)}
	head, err := c.r.Peek(64 << 10)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, "", err
	}
	text := string(head)
	if line, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(line, "sep=") && len(line) > 4 {
		c.sep = line[4]
		_, err := c.r.Discard(min(len(line)+1, len(head)))
		c.line = 1
		return c, separatorName(c.sep), err
	}
	c.sep = findSeparator(text)
	return c, separatorName(c.sep), nil
}

// findSeparator takes of ';', tab and ',' the first that cuts most of the first
// lines into two or more cells.
func findSeparator(text string) byte {
	lines := strings.Split(text, "\n")
	if len(lines) > 40 {
		lines = lines[:40]
	}
	for _, sep := range []byte{';', '\t', ','} {
		with, all := 0, 0
		for _, line := range lines {
			if strings.Trim(line, " \r;,\t") == "" {
				continue
			}
			all++
			if strings.IndexByte(unquoted(line), sep) >= 0 {
				with++
			}
		}
		if with > 0 && 2*with >= all {
			return sep
		}
	}
	return ','
}

// unquoted is a line without what stands in quotation marks.
func unquoted(line string) string {
	parts := strings.Split(line, `"`)
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		b.WriteString(parts[i])
	}
	return b.String()
}

func separatorName(sep byte) string {
	switch sep {
	case ';':
		return "semicolon"
	case ',':
		return "comma"
	case '\t':
		return "tab"
	}
	return fmt.Sprintf("%q", string(rune(sep)))
}

// readLine gives a line without its end.
func (c *csvRows) readLine() (string, error) {
	var long []byte
	for {
		part, err := c.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || (len(long) > 0 && err == nil) {
			if long = append(long, part...); len(long) > maxLine {
				return "", errLongLine
			}
			if err != nil {
				continue
			}
			part = long
		} else if len(long) > 0 {
			part = append(long, part...)
		}
		if err != nil && (err != io.EOF || len(part) == 0) {
			return "", err
		}
		c.line++
		return strings.TrimRight(string(part), "\r\n"), nil
	}
}

func (c *csvRows) next() ([]string, int, error) {
	line, err := c.readLine()
	if err != nil {
		return nil, 0, err
	}
	if c.line > maxRows {
		return nil, 0, errManyRows
	}
	row := c.line
	c.cells = c.cells[:0]
	if strings.IndexByte(line, '"') < 0 { // most lines
		for {
			i := strings.IndexByte(line, c.sep)
			if i < 0 {
				break
			}
			c.cells = append(c.cells, line[:i])
			line = line[i+1:]
			if len(c.cells) > maxColumns {
				return nil, 0, errColumns
			}
		}
		c.cells = append(c.cells, line)
		return c.cells, row, nil
	}
	return c.quoted(line, row)
}

// quoted cuts a row with quotation marks. A mark inside a cell that did not begin
// with one stands for itself.
func (c *csvRows) quoted(line string, row int) ([]string, int, error) {
	for {
		if len(c.cells) > maxColumns {
			return nil, 0, errColumns
		}
		if !strings.HasPrefix(line, `"`) {
			cell, rest, more := strings.Cut(line, string(c.sep))
			c.cells = append(c.cells, cell)
			if !more {
				return c.cells, row, nil
			}
			line = rest
			continue
		}
		cell, rest, err := c.quotedCell(line[1:])
		if err != nil {
			return nil, row, err
		}
		c.cells = append(c.cells, cell)
		_, after, more := strings.Cut(rest, string(c.sep))
		if !more {
			return c.cells, row, nil
		}
		line = after
	}
}

// quotedCell reads up to the closing mark, over line breaks if need be.
func (c *csvRows) quotedCell(line string) (cell, rest string, err error) {
	var b strings.Builder
	for joined := 0; ; joined++ {
		for {
			i := strings.IndexByte(line, '"')
			if i < 0 {
				b.WriteString(line)
				break
			}
			b.WriteString(line[:i])
			line = line[i+1:]
			if !strings.HasPrefix(line, `"`) {
				return b.String(), line, nil
			}
			b.WriteByte('"')
			line = line[1:]
		}
		if joined == maxJoined || b.Len() > maxLine {
			return "", "", errOpenQuote
		}
		if line, err = c.readLine(); errors.Is(err, io.EOF) {
			return "", "", errOpenQuote
		} else if err != nil {
			return "", "", err
		}
		b.WriteByte('\n')
	}
}
