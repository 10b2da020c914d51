package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/pressly/goose/v3"
	engine "modernc.org/sqlite" // registers the driver "sqlite"
	lib "modernc.org/sqlite/lib"

	"asue/metering"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Ledger is a metering.Ledger in a file.
type Ledger struct {
	path    string
	writing *sql.DB
	reading *sql.DB
	names   names

	// turn holds the writer; who takes it may write.
	turn chan *writer

	// life is held for reading by every call and for writing by Close.
	life   sync.RWMutex
	closed bool
}

var _ metering.Ledger = (*Ledger)(nil)

// readers is how many queries run at once. More of them wait.
const readers = 4

// Open opens the ledger in a file, which it makes if it is not there, and brings
// its schema up to date. The folder must exist and be writable.
//
// It fails, with the remedy, on a folder that is missing or read-only, on a file
// that is not a database, and on a schema that is newer than this program.
func Open(ctx context.Context, path string) (*Ledger, error) {
	l, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", path, err)
	}
	return l, nil
}

func open(ctx context.Context, path string) (_ *Ledger, err error) {
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	l := &Ledger{path: path, turn: make(chan *writer, 1)}
	defer func() {
		if err != nil {
			l.disconnect()
			err = l.explain(err)
		}
	}()
	if err := reserve(path); err != nil {
		return nil, err
	}
	if err := migrate(ctx, path); err != nil {
		return nil, err
	}
	if l.writing, err = sql.Open("sqlite", dsn(path)); err != nil {
		return nil, err
	}
	if l.reading, err = sql.Open("sqlite", dsn(path)+"&_pragma=query_only(1)"); err != nil {
		return nil, err
	}
	l.writing.SetMaxOpenConns(1)
	l.reading.SetMaxOpenConns(readers)
	l.reading.SetMaxIdleConns(readers)
	if err := l.names.load(ctx, l.reading); err != nil {
		return nil, err
	}
	w, err := newWriter(ctx, l)
	if err != nil {
		return nil, err
	}
	l.turn <- w
	return l, nil
}

// dsn sets what every connection needs: the log flushed at every commit, foreign
// keys, patience with another process, a log file that shrinks after bulk work.
func dsn(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return u.String() + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)&_pragma=journal_size_limit(67108864)"
}

// checkFolder makes and removes a file: permissions alone do not tell about a
// file system that is mounted read-only.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist: create it, or name another data folder", dir)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: name another data folder", dir)
	}
	f, err := os.CreateTemp(dir, ".asue-write-test-*")
	if err != nil {
		return fmt.Errorf("the folder %s cannot be written: give this user the right, or name another data folder: %w", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// reserve makes a file that is not there yet, so that only its owner and group may
// read it: it holds hashes of passwords. The engine makes log and index like it.
func reserve(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func migrate(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	defer db.Close()
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("prepare the schema: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if have > want {
		return fmt.Errorf("the file has schema %d and this program knows %d at most: run the newer program that wrote it, or restore a backup", have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema from %d to %d: %w", have, want, err)
	}
	return nil
}

// Close waits for calls under way and closes the file.
func (l *Ledger) Close() error {
	l.life.Lock()
	defer l.life.Unlock()
	if l.closed {
		return metering.ErrClosed
	}
	l.closed = true
	if err := l.disconnect(); err != nil {
		return fmt.Errorf("close ledger %s: %w", l.path, err)
	}
	return nil
}

func (l *Ledger) disconnect() error {
	var errs []error
	select {
	case w := <-l.turn:
		errs = append(errs, w.close())
	default:
	}
	if l.reading != nil {
		errs = append(errs, l.reading.Close())
	}
	if l.writing != nil {
		errs = append(errs, l.writing.Close())
	}
	return errors.Join(errs...)
}

// enter begins a call; leave ends it.
func (l *Ledger) enter(ctx context.Context) (leave func(), err error) {
	l.life.RLock()
	if l.closed {
		err = metering.ErrClosed
	} else {
		err = ctx.Err()
	}
	if err != nil {
		l.life.RUnlock()
		return nil, err
	}
	return l.life.RUnlock, nil
}

// read runs queries that see one state of the ledger.
func (l *Ledger) read(ctx context.Context, what string, queries func(tx *sql.Tx) error) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tx, err := l.reading.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err == nil {
		err = errors.Join(queries(tx), ignoreDone(tx.Rollback()))
	}
	return l.fault(ctx, what, err)
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// fault turns an error of the engine into one for the caller.
func (l *Ledger) fault(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("ledger: %s: %w", what, l.explain(err))
}

// explain adds the remedy to the engine's own faults.
func (l *Ledger) explain(err error) error {
	var e *engine.Error
	if !errors.As(err, &e) {
		return err
	}
	var remedy string
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		remedy = "the disk is full: free space in " + filepath.Dir(l.path)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		remedy = "the file cannot be written: check its owner and rights, and those of its -wal and -shm beside it"
	case lib.SQLITE_NOTADB:
		remedy = "the file is not a ledger: name another one, or move it away"
	case lib.SQLITE_CORRUPT:
		remedy = "the file is damaged: stop the program, keep the file, and restore a backup"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		remedy = "another process holds the file: only one may write at a time"
	case lib.SQLITE_IOERR:
		remedy = "the disk reports an error: see the system log"
	default:
		return err
	}
	return fmt.Errorf("%s: %w", remedy, err)
}
