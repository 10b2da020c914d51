package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/cmd/internal/cli"
	"asue/metering"
)

// conditions runs `asue conditions` on a zone.
func conditions(t *testing.T, want int, process string, args ...string) string {
	t.Helper()
	return asue(t, want, append([]string{"conditions", "-c", process}, args...)...)
}

// A zone in which every class appears, as a table that can be checked by hand.
func TestConditionsOfAZone(t *testing.T) {
	process := zoneInUse(t)
	golden(t, "testdata/conditions/table.txt", conditions(t, 0, process, asOf...))
	golden(t, "testdata/conditions/arithmetic.txt", conditions(t, 0, process, append(asOf, "--arithmetic", "--resident", "overreserved,spiky")...))
}

// What programs read: the names, null for what is not known, and each class once at
// least.
func TestConditionsAsJSON(t *testing.T) {
	process := zoneInUse(t)
	text := conditions(t, 0, process, append(asOf, "--json")...)
	raw := decoded[struct {
		Residents []map[string]any `json:"residents"`
	}](t, text)
	for _, row := range raw.Residents {
		for _, name := range []string{"resident", "tu_kw", "need_kw", "utilisation", "class", "retain_kw", "reclaim_kw", "coverage"} {
			if _, there := row[name]; !there {
				t.Errorf("%v: no %s", row["resident"], name)
			}
		}
		if row["class"] == string(reclaim.Insufficient) && (row["need_kw"] != nil || row["reclaim_kw"] != nil) {
			t.Errorf("%v: something is claimed: %v", row["resident"], row)
		}
	}
	r := decoded[conditionsReport](t, text)
	for _, want := range []struct {
		resident string
		class    reclaim.Class
		back     float64
	}{
		{"idle", reclaim.Idle, 1950}, {"underused", reclaim.Underused, 1150}, {"overreserved", reclaim.OverReserved, 750},
		{"spiky", reclaim.Underused, 1500}, {"exceeding", reclaim.Exceeding, 0}, {"growing", reclaim.Normal, 0},
	} {
		row := foundFor(t, r, want.resident)
		if row.Class != want.class || row.Reclaim == nil || *row.Reclaim != want.back {
			t.Errorf("%s: %+v", want.resident, row)
		}
	}
	for resident, class := range map[string]reclaim.Class{"badly-metered": reclaim.Insufficient, "curtailed": reclaim.Insufficient, "thirty-days": reclaim.Insufficient,
		"unmetered": reclaim.Insufficient, "young": reclaim.Grace, "building": reclaim.Grace} {
		if row := foundFor(t, r, resident); row.Class != class || row.Retain != nil {
			t.Errorf("%s: %+v", resident, row)
		}
	}
	var classes []reclaim.Class
	sum := conditionSum{}
	for _, c := range r.ByClass {
		classes = append(classes, c.Class)
		sum.Rows += c.Rows
		sum.OnPaper += c.OnPaper
		sum.Returnable += c.Returnable
	}
	if !slices.Equal(classes, reclaim.Classes()) || sum.Rows != r.Total.Rows || sum.OnPaper != r.Total.OnPaper || sum.Returnable != r.Total.Returnable {
		t.Errorf("classes %v add up to %+v, not to %+v", classes, sum, r.Total)
	}
	if top := r.ByNode[0]; top.Node != "src" || top.conditionSum != r.Total {
		t.Errorf("at the source %+v, in all %+v", top, r.Total)
	}
}

func foundFor(t *testing.T, r conditionsReport, resident string) conditionRow {
	t.Helper()
	i := slices.IndexFunc(r.Residents, func(row conditionRow) bool { return string(row.Resident) == resident })
	if i < 0 {
		t.Fatalf("nothing is said of %s", resident)
	}
	return r.Residents[i]
}

// Thirty days of history: how much is missing, and from when it will do.
func TestTooLittleHistory(t *testing.T) {
	row := foundFor(t, decoded[conditionsReport](t, conditions(t, 0, zoneInUse(t), append(asOf, "--json")...)), "thirty-days")
	// Nine tenths of 35040 intervals are 31536, 30 days are 2880.
	if row.Enough == nil || row.Enough.Missing != 31536-2880 || row.Enough.From.Format(time.DateOnly) != "2027-05-25" {
		t.Errorf("%+v", row.Enough)
	}
}

// What was held back is never held against a resident, nor is a record that cannot be
// read.
func TestHeldBackIsNotHeldAgainst(t *testing.T) {
	process := zoneInUse(t)
	inZone(t, process, func(ctx context.Context, ledger metering.Ledger) error {
		_, err := ledger.Append(ctx, metering.AuditRecord{At: usedFrom.AddDate(0, 3, 0), Actor: "system", Kind: curtailedKind, Subject: "idle", Text: "?"})
		return err
	})
	r := decoded[conditionsReport](t, conditions(t, 0, process, append(asOf, "--json")...))
	if row := foundFor(t, r, "curtailed"); row.Intervals.Held != 48 || !strings.Contains(row.Reason, "filled in by held") {
		t.Errorf("%+v", row)
	}
	if row := foundFor(t, r, "idle"); row.Class == reclaim.Idle || row.Intervals.Held != 96 || len(r.Notes) != 1 {
		t.Errorf("%+v, notes %q", row, r.Notes)
	}
}

