package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
)

// Lease asks for a lease; see metering.Leases. The row is locked before it is read
// and before the clock is, so that whoever asks, in whatever process, asks after
// the one before him was answered.
func (l *Ledger) Lease(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (metering.Lease, error) {
	if err := metering.CheckLease(name, holder, ttl); err != nil {
		return metering.Lease{}, err
	}
	name, holder = clean(name), clean(holder)
	var answer metering.Lease
	err := l.write(ctx, "lease "+name, nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		if _, err := tx.Exec(ctx, `INSERT INTO lease (name, holder, term, until_at) VALUES ($1, '', 0, to_timestamp(0)) ON CONFLICT DO NOTHING`, name); err != nil {
			return err
		}
		is := metering.Lease{Name: name}
		var term int64
		if err := tx.QueryRow(ctx, `SELECT holder, term, until_at FROM lease WHERE name = $1 FOR UPDATE`, name).Scan(&is.Holder, &term, &is.Until); err != nil {
			return err
		}
		is.Term, is.Until = uint64(term), is.Until.UTC()
		at := now
		if at.IsZero() {
			if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&at); err != nil {
				return err
			}
		}
		if answer = is.Ask(holder, max(ttl.Truncate(time.Millisecond), time.Millisecond), kept(at)); !answer.Held {
			return nil
		}
		_, err := tx.Exec(ctx, `UPDATE lease SET holder = $2, term = $3, until_at = $4 WHERE name = $1`, name, holder, int64(answer.Term), answer.Until)
		return err
	})
	if err != nil {
		return metering.Lease{}, err
	}
	return answer, nil
}

// Release gives a lease back; see metering.Leases.
func (l *Ledger) Release(ctx context.Context, name, holder string, term uint64) error {
	return l.write(ctx, "release "+name, nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		_, err := tx.Exec(ctx, `UPDATE lease SET holder = '' WHERE name = $1 AND holder = $2 AND term = $3`, clean(name), clean(holder), int64(term))
		return err
	})
}
