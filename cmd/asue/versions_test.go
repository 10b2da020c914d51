package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/metering"
)

// emptyZone is a zone with the same site file and nothing in its ledger.
func emptyZone(t *testing.T) (process string) {
	t.Helper()
	dir := t.TempDir()
	site := readText(t, conditionsSite)
	process = filepath.Join(dir, "asue.yaml")
	for file, text := range map[string]string{filepath.Join(dir, "site.yaml"): site, process: "site: site.yaml\ndata: data\nroles: [metering]\nbroker: {url: mqtt://127.0.0.1:1}\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o750); err != nil {
		t.Fatal(err)
	}
	return process
}

// decided sets an interval by an act.
func decided(t *testing.T, process string, at time.Time, point metering.PointID, start time.Time, energy metering.Energy, reason string) {
	t.Helper()
	inZone(t, process, func(ctx context.Context, ledger metering.Ledger) error {
		after := metering.Interval{Point: point, Channel: metering.ChannelActiveImport, Start: start, Energy: energy, Grade: metering.Substitute,
			Method: metering.MethodAgreed, Flags: metering.FlagManual, Reason: reason}
		return ledger.Commit(ctx, metering.Commit{ReceivedAt: at, Authority: metering.ByPerson,
			Acts: []metering.Act{{ID: "act-" + string(point), Author: "Ахметова А. К.", Reason: reason, Changes: []metering.ActChange{{After: after}}}}})
	})
}

// A year is carried into an empty ledger; evidence of there comes out here, bit for bit.
// One interval that an act has changed before shows in it, one that is changed after is
// found and named.
func TestEvidenceComesOutOfACarriedYear(t *testing.T) {
	here := zoneInUse(t)
	amended := usedFrom.Add(40*24*time.Hour + 10*time.Hour)
	decided(t, here, usedTo.AddDate(0, 0, 1), "p-underused", amended, 180_000, "fuse")
	inZone(t, here, func(ctx context.Context, ledger metering.Ledger) error { // and what rules would have said of two others
		return ledger.Commit(ctx, metering.Commit{ReceivedAt: usedTo.AddDate(0, 0, 1), Authority: metering.ByRules, Intervals: []metering.Interval{
			{Point: "p-spiky", Channel: metering.ChannelActiveImport, Start: amended, Grade: metering.Null, Flags: metering.FlagOutage | metering.FlagGap, Reason: "no voltage"},
			{Point: "p-growing", Channel: metering.ChannelActiveImport, Start: amended, Energy: 99_000, Uncertainty: 7, Grade: metering.Substitute, Method: metering.MethodCheck, Flags: metering.FlagPeakConfirmed, Reason: "rules: like the check meter"},
		}})
	})
	evidence, carried := t.TempDir(), filepath.Join(t.TempDir(), "year.versions")
	conditions(t, 0, here, append(asOf, "--evidence", evidence)...)
	asue(t, 0, "export", "versions", "-c", here, "--from", "2025-07-01", "--to", "2026-07-01", "--out", carried)

	there := emptyZone(t)
	if said := asue(t, 0, "import", "versions", "-c", there, carried); strings.Contains(said, " 0 versions are new here") || !strings.Contains(said, "48 records of residents held back") {
		t.Errorf("said %s", said)
	}
	if said := asue(t, 0, "import", "versions", "-c", there, carried); !strings.Contains(said, "; 0 versions are new here") { // once more is no harm
		t.Errorf("said %s", said)
	}
	files, err := filepath.Glob(filepath.Join(evidence, "*.evidence"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%v, %v", files, err)
	}
	said := conditions(t, 0, there, append([]string{"--verify"}, files...)...)
	if strings.Count(said, ": equal, sha256") != 12 {
		t.Errorf("said\n%s", said)
	}

	later := usedFrom.Add(50*24*time.Hour + 3*time.Hour)
	decided(t, there, usedTo.AddDate(0, 0, 9), "p-idle", later, 9000, "profile read on site")
	said = conditions(t, cli.ExitFailed, there, append([]string{"--verify"}, files...)...)
	if strings.Count(said, ": equal, sha256") != 11 || !strings.Contains(said, "idle at f-idle: intervals with another version than then: 1") ||
		!strings.Contains(said, "point p-idle, 2025-08-20 03:00: version 1 (7.5 kWh) is version 2 (9 kWh) since") || !strings.Contains(said, "profile read on site") {
		t.Errorf("said\n%s", said)
	}
	// What is there now stands in the way of the file.
	if said := complaint(t, "import", "versions", "-c", there, carried); !strings.Contains(said, "the ledger has another version 2 of point p-idle") {
		t.Errorf("said %s", said)
	}
}

// A file that was cut short is found before anything of it is written.
func TestVersionsCutShort(t *testing.T) {
	here, there := zoneInUse(t), emptyZone(t)
	carried := filepath.Join(t.TempDir(), "week.versions")
	asue(t, 0, "export", "versions", "-c", here, "--from", "2025-07-01", "--to", "2025-07-08", "--points", "p-idle", "--out", carried)
	text := readText(t, carried)
	if err := os.WriteFile(carried, []byte(text[:strings.LastIndex(text[:len(text)-1], "\n")+1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := complaint(t, "import", "versions", "-c", there, carried); !strings.Contains(said, "not whole") {
		t.Errorf("said %s", said)
	}
	inZone(t, there, func(ctx context.Context, ledger metering.Ledger) error {
		list, err := ledger.Intervals(ctx, metering.IntervalQuery{From: usedFrom, To: usedTo})
		if len(list) > 0 {
			t.Errorf("%d intervals were written", len(list))
		}
		return err
	})
	if said := complaint(t, "import", "versions", "-c", there, carried+".none"); !strings.Contains(said, "no such file") {
		t.Errorf("said %s", said)
	}
}
