// Package disjoint joins numbered things into sets that have nothing in common:
// buses over closed switches, nodes over branches. It must not know what they are.
package disjoint

// Sets are sets of the numbers 0 to n−1, each with the root that it is known by: the
// least number in it, whatever the order of the joins. They belong to one goroutine
// at a time, for finding too (path halving writes).
type Sets []int

// New makes n sets of one number each.
func New(n int) Sets {
	s := make(Sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// Find is the root of the set that i is in.
func (s Sets) Find(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

// Join makes one set of those of a and b.
func (s Sets) Join(a, b int) {
	a, b = s.Find(a), s.Find(b)
	s[max(a, b)] = min(a, b)
}

// Roots is the root of every number, in order. It is the sets themselves, flattened.
func (s Sets) Roots() []int {
	for i := range s {
		s[i] = s.Find(i)
	}
	return s
}
