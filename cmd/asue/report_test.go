package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReportStory: a day of two points becomes every report, by the command.
func TestReportStory(t *testing.T) {
	process, a, _ := filledZone(t)
	_, site, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	report := func(want int, kind string, args ...string) string {
		t.Helper()
		return asue(t, want, append([]string{"report", kind, "-c", process}, args...)...)
	}

	point, _ := site.Point(a)
	daily := report(0, "daily", "--day", "2026-01-31", "--format", "csv", "--lang", "ru")
	var found bool
	for line := range strings.SplitSeq(daily, "\r\n") {
		cells := strings.Split(line, ";")
		if cells[0] != point.Name || len(cells) < 11 {
			continue
		}
		// 96 intervals of 1000·k+333 Wh are 4 591 968 Wh; the reading of a second past
		// midnight is 4711 counts of 1 Wh.
		if found = true; cells[3] != "4,711" || cells[4] != "" || cells[6] != "4591,968" || cells[len(cells)-1] != "0" {
			t.Errorf("readings and energy: %v", cells)
		}
		break
	}
	if !found {
		t.Errorf("the daily sheet has no line of %s:\n%s", point.Name, daily)
	}
	// The hour from 01:00 has k = 4 to 7.
	if hours := daily[strings.Index(daily, "\r\n\r\n"):]; !strings.Contains(hours, point.Name+";7,332;23,332;") {
		t.Errorf("hours:\n%s", hours)
	}
	if page := report(0, "daily", "--day", "2026-01-31", "--lang", "kk"); !strings.Contains(page, "Электр энергиясын тұтынудың тәуліктік тізімдемесі") || !strings.Contains(page, "31.01.2026") {
		t.Error("the daily sheet in Kazakh is none")
	}
	profile := strings.Split(report(0, "profile", "--day", "2026-01-31", "--block", "1h", "--format", "csv"), "\r\n")
	if len(profile) != 1+24+1+1 || !strings.HasPrefix(profile[1], "31.01.2026;00:00–01:00;") {
		t.Errorf("a profile of %d lines: %s", len(profile), profile[1])
	}
	if said := report(0, "balance", "--day", "2026-01-31", "--lang", "en", "--format", "csv"); !strings.Contains(said, "The whole zone,,,,,,,,0 of 96,not known") {
		t.Errorf("two points make no balance of the zone:\n%s", said)
	}
	if said := report(0, "peaks", "--month", "2026-01", "--lang", "en", "--format", "csv"); !strings.Contains(said, "Maximum 30 min") {
		t.Errorf("peaks:\n%s", said)
	}
	if said := report(0, "alarms", "--from", "2026-01-01", "--to", "2026-01-31", "--lang", "en", "--format", "csv"); !strings.Contains(said, "Alarms announced,0,") {
		t.Errorf("alarms:\n%s", said)
	}
	out := filepath.Join(t.TempDir(), "peaks.xlsx")
	report(0, "peaks", "--month", "2026-01", "--format", "xlsx", "-o", out)
	if raw, err := os.ReadFile(out); err != nil || string(raw[:2]) != "PK" {
		t.Errorf("the workbook: %v", err)
	}

	for _, wrong := range [][]string{
		{"weather", "--day", "2026-01-31"}, {"daily"}, {"daily", "--month", "2026-01"}, {"daily", "--day", "2026-01"},
		{"daily", "--day", "2026-01-31", "--month", "2026-01"}, {"daily", "--day", "2026-01-31", "--lang", "de"}, {"peaks", "--day", "2026-01-31", "--format", "pdf"},
		{"profile", "--month", "2026-01", "--block", "20m"}, {"profile", "--from", "2026-01", "--to", "2026-06"}, {"peaks", "--from", "2026-01-31T06:00:00+05:00", "--to", "2026-02-01"},
	} {
		report(2, wrong[0], wrong[1:]...)
	}
}
