package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/received"
)

type stream struct {
	collector string
	epoch     uint64
}

// arrival is what a commit brings of batches and lost ranges.
type arrival struct {
	batches []metering.StoredBatch
	lost    map[metering.BatchID]metering.Range
	sets    map[stream]received.Set
	fresh   []metering.StoredBatch
	known   []metering.StoredBatch
	changed map[stream]bool
	poison  []metering.Poison
}

func newArrival(c metering.Commit) arrival {
	a := arrival{batches: c.Batches, lost: c.Lost, sets: map[stream]received.Set{}, changed: map[stream]bool{}}
	for _, b := range c.Batches {
		a.sets[stream{b.ID.Collector, b.ID.Epoch}] = nil
	}
	for id := range c.Lost {
		a.sets[stream{id.Collector, id.Epoch}] = nil
	}
	return a
}

func (a *arrival) streams() []stream {
	return slices.SortedFunc(maps.Keys(a.sets), func(s, t stream) int {
		return cmp.Or(cmp.Compare(s.collector, t.collector), cmp.Compare(int64(s.epoch), int64(t.epoch)))
	})
}

func columnsOf(streams []stream) (collectors []string, epochs []int64) {
	for _, s := range streams {
		collectors, epochs = append(collectors, s.collector), append(epochs, int64(s.epoch))
	}
	return collectors, epochs
}

func (a *arrival) load(b *pgx.Batch) {
	if len(a.sets) == 0 {
		return
	}
	collectors, epochs := columnsOf(a.streams())
	b.Queue(`INSERT INTO stream (collector, epoch) SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING`, collectors, epochs)
	b.Queue(`SELECT s.* FROM unnest($1::text[], $2::bigint[]) k (collector, epoch) CROSS JOIN LATERAL (
		SELECT s.collector, s.epoch, s.lo, s.hi FROM stream s WHERE s.collector = k.collector AND s.epoch = k.epoch`+locking(true)+`) s`, collectors, epochs).
		Query(func(rows pgx.Rows) error {
			var collector string
			var epoch int64
			var lo, hi []int64
			_, err := pgx.ForEachRow(rows, []any{&collector, &epoch, &lo, &hi}, func() error {
				a.sets[stream{collector, uint64(epoch)}] = setOf(lo, hi)
				return nil
			})
			if err == nil {
				a.sort()
			}
			return err
		})
}

func setOf(lo, hi []int64) received.Set {
	set := make(received.Set, len(lo))
	for i := range lo {
		set[i] = metering.Range{From: uint64(lo[i]), To: uint64(hi[i])}
	}
	return set
}

// sort tells new batches from known ones.
func (a *arrival) sort() {
	add := func(s stream, r metering.Range) bool {
		set := a.sets[s]
		news := set.Add(r)
		a.sets[s], a.changed[s] = set, a.changed[s] || news
		return news
	}
	for _, b := range a.batches {
		if add(stream{b.ID.Collector, b.ID.Epoch}, metering.Range{From: b.ID.Seq, To: b.ID.Seq}) {
			a.fresh = append(a.fresh, b)
		} else {
			a.known = append(a.known, b)
		}
	}
	for id, r := range a.lost {
		add(stream{id.Collector, id.Epoch}, r)
	}
}

// compare looks at batches whose number is known already. Another payload under
// the same number is for a person to look at.
func (a *arrival) compare(ctx context.Context, tx pgx.Tx) error {
	if len(a.known) == 0 {
		return nil
	}
	payloads := map[metering.BatchID][]byte{}
	for _, b := range a.fresh { // twice in one commit
		payloads[b.ID] = b.Payload
	}
	var collectors []string
	var epochs, seqs []int64
	for _, b := range a.known {
		collectors, epochs, seqs = append(collectors, b.ID.Collector), append(epochs, int64(b.ID.Epoch)), append(seqs, int64(b.ID.Seq))
	}
	rows, err := tx.Query(ctx, `SELECT b.* FROM unnest($1::text[], $2::bigint[], $3::bigint[]) k (collector, epoch, seq) CROSS JOIN LATERAL (
		SELECT b.collector, b.epoch, b.seq, b.payload FROM batch b
		WHERE b.collector = k.collector AND b.epoch = k.epoch AND b.seq = k.seq`+locking(false)+`) b`, collectors, epochs, seqs)
	if err != nil {
		return err
	}
	var collector string
	var epoch, seq int64
	var payload []byte
	_, err = pgx.ForEachRow(rows, []any{&collector, &epoch, &seq, &payload}, func() error {
		payloads[metering.BatchID{Collector: collector, Epoch: uint64(epoch), Seq: uint64(seq)}] = slices.Clone(payload)
		return nil
	})
	for _, b := range a.known {
		if have, there := payloads[b.ID]; there && !bytes.Equal(have, b.Payload) {
			a.poison = append(a.poison, metering.Poison{
				At:      b.ReceivedAt,
				Topic:   fmt.Sprintf("batch/%s/%d/%d", b.ID.Collector, b.ID.Epoch, b.ID.Seq),
				Reason:  metering.ErrConflict.Error() + ": the batch came before with another payload, which stays",
				Payload: b.Payload,
			})
		}
	}
	return err
}

