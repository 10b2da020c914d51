package sqlite

import (
	"context"
	"database/sql"

	"asue/metering"
	"asue/metering/pages"
)

const (
	maxPoison        = 10_000
	maxPoisonPayload = 64 << 10
)

// Quarantine keeps a poison payload; see metering.Ledger.
func (l *Ledger) Quarantine(ctx context.Context, p metering.Poison) error {
	return l.write(ctx, "quarantine", func(w *writer) error { return w.putPoison(p) })
}

func (w *writer) putPoison(p metering.Poison) error {
	var id int64
	_, err := w.row(`INSERT INTO poison (at, topic, reason, payload) VALUES (?, ?, ?, ?) RETURNING id`,
		[]any{p.At.UnixMilli(), p.Topic, p.Reason, blob(p.Payload[:min(len(p.Payload), maxPoisonPayload)])}, &id)
	if err != nil || id <= maxPoison {
		return err
	}
	// Only the oldest are ever deleted, so the numbers have no holes.
	return w.exec(`DELETE FROM poison WHERE id <= ?`, id-maxPoison)
}

// Quarantined returns the newest poison payloads; see metering.Ledger.
func (l *Ledger) Quarantined(ctx context.Context, limit int) ([]metering.Poison, int, error) {
	var found []metering.Poison
	var all int
	err := l.read(ctx, "quarantined", func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM poison`).Scan(&all); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT at, topic, reason, payload FROM poison ORDER BY id DESC LIMIT ?`, max(limit, 0))
		return forEach(rows, err, func(rows *sql.Rows) error {
			var p metering.Poison
			var at int64
			err := rows.Scan(&at, &p.Topic, &p.Reason, &p.Payload)
			p.At = pages.Instant(at)
			found = append(found, p)
			return err
		})
	})
	return found, all, err
}
