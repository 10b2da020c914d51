package papers

import (
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"

	"pgregory.net/rapid"
)

// What is read off evidence, written down again, is the same evidence: nothing of it is
// lost or changed on the way to paper.
func TestProofIsAllOfTheEvidence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f, r, d := anyFinding(rt)
		text := reclaim.NewEvidence(f, r, d).Text
		p, err := readProof(text)
		if err != nil {
			rt.Fatalf("%v in\n%s", err, text)
		}
		if again := reclaim.NewEvidence(p.finding, p.record, p.intervals).Text; again != text {
			rt.Fatalf("read and written again:\n%s\nbut it was:\n%s", again, text)
		}
	})
}

// anyFinding is a finding with something, or nothing, of everything.
func anyFinding(rt *rapid.T) (reclaim.Finding, reclaim.Record, reclaim.Digest) {
	power := rapid.Map(rapid.Int64Range(-1, 1<<40), func(n int64) metering.Power { return metering.Power(n) })
	count := rapid.IntRange(0, 1<<30)
	name := rapid.String()
	when := rapid.Map(rapid.Int64Range(1, 1<<32), func(s int64) time.Time { return time.Unix(s, 0).UTC() })
	maybe := func(label string) time.Time {
		if rapid.Bool().Draw(rt, label+"?") {
			return when.Draw(rt, label)
		}
		return time.Time{}
	}
	pointer := func(label string) *time.Time {
		if at := maybe(label); !at.IsZero() {
			return &at
		}
		return nil
	}
	counts := func() reclaim.Counts {
		n := rapid.SliceOfN(count, 6, 6).Draw(rt, "counts")
		return reclaim.Counts{Expected: n[0], Valid: n[1], Imputed: n[2], Missing: n[3], Outage: n[4], Held: n[5]}
	}
	periods := func(label string) []metering.Period {
		var list []metering.Period
		for range rapid.IntRange(0, 2).Draw(rt, label) {
			list = append(list, metering.Period{From: maybe("from"), To: maybe("to")})
		}
		return list
	}
	s := reclaim.Subject{Resident: metering.ResidentID(name.Draw(rt, "resident")), Node: metering.NodeID(name.Draw(rt, "node")), Commissioned: when.Draw(rt, "commissioned"), Armour: power.Draw(rt, "armour")}
	if rapid.Bool().Draw(rt, "grace?") {
		months := count.Draw(rt, "grace")
		s.GraceMonths, s.GraceBy = &months, name.Draw(rt, "by")
	}
	for range rapid.IntRange(0, 3).Draw(rt, "conditions") {
		s.Conditions = append(s.Conditions, metering.Condition{ID: name.Draw(rt, "id"), Resident: s.Resident, Node: s.Node, Power: power.Draw(rt, "power"),
			Category: metering.Category(count.Draw(rt, "category")), Document: name.Draw(rt, "document"), From: maybe("from"), To: maybe("to")})
	}
	for range rapid.IntRange(0, 2).Draw(rt, "growth") {
		s.Growth = append(s.Growth, reclaim.Commitment{Power: power.Draw(rt, "power"), Due: when.Draw(rt, "due"), Milestones: count.Draw(rt, "milestones"), Document: name.Draw(rt, "document")})
	}
	u := reclaim.Use{From: when.Draw(rt, "from"), To: when.Draw(rt, "to"), Minutes: count.Draw(rt, "minutes"), Allowed: power.Draw(rt, "allowed"), Intervals: counts(),
		Energy: metering.Energy(power.Draw(rt, "energy")), Blocks: count.Draw(rt, "blocks"), Max: power.Draw(rt, "max"), P999: power.Draw(rt, "p999"), P995: power.Draw(rt, "p995"), P95: power.Draw(rt, "p95"),
		Upper: power.Draw(rt, "upper"), Above50: count.Draw(rt, "50"), Above80: count.Draw(rt, "80"), Above100: count.Draw(rt, "100"),
		First: pointer("first"), Last: pointer("last"), Quiet: rapid.Bool().Draw(rt, "quiet"), Trend: power.Draw(rt, "trend")}
	if rapid.Bool().Draw(rt, "m10?") {
		p := power.Draw(rt, "m10")
		u.DailyMaximum = &p
	}
	for range rapid.IntRange(0, 3).Draw(rt, "months") {
		u.Months = append(u.Months, reclaim.Month{From: when.Draw(rt, "month"), Intervals: counts(), Energy: metering.Energy(power.Draw(rt, "energy")), Blocks: count.Draw(rt, "blocks"),
			Max: power.Draw(rt, "max"), OverBlocks: count.Draw(rt, "over"), OverDays: count.Draw(rt, "days")})
	}
	u.Curve = rapid.SliceOfN(power, 0, 101).Draw(rt, "curve")
	for range rapid.IntRange(0, 3).Draw(rt, "fills") {
		u.Fills = append(u.Fills, reclaim.Fill{Name: name.Draw(rt, "fill"), Need: power.Draw(rt, "need"), Filled: count.Draw(rt, "filled")})
	}
	f := reclaim.Finding{Subject: s, Use: u, Rules: reclaim.Default(), Class: reclaim.Class(name.Draw(rt, "class")), Reason: name.Draw(rt, "reason")}
	f.Rules.Version, f.Rules.Seed = name.Draw(rt, "rules"), rapid.Uint64().Draw(rt, "seed")
	if rapid.Bool().Draw(rt, "volume?") {
		f.Volume = &reclaim.Volume{Retained: power.Draw(rt, "retained"), Returnable: power.Draw(rt, "returnable")}
		for range rapid.IntRange(0, 4).Draw(rt, "steps") {
			f.Volume.Steps = append(f.Volume.Steps, reclaim.Step{Name: name.Draw(rt, "step"), Value: power.Draw(rt, "value"), Rule: name.Draw(rt, "rule"), How: name.Draw(rt, "how")})
		}
	}
	digest := reclaim.Digest{Count: count.Draw(rt, "count")}
	copy(digest.SHA256[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "hash"))
	return f, reclaim.Record{Outages: periods("outages"), Held: periods("held")}, digest
}

