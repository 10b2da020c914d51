package postgres

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"asue/metering"
)

// Glance is what a ledger is at first sight. Facts.Version is 0 for a schema that
// holds no ledger yet.
type Glance struct {
	Facts
	Newest   int64 // version of the schema that this program knows
	Accounts int   // of persons who may sign in now
	Admins   int   // of these with the role admin
}

// Inspect looks at a ledger without changing anything: it makes neither schema nor
// tables. An error says, with the remedy and never with the password, why the server
// cannot be used.
func Inspect(ctx context.Context, o Options) (Glance, error) {
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	cfg, err := configure(o)
	if err != nil {
		return Glance{}, fmt.Errorf("look at ledger: %w", err)
	}
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return Glance{}, err
	}
	g := Glance{Newest: int64(len(steps))} // they are numbered without a gap
	l := &Ledger{facts: factsOf(cfg, o)}
	if l.pool, err = pgxpool.NewWithConfig(ctx, cfg); err == nil {
		defer l.pool.Close()
		err = l.look(ctx)
	}
	if err == nil {
		err = l.attempt(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error { return g.read(ctx, tx, &l.facts) })
	}
	if ctx.Err() != nil {
		return g, ctx.Err()
	}
	if err != nil {
		return g, fmt.Errorf("look at ledger in database %q at %s: %w", l.facts.Database, l.facts.Server, l.explain(err))
	}
	g.Facts = l.facts
	return g, nil
}

func (g *Glance) read(ctx context.Context, tx pgx.Tx, f *Facts) error {
	var there, persons bool
	err := tx.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL, to_regclass('account') IS NOT NULL`).Scan(&there, &persons)
	if err != nil || !there {
		return err
	}
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&f.Version); err != nil || !persons {
		return err
	}
	return tx.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE role = $1) FROM account WHERE enabled`, string(metering.RoleAdmin)).
		Scan(&g.Accounts, &g.Admins)
}

// RaiseTerms gives back every lease and raises its term, for a ledger that was
// restored: terms that were given after the copy was made are not given again, which
// those who have seen them would not obey.
func (l *Ledger) RaiseTerms(ctx context.Context, by uint64) error {
	return l.write(ctx, "raise the terms of leases", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		_, err := tx.Exec(ctx, `UPDATE lease SET holder = '', term = term + $1`, int64(by))
		return err
	})
}
