package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/pages"
)

// RecordDeeds adds deeds and the record that seals them; see metering.Deeds.
func (l *Ledger) RecordDeeds(ctx context.Context, after uint64, deeds []metering.Deed, why metering.AuditRecord) ([]metering.Deed, error) {
	var kept []metering.Deed
	err := l.write(ctx, "deeds", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) (err error) {
		kept, err = recordDeeds(ctx, tx, after, deeds, why)
		return err
	})
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// recordDeeds numbers deeds by the last one that it sees. Whoever else records at once
// has the same numbers: he waits at the first one until this transaction ends, and has
// lost if it succeeds.
func recordDeeds(ctx context.Context, tx pgx.Tx, after uint64, deeds []metering.Deed, why metering.AuditRecord) ([]metering.Deed, error) {
	var last metering.Deed
	var seq int64
	err := tx.QueryRow(ctx, `SELECT seq, at FROM deed ORDER BY seq DESC LIMIT 1`).Scan(&seq, &last.At)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	if last.Seq = uint64(seq); last.Seq != after {
		return nil, fmt.Errorf("the decision was taken on deed %d and the last one is %d: look again: %w", after, last.Seq, metering.ErrConflict)
	}
	kept, err := audit.NextDeeds(last, deeds)
	if err != nil {
		return nil, err
	}
	for _, d := range kept {
		hash := audit.HashDeed(d)
		done, err := tx.Exec(ctx, `INSERT INTO deed (`+deedColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
			int64(d.Seq), d.At, d.Kind, d.Subject, d.Author, d.Approver, d.Basis, d.Document, d.Body, hash[:])
		if err != nil {
			return nil, err
		}
		if done.RowsAffected() == 0 {
			return nil, fmt.Errorf("the decision was taken on deed %d, and another one follows on it by now: look again: %w", after, metering.ErrConflict)
		}
	}
	if why, err = audit.Sealing(why, kept); err == nil {
		_, err = seal(ctx, tx, why)
	}
	return kept, err
}

const deedColumns = `seq, at, kind, subject, author, approver, basis, document, body, hash`

// Deeds returns deeds in their order; see metering.Deeds.
func (l *Ledger) Deeds(ctx context.Context, after uint64, limit int) ([]metering.Deed, error) {
	var list []metering.Deed
	err := l.read(ctx, "deeds", func(tx pgx.Tx) error {
		list = nil
		rows, err := tx.Query(ctx, `SELECT `+deedColumns+` FROM deed WHERE seq > $1 ORDER BY seq LIMIT $2`, signed(after), max(limit, 0))
		if err != nil {
			return err
		}
		return forEachDeed(rows, func(d metering.Deed, hash [32]byte) error {
			list = append(list, d)
			if audit.HashDeed(d) != hash {
				return fmt.Errorf("deed %d: %w", d.Seq, pages.ErrDamaged)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// forEachDeed reads deeds and the hashes that are kept with them, zeros for one that
// cannot be.
func forEachDeed(rows pgx.Rows, f func(d metering.Deed, hash [32]byte) error) error {
	var d metering.Deed
	var seq int64
	var sum []byte
	_, err := pgx.ForEachRow(rows, []any{&seq, &d.At, &d.Kind, &d.Subject, &d.Author, &d.Approver, &d.Basis, &d.Document, &d.Body, &sum}, func() error {
		var hash [32]byte
		if len(sum) == len(hash) {
			hash = [32]byte(sum)
		}
		d.Seq, d.At = uint64(seq), d.At.UTC()
		return f(d, hash)
	})
	return err
}
