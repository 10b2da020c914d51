package outbox

import (
	"database/sql"
	"errors"
	"time"

	"asue/metering"
)

// trim deletes what the acknowledgement and the budget allow to go.
func (t *tx) trim() error {
	if over := t.billing.bytes + t.telemetry.bytes - t.opts.Budget; over > 0 {
		if err := t.deleteUpTo(t.acked); err != nil {
			return err
		}
	}
	// A little more than needed, so that not every append has to do it again.
	if over := t.billing.bytes + t.telemetry.bytes - t.opts.Budget; over > 0 {
		if _, err := t.dropTelemetry(over + t.opts.Budget/20); err != nil {
			return err
		}
	}
	return nil
}

// mostTidied bounds the numbers that are deleted at once, so that an append never
// waits long when the ledger acknowledges days together.
const mostTidied = 8192

// tidy deletes acknowledged batches whose time is over, and gaps that the
// ledger has acknowledged.
func (t *tx) tidy() error {
	t.tidied, t.tidiedTo = true, t.acked
	upTo := t.acked
	if t.opts.Retain > 0 {
		first, err := t.firstSince(t.opts.Clock.Now().Add(-t.opts.Retain))
		if err != nil {
			return err
		}
		if first > 0 {
			upTo = first - 1
		}
	}
	lowest, err := t.lowest()
	if err != nil {
		return err
	}
	if lowest > 0 && upTo > lowest+mostTidied {
		upTo = lowest + mostTidied
		t.tidiedTo = upTo
	}
	if err := t.deleteUpTo(upTo); err != nil {
		return err
	}
	if len(t.gaps) > 0 && t.gaps[0].From <= t.acked {
		if err := t.begin(); err != nil {
			return err
		}
		if err := t.direct(forgetGap, func(s *statements) *sql.Stmt { return s.gaps }, int64(t.acked)); err != nil {
			return err
		}
	}
	t.gaps.Remove(0, t.acked)
	t.untold.Remove(0, t.acked)
	t.passed.Remove(0, t.acked)
	return nil
}

// firstSince is the first acknowledged number that was appended since a time, 0 if
// there is none.
func (t *tx) firstSince(since time.Time) (uint64, error) {
	rows, err := t.query(keepFrom, func(s *statements) *sql.Stmt { return s.keepFrom }, int64(t.acked), since.UnixMilli())
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var seq int64
	if rows.Next() {
		err = rows.Scan(&seq)
	}
	return uint64(seq), errors.Join(err, rows.Err())
}

// lowest is the first number that is kept, 0 if there is none.
func (t *tx) lowest() (uint64, error) {
	rows, err := t.query(lowestBatch, func(s *statements) *sql.Stmt { return s.lowest })
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var seq sql.NullInt64
	if rows.Next() {
		err = rows.Scan(&seq)
	}
	return uint64(seq.Int64), errors.Join(err, rows.Err())
}

// deleteUpTo deletes everything up to a number.
func (t *tx) deleteUpTo(seq uint64) error {
	if seq < t.oldest || t.billing.rows+t.telemetry.rows == 0 {
		return nil
	}
	if err := t.begin(); err != nil {
		return err
	}
	rows, err := t.query(forgetBatch, func(s *statements) *sql.Stmt { return s.forget }, int64(seq))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var class, size any // whatever damage has made of them since they were counted
		if err := rows.Scan(&class, &size); err != nil {
			return err
		}
		n := &t.billing
		if class == int64(metering.Telemetry) {
			n = &t.telemetry
		}
		n.rows--
		if bytes, ok := size.(int64); ok {
			n.bytes -= bytes + overhead
		}
	}
	t.oldest = seq + 1
	return rows.Err()
}

// dropTelemetry deletes the oldest telemetry until bytes are free or none is
// left, leaves a gap for each batch, and returns how many went.
func (t *tx) dropTelemetry(bytes int64) (int, error) {
	var gone Ranges
	n := 0
	for bytes > 0 && t.telemetry.rows > 0 {
		victims, sizes, err := t.oldestTelemetryRows(256)
		if err != nil {
			return n, err
		}
		if len(victims) == 0 {
			break
		}
		for i, seq := range victims {
			if bytes <= 0 {
				break
			}
			if err := t.exec(`DELETE FROM batch WHERE seq = ?`, int64(seq)); err != nil {
				return n, err
			}
			t.telemetry.rows--
			t.telemetry.bytes -= sizes[i]
			t.oldestTelemetry = seq + 1
			bytes -= sizes[i]
			n++
			if seq > t.acked {
				gone.Add(seq, seq)
			}
		}
	}
	for _, r := range gone {
		if err := t.lose(r.From, r.To, "telemetry dropped: the outbox was full"); err != nil {
			return n, err
		}
	}
	t.dropped += n
	return n, nil
}

func (t *tx) oldestTelemetryRows(limit int) (seqs []uint64, sizes []int64, err error) {
	rows, err := t.conn.QueryContext(background,
		`SELECT seq, length(payload) FROM batch WHERE seq >= ? AND class = ? ORDER BY seq LIMIT ?`,
		int64(t.oldestTelemetry), int64(metering.Telemetry), limit)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq, size int64
		if err := rows.Scan(&seq, &size); err != nil {
			return nil, nil, err
		}
		seqs = append(seqs, uint64(seq))
		sizes = append(sizes, size+overhead)
	}
	return seqs, sizes, rows.Err()
}
