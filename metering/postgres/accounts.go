package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
)

const accountColumns = `name, role, password, enabled, must_change, created_at, changed_at, last_login, version`

// Accounts returns all accounts; see metering.Accounts.
func (l *Ledger) Accounts(ctx context.Context) ([]metering.Account, error) {
	return l.accounts(ctx, `ORDER BY name`)
}

// Account returns one account; see metering.Accounts.
func (l *Ledger) Account(ctx context.Context, name string) (metering.Account, error) {
	list, err := l.accounts(ctx, `WHERE name = $1`, clean(name))
	if err == nil && len(list) == 0 {
		err = noAccount(name)
	}
	if err != nil {
		return metering.Account{}, err
	}
	return list[0], nil
}

func noAccount(name string) error {
	return fmt.Errorf("ledger: account %q: %w", name, metering.ErrNotFound)
}

func (l *Ledger) accounts(ctx context.Context, which string, args ...any) ([]metering.Account, error) {
	var list []metering.Account
	err := l.read(ctx, "accounts", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM account `+which, args...)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (a metering.Account, err error) {
			var login *time.Time
			err = row.Scan(&a.Name, &a.Role, &a.Password, &a.Enabled, &a.MustChange, &a.CreatedAt, &a.ChangedAt, &login, &a.Version)
			a.CreatedAt, a.ChangedAt = a.CreatedAt.UTC(), a.ChangedAt.UTC()
			if login != nil {
				a.LastLogin = login.UTC()
			}
			return a, err
		})
		return err
	})
	return list, err
}

// PutAccount keeps an account; see metering.Accounts.
func (l *Ledger) PutAccount(ctx context.Context, a metering.Account, why metering.AuditRecord) (metering.Account, error) {
	if err := a.Check(); err != nil {
		return metering.Account{}, err
	}
	var put metering.Account
	err := l.write(ctx, "account "+a.Name, nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) (err error) {
		put, err = putAccount(ctx, tx, a, why)
		return err
	})
	if err != nil {
		return metering.Account{}, err
	}
	return put, nil
}

func putAccount(ctx context.Context, tx pgx.Tx, a metering.Account, why metering.AuditRecord) (metering.Account, error) {
	a.ChangedAt = kept(why.At)
	var err error
	var login *time.Time
	if a.Version == 0 {
		a.CreatedAt = a.ChangedAt
		err = tx.QueryRow(ctx, `INSERT INTO account (`+accountColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $6, NULL, 1)
			ON CONFLICT DO NOTHING RETURNING version, created_at, last_login`,
			a.Name, string(a.Role), a.Password, a.Enabled, a.MustChange, a.ChangedAt).Scan(&a.Version, &a.CreatedAt, &login)
	} else {
		err = tx.QueryRow(ctx, `UPDATE account SET role = $2, password = $3, enabled = $4, must_change = $5, changed_at = $6, version = version + 1
			WHERE name = $1 AND version = $7 RETURNING version, created_at, last_login`,
			a.Name, string(a.Role), a.Password, a.Enabled, a.MustChange, a.ChangedAt, a.Version).Scan(&a.Version, &a.CreatedAt, &login)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return a, fmt.Errorf("it was changed meanwhile, version %d was read: %w", a.Version, metering.ErrConflict)
	}
	if err != nil {
		return a, err
	}
	a.CreatedAt, a.LastLogin = a.CreatedAt.UTC(), time.Time{}
	if login != nil {
		a.LastLogin = login.UTC()
	}
	_, err = seal(ctx, tx, why)
	return a, err
}

// RemoveAccount removes an account; see metering.Accounts.
func (l *Ledger) RemoveAccount(ctx context.Context, name string, why metering.AuditRecord) error {
	return l.write(ctx, "remove account", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		done, err := tx.Exec(ctx, `DELETE FROM account WHERE name = $1`, clean(name))
		if err == nil && done.RowsAffected() == 0 {
			err = noAccount(name)
		}
		if err == nil {
			_, err = seal(ctx, tx, why)
		}
		return err
	})
}

// LoggedIn notes the time of a login; see metering.Accounts.
func (l *Ledger) LoggedIn(ctx context.Context, name string, at time.Time) error {
	return l.write(ctx, "login", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		done, err := tx.Exec(ctx, `UPDATE account SET last_login = $2 WHERE name = $1`, clean(name), kept(at))
		if err == nil && done.RowsAffected() == 0 {
			err = noAccount(name)
		}
		return err
	})
}
