package study

import (
	"fmt"
	"strings"
)

// Fault is one thing that keeps a network from being calculated.
type Fault struct {
	Element string // "line kar", "transformer t-1"; empty: the network
	What    string
	Remedy  string
}

// Faults are all that is wrong with a site's network. It is never empty as an error.
type Faults []Fault

// Error tells every fault on one line.
func (f Faults) Error() string {
	texts := make([]string, len(f))
	for i, one := range f {
		texts[i] = fmt.Sprintf("%s: %s: %s", one.Element, one.What, one.Remedy)
	}
	return "network: " + strings.Join(texts, "; ")
}

// UnknownError says that a setting or a load names what the network has not.
type UnknownError struct {
	What string // "scenario", "source", "switch", "element", "transformer", "node"
	ID   string
}

// Error names it.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s %q is not in the network: write an id of the site file", e.What, e.ID)
}
