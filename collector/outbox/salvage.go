package outbox

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
)

// salvage moves a database with a broken structure aside and carries over every
// row of it that can still be read and matches its CRC. The epoch goes on; the
// rest becomes gaps.
func (b *Box) salvage(markEpoch, markLast uint64) error {
	m := meta{}
	if b.conn != nil {
		m, _ = readMeta(b.conn) // an unreadable one is as good as none
	}
	if !m.sound {
		m = meta{epoch: markEpoch, last: markLast + skipped}
	} else if m.epoch == markEpoch {
		m.last = max(m.last, markLast)
	}
	if m.epoch == 0 {
		return b.startAnew(errors.New("its structure and its epoch are damaged"))
	}
	aside, err := b.moveAside()
	if err != nil {
		return err
	}
	b.opts.Log.Error("outbox: damage: the file's structure is broken; it was moved aside and what can be read is carried over",
		"path", b.path, "moved_to", aside)

	broken := &Box{path: aside, opts: b.opts}
	if err := broken.connect(aside); err != nil {
		b.opts.Log.Error("outbox: nothing of the damaged file can be read", "path", aside, "error", err)
	}
	defer broken.unload()
	if err := b.connect(b.path); err != nil {
		return err
	}
	return b.carryOver(broken.conn, m)
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
