package form

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says what a fault does to the file.
type Severity uint8

// Severities, the worst last, so that they compare.
const (
	Info    Severity = 1 // worth knowing; nothing is wrong
	Warning Severity = 2 // most likely a mistake; the file is taken
	Error   Severity = 3 // the file is refused
)

// String is "info", "warning" or "error".
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Fault is one finding about a file: where, what, why and what to do.
type Fault struct {
	File     string
	Line     int    // from 1; 0 when the fault is of the file as a whole
	Column   int    // from 1, in characters; 0 with Line 0
	Path     string // "residents[3].conditions[0].power"; empty for the whole file
	Severity Severity
	Code     string // stable word for programs and documents: "unknown-node"
	What     string // what was found, with the offending value
	Why      string // the rule it breaks
	Remedy   string // what to write instead
	Snippet  string // the offending line, cut to 120 characters; empty with Line 0 and when it holds a secret
	Caret    int    // column in Snippet, from 1; 0 with an empty Snippet
}

// String prints the fault for a terminal:
//
//	site.yaml:12:14: error: nodes[3].limit: power "29,7 MW" has a decimal comma
//	   12 |     limit: 29,7 MW
//	      |            ^
//	  why: numbers are written with a decimal point
//	  fix: write "29.7 MW" [bad-number]
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.Headline())
	b.WriteByte('\n')
	if f.Snippet != "" {
		gutter := fmt.Sprintf("%5d | ", f.Line)
		fmt.Fprintf(&b, "%s%s\n", gutter, f.Snippet)
		fmt.Fprintf(&b, "%*s| %*s^\n", len(gutter)-2, "", f.Caret-1, "")
	}
	fmt.Fprintf(&b, "  why: %s\n", f.Why)
	fmt.Fprintf(&b, "  fix: %s [%s]\n", f.Remedy, f.Code)
	return b.String()
}

// Headline is the first line of String: place, severity, path and what.
func (f Fault) Headline() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	fmt.Fprintf(&b, ": %s: ", f.Severity)
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.What)
	return b.String()
}

// Faults are all findings about one file, sorted by place. A nil or empty list
// is a file without any.
type Faults []Fault

// Err is the list as an error when it holds at least one Error, else nil.
func (fs Faults) Err() error {
	if fs.Count(Error) == 0 {
		return nil
	}
	return fs
}

// Error says how many errors there are and which is the first.
func (fs Faults) Error() string {
	n := fs.Count(Error)
	first := slices.IndexFunc(fs, func(f Fault) bool { return f.Severity == Error })
	switch {
	case first < 0:
		return "no errors"
	case n == 1:
		return fs[first].Headline()
	}
	return fmt.Sprintf("%s (and %d more errors)", fs[first].Headline(), n-1)
}

// Count is the number of faults of one severity.
func (fs Faults) Count(s Severity) int {
	n := 0
	for _, f := range fs {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// String prints every fault for a terminal, one after the other.
func (fs Faults) String() string {
	var b strings.Builder
	for _, f := range fs {
		b.WriteString(f.String())
	}
	return b.String()
}
