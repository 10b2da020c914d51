package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/pages"
)

const accountColumns = `name, role, password, enabled, must_change, created_at, changed_at, last_login, version`

// Accounts returns all accounts; see metering.Accounts.
func (l *Ledger) Accounts(ctx context.Context) ([]metering.Account, error) {
	return l.accounts(ctx, `ORDER BY name`)
}

// Account returns one account; see metering.Accounts.
func (l *Ledger) Account(ctx context.Context, name string) (metering.Account, error) {
	list, err := l.accounts(ctx, `WHERE name = ?`, name)
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
	err := l.read(ctx, "accounts", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+accountColumns+` FROM account `+which, args...)
		return forEach(rows, err, func(rows *sql.Rows) error {
			var a metering.Account
			var created, changed int64
			var login *int64
			err := rows.Scan(&a.Name, &a.Role, &a.Password, &a.Enabled, &a.MustChange, &created, &changed, &login, &a.Version)
			a.CreatedAt, a.ChangedAt = pages.Instant(created), pages.Instant(changed)
			if login != nil {
				a.LastLogin = pages.Instant(*login)
			}
			list = append(list, a)
			return err
		})
	})
	return list, err
}

// PutAccount keeps an account; see metering.Accounts.
func (l *Ledger) PutAccount(ctx context.Context, a metering.Account, why metering.AuditRecord) (metering.Account, error) {
	if err := a.Check(); err != nil {
		return metering.Account{}, err
	}
	err := l.write(ctx, "account "+a.Name, func(w *writer) error { return w.putAccount(&a, why) })
	if err != nil {
		return metering.Account{}, err
	}
	return a, nil
}

func (w *writer) putAccount(a *metering.Account, why metering.AuditRecord) error {
	var version int
	var created int64
	var login *int64
	if _, err := w.row(`SELECT version, created_at, last_login FROM account WHERE name = ?`, []any{a.Name}, &version, &created, &login); err != nil {
		return err
	}
	if version != a.Version {
		return fmt.Errorf("it was changed meanwhile, version %d was read and %d is there: %w", a.Version, version, metering.ErrConflict)
	}
	why, err := w.seal(why)
	if err != nil {
		return err
	}
	a.Version, a.ChangedAt, a.CreatedAt, a.LastLogin = version+1, why.At, why.At, time.Time{}
	if version > 0 {
		a.CreatedAt = pages.Instant(created)
	}
	if login != nil {
		a.LastLogin = pages.Instant(*login)
	}
	return w.exec(`INSERT INTO account (`+accountColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password, enabled = excluded.enabled,
		must_change = excluded.must_change, changed_at = excluded.changed_at, version = excluded.version`,
		a.Name, string(a.Role), a.Password, a.Enabled, a.MustChange, a.CreatedAt.UnixMilli(), a.ChangedAt.UnixMilli(), login, a.Version)
}

// RemoveAccount removes an account; see metering.Accounts.
func (l *Ledger) RemoveAccount(ctx context.Context, name string, why metering.AuditRecord) error {
	return l.write(ctx, "remove account", func(w *writer) error {
		var version int
		found, err := w.row(`DELETE FROM account WHERE name = ? RETURNING version`, []any{name}, &version)
		if err == nil && !found {
			err = noAccount(name)
		}
		if err == nil {
			_, err = w.seal(why)
		}
		return err
	})
}

// LoggedIn notes the time of a login; see metering.Accounts.
func (l *Ledger) LoggedIn(ctx context.Context, name string, at time.Time) error {
	return l.write(ctx, "login", func(w *writer) error {
		var version int
		found, err := w.row(`UPDATE account SET last_login = ? WHERE name = ? RETURNING version`, []any{at.UnixMilli(), name}, &version)
		if err == nil && !found {
			err = noAccount(name)
		}
		return err
	})
}
