// Package changes is what differs between two texts of a configuration: line by line, and
// in words by object.
//
// The package must not know what a file is about, where it stands, or who reads it.
package changes

import (
	"slices"
	"strings"
)

// Op says where a line stands.
type Op string

// Where a line stands.
const (
	Same    Op = "same"
	Removed Op = "removed" // in the old text alone
	Added   Op = "added"   // in the new text alone
)

// Line is a line of either text. Old and New are its numbers from 1, 0 where it does not stand.
type Line struct {
	Op       Op
	Old, New int
	Text     string
}

// Hunk is a stretch of lines with a change in it and what stands around it.
type Hunk []Line

// around is how many unchanged lines are shown before and after a change.
const around = 3

// mostSteps bounds the work of one comparison: beyond so many removed and added lines what
// lies between the common beginning and end is told as replaced.
const mostSteps = 2000

// Lines are the changes from one text to another, ascending; none if the lines are the same.
// Line ends "\r\n" and "\n" are the same.
func Lines(from, to []byte) []Hunk { return hunks(compare(split(from), split(to))) }

func split(text []byte) []string {
	s := strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// compare gives every line of both texts in order. Of equal lines as many as possible are
// told as the same, unless the texts differ in more than mostSteps lines.
func compare(a, b []string) []Line {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var list []Line
	for i := range head {
		list = append(list, Line{Same, i + 1, i + 1, a[i]})
	}
	for _, l := range middle(a[head:len(a)-tail], b[head:len(b)-tail]) {
		if l.Old > 0 {
			l.Old += head
		}
		if l.New > 0 {
			l.New += head
		}
		list = append(list, l)
	}
	for i := range tail {
		list = append(list, Line{Same, len(a) - tail + i + 1, len(b) - tail + i + 1, a[len(a)-tail+i]})
	}
	return list
}

// middle is the shortest script of E. W. Myers, "An O(ND) Difference Algorithm and Its
// Variations" (1986): the greedy search along diagonals, and the way back through what it kept.
func middle(a, b []string) []Line {
	n, m := len(a), len(b)
	most := min(n+m, mostSteps)
	reach := make([]int, 2*most+3) // by diagonal: how far in a
	at := func(k int) int { return k + most + 1 }
	var kept [][]int
	for d := 0; d <= most; d++ {
		kept = append(kept, slices.Clone(reach[at(-d-1):at(d+1)+1]))
		for k := -d; k <= d; k += 2 {
			x := reach[at(k-1)] + 1
			if k == -d || k != d && reach[at(k-1)] < reach[at(k+1)] {
				x = reach[at(k+1)]
			}
			for x < n && x-k < m && a[x] == b[x-k] {
				x++
			}
			if reach[at(k)] = x; x >= n && x-k >= m {
				return back(a, b, kept, d)
			}
		}
	}
	var list []Line
	for i, text := range a {
		list = append(list, Line{Removed, i + 1, 0, text})
	}
	for i, text := range b {
		list = append(list, Line{Added, 0, i + 1, text})
	}
	return list
}

// back walks from the end to the beginning. kept[d] holds what the search knew before step d,
// of the diagonals -d-1 to d+1.
func back(a, b []string, kept [][]int, d int) []Line {
	var list []Line
	x, y := len(a), len(b)
	for ; d >= 0; d-- {
		reach := func(k int) int { return kept[d][k+d+1] }
		k := x - y
		down := k == -d || k != d && reach(k-1) < reach(k+1)
		before := k - 1
		if down {
			before = k + 1
		}
		fromX := reach(before)
		fromY := fromX - before
		if d == 0 {
			fromX, fromY = 0, 0
		}
		for x > fromX && y > fromY {
			list = append(list, Line{Same, x, y, a[x-1]})
			x, y = x-1, y-1
		}
		switch {
		case d == 0:
		case down:
			list = append(list, Line{Added, 0, y, b[y-1]})
			y--
		default:
			list = append(list, Line{Removed, x, 0, a[x-1]})
			x--
		}
	}
	slices.Reverse(list)
	return list
}

// hunks leaves out what is far from any change.
func hunks(list []Line) []Hunk {
	var out []Hunk
	end := 0 // up to where lines are in a hunk
	for i, l := range list {
		if l.Op == Same {
			continue
		}
		from, to := max(i-around, end), min(i+around+1, len(list))
		if len(out) == 0 || i-around > end {
			out = append(out, nil)
		}
		last := &out[len(out)-1]
		if to > end {
			*last = append(*last, list[max(from, end):to]...)
			end = to
		}
	}
	return out
}
