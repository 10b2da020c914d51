package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/sqlite"
)

// Target is where a backup goes.
type Target struct {
	Data string // folder; missing or empty
	// Database is where a ledger in PostgreSQL goes. Its schema is that of the backup
	// and must not be there.
	Database postgres.Options
	// Trace is what the audit says of the restore.
	Trace metering.AuditRecord
}

// termsApart is by how much the terms of leases are raised: more than a year of leaders
// that change every half minute.
const termsApart = 1 << 20

// cursors are how far the series store had come, see feeder.
var cursors = []string{"series", "series-intervals"}

// Restore checks every byte of a backup, puts it into a data folder, and makes the
// ledger fit to go on: its schema is brought up to date, leases are free and in terms that
// nobody has seen, and without a series store in the backup the ledger's intervals are
// written into a new one. The configuration stays in the backup. What fails leaves the data
// folder as empty as it was.
func Restore(ctx context.Context, dir string, to Target) (m Manifest, err error) {
	if m, err = Check(dir); err != nil {
		return m, err
	}
	if err := emptyOrMissing(to.Data); err != nil {
		return m, err
	}
	switch kind := m.Ledger.Kind; {
	case kind == PostgreSQL && to.Database.DSN == "":
		return m, fmt.Errorf("the ledger of this backup was in PostgreSQL: name an empty database for it with --dsn, and its password with --password-file")
	case kind != PostgreSQL && to.Database.DSN != "":
		return m, fmt.Errorf("the ledger of this backup is a file and goes into the data folder: leave out --dsn")
	}
	if err := os.MkdirAll(to.Data, 0o750); err != nil {
		return m, fmt.Errorf("data folder: %w; name one that this user may write", err)
	}
	work := filepath.Join(to.Data, ".restoring")
	if err := os.Mkdir(work, 0o750); err != nil {
		return m, fmt.Errorf("data folder: %w; name one that this user may write", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	for _, f := range m.Files {
		if err := f.back(dir, work); err != nil {
			return m, fmt.Errorf("restore %s: %w", f.Name, err)
		}
	}
	if err := to.revive(ctx, dir, work, m); err != nil {
		return m, fmt.Errorf("restore the ledger: %w", err)
	}
	return m, moveUp(work, to.Data)
}

// back puts a file of the data folder to its place and reads it on its way once more.
func (f File) back(dir, work string) error {
	name, of := strings.CutPrefix(f.Name, dataFolder+"/")
	if !of || name == dumpFile {
		return nil
	}
	n, sum, err := copyFile(filepath.Join(dir, filepath.FromSlash(f.Name)), filepath.Join(work, filepath.FromSlash(name)), f.mode())
	if err != nil {
		return err
	}
	return f.agrees(n, sum)
}

// revival is what a ledger can be told after a restore.
type revival interface {
	metering.Ledger
	RaiseTerms(ctx context.Context, by uint64) error
}

func (t Target) revive(ctx context.Context, dir, work string, m Manifest) error {
	var l revival
	var err error
	switch m.Ledger.Kind {
	case SQLite:
		l, err = sqlite.Open(ctx, filepath.Join(work, ledgerFile))
	case PostgreSQL:
		o := t.Database
		o.Schema = m.Ledger.Namespace
		if err := load(ctx, filepath.Join(dir, filepath.FromSlash(m.Ledger.Name)), o); err != nil {
			return err
		}
		l, err = postgres.Open(ctx, o)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(t.tell(ctx, l, m), l.Close())
}

func (t Target) tell(ctx context.Context, l revival, m Manifest) error {
	if err := l.RaiseTerms(ctx, termsApart); err != nil {
		return err
	}
	if m.Series != SeriesCopied {
		for _, name := range cursors {
			if err := l.SetCursor(ctx, name, 0); err != nil {
				return err
			}
		}
	}
	_, err := l.Append(ctx, t.Trace)
	return err
}

// moveUp takes what was restored out of the working folder.
func moveUp(work, data string) error {
	entries, err := os.ReadDir(work)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(work, e.Name()), filepath.Join(data, e.Name())); err != nil {
			return err
		}
	}
	if err := os.Remove(work); err != nil {
		return err
	}
	return syncFolder(data)
}
