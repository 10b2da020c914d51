package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
)

const (
	maxPoison        = 10_000
	maxPoisonPayload = 64 << 10
)

// Quarantine keeps a poison payload; see metering.Ledger.
func (l *Ledger) Quarantine(ctx context.Context, p metering.Poison) error {
	return l.write(ctx, "quarantine", nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		var b pgx.Batch
		putPoison(&b, []metering.Poison{p})
		return tx.SendBatch(ctx, &b).Close()
	})
}

func putPoison(b *pgx.Batch, list []metering.Poison) {
	if len(list) == 0 {
		return
	}
	n := len(list)
	times, topics, reasons, payloads := make([]time.Time, n), make([]string, n), make([]string, n), make([][]byte, n)
	for i, p := range list {
		times[i], topics[i], reasons[i] = kept(p.At), clean(p.Topic), clean(p.Reason)
		payloads[i] = blob(p.Payload[:min(len(p.Payload), maxPoisonPayload)])
	}
	b.Queue(`INSERT INTO poison (at, topic, reason, payload)
		SELECT at, topic, reason, payload FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY k (at, topic, reason, payload, n) ORDER BY n`,
		times, topics, reasons, payloads)
	b.Queue(`DELETE FROM poison WHERE id <= (SELECT id FROM poison ORDER BY id DESC OFFSET $1 LIMIT 1)`, maxPoison)
}

// Quarantined returns the newest poison payloads; see metering.Ledger.
func (l *Ledger) Quarantined(ctx context.Context, limit int) ([]metering.Poison, int, error) {
	var found []metering.Poison
	var all int
	err := l.read(ctx, "quarantined", func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM poison`).Scan(&all); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT at, topic, reason, payload FROM poison ORDER BY id DESC LIMIT $1`, max(limit, 0))
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p metering.Poison, err error) {
			err = row.Scan(&p.At, &p.Topic, &p.Reason, &p.Payload)
			p.At = p.At.UTC()
			return p, err
		})
		return err
	})
	return found, all, err
}
