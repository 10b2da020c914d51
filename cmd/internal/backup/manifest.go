package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// ManifestName is the file that says what belongs to a backup. It is written last: a
// folder without it is none.
const ManifestName = "manifest.json"

// format is the form of backups that this program writes; older ones it reads.
const format = 1

// Manifest is what a backup holds, and the digest of each file.
type Manifest struct {
	Format int             `json:"format"`
	Asue   string          `json:"asue"` // version of the program that made it
	Site   metering.SiteID `json:"site"`
	MadeAt time.Time       `json:"made_at"` // UTC; the ledger's copy is of this moment or a little later
	Ledger Ledger          `json:"ledger"`
	Series string          `json:"series"` // SeriesCopied, or why they are not there
	Notes  []string        `json:"notes"`  // what a person ought to know of it
	Files  []File          `json:"files"`  // by name; all but the manifest itself
}

// Ledger is how the ledger lies in a backup.
type Ledger struct {
	Kind   string `json:"kind"` // one of the kinds below
	Name   string `json:"name,omitempty"`
	Schema int64  `json:"schema,omitempty"` // version
	// Namespace is the schema of the database from which it came.
	Namespace string `json:"namespace,omitempty"`
}

// Kinds of ledgers in a backup.
const (
	NoLedger   = "none" // of a process that has none
	SQLite     = "sqlite"
	PostgreSQL = "postgresql"
)

// SeriesCopied says that the series store is in the backup.
const SeriesCopied = "copied"

// File is one file of a backup.
type File struct {
	Name   string `json:"name"` // path in the backup, with slashes
	From   string `json:"from,omitempty"`
	Bytes  int64  `json:"bytes"`
	Mode   string `json:"mode"` // octal, as it was at its place
	SHA256 string `json:"sha256"`
}

// Read reads the manifest of a backup.
func Read(dir string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is no backup, or one that was never finished: there is no %s in it", dir, ManifestName)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s cannot be read: %w; take another backup", filepath.Join(dir, ManifestName), err)
	}
	if m.Format < 1 || m.Format > format {
		return m, fmt.Errorf("backup %s has form %d, and this program (form %d) is older: restore it with asue %s", dir, m.Format, format, m.Asue)
	}
	return m, nil
}

// Check reads every byte of a backup and returns all that is wrong with it: files that
// are missing, changed or strange.
func Check(dir string) (Manifest, error) {
	m, err := Read(dir)
	if err != nil {
		return m, err
	}
	var faults []error
	known := map[string]bool{ManifestName: true}
	for _, f := range m.Files {
		known[f.Name] = true
		if err := f.check(dir); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", f.Name, err))
		}
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil && !known[filepath.ToSlash(name)] {
			faults = append(faults, fmt.Errorf("%s: it is not in the manifest; who put it there?", filepath.ToSlash(name)))
		}
		return err
	})
	if err = errors.Join(append(faults, err)...); err != nil {
		return m, fmt.Errorf("backup %s is not whole; take another one:\n%w", dir, err)
	}
	return m, nil
}

func (f File) check(dir string) error {
	if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
		return errors.New("the name leads out of the backup")
	}
	path := filepath.Join(dir, filepath.FromSlash(f.Name))
	if info, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return errors.New("it is missing")
	} else if err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return errors.New("it is no ordinary file")
	}
	r, err := os.Open(path)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	return f.agrees(n, sum.Sum(nil))
}

// agrees holds what was read against the manifest.
func (f File) agrees(bytes int64, sum []byte) error {
	if got := hex.EncodeToString(sum); bytes != f.Bytes || got != f.SHA256 {
		return fmt.Errorf("it has changed: %d bytes with SHA-256 %s, and the manifest says %d with %s", bytes, got, f.Bytes, f.SHA256)
	}
	return nil
}

// write writes the manifest whole or not at all.
func (m Manifest) write(dir string) error {
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	next := filepath.Join(dir, ManifestName+".new")
	if err := writeSynced(next, append(text, '\n'), 0o600); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(dir, ManifestName)); err != nil {
		return err
	}
	return syncFolder(dir)
}