// Evidence on file is the same when it is made again; after one interval was changed it
// is not, and the interval is named.
func TestEvidenceIsMadeAgain(t *testing.T) {
	process := zoneInUse(t)
	dir := filepath.Join(t.TempDir(), "findings")
	conditions(t, 0, process, append(asOf, "--evidence", dir)...)
	conditions(t, 0, process, append(asOf, "--evidence", dir)...) // once more is no harm
	files, err := filepath.Glob(filepath.Join(dir, "*.evidence"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, sum := readText(t, file), readText(t, file+".sha256")
		hash := sha256.Sum256([]byte(text))
		if sum != hex.EncodeToString(hash[:])+"  "+filepath.Base(file)+"\n" {
			t.Errorf("%s: %s", file, sum)
		}
	}
	said := conditions(t, 0, process, append([]string{"--verify"}, files...)...)
	if strings.Count(said, ": equal, sha256") != 12 {
		t.Errorf("said\n%s", said)
	}

	at := usedFrom.Add(100*24*time.Hour + 10*time.Hour)
	inZone(t, process, func(ctx context.Context, ledger metering.Ledger) error {
		return ledger.Commit(ctx, metering.Commit{ReceivedAt: usedTo.AddDate(0, 0, 9), Intervals: []metering.Interval{{
			Point: "p-overreserved", Channel: metering.ChannelActiveImport, Start: at, Energy: 487_501, Grade: metering.Actual, Method: metering.MethodImported, Reason: "act 7",
		}}})
	})
	said = conditions(t, cli.ExitFailed, process, append([]string{"--verify"}, files...)...)
	for _, want := range []string{
		"overreserved at f-overreserved: intervals with another version than then: 1",
		"point p-overreserved, 2025-10-09 10:00: version 1 (487.5 kWh) is version 2 (487.501 kWh) since 2026-07-10 00:00:00: act 7",
		"  - intervals 35040 ",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if strings.Count(said, ": equal, sha256") != 11 {
		t.Errorf("said\n%s", said)
	}
	list := decoded[[]verification](t, conditions(t, cli.ExitFailed, process, "--json", "--verify", filepath.Join(dir, "overreserved@f-overreserved.2026-06-30.evidence")))
	if len(list) != 1 || list[0].Equal || len(list[0].Changed) != 1 || !list[0].Changed[0].Start.Equal(at) || list[0].SHA256 == list[0].Now {
		t.Errorf("%+v", list)
	}
	if said := complaint(t, append([]string{"conditions", "-c", process, "--evidence", dir}, asOf...)...); !strings.Contains(said, "is there already and says something else") {
		t.Errorf("said %s", said)
	}
}

// What is different need not be an interval.
func TestEvidenceOfAnotherSite(t *testing.T) {
	process := zoneInUse(t)
	dir := t.TempDir()
	conditions(t, 0, process, append(asOf, "--evidence", dir, "--resident", "idle,underused")...)
	site := filepath.Join(filepath.Dir(process), "site.yaml")
	text := strings.Replace(readText(t, site), "node: f-idle, power: 2000 kW", "node: f-idle, power: 1900 kW", 1)
	text = strings.Replace(text, "node: f-underused, power: 2000 kW", "node: s-1, power: 2000 kW", 1)
	if err := os.WriteFile(site, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := conditions(t, cli.ExitFailed, process, "--verify", filepath.Join(dir, "idle@f-idle.2026-06-30.evidence"), filepath.Join(dir, "underused@f-underused.2026-06-30.evidence"))
	for _, want := range []string{"its intervals are the same; site file", `- condition "tu-idle" "idle" "f-idle" 2000000`, `+ condition "tu-idle" "idle" "f-idle" 1900000`,
		"the site file has no technical condition of underused at f-underused"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
}

// The same figures come out of a ledger in a database.
func TestConditionsFromADatabase(t *testing.T) {
	dir := t.TempDir()
	if err := fillZone(dir, database(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/conditions/table.txt", conditions(t, 0, filepath.Join(dir, "asue.yaml"), asOf...))
}

// Ctrl-C ends both commands on the way, without an answer.
func TestConditionsStop(t *testing.T) {
	process := zoneInUse(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, args := range [][]string{{"conditions", "-c", process}, {"hosting", "-c", process, "--node", "s-1", "--mw", "1", "--profile", "flat"}} {
		root := newRoot()
		var out strings.Builder
		root.SetOut(&out)
		root.SilenceErrors, root.SilenceUsage = true, true
		root.SetArgs(append(args, asOf...))
		if err := root.ExecuteContext(ctx); !errors.Is(err, context.Canceled) || out.Len() > 0 {
			t.Errorf("asue %v: %v, %s", args, err, out.String())
		}
	}
}

// Wrong use says what to write instead.
func TestConditionsWrongUse(t *testing.T) {
	process := zoneInUse(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-c", process, "file"}, "takes no argument"},
		{[]string{"-c", process, "--as-of", "yesterday"}, "--as-of"},
		{[]string{"-c", process, "--as-of", "2999-01-01"}, "has not passed yet"},
		{[]string{"-c", process, "--resident", "nobody"}, "no resident \"nobody\""},
		{[]string{"-c", process, "--block", "7m"}, "write 15m, 30m or 1h"},
		{[]string{"-c", process, "--verify", process, "--arithmetic"}, "leave --as-of"},
		{[]string{"-c", process, "--verify", process}, "name files that --evidence has written"},
		{[]string{"-c", process, "--verify", process + ".none"}, "no such file"},
		{nil, "-c is missing"},
	} {
		if said := complaint(t, append([]string{"conditions"}, c.args...)...); !strings.Contains(said, c.want) {
			t.Errorf("%v: %s", c.args, said)
		}
	}
	empty := filepath.Join(t.TempDir(), "asue.yaml")
	site, err := filepath.Abs(conditionsSite)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(empty, []byte("site: "+site+"\ndata: data\nroles: [metering]\nbroker: {url: mqtt://127.0.0.1:1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := complaint(t, "conditions", "-c", empty); !strings.Contains(said, "is not there") {
		t.Errorf("said %s", said)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(empty), "data")); err == nil {
		t.Error("a ledger was made by a command that only reads")
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
