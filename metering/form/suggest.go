package form

import (
	"fmt"
	"slices"
	"strings"
)

// DidYouMean proposes the nearest of the known words: a sentence part for the
// remedy, or the list of allowed words when none is near.
func DidYouMean(word string, known []string) string {
	if best, ok := Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "use one of: " + Listed(known)
}

// Listed joins words for a message, at most twenty of them.
func Listed(words []string) string {
	const most = 20
	if len(words) == 0 {
		return "(none is declared)"
	}
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" … and %d more", len(words)-most)
	}
	return strings.Join(words, ", ")
}

// Nearest is the known word with the least edit distance to word, and whether
// it is near enough to be worth naming: at most a third of the word's length.
// The first one wins among equals.
func Nearest(word string, known []string) (string, bool) {
	w := []rune(strings.ToLower(Latin(word)))
	if len(w) > 64 {
		return "", false
	}
	best, least := "", max(1, len(w)/3)+1
	for _, k := range known {
		kw := []rune(strings.ToLower(k))
		if d := len(kw) - len(w); d >= least || -d >= least {
			continue
		}
		if d := distance(w, kw); d < least {
			best, least = k, d
		}
	}
	return best, best != ""
}

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours.
func distance(a, b []rune) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// Cyrillic letters that look like Latin ones, and the Latin ones, in step.
const (
	cyrillicTwins = "АВСЕНІКМОРТХУасеіоруахкмтвн"
	latinTwins    = "ABCEHIKMOPTXYaceiopyaxkmtbh"
)

// Latin replaces Cyrillic letters by the Latin ones that look the same.
func Latin(s string) string {
	from, to := []rune(cyrillicTwins), []rune(latinTwins)
	return strings.Map(func(c rune) rune {
		if i := slices.Index(from, c); i >= 0 {
			return to[i]
		}
		return c
	}, s)
}
