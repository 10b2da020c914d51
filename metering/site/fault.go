package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
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

// Fault is one finding about a site file: where, what, why and what to do.
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
	Snippet  string // the offending line, cut to 120 characters; empty with Line 0
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

// maxFaults bounds what one file can make us say.
const maxFaults = 500

// finding is a fault before it has its place in the text.
type finding struct {
	code              string
	what, why, remedy string
}

// report collects the findings about one file.
type report struct {
	file    string
	lines   []string
	faults  Faults
	dropped int
}

// add notes a finding at a place of the file.
func (r *report) add(s Severity, at place, path string, f finding) {
	if len(r.faults) >= maxFaults {
		r.dropped++
		return
	}
	r.faults = append(r.faults, Fault{
		File: r.file, Line: at.line, Column: at.column, Path: clip(path), Severity: s,
		Code: f.code, What: clip(f.what), Why: clip(f.why), Remedy: clip(f.remedy),
	})
}

// clip keeps a message on one line and short, whatever of the file it quotes.
func clip(s string) string {
	const most = 400
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return '?'
		}
		return c
	}, s)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most/2]) + " … " + string(runes[len(runes)-most/2:])
	}
	return s
}

func (r *report) refuse(n *node, f finding) { r.add(Error, n.at, n.path, f) }
func (r *report) warn(n *node, f finding)   { r.add(Warning, n.at, n.path, f) }
func (r *report) inform(n *node, f finding) { r.add(Info, n.at, n.path, f) }

// finish sorts the findings and gives each its line of the file.
func (r *report) finish() Faults {
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code))
	})
	for i := range r.faults {
		f := &r.faults[i]
		f.Snippet, f.Caret = snippet(r.lines, f.Line, f.Column)
	}
	if r.dropped > 0 {
		r.faults = append(r.faults, Fault{
			File: r.file, Severity: Error, Code: "too-many-faults",
			What:   fmt.Sprintf("and %d more faults", r.dropped),
			Why:    fmt.Sprintf("only the first %d found are listed", maxFaults),
			Remedy: "correct these and check again",
		})
	}
	return r.faults
}

// snippetWidth is the longest piece of a line that is shown.
const snippetWidth = 120

// snippet cuts the piece of a line that contains the column, and says where the
// column lies in it. Tabs and control characters become single spaces so that
// the caret stands under its character.
func snippet(lines []string, line, column int) (text string, caret int) {
	if line < 1 || line > len(lines) {
		return "", 0
	}
	runes := []rune(lines[line-1])
	for i, c := range runes {
		if c < ' ' || c == 0x7f {
			runes[i] = ' '
		}
	}
	column = min(max(column, 1), len(runes)+1)
	start := 0
	if column > snippetWidth {
		start = column - snippetWidth/2
	}
	end := min(len(runes), start+snippetWidth)
	return strings.TrimRight(string(runes[start:end]), " "), column - start
}
