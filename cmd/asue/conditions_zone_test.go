package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"asue/cmd/internal/settings"
	"asue/metering"
)

// The year that the zone of testdata/conditions has in its ledger, local days.
var (
	usedFrom = time.Date(2025, 6, 30, 19, 0, 0, 0, time.UTC)
	usedTo   = time.Date(2026, 6, 30, 19, 0, 0, 0, time.UTC)
)

// asOf asks for it.
var asOf = []string{"--as-of", "2026-06-30"}

// conditionsSite is the site file of that zone.
const conditionsSite = "testdata/conditions/site.yaml"

// draws says for each resident what it draws, kW, on a day of the year, counted from 0,
// in an hour of it; false: nothing is known.
var draws = map[string]func(day, hour int) (kW int, known bool){
	"idle":      func(int, int) (int, bool) { return 30, true },
	"underused": func(_, hour int) (int, bool) { return shift(hour, 700, 200), true },
	// docs/reclaim.md reckons this one by hand.
	"overreserved": func(_, hour int) (int, bool) { return shift(hour, 1950, 600), true },
	"spiky": func(day, hour int) (int, bool) { // one day is no need
		if day == 200 && hour == 14 {
			return 2900, true
		}
		return shift(hour, 1000, 400), true
	},
	"growing":   func(day, hour int) (int, bool) { return shift(hour, 500+1400*day/365, 300), true },
	"exceeding": func(day, hour int) (int, bool) { return shift(hour, 900, 100) + 300*one(day >= 100 && day < 103), true },
	"badly-metered": func(day, _ int) (int, bool) {
		return 100, day%2 == 0
	},
	"curtailed":   func(_, hour int) (int, bool) { return shift(hour, 400, 100), true },
	"young":       func(day, hour int) (int, bool) { return shift(hour, 100, 10), day >= 215 },
	"thirty-days": func(day, hour int) (int, bool) { return shift(hour, 300, 50), day >= 335 },
	"building":    func(int, int) (int, bool) { return 40, true },
}

// shift draws a power from 9 to 18 h, another one otherwise.
func shift(hour, busy, rest int) int {
	if hour >= 9 && hour < 18 {
		return busy
	}
	return rest
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// drawnOn are the intervals of a day of the year: of the residents, and of the input,
// through which two per cent more came.
func drawnOn(site *metering.Site, day int) []metering.Interval {
	var list []metering.Interval
	for slot := range 96 {
		start := usedFrom.Add(time.Duration(96*day+slot) * metering.BasePeriod)
		interval := func(point metering.PointID, e metering.Energy) {
			list = append(list, metering.Interval{Point: point, Channel: metering.ChannelActiveImport, Start: start, Energy: e,
				Grade: metering.Actual, Method: metering.MethodRegister})
		}
		sum := metering.Energy(5_000)
		for _, r := range site.Residents {
			draw, metered := draws[string(r.ID)]
			if !metered {
				continue
			}
			kW, known := draw(day, slot/4)
			if r.ID != "young" || known { // the others draw what is not metered, too
				sum += metering.Energy(250 * kW)
			}
			if known {
				interval("p-"+metering.PointID(r.ID), metering.Energy(250*kW))
			}
		}
		interval("p-in", sum*102/100)
	}
	return list
}

// usedZoneDir is where usedZone has put its files; TestMain takes them away.
var usedZoneDir string

// usedZone is made once; each test has a copy.
var usedZone = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "conditions")
	if err != nil {
		return "", err
	}
	usedZoneDir = dir
	return dir, fillZone(dir, settings.Ledger{})
})

// zoneInUse is a zone with a year in its ledger, and its process file.
func zoneInUse(t *testing.T) (process string) {
	t.Helper()
	dir, err := usedZone()
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "zone")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(copied, "asue.yaml")
}

// fillZone writes the files of the zone into a folder, and its year into a ledger.
func fillZone(dir string, l settings.Ledger) error {
	site, err := os.ReadFile(conditionsSite)
	if err != nil {
		return err
	}
	process := "site: site.yaml\ndata: data\nroles: [metering]\nbroker: {url: mqtt://127.0.0.1:1}\n"
	if l.DSN != "" {
		process += fmt.Sprintf("ledger: {dsn: %q, password_file: %q, schema: %s}\n", l.DSN, l.PasswordFile, l.Schema)
	}
	file := filepath.Join(dir, "asue.yaml")
	for name, text := range map[string][]byte{"site.yaml": site, "asue.yaml": []byte(process)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o750); err != nil {
		return err
	}
	cfg, plant, _, err := readZone(file)
	if err != nil {
		return err
	}
	ctx := context.Background()
	ledger, err := openLedger(ctx, cfg)
	if err != nil {
		return err
	}
	for day := 0; day < 365; day += 5 {
		c := metering.Commit{ReceivedAt: usedFrom.Add(time.Duration(day+5) * 24 * time.Hour)}
		for k := range 5 {
			c.Intervals = append(c.Intervals, drawnOn(plant, day+k)...)
		}
		if err := ledger.Commit(ctx, c); err != nil {
			return err
		}
	}
	for day := 40; day < 160; day += 10 { // twelve days on which "curtailed" was held back
		if err := holdBack(ctx, ledger, "curtailed", usedFrom.Add(time.Duration(24*day+11)*time.Hour)); err != nil {
			return err
		}
	}
	return ledger.Close()
}

// holdBack writes down what the balancer writes when it keeps something from a resident
// for four base periods.
func holdBack(ctx context.Context, ledger metering.Ledger, resident string, from time.Time) error {
	for k := range 4 {
		p := from.Add(time.Duration(k) * metering.BasePeriod)
		detail, err := json.Marshal(map[string]any{"args": map[string]any{"from_at": p, "to_at": p.Add(metering.BasePeriod), "energy_wh": 1000}})
		if err != nil {
			return err
		}
		_, err = ledger.Append(ctx, metering.AuditRecord{At: p.Add(metering.BasePeriod), Actor: "system", Kind: curtailedKind, Subject: resident,
			Text: resident + " was held back", Detail: string(detail)})
		if err != nil {
			return err
		}
	}
	return nil
}

// inZone does something with the ledger of a zone.
func inZone(t *testing.T, process string, do func(ctx context.Context, ledger metering.Ledger) error) {
	t.Helper()
	cfg, _, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := do(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
}

// golden holds a text to a file of testdata, which -rewrite renews.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s differs; is it right? then renew it with -rewrite. Got:\n%s", file, got)
	}
}

// complaint is what a command line that fails says.
func complaint(t *testing.T, args ...string) string {
	t.Helper()
	root := newRoot()
	root.SetOut(&bytes.Buffer{})
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	if err == nil {
		t.Fatalf("asue %v does not fail", args)
	}
	return err.Error()
}
