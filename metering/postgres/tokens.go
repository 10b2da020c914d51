package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
)

const tokenColumns = `id, resident, name, hash, created_at, expires_at, revoked_at, last_used`

// Tokens returns all tokens; see metering.Tokens.
func (l *Ledger) Tokens(ctx context.Context) ([]metering.Token, error) {
	return l.tokens(ctx, `ORDER BY created_at, id`)
}

// Token returns one token; see metering.Tokens.
func (l *Ledger) Token(ctx context.Context, id string) (metering.Token, error) {
	list, err := l.tokens(ctx, `WHERE id = $1`, clean(id))
	if err == nil && len(list) == 0 {
		err = noToken(id)
	}
	if err != nil {
		return metering.Token{}, err
	}
	return list[0], nil
}

func noToken(id string) error {
	return fmt.Errorf("ledger: token %q: %w", id, metering.ErrNotFound)
}

func (l *Ledger) tokens(ctx context.Context, which string, args ...any) ([]metering.Token, error) {
	var list []metering.Token
	err := l.read(ctx, "tokens", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+tokenColumns+` FROM token `+which, args...)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t metering.Token, err error) {
			var hash []byte
			var expires, revoked, used *time.Time
			err = row.Scan(&t.ID, &t.Resident, &t.Name, &hash, &t.CreatedAt, &expires, &revoked, &used)
			copy(t.Hash[:], hash)
			t.CreatedAt, t.ExpiresAt, t.RevokedAt, t.LastUsed = t.CreatedAt.UTC(), maybe(expires), maybe(revoked), maybe(used)
			return t, err
		})
		return err
	})
	return list, err
}

// maybe is a time in UTC, zero for none.
func maybe(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// AddToken keeps a new token; see metering.Tokens.
func (l *Ledger) AddToken(ctx context.Context, t metering.Token, why metering.AuditRecord) (metering.Token, error) {
	if err := t.Check(); err != nil {
		return metering.Token{}, err
	}
	t.Resident, t.Name = metering.ResidentID(clean(string(t.Resident))), clean(t.Name)
	t.CreatedAt, t.RevokedAt, t.LastUsed = kept(why.At), time.Time{}, time.Time{}
	var expires *time.Time
	if !t.ExpiresAt.IsZero() {
		t.ExpiresAt = kept(t.ExpiresAt)
		expires = &t.ExpiresAt
	}
	err := l.write(ctx, "token "+t.ID, nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		done, err := tx.Exec(ctx, `INSERT INTO token (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL) ON CONFLICT DO NOTHING`,
			t.ID, string(t.Resident), t.Name, t.Hash[:], t.CreatedAt, expires)
		if err == nil && done.RowsAffected() == 0 {
			err = fmt.Errorf("the id is taken: %w", metering.ErrConflict)
		}
		if err == nil {
			_, err = seal(ctx, tx, why)
		}
		return err
	})
	if err != nil {
		return metering.Token{}, err
	}
	return t, nil
}

// RevokeToken shuts a token; see metering.Tokens.
func (l *Ledger) RevokeToken(ctx context.Context, id string, why metering.AuditRecord) error {
	return l.write(ctx, "revoke token", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		var revoked *time.Time
		err := tx.QueryRow(ctx, `SELECT revoked_at FROM token WHERE id = $1 FOR UPDATE`, clean(id)).Scan(&revoked)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return noToken(id)
		case err != nil:
			return err
		case revoked != nil:
			return fmt.Errorf("it is revoked already: %w", metering.ErrConflict)
		}
		if _, err := tx.Exec(ctx, `UPDATE token SET revoked_at = $2 WHERE id = $1`, clean(id), kept(why.At)); err != nil {
			return err
		}
		_, err = seal(ctx, tx, why)
		return err
	})
}

// TokenUsed notes the time of a use; see metering.Tokens.
func (l *Ledger) TokenUsed(ctx context.Context, id string, at time.Time) error {
	return l.write(ctx, "use of a token", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		done, err := tx.Exec(ctx, `UPDATE token SET last_used = greatest(last_used, $2) WHERE id = $1`, clean(id), kept(at))
		if err == nil && done.RowsAffected() == 0 {
			err = noToken(id)
		}
		return err
	})
}
