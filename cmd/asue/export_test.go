package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/metering"
)

// filledZone has a day of two points, a reading and a finding in its ledger.
func filledZone(t *testing.T) (process string, a, b metering.PointID) {
	t.Helper()
	process = zoneFolder(t)
	a, b = examplePoints(t, process)
	cfg, plant, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	from := time.Date(2026, 1, 30, 19, 0, 0, 0, time.UTC)
	c := metering.Commit{ReceivedAt: from.Add(48 * time.Hour)}
	for k := range 96 {
		for _, p := range []metering.PointID{a, b} {
			c.Intervals = append(c.Intervals, metering.Interval{
				Point: p, Channel: metering.ChannelActiveImport, Start: from.Add(time.Duration(k) * metering.BasePeriod),
				Energy: metering.Energy(1000*k + 333), Grade: metering.Actual, Method: metering.MethodRegister,
			})
		}
	}
	install, ok := plant.MeterAt(a, from)
	if !ok {
		t.Fatalf("no meter at %s", a)
	}
	c.Spans = []metering.RegisterSpan{metering.SpanOf(install.Meter, metering.ActiveImport, metering.RegisterReading{At: from.Add(time.Second), Count: metering.Count{Raw: 4711, Step: 1000}})}
	c.Findings = []metering.Findings{{Point: a, Channel: 1, From: from, To: from.Add(24 * time.Hour), List: []metering.Finding{
		{Rule: "spike", Severity: metering.Warning, Point: a, Channel: 1, From: from, To: from.Add(metering.BasePeriod), Text: "far above", RuleSet: "default"},
	}}}
	if err := ledger.Commit(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return process, a, b
}

func TestExportTables(t *testing.T) {
	process, a, b := filledZone(t)
	day := []string{"-c", process, "--from", "2026-01-31", "--to", "2026-02-01"}
	export := func(args ...string) string { return asue(t, 0, append(append([]string{"export"}, args...), day...)...) }

	lines := strings.Split(strings.TrimSpace(export("intervals", "--points", string(a), "--lang", "ru")), "\r\n")
	if len(lines) != 97 || !strings.HasPrefix(lines[0], "\ufeffТочка учёта;") || !strings.Contains(lines[2], ";A+;31.01.2026 00:15;31.01.2026 00:30;1,333;kWh;A;register;") {
		t.Errorf("%d lines, the third %s", len(lines), lines[min(2, len(lines)-1)])
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(export("intervals", "--format", "json")), &list); err != nil || len(list) != 192 {
		t.Errorf("%d intervals, %v", len(list), err)
	}
	if said := export("readings", "--lang", "en"); strings.Count(said, "\n") != 2 || !strings.Contains(said, ",ea_imp,2026-01-31T00:00:01+05:00,4711,1.000,Wh,no,") {
		t.Errorf("readings:\n%s", said)
	}
	if said := export("findings", "--lang", "kk"); !strings.Contains(said, "spike;warning;"+string(a)) {
		t.Errorf("findings:\n%s", said)
	}

	balances := export("balance", "--lang", "en", "--step", "all", "--nodes", "@zone")
	if rows := strings.Split(strings.TrimSpace(balances), "\n"); len(rows) != 2 || !strings.HasPrefix(rows[1], "'@zone,") || !strings.Contains(rows[1], ",0,96,no,no,") {
		t.Errorf("two points make no balance of the zone:\n%s", balances)
	}
	if n := strings.Count(export("balance"), "\r\n"); n < 5 {
		t.Errorf("%d balances of a day", n)
	}

	out := filepath.Join(t.TempDir(), "january.xlsx")
	export("intervals", "--format", "xlsx", "--out", out)
	if said := asue(t, 0, "import", "intervals", out, "-c", process); !strings.Contains(said, "the same: 192, differing: 0") {
		t.Errorf("the workbook comes back as\n%s", said)
	}
	if said := asue(t, 0, "export", "intervals", "-c", process, "--from", "2020-01-01", "--to", "2020-01-02", "--points", string(b), "--format", "json"); said != "[\n]\n" {
		t.Errorf("nothing is %q", said)
	}
}

// TestExportMaket: a message for the day, numbers that only grow, and the way back.
func TestExportMaket(t *testing.T) {
	process, a, _ := filledZone(t)
	folder := t.TempDir()
	codes := writeText(t, "codes.csv", fmt.Sprintf("код;точка\n131150001113003;%s\n", a))
	args := []string{"export", "intervals", "--format", "80020", "-c", process, "--from", "2026-01-31", "--to", "2026-02-01", "--out", folder, "--sender-inn", "050140001234", "--codes", codes}
	asue(t, 0, args...)
	asue(t, 0, append(args, "--number", "7")...)
	asue(t, 0, args...)
	asue(t, cli.ExitUsage, append(args, "--number", "8")...)
	for _, n := range []string{"1", "7", "8"} {
		if _, err := os.Stat(filepath.Join(folder, "80020_050140001234_20260131_"+n+".xml")); err != nil {
			t.Error(err)
		}
	}
	first := filepath.Join(folder, "80020_050140001234_20260131_1.xml")
	said := asue(t, cli.ExitFailed, "import", "intervals", first, "-c", process, "--codes", codes, "--spread")
	if !strings.Contains(said, "message 1 of 050140001234") || !strings.Contains(said, "differing: 192") {
		t.Errorf("spread evenly it differs everywhere:\n%s", said)
	}
	asue(t, cli.ExitUsage, "import", "intervals", first, "-c", process, "--codes", codes)
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 3 {
		t.Errorf("%v %v", entries, err)
	}
	for _, wrong := range [][]string{{"--out", "-"}, {"--sender-inn", "x1"}, {"--out", folder + "/none"}, {"--from", "2026-01-31T01:00:00+05:00"}} {
		asue(t, cli.ExitUsage, append(args, wrong...)...)
	}
}

func TestExportWrongUse(t *testing.T) {
	process := zoneFolder(t)
	for _, args := range [][]string{
		{"--from", "2026-01-01"}, {"-c", process}, {"-c", process, "--from", "yesterday"}, {"-c", process, "--from", "2026-01-02", "--to", "2026-01-01"},
		{"-c", process, "--from", "2026-01-01", "--points", "nobody"}, {"-c", process, "--from", "2026-01-01", "--channels", "B"}, {"-c", process, "--from", "2026-01-01", "--lang", "de"},
		{"-c", process, "--from", "2026-01-01", "--format", "pdf"}, {"-c", process, "--from", "2026-01-01", "--format", "80020"},
	} {
		asue(t, cli.ExitUsage, append([]string{"export", "intervals"}, args...)...)
	}
	asue(t, cli.ExitUsage, "export", "balance", "-c", process, "--from", "2026-01-01", "--nodes", "nobody")
	asue(t, cli.ExitUsage, "export", "balance", "-c", process, "--from", "2026-01-01", "--step", "year")
	if err := writeWhole(filepath.Join(t.TempDir(), "none", "x"), nil, nil); err == nil {
		t.Error("a file in no folder was written")
	}
}
