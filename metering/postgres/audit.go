package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/pages"
)

// Append seals a record to the end of the audit; see metering.AuditLog.
func (l *Ledger) Append(ctx context.Context, r metering.AuditRecord) (metering.AuditRecord, error) {
	var kept metering.AuditRecord
	err := l.write(ctx, "audit", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) (err error) {
		kept, err = seal(ctx, tx, r)
		return err
	})
	if err != nil {
		return metering.AuditRecord{}, err
	}
	return kept, nil
}

// seal appends inside a transaction that reads what is committed. It holds up
// whoever else appends until the transaction ends, so that it comes last in it.
func seal(ctx context.Context, tx pgx.Tx, r metering.AuditRecord) (metering.AuditRecord, error) {
	none := metering.AuditRecord{}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('asue audit of ' || current_schema(), 0))`); err != nil {
		return none, err
	}
	var last audit.Link
	var seq int64
	var hash []byte
	err := tx.QueryRow(ctx, `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&seq, &hash)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return none, err
	case len(hash) != len(last.Hash):
		return none, fmt.Errorf("audit record %d: %w", seq, pages.ErrDamaged)
	default:
		last = audit.Link{Seq: uint64(seq), Hash: [32]byte(hash)}
	}
	if r, err = audit.Seal(last, r); err != nil {
		return none, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit (`+auditColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		int64(r.Seq), r.At, r.Actor, string(r.Role), r.Kind, r.Subject, r.Text, r.Detail, r.Snapshot[:], r.Prev[:], r.Hash[:])
	return r, err
}

const auditColumns = `seq, at, actor, role, kind, subject, text, detail, snapshot, prev, hash`

// Audit returns the selected records; see metering.AuditLog.
func (l *Ledger) Audit(ctx context.Context, q metering.AuditQuery) ([]metering.AuditRecord, error) {
	where, args := auditWhere(q)
	args = append(args, max(q.Limit, 0))
	return l.auditRows(ctx, fmt.Sprintf(`%s ORDER BY seq DESC LIMIT $%d`, where, len(args)), args...)
}

func auditWhere(q metering.AuditQuery) (string, []any) {
	where, args := []string{"true"}, []any{}
	add := func(condition string, with any) {
		args = append(args, with)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if !q.From.IsZero() {
		add(`at >= $%d`, ceil(q.From))
	}
	if !q.To.IsZero() {
		add(`at < $%d`, ceil(q.To))
	}
	if strings.HasSuffix(q.Kind, ".") { // '/' is the byte after '.'
		add(`kind >= $%d`, clean(q.Kind))
		add(`kind < $%d`, clean(strings.TrimSuffix(q.Kind, "."))+"/")
	} else if q.Kind != "" {
		add(`kind = $%d`, clean(q.Kind))
	}
	if q.Subject != "" {
		add(`subject = $%d`, clean(q.Subject))
	}
	if q.Actor != "" {
		add(`actor = $%d`, clean(q.Actor))
	}
	if q.Before != 0 {
		add(`seq < $%d`, signed(q.Before))
	}
	return strings.Join(where, " AND "), args
}

// signed is a number for a column of 63 bits.
func signed(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// AuditFrom returns records in the order of the chain; see metering.AuditLog.
func (l *Ledger) AuditFrom(ctx context.Context, from uint64, limit int) ([]metering.AuditRecord, error) {
	return l.auditRows(ctx, `seq >= $1 ORDER BY seq LIMIT $2`, signed(from), max(limit, 0))
}

func (l *Ledger) auditRows(ctx context.Context, where string, args ...any) ([]metering.AuditRecord, error) {
	var list []metering.AuditRecord
	err := l.read(ctx, "audit", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+auditColumns+` FROM audit WHERE `+where, args...)
		if err != nil {
			return err
		}
		return forEachAudit(rows, func(r metering.AuditRecord) { list = append(list, r) })
	})
	return list, err
}

func forEachAudit(rows pgx.Rows, f func(metering.AuditRecord)) error {
	var r metering.AuditRecord
	var seq int64
	var snapshot, prev, hash []byte
	_, err := pgx.ForEachRow(rows, []any{&seq, &r.At, &r.Actor, &r.Role, &r.Kind, &r.Subject, &r.Text, &r.Detail, &snapshot, &prev, &hash}, func() error {
		if len(snapshot) != 32 || len(prev) != 32 || len(hash) != 32 {
			return fmt.Errorf("audit record %d: %w", seq, pages.ErrDamaged)
		}
		r.Seq, r.At, r.Snapshot, r.Prev, r.Hash = uint64(seq), r.At.UTC(), [32]byte(snapshot), [32]byte(prev), [32]byte(hash)
		f(r)
		return nil
	})
	return err
}

// AddCheckpoint keeps a checkpoint; see metering.AuditLog.
func (l *Ledger) AddCheckpoint(ctx context.Context, c metering.AuditCheckpoint) error {
	return l.write(ctx, "checkpoint", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		var there bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM audit WHERE seq = $1 AND hash = $2)`, signed(c.Seq), c.Hash[:]).Scan(&there)
		if err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("the audit has no record %d of that hash: %w", c.Seq, metering.ErrRefused)
		}
		done, err := tx.Exec(ctx, `INSERT INTO audit_checkpoint (`+checkpointColumns+`) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			signed(c.Seq), c.Key[:], kept(c.At), c.Hash[:], c.Signature[:])
		if err != nil || done.RowsAffected() == 1 {
			return err
		}
		err = tx.QueryRow(ctx, `SELECT hash = $3 FROM audit_checkpoint WHERE seq = $1 AND key = $2`, signed(c.Seq), c.Key[:], c.Hash[:]).Scan(&there)
		if err == nil && !there {
			err = fmt.Errorf("record %d: key %x has signed another hash: %w", c.Seq, c.Key, metering.ErrConflict)
		}
		return err
	})
}

const checkpointColumns = `seq, key, at, hash, signature`

// Checkpoints returns checkpoints in the order of the chain; see metering.AuditLog.
func (l *Ledger) Checkpoints(ctx context.Context, from uint64, limit int) ([]metering.AuditCheckpoint, error) {
	var list []metering.AuditCheckpoint
	err := l.read(ctx, "checkpoints", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+checkpointColumns+` FROM audit_checkpoint WHERE seq >= $1 ORDER BY seq, key LIMIT $2`, signed(from), max(limit, 0))
		if err != nil {
			return err
		}
		list, err = collectCheckpoints(rows)
		return err
	})
	return list, err
}

func collectCheckpoints(rows pgx.Rows) ([]metering.AuditCheckpoint, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c metering.AuditCheckpoint, err error) {
		var seq int64
		var key, hash, signature []byte
		if err := row.Scan(&seq, &key, &c.At, &hash, &signature); err != nil {
			return c, err
		}
		c.Seq, c.At = uint64(seq), c.At.UTC()
		if len(key) != len(c.Key) || len(hash) != len(c.Hash) || len(signature) != len(c.Signature) {
			return c, fmt.Errorf("checkpoint of record %d: %w", seq, pages.ErrDamaged)
		}
		c.Key, c.Hash, c.Signature = [8]byte(key), [32]byte(hash), [64]byte(signature)
		return c, nil
	})
}
