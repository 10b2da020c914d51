package regmap

import (
	"fmt"
	"strings"
)

// Fault is one mistake in a model file.
type Fault struct {
	File         string
	Line, Column int    // from 1; 0 when the file as a whole is meant
	Field        string // path of the field: "registers[3] (p).addr"
	What         string // what is there
	Why          string // which rule it breaks
	Remedy       string // what to write
}

// Error is one line: "file:line:col: field: what: why; remedy".
func (f Fault) Error() string {
	var s strings.Builder
	s.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&s, ":%d:%d", f.Line, f.Column)
	}
	if f.Field != "" {
		s.WriteString(": " + f.Field)
	}
	fmt.Fprintf(&s, ": %s: %s; %s", f.What, f.Why, f.Remedy)
	return s.String()
}

// Faults are all mistakes of all files, in the order of files and lines.
type Faults []Fault

// Error has a line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}
