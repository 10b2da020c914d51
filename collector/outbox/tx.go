package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// state is what the outbox knows without asking the disk.
type state struct {
	last, acked        uint64
	billing, telemetry tally
	gaps               Ranges // lost for good and not yet acknowledged
	untold             Ranges // of these, the ones no batch has told of since the start
	passed             Ranges // of these, telemetry that was passed on and is told lost only when it is asked for
	oldestTelemetry    uint64 // no telemetry row has a lower number
}

type tally struct{ rows, bytes int64 }

func (s state) clone() state {
	s.gaps, s.untold, s.passed = slices.Clone(s.gaps), slices.Clone(s.untold), slices.Clone(s.passed)
	return s
}

func (s *state) tally(class metering.Class) *tally {
	if class == metering.Telemetry {
		return &s.telemetry
	}
	return &s.billing
}

// overhead is what a row takes beside its payload.
const overhead = 64

// tx is one transaction: a copy of the state and the statements that make the
// disk agree with it. It opens the database's transaction with its first write.
type tx struct {
	state
	conn     *sql.Conn
	stmts    *statements // nil: everything is parsed anew
	opts     Options
	epoch    uint64
	wrote    bool
	tidied   bool
	dropped  int
	short    bool // of room: telemetry is passed on
	passing  Ranges
	passedOn uint64
}

// background is for the database: its calls are short, and a watch on a context
// would cost a goroutine each.
var background = context.Background()

// statements are the ones that every append needs, prepared: parsing them costs
// more than running them.
type statements struct{ begin, insert, meta, commit *sql.Stmt }

const (
	insertBatch = `INSERT INTO batch (seq, class, at, crc, payload) VALUES (?, ?, ?, ?, ?)`
	updateMeta  = `UPDATE meta SET version = ?, epoch = ?, last = ?, acked = ?, crc = ?`
)

