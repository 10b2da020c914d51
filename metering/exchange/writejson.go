package exchange

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
)

// jsonWriter writes objects, in an array or one on each line. Decimal fractions
// are written digit by digit, so that nothing is lost in a binary one.
type jsonWriter struct {
	w     *bufio.Writer
	t     Table
	array bool
	rows  int
	names []string // of the fields, quoted
}

func newJSONWriter(w io.Writer, t Table, array bool) rowWriter {
	j := &jsonWriter{w: bufio.NewWriterSize(w, 64<<10), t: t, array: array}
	for _, col := range t.Columns {
		j.names = append(j.names, quoteJSON(col.Name))
	}
	return j
}

func (j *jsonWriter) row(values []Value) error {
	switch {
	case j.array && j.rows == 0:
		_, _ = j.w.WriteString("[\n") // errors stay with the buffered writer
	case j.array:
		_, _ = j.w.WriteString(",\n")
	}
	j.rows++
	_ = j.w.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			_ = j.w.WriteByte(',')
		}
		_, _ = j.w.WriteString(j.names[i])
		_ = j.w.WriteByte(':')
		_, _ = j.w.WriteString(j.text(j.t.Columns[i], v))
	}
	err := j.w.WriteByte('}')
	if !j.array {
		err = j.w.WriteByte('\n')
	}
	return err
}

func (j *jsonWriter) text(col Column, v Value) string {
	if !v.known {
		return "null"
	}
	switch col.Kind {
	case WholeKind:
		return strconv.FormatInt(v.n, 10)
	case DecimalKind:
		return decimalText(v.n, col.Places, ".")
	case NumberKind:
		return strconv.FormatFloat(v.f, 'f', -1, 64)
	case MomentKind:
		return quoteJSON(v.t.In(j.t.Zone).Format(time.RFC3339Nano))
	}
	return quoteJSON(v.text)
}

func quoteJSON(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string in memory
	return strings.TrimSuffix(b.String(), "\n")
}

func (j *jsonWriter) close() error {
	if j.array {
		if j.rows == 0 {
			_ = j.w.WriteByte('[')
		}
		_, _ = j.w.WriteString("\n]\n")
	}
	return j.w.Flush()
}

func (j *jsonWriter) abandon() {}
