package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"asue/metering"
)

const maxSeq = 1<<63 - 1 // see metering.Commit.Check

type stream struct {
	collector string
	epoch     uint64
}

// stream is the number of a collector's epoch, given now if it has none yet.
func (w *writer) stream(s stream) (id int64, err error) {
	_, err = w.row(`INSERT INTO stream (collector, epoch) VALUES (?, ?)
		ON CONFLICT (collector, epoch) DO UPDATE SET epoch = epoch RETURNING id`,
		[]any{s.collector, int64(s.epoch)}, &id)
	return id, err
}

// putBatches keeps the payloads of new batches, in the order of the commit.
func (w *writer) putBatches(c metering.Commit) error {
	streams, groups := runs(len(c.Batches), func(i int) stream {
		return stream{c.Batches[i].ID.Collector, c.Batches[i].ID.Epoch}
	})
	ids := map[stream]int64{}
	arrived := map[stream]*ranges{}
	for _, s := range streams {
		id, err := w.stream(s)
		if err != nil {
			return err
		}
		seqs := make([]metering.Range, len(groups[s]))
		for k, i := range groups[s] {
			seqs[k] = metering.Range{From: c.Batches[i].ID.Seq, To: c.Batches[i].ID.Seq}
		}
		if arrived[s], err = w.loadRanges(id, seqs); err != nil {
			return err
		}
		ids[s] = id
	}
	for _, b := range c.Batches {
		s := stream{b.ID.Collector, b.ID.Epoch}
		if !arrived[s].add(metering.Range{From: b.ID.Seq, To: b.ID.Seq}) {
			if err := w.compare(ids[s], b); err != nil {
				return err
			}
			continue
		}
		err := w.exec(`INSERT INTO batch (stream, seq, received_at, payload) VALUES (?, ?, ?, ?)`,
			ids[s], int64(b.ID.Seq), b.ReceivedAt.UnixMilli(), blob(b.Payload))
		if err != nil {
			return err
		}
	}
	for _, s := range streams {
		if err := w.storeRanges(ids[s], arrived[s]); err != nil {
			return err
		}
	}
	return nil
}

// blob keeps an empty payload apart from none.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// compare looks at a batch whose number is known already. Another payload under
// the same number is for a person to look at.
func (w *writer) compare(stream int64, b metering.StoredBatch) error {
	var payload []byte
	found, err := w.row(`SELECT payload FROM batch WHERE stream = ? AND seq = ?`, []any{stream, int64(b.ID.Seq)}, &payload)
	if err != nil || !found || bytes.Equal(payload, b.Payload) {
		return err
	}
	return w.putPoison(metering.Poison{
		At:      b.ReceivedAt,
		Topic:   fmt.Sprintf("batch/%s/%d/%d", b.ID.Collector, b.ID.Epoch, b.ID.Seq),
		Reason:  metering.ErrConflict.Error() + ": the batch came before with another payload, which stays",
		Payload: b.Payload,
	})
}

// putLost notes what a collector has given up.
func (w *writer) putLost(c metering.Commit) error {
	keys := slices.SortedFunc(maps.Keys(c.Lost), func(a, b metering.BatchID) int {
		return cmp.Or(cmp.Compare(a.Collector, b.Collector), cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Seq, b.Seq))
	})
	for _, k := range keys {
		id, err := w.stream(stream{k.Collector, k.Epoch})
		if err != nil {
			return err
		}
		arrived, err := w.loadRanges(id, []metering.Range{c.Lost[k]})
		if err != nil {
			return err
		}
		arrived.add(c.Lost[k])
		if err := w.storeRanges(id, arrived); err != nil {
			return err
		}
	}
	return nil
}

// loadRanges reads the ranges of received numbers that touch or adjoin the
// window of the given ones; the others cannot change.
func (w *writer) loadRanges(stream int64, window []metering.Range) (*ranges, error) {
	lo, hi := window[0].From, window[0].To
	for _, r := range window {
		lo, hi = min(lo, r.From), max(hi, r.To)
	}
	above := int64(hi)
	if hi < maxSeq {
		above++
	}
	var s ranges
	err := w.rows(`SELECT lo, hi FROM received WHERE stream = ?1 AND lo <= ?3 AND lo >=
		coalesce((SELECT max(lo) FROM received WHERE stream = ?1 AND lo <= ?2), 0) ORDER BY lo`,
		[]any{stream, int64(lo), above}, func(rows *sql.Rows) error {
			var a, b int64
			err := rows.Scan(&a, &b)
			s.list = append(s.list, metering.Range{From: uint64(a), To: uint64(b)})
			return err
		})
	s.loaded = slices.Clone(s.list)
	return &s, err
}

