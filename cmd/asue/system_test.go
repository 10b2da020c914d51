package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/dashboards/dispatcher"
	"asue/metering/clock"
	"asue/metering/sqlite"
	"asue/metering/wire"
)

// A process runs on two files. Somebody changes one and breaks the other: what runs stays what
// it is, and an engineer is told what would be otherwise, and why the next start would fail.
func TestWhatRunsAgainstWhatStands(t *testing.T) {
	dir := t.TempDir()
	if err := writeConfig(&strings.Builder{}, dir, false); err != nil {
		t.Fatal(err)
	}
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "asue.yaml")
	cfg, site, err := configOf(file)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = filepath.Join(dir, "data")
	log, _ := newLogger("error", false)
	p, err := newProcess(cfg, site, library, clock.Clock{}, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.PrepareData(); err != nil {
		t.Fatal(err)
	}
	ledger, err := sqlite.Open(t.Context(), p.Path("ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	began := time.Now().UTC().Truncate(time.Millisecond)
	p.sources = readSources(file, cfg.SiteFile, began)
	y := &system{p: p, versions: &versions{folder: p.Path("versions"), audit: ledger}, collectors: map[string]heardCollector{}}
	y.keep(t.Context())

	see := func() (process, site dispatcher.ConfigFile) {
		t.Helper()
		c, err := y.Configuration(t.Context())
		if err != nil || len(c.Files) != 2 || c.Files[0].Kind != "process" || c.Files[1].Kind != "site" {
			t.Fatalf("%+v, %v", c.Files, err)
		}
		return c.Files[0], c.Files[1]
	}
	process, plant := see()
	if process.Now.Changed || plant.Now.Changed || process.Now.Faults != "" || !strings.Contains(plant.Text, "ceramics-1") {
		t.Errorf("untouched: %+v, %+v", process.Now, plant.Now)
	}

	edit := func(path, old, fresh string) {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%s has no %q: %v", path, old, err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, fresh, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit(cfg.SiteFile, "power: 4 MW, category: 2, from: 2021-03-01", "power: 4.5 MW, category: 2, from: 2021-03-01")
	_, plant = see()
	if !plant.Now.Changed || plant.Now.Faults != "" || len(plant.Now.Diff.Words) != 1 || len(plant.Now.Restart) == 0 {
		t.Fatalf("after an edit: %+v", plant.Now)
	}
	if w := plant.Now.Diff.Words[0]; w != (dispatcher.ConfigWord{Kind: "residents", ID: "ceramics-1", Name: "Керамика-1", Field: "conditions.tu-ceramics-1-1.power", From: "4 MW", To: "4.5 MW"}) {
		t.Errorf("in words: %+v", w)
	}
	first := plant.Version

	// The next start takes it over, and both versions are known.
	p.sources = readSources(file, cfg.SiteFile, began.Add(time.Hour))
	y.keep(t.Context())
	y.keep(t.Context()) // the same once more is no other version
	c, err := y.Configuration(t.Context())
	if err != nil || len(c.Versions) != 3 || !c.Versions[0].Running || !c.Versions[0].Kept || c.Versions[0].Kind != "site" {
		t.Fatalf("%+v, %v", c.Versions, err)
	}
	second := c.Versions[0].Version
	if d, err := y.Difference(t.Context(), first, second); err != nil || len(d.Words) != 1 || len(d.Lines) < 8 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := y.Difference(t.Context(), c.Files[0].Version, second); err == nil || !strings.Contains(err.Error(), "is a process file") {
		t.Errorf("two sorts of files: %v", err)
	}

	// Who changes a kept text is found out.
	edit(y.versions.path(first), "power: 4 MW", "power: 9 MW")
	if _, err := y.Difference(t.Context(), first, second); err == nil || !strings.Contains(err.Error(), "not kept") {
		t.Errorf("a forged version: %v", err)
	}
	edit(cfg.SiteFile, "residents:", "residents: [")
	if _, plant = see(); plant.Now.Faults == "" || plant.Now.Diff.Fault == "" || len(plant.Now.Diff.Lines) == 0 {
		t.Errorf("a broken file: %+v", plant.Now)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if process, _ = see(); !process.Now.Changed || process.Now.Faults == "" {
		t.Errorf("a file that is gone: %+v", process.Now)
	}
}

// What is not known of a process is absent, and a collector that is lost is told as lost.
func TestHowTheProcessStands(t *testing.T) {
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	site, err := cli.ReadSite("", library)
	if err != nil {
		t.Fatal(err)
	}
	cfg := settings.Default()
	cfg.Data, cfg.Roles = t.TempDir(), []settings.Role{settings.RoleDispatcher}
	log, _ := newLogger("error", false)
	p, err := newProcess(cfg, site, library, clock.Clock{}, log)
	if err != nil {
		t.Fatal(err)
	}
	p.Health.Require("series", func() error { return os.ErrDeadlineExceeded })
	p.Health.Require("ledger", func() error { return nil })
	y := &system{p: p, began: time.Now(), collectors: map[string]heardCollector{}}
	y.look(t.Context())
	y.hearCollector("collector-1", wire.State{Version: "dev"})
	s := y.Status(t.Context())
	if len(s.Parts) < 2 || s.Parts[0].Name != "series" || s.Parts[0].State != "wrong" || s.Parts[0].Text == "" {
		t.Errorf("parts %+v", s.Parts)
	}
	if len(s.Process) != 2 || !s.Process[0].This || s.Process[1].Name != "collector-1" || *s.Process[1].Online {
		t.Errorf("processes %+v", s.Process)
	}
	if len(s.Stores) > 1 || y.Lines() != nil {
		t.Errorf("stores %+v of a process that keeps nothing", s.Stores)
	}
	if s.Backup.MadeAt != nil || s.Backup.Late {
		t.Errorf("backup %+v", s.Backup)
	}
	b, err := y.Backup(t.Context())
	if err != nil || b.Dir != "" || b.Present != nil || b.Command == "" {
		t.Errorf("backup %+v, %v", b, err)
	}
}
