package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/metering"
	"asue/metering/sqlite"
)

// A ledger in use is verified where it stands; then pages are damaged, and named
// with their day.
func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	if err := l.Commit(t.Context(), load(1, 1)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shares := 0
	f, err := sqlite.Verify(t.Context(), path, func(share float64) {
		if share < 0 || share > 1 {
			t.Errorf("share %v", share)
		}
		shares++
	})
	if err != nil || f.Damaged() || f.IntervalPages == 0 || f.SpanPages == 0 || f.Schema < 1 || shares == 0 || f.Log.Frames == 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Fatal("verifying changed the file")
	}
	l.Close()
	for _, table := range []string{"interval_day", "span_day"} {
		execute(t, path, `UPDATE `+table+` SET page = CAST(substr(page, 1, 20) || x'ff' || substr(page, 22) AS BLOB)`)
	}
	f, err = sqlite.Verify(t.Context(), path, nil)
	text := strings.Join(f.Faults, "\n")
	if err != nil || f.BadPages != f.IntervalPages+f.SpanPages || !strings.Contains(text, "2026-01-15") || !strings.Contains(text, "damaged page") || !strings.Contains(text, "meter m-0") {
		t.Fatalf("%+v, %v", f, err)
	}
}

func TestVerifyFindsABrokenStructure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	if err := l.Commit(t.Context(), load(1, 1)); err != nil {
		t.Fatal(err)
	}
	l.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[4096*3 : 4096*4])
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := sqlite.Verify(t.Context(), path, nil)
	if err != nil || !f.Damaged() {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := sqlite.Verify(t.Context(), path+"x", nil); err == nil {
		t.Fatal("a file that is not there is no error")
	}
}

// evidence is a ledger with a bill, a correction of it, an act and what else a
// bill stands on.
func evidence(t *testing.T) (path string) {
	path = filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	defer l.Close()
	commit := func(c metering.Commit) {
		t.Helper()
		if err := l.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	commit(load(1, 1))
	if _, err := l.Settle(t.Context(), metering.Settlement{ID: "2026-01", From: day, To: day.AddDate(0, 0, 1), Author: "a"}, day.AddDate(0, 0, 2)); err != nil {
		t.Fatal(err)
	}
	after := load(1, 1).Intervals[0]
	after.Energy, after.Grade, after.Flags = 7, metering.Substitute, metering.FlagManual
	w := metering.Witness{Meter: "m-0", Start: day, Powers: []metering.PowerSample{{At: day, Power: 5}}}
	f := metering.Finding{Rule: "spike", Severity: metering.Warning, Point: "p-0", From: day, To: day, Numbers: []metering.Number{{Name: "ratio", Value: 2}}}
	commit(metering.Commit{
		ReceivedAt: day.AddDate(0, 0, 3), Acts: []metering.Act{{ID: "a-1", Author: "a", Reason: "r", Changes: []metering.ActChange{{After: after}}}},
		Witnesses: []metering.Witness{w}, Findings: []metering.Findings{{Point: "p-0", From: day, To: day.AddDate(0, 0, 1), List: []metering.Finding{f}}},
	})
	return path
}

// Each damage to what a bill stands on is found and named.
func TestVerifyEvidence(t *testing.T) {
	f, err := sqlite.Verify(t.Context(), evidence(t), nil)
	if err != nil || f.Damaged() || f.WitnessPages != 1 || f.FindingRows != 1 || f.Acts != 1 || f.Settlements != 1 || f.OldVersions != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
	for what, c := range map[string]struct{ statement, want string }{
		"a witness":             {`UPDATE witness SET page = CAST(substr(page, 1, 4) || x'ff' || substr(page, 6) AS BLOB)`, "witness of meter m-0, 2026-01-15"},
		"figures of a finding":  {`UPDATE finding SET numbers = 'x'`, `"spike" of p-0`},
		"what an act has made":  {`UPDATE act_change SET energy = 8 WHERE side = 1`, "act a-1, change 1: version 2 of point p-0"},
		"what an act has found": {`UPDATE interval_old SET energy = 8`, "act a-1, change 1: version 1 of point p-0"},
		"a billed version":      {`UPDATE interval_old SET energy = 8`, "settlement 2026-01: its 384 intervals give the digest"},
		"a version gone":        {`DELETE FROM interval_old`, "0 superseded versions are kept, and the current ones say there were 1"},
		"a billed version gone": {`DELETE FROM interval_old`, "settlement 2026-01: cannot be made again"},
		"a pin":                 {`UPDATE pin_day SET page = x'01' WHERE channel = 1`, "settlement 2026-01: cannot be made again"},
		"pins gone":             {`DELETE FROM pin_day WHERE channel = 1`, "its 288 intervals"},
		"a digest":              {`UPDATE settlement SET digest = 'x'`, "x of 384 was settled"},
	} {
		path := evidence(t)
		execute(t, path, c.statement)
		f, err := sqlite.Verify(t.Context(), path, nil)
		if text := strings.Join(f.Faults, "\n"); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, %v; want %q", what, text, err, c.want)
		}
	}
}

// A file of the first schema, which no newer program has opened, is sound.
func TestVerifyTheFirstSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	mustOpen(t, path).Close()
	for _, table := range []string{"token", "deed", "lease", "account", "audit_checkpoint", "audit", "pin_day", "settlement", "act_change", "act", "finding", "witness"} {
		execute(t, path, "DROP TABLE "+table)
	}
	execute(t, path, `DELETE FROM goose_db_version WHERE version_id > 1`)
	f, err := sqlite.Verify(t.Context(), path, nil)
	if err != nil || f.Damaged() || f.Schema != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
	mustOpen(t, path).Close()
	if f, err = sqlite.Verify(t.Context(), path, nil); err != nil || f.Damaged() || f.Schema != 5 {
		t.Fatalf("%+v, %v", f, err)
	}
}
