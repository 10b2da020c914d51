package outbox

import (
	"bytes"
	"database/sql"
	"time"

	"asue/metering"
)

// read is Box.Read within a transaction. With rows 0 it returns none and only
// looks for numbers that are missing.
func (t *tx) read(from, to uint64, rows, size int, reason string) ([]Row, uint64, error) {
	if from > to {
		return nil, from, nil
	}
	out, next, missing, bad, err := t.fetch(from, to, rows, size)
	if err != nil {
		return nil, from, err
	}
	if err := t.loseUnknown(missing, reason); err != nil {
		return nil, from, err
	}
	for _, r := range bad {
		if err := t.quarantine(r.From, r.To); err != nil {
			return nil, from, err
		}
	}
	return out, next, nil
}

// fetch reads batches, and names the numbers that are not there and those that are
// damaged.
func (t *tx) fetch(from, to uint64, rows, size int) (out []Row, next uint64, missing, bad Ranges, err error) {
	next = from
	full := false
	err = t.scan(from, to, func(r Row, ok bool) bool {
		missing.Add(next, r.Seq-1)
		switch {
		case !ok:
			bad.Add(r.Seq, r.Seq)
		case rows > 0:
			full = len(out) > 0 && (len(out) == rows || size < len(r.Payload))
			if full {
				next = r.Seq
				return false
			}
			size -= len(r.Payload)
			r.Payload = bytes.Clone(r.Payload)
			out = append(out, r)
		}
		next = r.Seq + 1
		return true
	})
	if err == nil && !full {
		missing.Add(next, to)
		next = to + 1
	}
	return out, next, missing, bad, err
}

// peek is Box.Peek within a transaction that writes nothing.
func (t *tx) peek(from, to uint64, rows, size int) ([]Row, uint64, error) {
	if from > to {
		return nil, from, nil
	}
	out, next, _, _, err := t.fetch(from, to, rows, size)
	return out, next, err
}

// find adds to found the numbers of up to limit rows that were appended in time, and
// returns where to go on.
func (t *tx) find(found *Ranges, from, to uint64, early, late int64, limit int) (next uint64, err error) {
	rows, err := t.conn.QueryContext(background,
		`SELECT seq, at BETWEEN ? AND ? FROM batch WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?`,
		early, late, int64(from), int64(to), limit)
	if err != nil {
		return from, err
	}
	defer rows.Close()
	next = to + 1
	n := 0
	for rows.Next() {
		var seq int64
		var in bool
		if err := rows.Scan(&seq, &in); err != nil {
			return from, err
		}
		if in {
			found.Add(uint64(seq), uint64(seq))
		}
		if n++; n == limit {
			next = uint64(seq) + 1
		}
	}
	return next, rows.Err()
}

// loseUnknown makes gaps of the numbers that are not gaps yet, and tells of those
// that were passed on.
func (t *tx) loseUnknown(missing Ranges, reason string) error {
	for _, r := range missing {
		for _, p := range t.passed.within(r.From, r.To) {
			t.untold.Add(p.From, p.To) // passed on, and it did not arrive
			t.passed.Remove(p.From, p.To)
		}
	}
	for _, r := range t.gaps {
		missing.Remove(r.From, r.To)
	}
	for _, r := range missing {
		if err := t.lose(r.From, r.To, reason); err != nil {
			return err
		}
	}
	return nil
}

// quarantine takes damaged rows out of the queue.
func (t *tx) quarantine(from, to uint64) error {
	const reason = "the batch in the outbox did not match its CRC"
	err := t.exec(`INSERT OR REPLACE INTO quarantine (seq, class, at, crc, payload, found, reason)
		SELECT seq, class, at, crc, payload, ?, ? FROM batch WHERE seq BETWEEN ? AND ?`,
		t.opts.Clock.Now().UnixMilli(), reason, int64(from), int64(to))
	if err != nil {
		return err
	}
	if err := t.recount(`DELETE FROM batch WHERE seq BETWEEN ? AND ?`, int64(from), int64(to)); err != nil {
		return err
	}
	if to <= t.acked {
		return nil
	}
	return t.lose(max(from, t.acked+1), to, reason)
}

// recount runs a statement that deletes rows whose sizes cannot be trusted, and
// counts anew.
func (t *tx) recount(query string, args ...any) error {
	if err := t.exec(query, args...); err != nil {
		return err
	}
	return t.count()
}

// tallies is rows and bytes by class; what is not telemetry counts as billing,
// so that damage cannot make a row droppable.
const tallies = `SELECT CASE WHEN class = 2 THEN 2 ELSE 1 END, count(*), coalesce(sum(length(payload)), 0) FROM batch`

func (t *tx) count() error {
	t.billing, t.telemetry = tally{}, tally{}
	rows, err := t.conn.QueryContext(background, tallies+` GROUP BY 1`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var class, count, size int64
		if err := rows.Scan(&class, &count, &size); err != nil {
			return err
		}
		n := t.tally(metering.Class(class))
		n.rows += count
		n.bytes += size + overhead*count
	}
	return rows.Err()
}

// scan calls f with each row of from..to in ascending order, until f returns
// false. ok is false for a row that does not match its CRC, of which only Seq
// can be trusted. The payload is valid during the call only.
func (t *tx) scan(from, to uint64, f func(r Row, ok bool) bool) error {
	rows, err := t.conn.QueryContext(background,
		`SELECT seq, class, at, crc, payload FROM batch WHERE seq BETWEEN ? AND ? ORDER BY seq`, int64(from), int64(to))
	return t.walk(rows, err, f)
}

// walk hands the rows of a scan on.
func (t *tx) walk(rows *sql.Rows, err error, f func(r Row, ok bool) bool) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var class, at, crc any // whatever damage has made of them
		var payload sql.RawBytes
		if err := rows.Scan(&seq, &class, &at, &crc, &payload); err != nil {
			return err
		}
		c, ok1 := class.(int64)
		a, ok2 := at.(int64)
		sum, ok3 := crc.(int64)
		ok := ok1 && ok2 && ok3 && c >= 0 && c < 256 &&
			int64(checksum(t.epoch, uint64(seq), uint8(c), a, payload)) == sum
		if !f(Row{Seq: uint64(seq), Class: metering.Class(c), At: time.UnixMilli(a).UTC(), Payload: payload}, ok) {
			break
		}
	}
	return rows.Err()
}
