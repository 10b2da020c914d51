package exchange

import (
	"fmt"
	"slices"
)

// notes are what was found out about a file and what was done with it, for the
// person who imports it.
type notes struct {
	list   []string
	counts map[string]int
	order  []string
}

func (n *notes) say(format string, args ...any) {
	n.list = append(n.list, fmt.Sprintf(format, args...))
}

func (n *notes) once(text string) {
	if !slices.Contains(n.list, text) {
		n.list = append(n.list, text)
	}
}

// count counts what may happen at every value.
func (n *notes) count(text string) {
	if n.counts == nil {
		n.counts = map[string]int{}
	}
	if n.counts[text] == 0 {
		n.order = append(n.order, text)
	}
	n.counts[text]++
}

// all are the notes in the order in which they were made, counts last.
func (n *notes) all() []string {
	list := slices.Clone(n.list)
	for _, text := range n.order {
		list = append(list, fmt.Sprintf("%d %s", n.counts[text], text))
	}
	return list
}
