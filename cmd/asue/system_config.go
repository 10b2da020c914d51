package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"asue/cmd/internal/changes"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/dashboards/dispatcher"
	"asue/metering/form"
)

// Kinds of files of the configuration.
const (
	processSource = "process"
	siteSource    = "site"
)

// source is a file from which the configuration that runs was read.
type source struct {
	kind string
	path string // empty: built into the program
	text []byte
	at   time.Time
}

func (s source) version() string {
	sum := sha256.Sum256(s.text)
	return hex.EncodeToString(sum[:])
}

// readSources reads the files again that have just been taken over. One that cannot be read
// is left out: nobody is kept from running by it.
func readSources(process, site string, at time.Time) []source {
	var list []source
	for _, f := range []struct{ kind, path string }{{processSource, process}, {siteSource, site}} {
		if text, err := cli.ReadInput(f.path); err == nil {
			if whole, err := filepath.Abs(f.path); err == nil {
				f.path = whole
			}
			list = append(list, source{f.kind, f.path, text, at})
		}
	}
	return list
}

// processFile is the path of the process file; empty where there is none.
func (p *process) processFile() string {
	for _, s := range p.sources {
		if s.kind == processSource {
			return s.path
		}
	}
	return ""
}

// readAgain notes that the configuration was read again while running, and keeps what it said.
func (y *system) readAgain(file, site string) {
	if y == nil {
		return
	}
	now := y.p.Clock.Now()
	y.mu.Lock()
	y.reread = now
	y.mu.Unlock()
	if y.versions == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyPatience)
	defer cancel()
	for _, src := range readSources(file, site, now) {
		if err := y.versions.keep(ctx, src, now); err != nil {
			y.p.Log.Warn("the version of a configuration file is not kept", "file", src.path, "err", err)
		}
	}
}

// Configuration implements dispatcher.System.
func (y *system) Configuration(ctx context.Context) (dispatcher.Configuration, error) {
	var c dispatcher.Configuration
	standing := y.standing()
	y.mu.Lock()
	reread := y.reread
	y.mu.Unlock()
	running := map[string]bool{}
	for _, src := range y.p.sources {
		v := dispatcher.ConfigFile{Kind: src.kind, Path: src.path, Text: string(changes.Redact(src.text)), Version: src.version(), Began: src.at.UTC()}
		if !reread.IsZero() {
			v.Read = pointer(reread.UTC())
		}
		if src.path != "" {
			v.Now = standing.against(src)
		}
		running[v.Version] = true
		c.Files = append(c.Files, v)
	}
	if y.versions == nil {
		return c, nil
	}
	list, more, err := y.versions.list(ctx)
	if err != nil {
		return c, err
	}
	for i := range list {
		list[i].Running = running[list[i].Version]
	}
	c.Versions, c.More = list, more
	return c, nil
}

// Difference implements dispatcher.System.
func (y *system) Difference(ctx context.Context, from, to string) (dispatcher.Difference, error) {
	if y.versions == nil {
		return dispatcher.Difference{}, fmt.Errorf("versions are kept where the ledger is: %w", dispatcher.ErrUnknown)
	}
	list, _, err := y.versions.list(ctx)
	if err != nil {
		return dispatcher.Difference{}, err
	}
	var texts [2][]byte
	var kinds [2]string
	for i, version := range []string{from, to} {
		k := slices.IndexFunc(list, func(v dispatcher.ConfigVersion) bool { return v.Version == version })
		if k < 0 || !list[k].Kept {
			return dispatcher.Difference{}, fmt.Errorf("version %.8s is not kept: %w", version, dispatcher.ErrUnknown)
		}
		if texts[i], err = y.versions.text(version); err != nil {
			return dispatcher.Difference{}, fmt.Errorf("version %.8s: %w: %w", version, err, dispatcher.ErrUnknown)
		}
		kinds[i] = list[k].Kind
	}
	if kinds[0] != kinds[1] {
		return dispatcher.Difference{}, fmt.Errorf("%.8s is a %s file and %.8s a %s file: %w", from, kinds[0], to, kinds[1], dispatcher.ErrUnknown)
	}
	return differenceOf(from, to, texts[0], texts[1]), nil
}

// differenceOf holds two texts against each other, without their secrets.
func differenceOf(from, to string, a, b []byte) dispatcher.Difference {
	a, b = changes.Redact(a), changes.Redact(b)
	d := dispatcher.Difference{From: from, To: to, Words: []dispatcher.ConfigWord{}, Lines: []dispatcher.DiffLine{}}
	words, err := changes.Words(a, b)
	if err != nil {
		d.Fault = err.Error()
	}
	for _, w := range words {
		d.Words = append(d.Words, dispatcher.ConfigWord(w))
	}
	for i, hunk := range changes.Lines(a, b) {
		if i > 0 {
			d.Lines = append(d.Lines, dispatcher.DiffLine{Op: "gap"})
		}
		for _, l := range hunk {
			d.Lines = append(d.Lines, dispatcher.DiffLine{Op: string(l.Op), Old: l.Old, New: l.New, Text: l.Text})
		}
	}
	return d
}

// standingFiles are the files as they stand now: what the next start would read.
type standingFiles struct {
	faults  map[string]string // by kind
	restart []string
}

// standing reads both files as a start does. What cannot be read is a fault.
func (y *system) standing() standingFiles {
	s := standingFiles{faults: map[string]string{}}
	file := y.p.processFile()
	if file == "" {
		return s
	}
	src, err := cli.ReadInput(file)
	if err != nil {
		s.faults[processSource] = cli.Plainly(err)
		return s
	}
	cfg, found := settings.Parse(file, src)
	if found.Err() != nil {
		s.faults[processSource] = errorsOf(found)
		return s
	}
	cfg.RelativeTo(filepath.Dir(file))
	text, err := cli.ReadInput(cfg.SiteFile)
	if err != nil {
		s.faults[siteSource] = cli.Plainly(err)
		return s
	}
	plant, found := cli.SiteOptions(y.p.library).Parse(cfg.SiteFile, text)
	if found.Err() != nil {
		s.faults[siteSource] = errorsOf(found)
		return s
	}
	if found := cli.AgainstSite(cfg, plant, y.p.library, y.p.Clock.Now()); found.Err() != nil {
		s.faults[processSource] = errorsOf(found)
	}
	s.restart = restarts(y.p.Config, cfg, y.p.Site, plant)
	return s
}

// errorsOf are the faults that keep the program from starting; what is only worth knowing is
// told by asue check.
func errorsOf(found form.Faults) string {
	return slices.DeleteFunc(slices.Clone(found), func(f form.Fault) bool { return f.Severity != form.Error }).String()
}

// against holds a file as it stands against what runs.
func (s standingFiles) against(src source) *dispatcher.FileNow {
	v := &dispatcher.FileNow{Faults: s.faults[src.kind]}
	text, err := cli.ReadInput(src.path)
	if err != nil {
		v.Changed, v.Faults = true, cli.Plainly(err)
		return v
	}
	if info, err := os.Stat(src.path); err == nil {
		v.At = pointer(info.ModTime().UTC())
	}
	v.Version = source{text: text}.version()
	if v.Changed = v.Version != src.version(); !v.Changed {
		return v
	}
	v.Diff = pointer(differenceOf(src.version(), v.Version, src.text, text))
	for _, what := range s.restart {
		if strings.HasPrefix(what, "site file") == (src.kind == siteSource) {
			v.Restart = append(v.Restart, what)
		}
	}
	return v
}

var _ dispatcher.System = (*system)(nil)