func (w *writer) storeRanges(stream int64, s *ranges) error {
	gone := map[metering.Range]bool{}
	for _, r := range s.loaded {
		gone[r] = true
	}
	var come []metering.Range
	for _, r := range s.list {
		if gone[r] {
			delete(gone, r)
		} else {
			come = append(come, r)
		}
	}
	for r := range gone {
		if err := w.exec(`DELETE FROM received WHERE stream = ? AND lo = ?`, stream, int64(r.From)); err != nil {
			return err
		}
	}
	for _, r := range come {
		if err := w.exec(`INSERT INTO received (stream, lo, hi) VALUES (?, ?, ?)`, stream, int64(r.From), int64(r.To)); err != nil {
			return err
		}
	}
	return nil
}

// ranges is a set of sequence numbers: ascending ranges with at least one
// missing number between neighbours.
type ranges struct {
	list   []metering.Range
	loaded []metering.Range
}

// add reports whether any of the numbers is new.
func (s *ranges) add(r metering.Range) bool {
	// Those of index i up to j touch or adjoin r.
	i, _ := slices.BinarySearchFunc(s.list, r, func(have, r metering.Range) int {
		if have.To < r.From && have.To+1 < r.From {
			return -1
		}
		return 1
	})
	j := i
	for j < len(s.list) && s.list[j].From <= r.To+1 {
		if s.list[j].From <= r.From && r.To <= s.list[j].To {
			return false
		}
		j++
	}
	if i < j {
		r = metering.Range{From: min(r.From, s.list[i].From), To: max(r.To, s.list[j-1].To)}
	}
	s.list = slices.Replace(s.list, i, j, r)
	return true
}

// Mark returns how far a collector's epoch has arrived; see metering.Ledger.
func (l *Ledger) Mark(ctx context.Context, collector string, epoch uint64) (metering.Mark, error) {
	m := metering.Mark{Collector: collector, Epoch: epoch}
	err := l.read(ctx, "mark of "+collector, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT lo, hi FROM received JOIN stream ON stream.id = received.stream
			WHERE collector = ? AND epoch = ? ORDER BY lo`, collector, int64(epoch))
		return forEach(rows, err, func(rows *sql.Rows) error {
			var lo, hi int64
			if err := rows.Scan(&lo, &hi); err != nil {
				return err
			}
			if lo == 1 {
				m.Contiguous = uint64(hi)
			} else {
				m.Missing = append(m.Missing, metering.Range{From: m.Highest + 1, To: uint64(lo) - 1})
			}
			m.Highest = uint64(hi)
			return nil
		})
	})
	return m, err
}

// Batches returns stored batches after a position; see metering.Ledger.
func (l *Ledger) Batches(ctx context.Context, after int64, limit int) ([]metering.StoredBatch, error) {
	var found []metering.StoredBatch
	err := l.read(ctx, "batches", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT position, collector, epoch, seq, received_at, payload
			FROM batch JOIN stream ON stream.id = batch.stream WHERE position > ? ORDER BY position LIMIT ?`, after, max(limit, 0))
		return forEach(rows, err, func(rows *sql.Rows) error {
			var b metering.StoredBatch
			var epoch, seq, at int64
			err := rows.Scan(&b.Position, &b.ID.Collector, &epoch, &seq, &at, &b.Payload)
			b.ID.Epoch, b.ID.Seq, b.ReceivedAt = uint64(epoch), uint64(seq), instant(at)
			found = append(found, b)
			return err
		})
	})
	return found, err
}

// ForgetBatches deletes payloads up to a position; see metering.Ledger.
func (l *Ledger) ForgetBatches(ctx context.Context, upTo int64) error {
	return l.write(ctx, "forget batches", func(w *writer) error {
		return w.exec(`DELETE FROM batch WHERE position <= ?`, upTo)
	})
}

// Cursor returns a named position; see metering.Ledger.
func (l *Ledger) Cursor(ctx context.Context, name string) (int64, error) {
	var position int64
	err := l.read(ctx, "cursor "+name, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT position FROM cursor WHERE name = ?`, name).Scan(&position)
		if err == sql.ErrNoRows {
			return nil
		}
		return err
	})
	return position, err
}

// SetCursor sets a named position; see metering.Ledger.
func (l *Ledger) SetCursor(ctx context.Context, name string, position int64) error {
	return l.write(ctx, "set cursor "+name, func(w *writer) error {
		return w.exec(`INSERT INTO cursor (name, position) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET position = excluded.position`, name, position)
	})
}
