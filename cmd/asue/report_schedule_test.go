package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/settings"
)

// The last day, week and month that have ended, by the site's clock.
func TestLastEnded(t *testing.T) {
	loc := time.FixedZone("Asia/Aqtobe", 5*3600)
	f := func(every, now, want string) {
		t.Helper()
		at, err := time.ParseInLocation("2006-01-02 15:04", now, loc)
		if err != nil {
			t.Fatal(err)
		}
		p := lastEnded(every, at, loc)
		if got := p.From.In(loc).Format("2006-01-02 15:04") + " " + p.To.In(loc).Format("2006-01-02 15:04"); got != want {
			t.Errorf("%s at %s: %s, want %s", every, now, got, want)
		}
	}
	f("day", "2026-10-06 00:00", "2026-10-05 00:00 2026-10-06 00:00")
	f("day", "2026-10-05 23:59", "2026-10-04 00:00 2026-10-05 00:00")
	f("week", "2026-10-05 00:00", "2026-09-28 00:00 2026-10-05 00:00") // a Monday
	f("week", "2026-10-11 23:00", "2026-09-28 00:00 2026-10-05 00:00")
	f("month", "2026-10-01 00:00", "2026-09-01 00:00 2026-10-01 00:00")
	f("month", "2027-01-15 12:00", "2026-12-01 00:00 2027-01-01 00:00")
}

// A day's sheet is in its folder an hour after midnight, once, and again if somebody has
// deleted it.
func TestScheduledReports(t *testing.T) {
	process, a, _ := filledZone(t)
	cfg, site, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	books, err := newAnalyst(site, ledger)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 2, 1, 0, 59, 0, 0, site.Location)
	s := &reportSchedule{&reporter{analyst: books, ledger: ledger, now: func() time.Time { return now }}, nil, slog.New(slog.DiscardHandler), nil}
	daily := settings.Report{Kind: "daily", Every: "day", Folder: filepath.Join(t.TempDir(), "sheets", "daily"), Lang: "kk", Format: "csv"}
	draw := func(want string) {
		t.Helper()
		path, err := s.draw(t.Context(), daily)
		if err != nil || path != "" && filepath.Base(path) != want || path == "" && want != "" {
			t.Fatalf("%s: drawn up %q, want %q, %v", now, path, want, err)
		}
	}
	draw("daily.2026-01-30.kk.csv") // the last hour of the 31st is not ripe
	now = now.Add(time.Minute)
	draw("daily.2026-01-31.kk.csv")
	draw("")
	file := filepath.Join(daily.Folder, "daily.2026-01-31.kk.csv")
	point, _ := site.Point(a)
	if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), point.Name+";") || !strings.Contains(string(raw), ";4591,968;") {
		t.Errorf("the sheet: %v\n%s", err, raw)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	draw("daily.2026-01-31.kk.csv")

	blocked := daily
	blocked.Folder = file // a file stands where the folder should be
	if path, err := s.draw(t.Context(), blocked); err == nil {
		t.Errorf("a report was written into a file: %s", path)
	}
}
