package reclaim_test

import (
	"strings"
	"testing"

	"asue/balancing/reclaim"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// What a case is opened with can be read off the evidence again.
func TestEvidenceTellsWhatWasFound(t *testing.T) {
	f, r := found(t)
	d := digest(t, intervals(r.Load.From))
	text := reclaim.NewEvidence(f, r, d).Text
	got, err := reclaim.ToldBy(text)
	if err != nil {
		t.Fatal(err)
	}
	want := reclaim.Told{
		Claim: reclaim.Claim{Resident: "r", Node: "f", From: f.Use.From, To: f.Use.To, Minutes: 30, Intervals: d},
		Rules: "use 1", Class: reclaim.Underused, Allowed: 5000 * kW, Retained: 2400 * kW, Returnable: 2600 * kW, Conditions: f.Subject.Conditions,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []struct{ old, new, want string }{
		{"evidence 1", "evidence 2", "the first line"},
		{"class \"UNDERUSED\"", "class \"LAZY\"", "there is no class \"LAZY\""},
		{"class \"UNDERUSED\"", "glass \"UNDERUSED\"", "does not say"},
		{"\nallowed 5000000\n", "\nallowed 5000000\nallowed 4000000\n", "does not say"},
		{"\nallowed 5000000\n", "\nallowed -5000000\n", "negative"},
		{"volume 2400000 2600000", "volume 2400000 2600001", "more than the ТУ"},
		{"condition \"tu-1\" ", "condition tu-1 ", "in quotes"},
		{" - 2025-12-31T19:00:00Z\n", " -2025-12-31T19:00:00Z\n", "line \"condition\""},
	} {
		if _, err := reclaim.ToldBy(strings.Replace(text, bad.old, bad.new, 1)); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%q for %q: %v", bad.new, bad.old, err)
		}
	}
	// Where nothing could be reckoned there is no volume.
	f.Class, f.Volume = reclaim.Insufficient, nil
	if got, err := reclaim.ToldBy(reclaim.NewEvidence(f, r, d).Text); err != nil || got.Class != reclaim.Insufficient || got.Returnable != 0 {
		t.Errorf("without a volume: %+v, %v", got, err)
	}
}

func FuzzToldBy(f *testing.F) {
	finding, r := found(f)
	d, err := reclaim.DigestOf(intervals(r.Load.From))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reclaim.NewEvidence(finding, r, d).Text)
	f.Add("asue reclaim evidence 1\nrules \"\"\ncondition \"\" \"\" \"\" 1 0 \"\" - -\n")
	f.Fuzz(func(t *testing.T, text string) {
		told, err := reclaim.ToldBy(text)
		if err != nil {
			return
		}
		if told.Returnable < 0 || told.Retained < 0 || told.Retained+told.Returnable > told.Allowed {
			t.Errorf("%+v", told)
		}
		if claim, err := reclaim.ClaimOf(text); err != nil || claim != told.Claim {
			t.Errorf("%+v, but by itself %+v, %v", told.Claim, claim, err)
		}
		for _, c := range told.Conditions {
			if c.Power < metering.Power(0) {
				t.Errorf("%+v", c)
			}
		}
	})
}
