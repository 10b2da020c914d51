package reclaim_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// intervals are a day of a point.
func intervals(from time.Time) []metering.Interval {
	var list []metering.Interval
	for i := range 96 {
		list = append(list, metering.Interval{
			Point: "p-1", Channel: metering.ChannelActiveImport, Start: from.Add(time.Duration(i) * metering.BasePeriod),
			Version: 1, Energy: metering.Energy(1000 + i), Uncertainty: 1, Grade: metering.Actual, Method: metering.MethodRegister,
		})
	}
	return list
}

func digest(t require, list []metering.Interval) reclaim.Digest {
	t.Helper()
	d, err := reclaim.DigestOf(list)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return d
}

// found is a finding that has something of everything.
func found(t testing.TB) (reclaim.Finding, reclaim.Record) {
	t.Helper()
	s := &story{t: t}
	for _, line := range []string{"year 2026-07-01", "tu 4000", "tu 5000 2026-01-01", "armour 300", "growth 900 2027-06-01 3 contract-8",
		"draw 1000", "peaks 1500 20", "missing 2025-09-01 2025-09-03", "outage 2025-10-01T10:00 2025-10-01T12:00", "held 2025-11-05T10:00 2025-11-05T11:00"} {
		s.command(strings.Fields(line))
	}
	u, err := s.year.Use(s.subject, s.record, s.set)
	if err != nil {
		t.Fatal(err)
	}
	return reclaim.Judge(s.subject, u, s.set), s.record
}

// The bytes of evidence are on paper: they may not change under the same first line.
func TestEvidenceStaysWhatItIs(t *testing.T) {
	f, r := found(t)
	got := reclaim.NewEvidence(f, r, digest(t, intervals(r.Load.From)))
	const file = "testdata/evidence.txt"
	if *rewrite {
		if err := os.WriteFile(file, []byte(got.Text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.Text); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	again, r2 := found(t)
	if e := reclaim.NewEvidence(again, r2, digest(t, intervals(r.Load.From))); e != got {
		t.Error("the same input gives other evidence")
	}
}

// Whatever a finding rests on changes its hash.
func TestAnyChangeChangesTheHash(t *testing.T) {
	f, r := found(t)
	base := digest(t, intervals(r.Load.From))
	before := reclaim.NewEvidence(f, r, base).SHA256
	change := func(what string, do func(f *reclaim.Finding, r *reclaim.Record)) {
		f, r := found(t)
		do(&f, &r)
		if reclaim.NewEvidence(f, r, base).SHA256 == before {
			t.Errorf("%s does not change the hash", what)
		}
	}
	change("a rule", func(f *reclaim.Finding, _ *reclaim.Record) { f.Rules.Margin++ })
	change("the version of the rules", func(f *reclaim.Finding, _ *reclaim.Record) { f.Rules.Version = "use 2" })
	change("the seed", func(f *reclaim.Finding, _ *reclaim.Record) { f.Rules.Seed++ })
	change("the node", func(f *reclaim.Finding, _ *reclaim.Record) { f.Subject.Node = "g" })
	change("a condition's paper", func(f *reclaim.Finding, _ *reclaim.Record) { f.Subject.Conditions[0].Document = "x" })
	change("a month", func(f *reclaim.Finding, _ *reclaim.Record) { f.Use.Months[3].Max++ })
	change("the curve", func(f *reclaim.Finding, _ *reclaim.Record) { f.Use.Curve[50]++ })
	change("a time held back", func(_ *reclaim.Finding, r *reclaim.Record) { r.Held[0].To = r.Held[0].To.Add(time.Minute) })
	change("the volume", func(f *reclaim.Finding, _ *reclaim.Record) { f.Volume.Steps[2].Value++ })
	change("the class", func(f *reclaim.Finding, _ *reclaim.Record) { f.Class = reclaim.Normal })

	rapid.Check(t, func(t *rapid.T) {
		list := intervals(r.Load.From)
		iv := &list[rapid.IntRange(0, len(list)-1).Draw(t, "interval")]
		switch rapid.IntRange(0, 8).Draw(t, "field") {
		case 0:
			iv.Point += "x"
		case 1:
			iv.Channel = metering.ChannelActiveExport
		case 2:
			iv.Start = iv.Start.AddDate(1, 0, 0)
		case 3:
			iv.Version++
		case 4:
			iv.Energy++
		case 5:
			iv.Uncertainty++
		case 6:
			iv.Grade = metering.Substitute
		case 7:
			iv.Method = metering.MethodLinear
		case 8:
			iv.Flags |= metering.FlagGap
		}
		d := digest(t, list)
		if d == base || reclaim.NewEvidence(f, r, d).SHA256 == before {
			t.Fatal("a changed interval does not change the hash")
		}
	})
}

func TestADigestDoesNotMindOrder(t *testing.T) {
	list := intervals(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	want := digest(t, list)
	shuffled := slices.Clone(list)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if got := digest(t, shuffled); got != want {
		t.Errorf("%v in another order is %v", want, got)
	}
	list = append(list, list[5])
	if _, err := reclaim.DigestOf(list); err == nil || !strings.Contains(err.Error(), "comes twice") {
		t.Errorf("two versions of one interval: %v", err)
	}
}
