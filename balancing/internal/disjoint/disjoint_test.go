package disjoint_test

import (
	"testing"

	"asue/balancing/internal/disjoint"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestSetsAsLabels holds the sets against labels that are all written anew at each join.
func TestSetsAsLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		sets, labels := disjoint.New(n), make([]int, n)
		for i := range labels {
			labels[i] = i
		}
		number := rapid.IntRange(0, n-1)
		for range rapid.IntRange(0, 40).Draw(t, "joins") {
			a, b := number.Draw(t, "a"), number.Draw(t, "b")
			sets.Join(a, b)
			old, least := max(labels[a], labels[b]), min(labels[a], labels[b])
			for i := range labels {
				if labels[i] == old {
					labels[i] = least
				}
			}
			if got := sets.Find(a); got != least {
				t.Fatalf("root of %d is %d, want %d", a, got, least)
			}
		}
		if diff := cmp.Diff(labels, sets.Roots()); diff != "" {
			t.Fatal(diff)
		}
	})
}
