// Package backup copies everything that a process of asue must not lose into a folder,
// while it runs, and puts it back: ledger, keys, memories, configuration, with a
// manifest of SHA-256 digests.
//
// The outbox of a collector is left out on purpose: an old one would give numbers again
// that the ledger has from another batch, which would be taken for doubles and lost.
// After a restore a collector sends again what it retains (asue replay). Letters that wait
// for their delivery are left out too: most would have been delivered long before.
//
// The package must not know what the files mean, beyond which of them belong together.
package backup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/audit"
)

// Source is what is copied.
type Source struct {
	File    string          // the process file
	Config  settings.Config // what it says, with paths made whole
	Site    metering.SiteID
	Version string        // of this program
	Witness audit.Witness // what the audit of the copy is held against
	// Password is that of the ledger's database; empty: there is none.
	Password string
	// Series copies the series store into a folder. It returns why it does not, or
	// SeriesCopied. Nil: this process has no store of its own.
	Series func(ctx context.Context, to string) (string, error)
}

// Folders of a backup.
const (
	dataFolder   = "data"   // as in the data folder
	configFolder = "config" // process file, site file, and what they name
	seriesFolder = "data/series"
)

// Files of the data folder that a backup knows by name.
const (
	ledgerFile     = "ledger.db"
	dumpFile       = "ledger.pgdump"
	checkpointFile = "audit-checkpoints.txt"
)

// Make writes a new backup into a folder of backups and returns where it is. The folder
// is made if it is missing. It may run beside the program. A backup that cannot be
// finished is taken away again.
func Make(ctx context.Context, src Source, folder string, now time.Time) (dir string, m Manifest, err error) {
	now = now.UTC().Truncate(time.Second)
	name := fmt.Sprintf("asue-%s-%s", src.Site, now.Format("20060102T150405Z"))
	dir = filepath.Join(folder, name)
	if inside(src.Config.Data, folder) {
		return "", m, fmt.Errorf("backups in %s would lie in the data folder itself: name a folder on another disk", folder)
	}
	if _, err := os.Lstat(dir); err == nil {
		return "", m, fmt.Errorf("%s is there already: try again in a second", dir)
	}
	work := filepath.Join(folder, "."+name+"-unfinished")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", m, fmt.Errorf("folder of backups: %w; name one that this user may write", err)
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return "", m, fmt.Errorf("folder of backups: %w; name one that this user may write", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	c := copier{Source: src, dir: work, m: Manifest{Format: format, Asue: src.Version, Site: src.Site, MadeAt: now, Notes: []string{}}}
	if err := c.all(ctx); err != nil {
		return "", m, fmt.Errorf("backup: %w", err)
	}
	if sameDisk(folder, src.Config.Data) {
		c.note("the backup is on the same disk as the data: copy it to another one, or name a folder there")
	}
	if err := c.m.write(work); err != nil {
		return "", m, fmt.Errorf("backup: %w", err)
	}
	if err := os.Rename(work, dir); err != nil {
		return "", m, fmt.Errorf("backup: %w", err)
	}
	return dir, c.m, syncFolder(folder)
}

// inside reports whether a path lies in a folder, or is it.
func inside(folder, path string) bool {
	a, err1 := filepath.Abs(folder)
	b, err2 := filepath.Abs(path)
	if err1 != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(a, b)
	return err == nil && filepath.IsLocal(rel)
}

// copier fills one backup.
type copier struct {
	Source
	dir string
	m   Manifest
}

func (c *copier) note(format string, args ...any) {
	c.m.Notes = append(c.m.Notes, fmt.Sprintf(format, args...))
}

// all copies part by part. The audit's checkpoints come before the ledger, which then
// has every record that they speak of; the series come after it, so that they have
// everything that the ledger's cursors have passed.
func (c *copier) all(ctx context.Context) error {
	if err := c.take(filepath.Join(c.Config.Data, checkpointFile), dataFolder+"/"+checkpointFile); err != nil {
		return err
	}
	if err := c.ledger(ctx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := c.series(ctx); err != nil {
		return fmt.Errorf("series: %w", err)
	}
	if err := c.folder(ctx, c.Config.Data, dataFolder); err != nil {
		return err
	}
	if log := c.Config.AgentLog(); c.Config.Has(settings.RoleAgent) && !inside(c.Config.Data, log) {
		if err := c.folder(ctx, log, dataFolder+"/agent"); err != nil {
			return err
		}
	}
	return c.configuration()
}

// take copies a file, if it is there.
func (c *copier) take(from, name string) error {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	n, sum, err := copyFile(from, filepath.Join(c.dir, filepath.FromSlash(name)), 0o600)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	c.m.Files = append(c.m.Files, File{Name: name, From: from, Bytes: n, Mode: modeText(info.Mode()), SHA256: hex.EncodeToString(sum)})
	return nil
}

// folder copies what a folder holds and nobody has copied yet: keys, memories, whatever a
// part of the program keeps there. Other databases than the ledger are copied as they are at
// one moment, too.
func (c *copier) folder(ctx context.Context, from, name string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // there is no such folder, or a file has gone
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || rel == "." {
			return err
		}
		if passing(rel, d) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		to := name + "/" + filepath.ToSlash(rel)
		known := slices.ContainsFunc(c.m.Files, func(f File) bool { return f.Name == to })
		switch {
		case known || !d.Type().IsRegular():
			return nil
		case strings.HasSuffix(rel, ".db"):
			return c.database(ctx, path, to)
		}
		return c.take(path, to)
	})
}

// passing reports whether something in a data folder is of no use on another day: the
// outboxes, letters and the series store, see above, and what only a running process needs.
func passing(name string, d fs.DirEntry) bool {
	base := filepath.Base(name)
	switch {
	case name == "series", name == "letters", strings.HasPrefix(base, "outbox-"), strings.HasPrefix(base, "."), name == lastFile:
		return true
	case d.IsDir():
		return false
	}
	for _, end := range []string{".db-wal", ".db-shm", ".db-journal", ".lock", ".sock", ".new", ".tmp"} {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}

// configuration copies the process file and the files that it names.
func (c *copier) configuration() error {
	paths := append([]string{c.File, c.Config.SiteFile, c.Config.Broker.PasswordFile, c.Config.Ledger.PasswordFile}, c.Config.Agent.Keys...)
	paths = append(paths, c.Config.Balancer.OrdersFrom...)
	paths = append(paths, c.Config.Notify.Files()...)
	taken := map[string]bool{}
	for i, path := range paths {
		if path == "" || slices.Contains(paths[:i], path) {
			continue
		}
		name := filepath.Base(path)
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%d-%s", n, filepath.Base(path))
		}
		taken[name] = true
		if err := c.take(path, configFolder+"/"+name); err != nil {
			return err
		}
	}
	return nil
}

// series lets the store be copied, or says why it is not there.
func (c *copier) series(ctx context.Context) error {
	c.m.Series = "this process has no series store of its own"
	if c.Series == nil {
		return nil
	}
	to := filepath.Join(c.dir, filepath.FromSlash(seriesFolder))
	said, err := c.Series(ctx, to)
	if c.m.Series = said; err != nil || said != SeriesCopied {
		return err
	}
	return filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(c.dir, path)
		if err != nil {
			return err
		}
		f, err := digest(c.dir, filepath.ToSlash(name), "")
		c.m.Files = append(c.m.Files, f)
		return err
	})
}
