package outbox

import (
	"bytes"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"asue/metering/still"
)

// rescue reads batches that lie behind a broken frame of the log, before the engine
// forgets them: it takes nothing from the first broken frame on. What it finds goes
// in again with takeRescued.
func (b *Box) rescue() {
	b.rescued = nil
	file, err := still.Open(b.path, still.Options{Lenient: true, Mend: mendHeader})
	if err != nil {
		return // there is none, or opening it says why
	}
	defer file.Close()
	if h := file.Header; len(h) == 100 && slices.ContainsFunc(h[18:20], func(mode byte) bool { return mode < 1 || mode > 2 }) {
		b.broken = true // the engine would take it for a file of the future, read-only
	}
	if log := file.Log; (log.Broken == 0 && !log.BadHeader) || log.Torn() || log.Behind == 0 {
		return
	}
	b.opts.Log.Error("outbox: damage: the log is broken in the middle; sound batches behind it are carried over", "path", b.path,
		"broken_frames", file.Log.Broken, "sound_behind", file.Log.Behind)
	conn, err := file.DB.Conn(background)
	if err != nil {
		return
	}
	defer conn.Close()
	m, err := readMeta(conn)
	if err != nil || !m.sound {
		m = meta{epoch: b.mark.epoch}
	}
	failures := maxFailures
	old := &tx{conn: conn, opts: b.opts, epoch: m.epoch}
	size := int64(0)
	_ = old.readable(m.acked+1, math.MaxInt64, &failures, func(r Row) error { // its only error is that of the function
		b.rescued = append(b.rescued, r)
		for size += int64(len(r.Payload)); size > mostRescued; b.rescued = b.rescued[1:] {
			size -= int64(len(b.rescued[0].Payload)) // the oldest are in the database long since
		}
		return nil
	})
}

// mostRescued bounds the memory that rescuing takes, in bytes of payload: four
// times as much as a log has room for between two checkpoints.
const mostRescued = 32 << 20

// takeRescued puts rescued batches back that are not in the database.
func (b *Box) takeRescued(t *tx) error {
	for _, r := range b.rescued {
		if r.Seq <= t.acked {
			continue
		}
		var there int
		if err := t.conn.QueryRowContext(background, `SELECT count(*) FROM batch WHERE seq = ?`, int64(r.Seq)).Scan(&there); err != nil {
			return err
		}
		if there == 0 {
			if err := t.insert(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// mendHeader sets what is the same in every outbox's header, so that a damage there
// does not cost the whole file.
func mendHeader(h []byte) {
	copy(h, "SQLite format 3\x00")
	copy(h[16:], []byte{4096 >> 8, 4096 & 0xFF, 2, 2, 0, 64, 32, 32}) // page size, journal, constants
	copy(h[44:], []byte{0, 0, 0, 4})                                  // schema format
	copy(h[56:], []byte{0, 0, 0, 1})                                  // UTF-8
}

// salvage moves a database with a broken structure aside and carries over every
// row of it that can still be read and matches its CRC. The epoch goes on; the
// rest becomes gaps.
func (b *Box) salvage(markEpoch, markLast uint64) error {
	aside, err := b.moveAside()
	if err != nil {
		return err
	}
	b.opts.Log.Error("outbox: damage: the file's structure is broken; it was moved aside and what can be read is carried over",
		"path", b.path, "moved_to", aside)
	old, m := b.lookAside(aside)
	if old != nil {
		defer old.Close()
	}
	if !m.sound {
		m = meta{epoch: markEpoch, last: markLast + skipped}
	} else if m.epoch == markEpoch {
		m.last = max(m.last, markLast)
	}
	if err := b.connect(b.path); err != nil {
		return err
	}
	if m.epoch == 0 {
		b.opts.Log.Error("outbox: damage: its epoch cannot be read; a new epoch begins, and batches in the old file that the ledger does not have are lost to it",
			"path", b.path, "moved_to", aside)
		return b.create(newEpoch())
	}
	if old == nil {
		return b.carryOver(nil, m)
	}
	conn, err := old.DB.Conn(background)
	if err != nil {
		return err
	}
	defer conn.Close()
	return b.carryOver(conn, m)
}

// lookAside opens what was moved aside without changing it, nil if nothing of it can
// be read, and returns its meta row.
func (b *Box) lookAside(aside string) (*still.File, meta) {
	old, err := still.Open(aside, still.Options{Lenient: true, Mend: mendHeader})
	if err != nil {
		b.opts.Log.Error("outbox: nothing of the damaged file can be read", "path", aside, "error", err)
		return nil, meta{}
	}
	conn, err := old.DB.Conn(background)
	if err != nil {
		return old, meta{}
	}
	defer conn.Close()
	m, _ := readMeta(conn) // an unreadable one is as good as none
	return old, m
}

func (b *Box) carryOver(from *sql.Conn, m meta) error {
	if err := b.create(m.epoch); err != nil {
		return err
	}
	b.report.New = false
	t := &tx{conn: b.conn, opts: b.opts, epoch: m.epoch, state: state{acked: m.acked}}
	var kept Ranges
	err := t.run(func(t *tx) error {
		t.last = m.last
		if from != nil {
			failures := maxFailures
			old := &tx{conn: from, opts: b.opts, epoch: m.epoch}
			if err := old.readable(t.acked+1, m.last, &failures, func(r Row) error {
				if kept.Contains(r.Seq) {
					return nil // a page that two others point to
				}
				kept.Add(r.Seq, r.Seq)
				return t.insert(r)
			}); err != nil {
				return fmt.Errorf("carry over: %w", err)
			}
		}
		lost := Ranges{}
		lost.Add(t.acked+1, t.last)
		for _, r := range kept {
			lost.Remove(r.From, r.To)
		}
		if len(lost) > 0 {
			b.damaged("batches could not be read from the damaged file", lost)
		}
		return t.loseUnknown(lost, "the batch could not be read from a damaged outbox")
	})
	if err != nil {
		return err
	}
	b.state = t.state
	return nil
}

// maxFailures bounds the search in a damaged file: enough for dozens of bad
// pages, and over in a second.
const maxFailures = 2_000

// readable calls f with every sound row of from..to that the damaged database
// still gives, halving a range that fails until single rows are left. It gives
// up the rest after failures reads have failed.
func (t *tx) readable(from, to uint64, failures *int, f func(Row) error) error {
	const chunk = 4096
	for from <= to && *failures > 0 {
		var rows []Row
		err := t.scan(from, to, func(r Row, ok bool) bool {
			if ok {
				r.Payload = bytes.Clone(r.Payload)
				rows = append(rows, r)
			}
			return len(rows) < chunk
		})
		if err != nil {
			*failures--
			if from == to {
				return nil // this one is lost
			}
			middle := from + (to-from)/2
			if err := t.readable(from, middle, failures, f); err != nil {
				return err
			}
			from = middle + 1
			continue
		}
		for _, r := range rows {
			if err := f(r); err != nil {
				return err
			}
		}
		if len(rows) < chunk {
			return nil
		}
		from = rows[chunk-1].Seq + 1
	}
	return nil
}
