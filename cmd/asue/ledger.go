package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/sqlite"
)

// ledgerPatience is how long a start waits for a database server that may be
// starting itself, on the same machine after a power cut for instance.
const (
	ledgerPatience = time.Minute
	ledgerRetry    = 2 * time.Second
)

// openLedger opens the ledger that the process file names, and says which one it
// is and what weakens it.
func (p *process) openLedger(ctx context.Context) (metering.Ledger, error) {
	if p.Config.Ledger.DSN == "" {
		path := p.Path("ledger.db")
		l, err := sqlite.Open(ctx, path)
		if err != nil {
			return nil, err
		}
		p.Log.Info("ledger is open", "kind", "sqlite", "file", path)
		return l, nil
	}
	options, err := databaseOptions(p.Config.Ledger)
	if err != nil {
		return nil, err
	}
	l, err := p.awaitDatabase(ctx, options)
	if err != nil {
		return nil, err
	}
	f := l.Facts()
	p.Log.Info("ledger is open", "kind", "postgresql", "server", f.Server, "release", f.Release, "database", f.Database,
		"user", f.User, "schema", f.Schema, "version", f.Version, "tls", f.TLS)
	for _, note := range f.Notes {
		p.Log.Warn("the ledger's database is not safe", "note", note)
	}
	return l, nil
}

// awaitDatabase gives a server that cannot be reached some time. Any other fault
// is final.
func (p *process) awaitDatabase(ctx context.Context, options postgres.Options) (*postgres.Ledger, error) {
	patience, cancel := context.WithTimeout(ctx, ledgerPatience)
	defer cancel()
	for {
		l, err := postgres.Open(patience, options)
		if err == nil || ctx.Err() != nil || !errors.Is(err, postgres.ErrUnreachable) {
			return l, err
		}
		p.Log.Warn("the ledger's database cannot be reached, trying again", "err", err)
		select {
		case <-patience.Done():
			return nil, err
		case <-time.After(ledgerRetry):
		}
	}
}

// databaseOptions reads the password, which stands in a file of its own.
func databaseOptions(l settings.Ledger) (postgres.Options, error) {
	o := postgres.Options{DSN: l.DSN, Schema: l.Schema}
	if l.PasswordFile != "" {
		secret, err := os.ReadFile(l.PasswordFile)
		if err != nil {
			return o, fmt.Errorf("password of the database: %w", err)
		}
		if o.Password = strings.TrimSpace(string(secret)); o.Password == "" {
			return o, fmt.Errorf("password of the database: %s is empty", l.PasswordFile)
		}
	}
	return o, nil
}
