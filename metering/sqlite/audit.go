package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/pages"
)

// Append seals a record to the end of the audit; see metering.AuditLog.
func (l *Ledger) Append(ctx context.Context, r metering.AuditRecord) (metering.AuditRecord, error) {
	var kept metering.AuditRecord
	err := l.write(ctx, "audit", func(w *writer) (err error) {
		kept, err = w.seal(r)
		return err
	})
	if err != nil {
		return metering.AuditRecord{}, err
	}
	return kept, nil
}

// seal appends inside the transaction under way, which no other writer shares.
func (w *writer) seal(r metering.AuditRecord) (metering.AuditRecord, error) {
	var last audit.Link
	var seq int64
	var hash []byte
	found, err := w.row(`SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`, nil, &seq, &hash)
	if err != nil {
		return metering.AuditRecord{}, err
	}
	if found {
		if last.Seq = uint64(seq); len(hash) != len(last.Hash) {
			return metering.AuditRecord{}, fmt.Errorf("audit record %d: %w", seq, pages.ErrDamaged)
		}
		last.Hash = [32]byte(hash)
	}
	if r, err = audit.Seal(last, r); err != nil {
		return metering.AuditRecord{}, err
	}
	return r, w.exec(`INSERT INTO audit (`+auditColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(r.Seq), r.At.UnixMilli(), r.Actor, string(r.Role), r.Kind, r.Subject, r.Text, r.Detail, r.Snapshot[:], r.Prev[:], r.Hash[:])
}

const auditColumns = `seq, at, actor, role, kind, subject, text, detail, snapshot, prev, hash`

// Audit returns the selected records; see metering.AuditLog.
func (l *Ledger) Audit(ctx context.Context, q metering.AuditQuery) ([]metering.AuditRecord, error) {
	where, args := auditWhere(q)
	return l.auditRows(ctx, where+` ORDER BY seq DESC LIMIT ?`, append(args, max(q.Limit, 0))...)
}

func auditWhere(q metering.AuditQuery) (string, []any) {
	where, args := []string{"true"}, []any{}
	add := func(condition string, with ...any) {
		where, args = append(where, condition), append(args, with...)
	}
	if !q.From.IsZero() {
		add(`at >= ?`, pages.CeilMilli(q.From))
	}
	if !q.To.IsZero() {
		add(`at < ?`, pages.CeilMilli(q.To))
	}
	if strings.HasSuffix(q.Kind, ".") { // '/' is the byte after '.'
		add(`kind >= ? AND kind < ?`, q.Kind, strings.TrimSuffix(q.Kind, ".")+"/")
	} else if q.Kind != "" {
		add(`kind = ?`, q.Kind)
	}
	if q.Subject != "" {
		add(`subject = ?`, q.Subject)
	}
	if q.Actor != "" {
		add(`actor = ?`, q.Actor)
	}
	if q.Before != 0 {
		add(`seq < ?`, signed(q.Before))
	}
	return strings.Join(where, " AND "), args
}

// signed is a number for a column of 63 bits.
func signed(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// AuditFrom returns records in the order of the chain; see metering.AuditLog.
func (l *Ledger) AuditFrom(ctx context.Context, from uint64, limit int) ([]metering.AuditRecord, error) {
	return l.auditRows(ctx, `seq >= ? ORDER BY seq LIMIT ?`, signed(from), max(limit, 0))
}

func (l *Ledger) auditRows(ctx context.Context, where string, args ...any) ([]metering.AuditRecord, error) {
	var list []metering.AuditRecord
	err := l.read(ctx, "audit", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+auditColumns+` FROM audit WHERE `+where, args...)
		return forEach(rows, err, func(rows *sql.Rows) error {
			r, err := scanAudit(rows)
			list = append(list, r)
			return err
		})
	})
	return list, err
}

func scanAudit(rows *sql.Rows) (r metering.AuditRecord, err error) {
	var seq, at int64
	var snapshot, prev, hash []byte
	if err := rows.Scan(&seq, &at, &r.Actor, &r.Role, &r.Kind, &r.Subject, &r.Text, &r.Detail, &snapshot, &prev, &hash); err != nil {
		return r, err
	}
	r.Seq, r.At = uint64(seq), pages.Instant(at)
	for _, f := range []struct {
		into *[32]byte
		from []byte
	}{{&r.Snapshot, snapshot}, {&r.Prev, prev}, {&r.Hash, hash}} {
		if len(f.from) != len(f.into) {
			return r, fmt.Errorf("audit record %d: %w", seq, pages.ErrDamaged)
		}
		*f.into = [32]byte(f.from)
	}
	return r, nil
}

// AddCheckpoint keeps a checkpoint; see metering.AuditLog.
func (l *Ledger) AddCheckpoint(ctx context.Context, c metering.AuditCheckpoint) error {
	return l.write(ctx, "checkpoint", func(w *writer) error {
		var hash []byte
		found, err := w.row(`SELECT hash FROM audit WHERE seq = ?`, []any{signed(c.Seq)}, &hash)
		if err != nil {
			return err
		}
		if !found || !bytes.Equal(hash, c.Hash[:]) {
			return fmt.Errorf("the audit has no record %d of that hash: %w", c.Seq, metering.ErrRefused)
		}
		found, err = w.row(`SELECT hash FROM audit_checkpoint WHERE seq = ? AND key = ?`, []any{signed(c.Seq), c.Key[:]}, &hash)
		switch {
		case err != nil:
			return err
		case found && !bytes.Equal(hash, c.Hash[:]):
			return fmt.Errorf("record %d: key %x has signed another hash: %w", c.Seq, c.Key, metering.ErrConflict)
		case found:
			return nil
		}
		return w.exec(`INSERT INTO audit_checkpoint (seq, key, at, hash, signature) VALUES (?, ?, ?, ?, ?)`,
			signed(c.Seq), c.Key[:], c.At.UnixMilli(), c.Hash[:], c.Signature[:])
	})
}

const checkpointColumns = `seq, key, at, hash, signature`

// Checkpoints returns checkpoints in the order of the chain; see metering.AuditLog.
func (l *Ledger) Checkpoints(ctx context.Context, from uint64, limit int) ([]metering.AuditCheckpoint, error) {
	var list []metering.AuditCheckpoint
	err := l.read(ctx, "checkpoints", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+checkpointColumns+` FROM audit_checkpoint WHERE seq >= ? ORDER BY seq, key LIMIT ?`, signed(from), max(limit, 0))
		return forEach(rows, err, func(rows *sql.Rows) error {
			c, err := scanCheckpoint(rows)
			list = append(list, c)
			return err
		})
	})
	return list, err
}

func scanCheckpoint(rows *sql.Rows) (c metering.AuditCheckpoint, err error) {
	var seq, at int64
	var key, hash, signature []byte
	if err := rows.Scan(&seq, &key, &at, &hash, &signature); err != nil {
		return c, err
	}
	c.Seq, c.At = uint64(seq), pages.Instant(at)
	if len(key) != len(c.Key) || len(hash) != len(c.Hash) || len(signature) != len(c.Signature) {
		return c, fmt.Errorf("checkpoint of record %d: %w", seq, pages.ErrDamaged)
	}
	c.Key, c.Hash, c.Signature = [8]byte(key), [32]byte(hash), [64]byte(signature)
	return c, nil
}
