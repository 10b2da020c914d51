package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/pages"
)

// RecordDeeds adds deeds and the record that seals them; see metering.Deeds.
func (l *Ledger) RecordDeeds(ctx context.Context, after uint64, deeds []metering.Deed, why metering.AuditRecord) ([]metering.Deed, error) {
	var kept []metering.Deed
	err := l.write(ctx, "deeds", func(w *writer) (err error) {
		kept, err = w.recordDeeds(after, deeds, why)
		return err
	})
	if err != nil {
		return nil, err
	}
	return kept, nil
}

func (w *writer) recordDeeds(after uint64, deeds []metering.Deed, why metering.AuditRecord) ([]metering.Deed, error) {
	var seq, at int64
	found, err := w.row(`SELECT seq, at FROM deed ORDER BY seq DESC LIMIT 1`, nil, &seq, &at)
	if err != nil {
		return nil, err
	}
	var last metering.Deed
	if found {
		last = metering.Deed{Seq: uint64(seq), At: pages.Instant(at)}
	}
	if last.Seq != after {
		return nil, fmt.Errorf("the decision was taken on deed %d and the last one is %d: look again: %w", after, last.Seq, metering.ErrConflict)
	}
	kept, err := audit.NextDeeds(last, deeds)
	if err != nil {
		return nil, err
	}
	for _, d := range kept {
		hash := audit.HashDeed(d)
		if err := w.exec(`INSERT INTO deed (`+deedColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			int64(d.Seq), d.At.UnixMilli(), d.Kind, d.Subject, d.Author, d.Approver, d.Basis, d.Document, d.Body, hash[:]); err != nil {
			return nil, err
		}
	}
	if why, err = audit.Sealing(why, kept); err == nil {
		_, err = w.seal(why)
	}
	return kept, err
}

const deedColumns = `seq, at, kind, subject, author, approver, basis, document, body, hash`

// Deeds returns deeds in their order; see metering.Deeds.
func (l *Ledger) Deeds(ctx context.Context, after uint64, limit int) ([]metering.Deed, error) {
	var list []metering.Deed
	err := l.read(ctx, "deeds", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+deedColumns+` FROM deed WHERE seq > ? ORDER BY seq LIMIT ?`, signed(after), max(limit, 0))
		return forEach(rows, err, func(rows *sql.Rows) error {
			d, hash, err := scanDeed(rows)
			if err == nil && audit.HashDeed(d) != hash {
				err = fmt.Errorf("deed %d: %w", d.Seq, pages.ErrDamaged)
			}
			list = append(list, d)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// scanDeed reads a deed and the hash that is kept with it, zeros for one that cannot be.
func scanDeed(rows *sql.Rows) (d metering.Deed, hash [32]byte, err error) {
	var seq, at int64
	var sum []byte
	err = rows.Scan(&seq, &at, &d.Kind, &d.Subject, &d.Author, &d.Approver, &d.Basis, &d.Document, &d.Body, &sum)
	d.Seq, d.At = uint64(seq), pages.Instant(at)
	if len(sum) == len(hash) {
		hash = [32]byte(sum)
	}
	return d, hash, err
}
