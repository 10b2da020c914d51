package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a file.
type Fault struct {
	Sheet  string // of a workbook; empty elsewhere
	Row    int    // from 1, as a spreadsheet or an editor counts; 0: the file or sheet as a whole
	Column string // letter of the column, or the element of a layout; empty: the row as a whole
	Value  string // what stands there, cut to 60 characters
	Code   string // stable word for programs: "bad-number"
	What   string // what is wrong with it
	Remedy string // what to write or to say instead
}

// String is the fault on one line: "sheet Январь, row 12, column C: "1,2,3" is no
// number: write 1.23 [bad-number]".
func (f Fault) String() string {
	var place []string
	if f.Sheet != "" {
		place = append(place, "sheet "+f.Sheet)
	}
	if f.Row > 0 {
		place = append(place, fmt.Sprintf("row %d", f.Row))
	}
	if f.Column != "" {
		place = append(place, "column "+f.Column)
	}
	text := strings.Join(place, ", ")
	if text != "" {
		text += ": "
	}
	if f.Value != "" {
		text += fmt.Sprintf("%q ", f.Value)
	}
	return fmt.Sprintf("%s%s: %s [%s]", text, f.What, f.Remedy, f.Code)
}

// MostFaults is how many faults of one kind are kept in words; the others are
// counted.
const MostFaults = 50

// Faults are what is wrong with a file: the first ones of each kind in words, and
// how many there are of each.
type Faults struct {
	List   []Fault
	Counts map[string]int // by Code
}

func (fs *Faults) add(f Fault) {
	if fs.Counts == nil {
		fs.Counts = map[string]int{}
	}
	fs.Counts[f.Code]++
	if fs.Counts[f.Code] <= MostFaults {
		f.Value = cut(f.Value, 60)
		fs.List = append(fs.List, f)
	}
}

// sort puts the list into the order of the file.
func (fs *Faults) sort(sheets []string) {
	slices.SortStableFunc(fs.List, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(slices.Index(sheets, a.Sheet), slices.Index(sheets, b.Sheet)), cmp.Compare(a.Row, b.Row))
	})
}

// Len is how many faults there are, those that are only counted among them.
func (fs *Faults) Len() int {
	n := 0
	for _, c := range fs.Counts {
		n += c
	}
	return n
}

// KindCount is how many faults of one kind there are.
type KindCount struct {
	Code string
	N    int
}

// Kinds lists the kinds of faults with their counts, the most frequent first.
func (fs *Faults) Kinds() []KindCount {
	kinds := make([]KindCount, 0, len(fs.Counts))
	for code, n := range fs.Counts {
		kinds = append(kinds, KindCount{code, n})
	}
	slices.SortFunc(kinds, func(a, b KindCount) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Code, b.Code)) })
	return kinds
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
