package reclaim_test

import (
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"

	"github.com/google/go-cmp/cmp"
)

// What evidence is about can be read off it again.
func TestEvidenceSaysWhatItIsAbout(t *testing.T) {
	f, r := found(t)
	d := digest(t, intervals(r.Load.From))
	text := reclaim.NewEvidence(f, r, d).Text
	got, err := reclaim.ClaimOf(text)
	if err != nil {
		t.Fatal(err)
	}
	want := reclaim.Claim{Resident: "r", Node: "f", From: f.Use.From, To: f.Use.To, Minutes: 30, Intervals: d}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []struct{ old, new, want string }{
		{"evidence 1", "evidence 2", "the first line"},
		{"time 2025", "time soon-2025", "line \"time\""},
		{`resident "r"`, `resident r`, "in quotes"},
		{`resident "r" "f"`, `resident "r" "f" "g"`, "too much"},
		{"intervals 96", "intervals -96", "negative"},
		{"intervals 96 \"0", "intervals 96 \"x", "hash"},
		{"\ntime", "\ntide", "does not say"},
	} {
		if _, err := reclaim.ClaimOf(strings.Replace(text, bad.old, bad.new, 1)); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%q for %q: %v", bad.new, bad.old, err)
		}
	}
}

func FuzzClaimOf(f *testing.F) {
	finding, r := found(f)
	list := intervals(r.Load.From)
	d, err := reclaim.DigestOf(list)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reclaim.NewEvidence(finding, r, d).Text)
	f.Add("asue reclaim evidence 1\nresident \"\" \"\"\ntime - -\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := reclaim.ClaimOf(text)
		if err != nil {
			return
		}
		if c.Minutes < 0 || c.Intervals.Count < 0 || c.From.Location() != time.UTC || c.To.Location() != time.UTC {
			t.Errorf("%+v", c)
		}
	})
}
