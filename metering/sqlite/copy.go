package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// Copy writes a ledger as it stands at one moment into a new file, which only its
// owner may read. It may run beside the program that writes the ledger, which it
// does not hold up; the log of that program grows meanwhile. What is deleted but not
// yet reused does not travel along. The copy is on the disk when Copy returns.
//
// It fails, with the remedy, if there is no ledger, if the new file is there already,
// and on damage that the engine meets; Verify finds the rest. What it has begun it
// takes away again.
func Copy(ctx context.Context, from, to string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("copy ledger %s to %s: %w", from, to, (&Ledger{path: from}).explain(err))
		}
	}()
	if _, err := os.Stat(from); err != nil {
		return err
	}
	// The engine writes into a file that is empty, and none that is there is touched.
	f, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return errors.New("the new file is there already: name another one")
	}
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}()
	db, err := sql.Open("sqlite", copyDSN(from))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	return f.Sync()
}

// copyDSN opens a file that is there, and changes nothing about how its other users
// keep it.
func copyDSN(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return u.String() + "?mode=rw&_pragma=busy_timeout(5000)&_pragma=temp_store(FILE)"
}

// RaiseTerms gives back every lease and raises its term, for a ledger that was
// restored: terms that were given after the copy was made are not given again, which
// those who have seen them would not obey.
func (l *Ledger) RaiseTerms(ctx context.Context, by uint64) error {
	return l.write(ctx, "raise the terms of leases", func(w *writer) error {
		return w.exec(`UPDATE lease SET holder = '', term = term + ?`, int64(by))
	})
}
