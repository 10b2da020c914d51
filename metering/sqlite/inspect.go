package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"asue/metering"
	"asue/metering/still"
)

// Glance is what a ledger is at first sight.
type Glance struct {
	Schema, Newest int64 // version of the ledger's schema, and the newest one of this program
	Accounts       int   // of persons who may sign in now
	Admins         int   // of these with the role admin
}

// Inspect looks at a ledger without a lock and without changing anything of it; damage
// is found by Verify alone. An error says that it cannot be read or is none.
func Inspect(ctx context.Context, path string) (Glance, error) {
	g, err := glance(ctx, path)
	if err != nil {
		return g, fmt.Errorf("look at ledger %s: %w", path, (&Ledger{path: path}).explain(err))
	}
	return g, nil
}

func glance(ctx context.Context, path string) (g Glance, err error) {
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return g, err
	}
	g.Newest = int64(len(steps)) // they are numbered without a gap
	file, err := still.Open(path, still.Options{})
	if err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	err = file.DB.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&g.Schema)
	if err != nil || g.Schema < 3 { // persons came with the third
		return g, err
	}
	err = file.DB.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE role = ?) FROM account WHERE enabled`, string(metering.RoleAdmin)).
		Scan(&g.Accounts, &g.Admins)
	return g, err
}