// A text that is no evidence is refused with its reason, and never half read.
func TestWhatIsNoEvidenceIsRefused(t *testing.T) {
	head := proofFormat + "\n"
	f := func(text, want string) {
		t.Helper()
		if _, err := readProof(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want …%s…", text, err, want)
		}
	}
	f("", "the first line")
	f("asue reclaim evidence 2\n", "the first line")
	f(head, `no line "rules"`)
	f(head+"rulez 1\n", "there is no line")
	f(head+"rules use\n", "text in quotes")
	f(head+"armour 1 2\n", "too much")
	f(head+"armour x\n", "invalid syntax")
	f(head+"curve 1 5\n", "1 % after 0 values")
	f(head+"month 2025-06-30T19:00:00Z 1 1 1 1 1\n", "coverage of the same month")
	f(head+`intervals 1 "00"`+"\n", "64 hexadecimal digits")
}

// FuzzProof: whatever is read is read the same again once it is written properly.
func FuzzProof(f *testing.F) {
	f.Add(proofFormat + "\nrules \"use 1\"\nresident \"r\" \"f\"\ntime 2025-06-30T19:00:00Z 2026-06-30T19:00:00Z 30\n" +
		"intervals 1 \"036614455ee54cd420a65c9f3e20ccbbcf32f6d68e92d82269609f051a525896\"\nallowed 5\ndaily-maximum - 0\nclass \"IDLE\"\nstep \"a\" 1 \"b\" \"c\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := readProof(text)
		if err != nil {
			return
		}
		proper := reclaim.NewEvidence(p.finding, p.record, p.intervals).Text
		again, err := readProof(proper)
		if err != nil {
			t.Fatalf("%v in\n%s", err, proper)
		}
		if third := reclaim.NewEvidence(again.finding, again.record, again.intervals).Text; third != proper {
			t.Fatalf("%s\nread again:\n%s", proper, third)
		}
	})
}
