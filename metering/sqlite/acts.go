package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"asue/metering"
)

// putActs keeps acts and lets their changes become new versions.
func (w *writer) putActs(c metering.Commit) error {
	for _, a := range c.Acts {
		if err := w.putAct(a, c.ReceivedAt.UnixMilli()); err != nil {
			return fmt.Errorf("act %s: %w", a.ID, err)
		}
	}
	return nil
}

func (w *writer) putAct(a metering.Act, at int64) error {
	known := actReader{}
	err := w.rows(actColumns+`WHERE key = ?`+actOrder, []any{a.ID}, known.take)
	if err != nil {
		return err
	}
	if len(known.list) > 0 {
		if !known.list[0].SameAs(a) {
			return fmt.Errorf("%w: it was made on %v by %s with another content", metering.ErrConflict, known.list[0].At, known.list[0].Author)
		}
		return nil
	}
	var id int64
	if _, err := w.row(`INSERT INTO act (key, author, reason, document, at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
		[]any{a.ID, a.Author, a.Reason, a.Document, at}, &id); err != nil {
		return err
	}
	type change struct {
		before *intervalEntry
		now    intervalEntry
	}
	made := make([]change, len(a.Changes))
	list := make([]metering.Interval, len(a.Changes))
	for i := range a.Changes {
		list[i] = a.Changes[i].After
	}
	err = w.setIntervals(list, metering.ByPerson, at, func(i int, before *intervalEntry, now intervalEntry) {
		if before != nil {
			b := *before
			before = &b
		}
		made[i] = change{before, now}
	})
	if err != nil {
		return err
	}
	for n, m := range made {
		if m.before != nil {
			if err := w.putActSide(id, n, 0, list[n], *m.before); err != nil {
				return err
			}
		}
		if err := w.putActSide(id, n, 1, list[n], m.now); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) putActSide(act int64, n, side int, iv metering.Interval, e intervalEntry) error {
	point, err := w.name(string(iv.Point))
	if err != nil {
		return err
	}
	return w.exec(`INSERT INTO act_change
		(act, n, side, point, channel, start, version, energy, uncertainty, grade, method, flags, reason, recorded_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		act, n, side, point, int64(iv.Channel), iv.Start.UnixMilli(), e.version, e.energy, e.uncertainty,
		int64(e.grade), int64(e.method), int64(e.flags), e.reason, e.recorded)
}

// Acts returns the selected acts; see metering.Ledger.
func (l *Ledger) Acts(ctx context.Context, q metering.ActQuery) ([]metering.Act, error) {
	where, args := `start >= ? AND start < ?`, []any{ceilMilli(q.From), ceilMilli(q.To)}
	if len(q.Points) > 0 {
		where += ` AND point IN (SELECT id FROM name WHERE text IN (` + marks(len(q.Points)) + `))`
		args = appendAll(args, q.Points)
	}
	var r actReader
	err := l.read(ctx, "acts", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, actColumns+`WHERE act.id IN (SELECT act FROM act_change WHERE `+where+`)`+actOrder, args...)
		return forEach(rows, err, r.take)
	})
	return r.list, err
}

const (
	actColumns = `SELECT act.id, key, author, act.reason, document, at,
		n, side, name.text, channel, start, version, energy, uncertainty, grade, method, flags, act_change.reason, recorded_at
		FROM act JOIN act_change ON act_change.act = act.id JOIN name ON name.id = point `
	actOrder = ` ORDER BY act.id, n, side`
)

// actReader puts acts together from their rows: one for each side of each change.
type actReader struct {
	list []metering.Act
	last int64
}

func (r *actReader) take(rows *sql.Rows) error {
	var a metering.Act
	var iv metering.Interval
	var id, at, n, side, channel, start, grade, method, flags, recorded int64
	err := rows.Scan(&id, &a.ID, &a.Author, &a.Reason, &a.Document, &at, &n, &side, &iv.Point, &channel, &start,
		&iv.Version, (*int64)(&iv.Energy), (*int64)(&iv.Uncertainty), &grade, &method, &flags, &iv.Reason, &recorded)
	if err != nil {
		return err
	}
	iv.Channel, iv.Start, iv.RecordedAt = metering.Channel(channel), instant(start), instant(recorded)
	iv.Grade, iv.Method, iv.Flags = metering.Grade(grade), metering.Method(method), metering.Flags(flags)
	if len(r.list) == 0 || r.last != id {
		a.At = instant(at)
		r.list, r.last = append(r.list, a), id
	}
	changes := &r.list[len(r.list)-1].Changes
	if int(n) == len(*changes) {
		*changes = append(*changes, metering.ActChange{})
	}
	if int(n) != len(*changes)-1 {
		return fmt.Errorf("act %s: change %d is missing: %w", a.ID, len(*changes), errDamaged)
	}
	if side == 0 {
		(*changes)[n].Before = iv
	} else {
		(*changes)[n].After = iv
	}
	return nil
}
