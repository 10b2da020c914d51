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
	oldest             uint64 // no row has a lower number
	oldestTelemetry    uint64 // no telemetry row has one
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
	tidiedTo uint64
	dropped  int
	short    bool // of room: telemetry is passed on
	passing  Ranges
	passedOn uint64
}

// background is for the database: its calls are short, and a watch on a context
// would cost a goroutine each.
var background = context.Background()

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

// query runs a statement that gives rows, by its prepared form, if there is one.
func (t *tx) query(query string, prepared func(*statements) *sql.Stmt, args ...any) (*sql.Rows, error) {
	if t.stmts != nil {
		return prepared(t.stmts).QueryContext(background, args...)
	}
	return t.conn.QueryContext(background, query, args...)
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
