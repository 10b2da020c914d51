package form

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Finding is a fault before it has its place in the text. Found makes one.
type Finding struct {
	Code              string
	What, Why, Remedy string
	// Secret says that the line holds a secret: no fault shows that line then.
	Secret bool
}

// Found says what was found (with the offending value), which rule it breaks and
// what to write instead. code is a stable word for programs and documents.
func Found(code, what, why, remedy string) *Finding {
	return &Finding{Code: code, What: what, Why: why, Remedy: remedy}
}

// FoundSecret is Found for a line that holds a secret; what must not repeat it.
func FoundSecret(code, what, why, remedy string) *Finding {
	f := Found(code, what, why, remedy)
	f.Secret = true
	return f
}

// maxFaults bounds what one file can make us say.
const maxFaults = 500

// Report collects the findings about one file. It serves one goroutine.
type Report struct {
	file    string
	lines   []string
	secret  map[int]bool // lines that are not shown
	faults  Faults
	dropped int
}

// NewReport begins a report. file is the file's name as messages show it.
func NewReport(file string) *Report { return &Report{file: file, secret: map[int]bool{}} }

// Again is an empty report about the same text: for findings that can be made
// only later, after the first ones were told.
func (r *Report) Again() *Report { return &Report{file: r.file, lines: r.lines, secret: r.secret} }

// Add notes a finding at a place of the file; the zero place is the whole file.
// path names the value there: "residents[3].name".
func (r *Report) Add(s Severity, at Place, path string, f *Finding) {
	if f.Secret {
		r.secret[at.Line] = true
	}
	if len(r.faults) >= maxFaults {
		r.dropped++
		return
	}
	r.faults = append(r.faults, Fault{
		File: r.file, Line: at.Line, Column: at.Column, Path: clip(path), Severity: s,
		Code: f.Code, What: clip(f.What), Why: clip(f.Why), Remedy: clip(f.Remedy),
	})
}

// Refuse notes an Error at a node.
func (r *Report) Refuse(n *Node, f *Finding) { r.Add(Error, n.At, n.Path, f) }

// Warn notes a Warning at a node.
func (r *Report) Warn(n *Node, f *Finding) { r.Add(Warning, n.At, n.Path, f) }

// Inform notes an Info at a node.
func (r *Report) Inform(n *Node, f *Finding) { r.Add(Info, n.At, n.Path, f) }

// Expect refuses a node of another shape. what says what belongs there: "a list
// of nodes".
func (r *Report) Expect(n *Node, want Shape, what string) bool {
	if n.Shape == want {
		return true
	}
	remedies := map[Shape]string{
		Scalar:  "write one value behind the colon",
		List:    "write one entry per line, each beginning with \"- \"",
		Mapping: "write \"key: value\" lines, indented by two spaces",
	}
	r.Refuse(n, Found("wrong-shape", fmt.Sprintf("%s where %s was expected", n.Shape, want),
		fmt.Sprintf("here belongs %s", what), remedies[want]))
	return false
}

// Finish sorts the findings by place and gives each its line of the file. It is
// called once.
func (r *Report) Finish() Faults {
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code))
	})
	for i := range r.faults {
		if f := &r.faults[i]; !r.secret[f.Line] {
			f.Snippet, f.Caret = snippet(r.lines, f.Line, f.Column)
		}
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
