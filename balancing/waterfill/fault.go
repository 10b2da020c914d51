package waterfill

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with an input.
type Fault struct {
	List   string // "nodes", "leaves", "claims", "steps" or "dark": the argument it is in
	Index  int    // of the element there
	ID     string // of the element, if it has one
	Field  string // of the element, as in Go: "Parent", "Limit" …
	What   string // what is wrong
	Remedy string // what to do instead
}

// Error is "nodes[3] "F11": parent "T9" is not a node: …".
func (f Fault) Error() string {
	name := ""
	if f.ID != "" {
		name = fmt.Sprintf(" %q", f.ID)
	}
	return fmt.Sprintf("%s[%d]%s: %s: %s", f.List, f.Index, name, f.What, f.Remedy)
}

// Faults are all the things that are wrong with an input, in its order: nodes
// first.
type Faults []Fault

// Error tells all of them, one a line.
func (f Faults) Error() string {
	var b strings.Builder
	for i, one := range f {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.Error())
	}
	return b.String()
}

func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// inspector collects the faults of one list.
type inspector struct {
	list   string
	faults *Faults
}

func (in inspector) add(i int, id, field, remedy, what string, args ...any) {
	*in.faults = append(*in.faults, Fault{in.list, i, id, field, fmt.Sprintf(what, args...), remedy})
}

// power checks a power or a weight.
func (in inspector) power(i int, id, field, word string, kw int64) {
	switch {
	case kw < 0:
		in.add(i, id, field, "write 0 or more", "%s %d is negative", word, kw)
	case kw > MaxKW:
		in.add(i, id, field, fmt.Sprintf("write at most %d", int64(MaxKW)), "%s %d is too large", word, kw)
	}
}

// ids checks names and returns the index of each; where one occurs twice, the
// first holds.
func (in inspector) ids(n int, id func(int) string) map[string]int32 {
	index := make(map[string]int32, n)
	for i := range n {
		name := id(i)
		if name == "" {
			in.add(i, "", "ID", "give it a name", "the id is missing")
			continue
		}
		if first, twice := index[name]; twice {
			in.add(i, name, "ID", "give each its own", "the id is that of %s[%d] too", in.list, first)
			continue
		}
		index[name] = int32(i)
	}
	return index
}

// places finds the nodes that things hang on. Those of unknown nodes are told and
// are at -1.
func (in inspector) places(f *forest, n int, place func(int) (id, node string)) []int32 {
	at := make([]int32, n)
	for i := range n {
		id, node := place(i)
		v, known := f.index[node]
		if !known {
			v = -1
			in.add(i, id, "Node", "name one of the nodes", "it hangs on %q, which is not a node", node)
		}
		at[i] = v
	}
	return at
}
