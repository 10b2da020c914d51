package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/pages"
)

const tokenColumns = `id, resident, name, hash, created_at, expires_at, revoked_at, last_used`

// Tokens returns all tokens; see metering.Tokens.
func (l *Ledger) Tokens(ctx context.Context) ([]metering.Token, error) {
	return l.tokens(ctx, `ORDER BY created_at, id`)
}

// Token returns one token; see metering.Tokens.
func (l *Ledger) Token(ctx context.Context, id string) (metering.Token, error) {
	list, err := l.tokens(ctx, `WHERE id = ?`, id)
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
	err := l.read(ctx, "tokens", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+tokenColumns+` FROM token `+which, args...)
		return forEach(rows, err, func(rows *sql.Rows) error {
			var t metering.Token
			var hash []byte
			var created int64
			var expires, revoked, used *int64
			err := rows.Scan(&t.ID, &t.Resident, &t.Name, &hash, &created, &expires, &revoked, &used)
			copy(t.Hash[:], hash)
			t.CreatedAt, t.ExpiresAt, t.RevokedAt, t.LastUsed = pages.Instant(created), maybe(expires), maybe(revoked), maybe(used)
			list = append(list, t)
			return err
		})
	})
	return list, err
}

// maybe is the time at some Unix milliseconds, zero for none.
func maybe(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return pages.Instant(*ms)
}

// AddToken keeps a new token; see metering.Tokens.
func (l *Ledger) AddToken(ctx context.Context, t metering.Token, why metering.AuditRecord) (metering.Token, error) {
	if err := t.Check(); err != nil {
		return metering.Token{}, err
	}
	err := l.write(ctx, "token "+t.ID, func(w *writer) error {
		var taken string
		found, err := w.row(`SELECT id FROM token WHERE id = ?`, []any{t.ID}, &taken)
		if err == nil && found {
			err = fmt.Errorf("the id is taken: %w", metering.ErrConflict)
		}
		if err != nil {
			return err
		}
		if why, err = w.seal(why); err != nil {
			return err
		}
		var expires *int64
		if !t.ExpiresAt.IsZero() {
			ms := t.ExpiresAt.UnixMilli()
			expires, t.ExpiresAt = &ms, pages.Instant(ms)
		}
		t.CreatedAt, t.RevokedAt, t.LastUsed = why.At, time.Time{}, time.Time{}
		return w.exec(`INSERT INTO token (`+tokenColumns+`) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)`,
			t.ID, string(t.Resident), t.Name, t.Hash[:], why.At.UnixMilli(), expires)
	})
	if err != nil {
		return metering.Token{}, err
	}
	return t, nil
}

// RevokeToken shuts a token; see metering.Tokens.
func (l *Ledger) RevokeToken(ctx context.Context, id string, why metering.AuditRecord) error {
	return l.write(ctx, "revoke token", func(w *writer) error {
		var revoked *int64
		found, err := w.row(`SELECT revoked_at FROM token WHERE id = ?`, []any{id}, &revoked)
		switch {
		case err != nil:
			return err
		case !found:
			return noToken(id)
		case revoked != nil:
			return fmt.Errorf("it is revoked already: %w", metering.ErrConflict)
		}
		if why, err = w.seal(why); err != nil {
			return err
		}
		return w.exec(`UPDATE token SET revoked_at = ? WHERE id = ?`, why.At.UnixMilli(), id)
	})
}

// TokenUsed notes the time of a use; see metering.Tokens.
func (l *Ledger) TokenUsed(ctx context.Context, id string, at time.Time) error {
	return l.write(ctx, "use of a token", func(w *writer) error {
		var known string
		found, err := w.row(`UPDATE token SET last_used = max(coalesce(last_used, ?1), ?1) WHERE id = ?2 RETURNING id`, []any{at.UnixMilli(), id}, &known)
		if err == nil && !found {
			err = noToken(id)
		}
		return err
	})
}