func prepare(conn *sql.Conn) (*statements, error) {
	s := &statements{}
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{{&s.begin, "BEGIN IMMEDIATE"}, {&s.insert, insertBatch}, {&s.meta, updateMeta}, {&s.commit, "COMMIT"}} {
		stmt, err := conn.PrepareContext(background, p.query)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.to = stmt
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.begin, s.insert, s.meta, s.commit} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// begin opens the database's transaction if it is not open yet.
func (t *tx) begin() error {
	if t.wrote {
		return nil
	}
	err := t.direct("BEGIN IMMEDIATE", func(s *statements) *sql.Stmt { return s.begin })
	t.wrote = err == nil
	return err
}

// exec runs a statement inside the transaction.
func (t *tx) exec(query string, args ...any) error {
	if err := t.begin(); err != nil {
		return err
	}
	_, err := t.conn.ExecContext(background, query, args...)
	return err
}

// direct runs a statement by its prepared form, if there is one.
func (t *tx) direct(query string, prepared func(*statements) *sql.Stmt, args ...any) error {
	if t.stmts != nil {
		_, err := prepared(t.stmts).ExecContext(background, args...)
		return err
	}
	_, err := t.conn.ExecContext(background, query, args...)
	return err
}

func (t *tx) run(f func(*tx) error) error {
	before := t.last
	err := f(t)
	if err == nil && (t.wrote || t.last != before) {
		err = t.notePassed()
		if err == nil {
			err = t.trim()
		}
		if err == nil {
			err = t.writeMeta()
		}
		if err == nil {
			err = t.direct("COMMIT", func(s *statements) *sql.Stmt { return s.commit })
		}
	}
	if err != nil && t.wrote {
		_, rollbackErr := t.conn.ExecContext(background, "ROLLBACK")
		if rollbackErr != nil && code(err) == 0 {
			err = errors.Join(err, rollbackErr)
		}
	}
	return err
}

func (t *tx) writeMeta() error {
	crc := checksum(t.epoch, t.last, version, int64(t.acked), nil)
	if err := t.begin(); err != nil {
		return err
	}
	return t.direct(updateMeta, func(s *statements) *sql.Stmt { return s.meta },
		version, int64(t.epoch), int64(t.last), int64(t.acked), int64(crc))
}

func (t *tx) append(e Entry) (row Row, encodeErr, err error) {
	if e.Class != metering.Billing && e.Class != metering.Telemetry {
		return Row{}, fmt.Errorf("append: class %d is neither billing nor telemetry", e.Class), nil
	}
	seq := t.last + 1
	payload, encodeErr := e.Encode(ID{t.epoch, seq})
	if encodeErr != nil {
		return Row{}, fmt.Errorf("append: encode batch %d: %w", seq, encodeErr), nil
	}
	row = Row{Seq: seq, Class: e.Class, At: t.opts.Clock.Now().Truncate(time.Millisecond), Payload: payload}
	if row.Passed = t.short && e.Class == metering.Telemetry; row.Passed {
		t.passing.Add(seq, seq)
	} else if err := t.insert(row); err != nil {
		return Row{}, nil, err
	}
	t.last = seq
	return row, nil, nil
}

// notePassed makes gaps of what this transaction passes on. They are told when
// somebody asks for the numbers: most arrive.
func (t *tx) notePassed() error {
	for _, r := range t.passing {
		if err := t.insertGap(r.From, r.To, "telemetry not kept: the volume was nearly full"); err != nil {
			return err
		}
		t.gaps.Add(r.From, r.To)
		t.passed.Add(r.From, r.To)
	}
	t.passedOn = t.passing.Count()
	return nil
}

func (t *tx) insert(row Row) error {
	payload := row.Payload
	if payload == nil {
		payload = []byte{} // the column is NOT NULL
	}
	at := row.At.UnixMilli()
	crc := checksum(t.epoch, row.Seq, uint8(row.Class), at, payload)
	if err := t.begin(); err != nil {
		return err
	}
	err := t.direct(insertBatch, func(s *statements) *sql.Stmt { return s.insert }, int64(row.Seq), int64(row.Class), at, int64(crc), payload)
	if err != nil {
		return err
	}
	n := t.tally(row.Class)
	n.rows++
	n.bytes += int64(len(payload)) + overhead
	return nil
}

// lose makes numbers a gap that is still to be told.
func (t *tx) lose(from, to uint64, reason string) error {
	if err := t.insertGap(from, to, reason); err != nil {
		return err
	}
	t.gaps.Add(from, to)
	t.untold.Add(from, to)
	return nil
}

func (t *tx) insertGap(from, to uint64, reason string) error {
	at := t.opts.Clock.Now().UnixMilli()
	return t.exec(`INSERT OR REPLACE INTO gap (from_seq, to_seq, at, reason, crc) VALUES (?, ?, ?, ?, ?)`,
		int64(from), int64(to), at, reason, int64(gapChecksum(t.epoch, from, to, at, reason)))
}

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

// tidy deletes acknowledged batches whose time is over, and gaps that the
// ledger has acknowledged.
func (t *tx) tidy() error {
	t.tidied = true
	upTo := t.acked
	if t.opts.Retain > 0 {
		before := t.opts.Clock.Now().Add(-t.opts.Retain).UnixMilli()
		var keepFrom sql.NullInt64
		err := t.conn.QueryRowContext(background,
			`SELECT seq FROM batch WHERE seq <= ? AND at >= ? ORDER BY seq LIMIT 1`, int64(t.acked), before).Scan(&keepFrom)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if keepFrom.Valid {
			upTo = uint64(keepFrom.Int64) - 1
		}
	}
	if err := t.deleteUpTo(upTo); err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM gap WHERE to_seq <= ?`, int64(t.acked)); err != nil {
		return err
	}
	t.gaps.Remove(0, t.acked)
	t.untold.Remove(0, t.acked)
	t.passed.Remove(0, t.acked)
	return nil
}

// loadGaps takes the gaps from their table. They are all told again after a
// start: that is harmless, and a damaged note of having told could stop the
// ledger for ever.
func (t *tx) loadGaps() error {
	rows, err := t.conn.QueryContext(background, `SELECT from_seq, to_seq FROM gap`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var from, to any // whatever damage has made of them
		if err := rows.Scan(&from, &to); err != nil {
			return err
		}
		f, ok1 := from.(int64)
		l, ok2 := to.(int64)
		if ok1 && ok2 && f > 0 && l >= f {
			t.gaps.Add(max(uint64(f), t.acked+1), min(uint64(l), t.last))
		}
	}
	return rows.Err()
}

func (t *tx) deleteUpTo(seq uint64) error {
	rows, err := t.conn.QueryContext(background, tallies+` WHERE seq <= ? GROUP BY 1`, int64(seq))
	if err != nil {
		return err
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		var class, count, bytes int64
		if err := rows.Scan(&class, &count, &bytes); err != nil {
			return err
		}
		n := t.tally(metering.Class(class))
		n.rows -= count
		n.bytes -= bytes + overhead*count
		found = true
	}
	if err := rows.Err(); err != nil || !found {
		return err
	}
	return t.exec(`DELETE FROM batch WHERE seq <= ?`, int64(seq))
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
