package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"asue/metering"
)

// periodOf names the page of a witness.
type periodOf struct {
	meter metering.MeterID
	start int64
}

// putWitnesses merges witnesses with those that are there.
func (w *writer) putWitnesses(c metering.Commit) error {
	keys, groups := runs(len(c.Witnesses), func(i int) periodOf {
		return periodOf{c.Witnesses[i].Meter, c.Witnesses[i].Start.UnixMilli()}
	})
	for _, k := range keys {
		meter, err := w.name(string(k.meter))
		if err != nil {
			return err
		}
		all := metering.Witness{Meter: k.meter, Start: instant(k.start)}
		var before []byte
		if _, err := w.row(`SELECT page FROM witness WHERE meter = ? AND start = ?`, []any{meter, k.start}, &before); err != nil {
			return err
		}
		if before != nil {
			if all, err = unpackWitness(k.meter, k.start, before); err != nil {
				return fmt.Errorf("witness of meter %s at %v: %w", k.meter, all.Start, err)
			}
		}
		for _, i := range groups[k] {
			all = all.Merge(keptWitness(c.Witnesses[i]))
		}
		page := packWitness(all)
		if string(page) == string(before) {
			continue
		}
		err = w.exec(`INSERT INTO witness (meter, start, page) VALUES (?, ?, ?)
			ON CONFLICT (meter, start) DO UPDATE SET page = excluded.page`, meter, k.start, page)
		if err != nil {
			return err
		}
	}
	return nil
}

// keptWitness is a witness as the ledger gives it back: to the millisecond, in
// UTC.
func keptWitness(w metering.Witness) metering.Witness {
	powers := make([]metering.PowerSample, len(w.Powers))
	for i, p := range w.Powers {
		powers[i] = metering.PowerSample{At: instant(p.At.UnixMilli()), Power: p.Power}
	}
	w.Powers = powers
	return w
}

// Witnesses returns a meter's witnesses; see metering.Ledger.
func (l *Ledger) Witnesses(ctx context.Context, meter metering.MeterID, from, to time.Time) ([]metering.Witness, error) {
	var found []metering.Witness
	err := l.read(ctx, fmt.Sprintf("witnesses of meter %s", meter), func(tx *sql.Tx) error {
		id, ok, err := l.names.idOf(ctx, tx, string(meter))
		if err != nil || !ok {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT start, page FROM witness WHERE meter = ? AND start >= ? AND start < ? ORDER BY start`,
			id, ceilMilli(from), ceilMilli(to))
		return forEach(rows, err, func(rows *sql.Rows) error {
			var start int64
			var page sql.RawBytes
			if err := rows.Scan(&start, &page); err != nil {
				return err
			}
			w, err := unpackWitness(meter, start, page)
			if err != nil {
				return fmt.Errorf("%v: %w", w.Start, err)
			}
			found = append(found, w)
			return nil
		})
	})
	return found, err
}

// ceilMilli is the first whole millisecond that is not before t: for times that
// are kept whole, x < t and x < ceilMilli(t) say the same, and x >= t likewise.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if instant(ms).Before(t) {
		ms++
	}
	return ms
}