func (a *arrival) store(b *pgx.Batch) {
	for _, s := range a.streams() {
		if !a.changed[s] {
			continue
		}
		lo, hi := make([]int64, len(a.sets[s])), make([]int64, len(a.sets[s]))
		for i, r := range a.sets[s] {
			lo[i], hi[i] = int64(r.From), int64(r.To)
		}
		b.Queue(`UPDATE stream SET lo = $3, hi = $4 WHERE collector = $1 AND epoch = $2`, s.collector, int64(s.epoch), lo, hi)
	}
	putPoison(b, a.poison)
	if len(a.fresh) == 0 {
		return
	}
	n := len(a.fresh)
	collectors, epochs, seqs, times, payloads := make([]string, n), make([]int64, n), make([]int64, n), make([]time.Time, n), make([][]byte, n)
	for i, f := range a.fresh {
		collectors[i], epochs[i], seqs[i], times[i], payloads[i] = f.ID.Collector, int64(f.ID.Epoch), int64(f.ID.Seq), kept(f.ReceivedAt), blob(f.Payload)
	}
	b.Queue(`WITH c AS (UPDATE counter SET value = value + $1 WHERE name = 'position' RETURNING value)
		INSERT INTO batch (position, collector, epoch, seq, received_at, payload)
		SELECT c.value - $1 + k.n, k.collector, k.epoch, k.seq, k.received_at, k.payload FROM c,
		unnest($2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::bytea[]) WITH ORDINALITY k (collector, epoch, seq, received_at, payload, n)`,
		int64(n), collectors, epochs, seqs, times, payloads)
}

// blob keeps an empty payload apart from none.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Mark returns how far a collector's epoch has arrived; see metering.Ledger.
func (l *Ledger) Mark(ctx context.Context, collector string, epoch uint64) (metering.Mark, error) {
	var lo, hi []int64
	err := l.read(ctx, "mark of "+collector, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT lo, hi FROM stream WHERE collector = $1 AND epoch = $2`, collector, int64(epoch)).Scan(&lo, &hi)
		return ignoreNone(err)
	})
	return setOf(lo, hi).Mark(collector, epoch), err
}

// Batches returns stored batches after a position; see metering.Ledger.
func (l *Ledger) Batches(ctx context.Context, after int64, limit int) ([]metering.StoredBatch, error) {
	var found []metering.StoredBatch
	err := l.read(ctx, "batches", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT position, collector, epoch, seq, received_at, payload FROM batch WHERE position > $1 ORDER BY position LIMIT $2`, after, max(limit, 0))
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (b metering.StoredBatch, err error) {
			var epoch, seq int64
			err = row.Scan(&b.Position, &b.ID.Collector, &epoch, &seq, &b.ReceivedAt, &b.Payload)
			b.ID.Epoch, b.ID.Seq, b.ReceivedAt = uint64(epoch), uint64(seq), b.ReceivedAt.UTC()
			return b, err
		})
		return err
	})
	return found, err
}

// ForgetBatches deletes payloads up to a position; see metering.Ledger.
func (l *Ledger) ForgetBatches(ctx context.Context, upTo int64) error {
	return l.run(ctx, "forget batches", `DELETE FROM batch WHERE position <= $1`, upTo)
}

// Cursor returns a named position; see metering.Ledger.
func (l *Ledger) Cursor(ctx context.Context, name string) (int64, error) {
	var position int64
	err := l.read(ctx, "cursor "+name, func(tx pgx.Tx) error {
		return ignoreNone(tx.QueryRow(ctx, `SELECT position FROM cursor WHERE name = $1`, name).Scan(&position))
	})
	return position, err
}

// SetCursor sets a named position; see metering.Ledger.
func (l *Ledger) SetCursor(ctx context.Context, name string, position int64) error {
	return l.run(ctx, "set cursor "+name, `INSERT INTO cursor (name, position) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET position = excluded.position`, name, position)
}

// run is a transaction of one statement.
func (l *Ledger) run(ctx context.Context, what, statement string, args ...any) error {
	return l.write(ctx, what, nil, pgx.ReadCommitted, func(tx pgx.Tx, _ int) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	})
}

// ignoreNone takes no row for none.
func ignoreNone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
