package postgres

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// witnessKey names the page of a witness.
type witnessKey struct {
	meter metering.MeterID
	start int64 // Unix milliseconds
}

// witnessPages are the pages that a commit's witnesses go to.
type witnessPages struct {
	keys   []witnessKey // in the order in which everybody locks them
	fresh  map[witnessKey]metering.Witness
	stored map[witnessKey][]byte
	xmin   map[witnessKey]string // of the row
	packed map[witnessKey][]byte // what is to be stored
}

func newWitnessPages(list []metering.Witness) witnessPages {
	p := witnessPages{fresh: map[witnessKey]metering.Witness{}, stored: map[witnessKey][]byte{}, xmin: map[witnessKey]string{}, packed: map[witnessKey][]byte{}}
	for _, w := range list {
		k := witnessKey{w.Meter, w.Start.UnixMilli()}
		have, known := p.fresh[k]
		if !known {
			p.keys = append(p.keys, k)
			have = metering.Witness{Meter: k.meter, Start: pages.Instant(k.start)}
		}
		p.fresh[k] = have.Merge(pages.KeptWitness(w))
	}
	slices.SortFunc(p.keys, func(a, b witnessKey) int {
		return cmp.Or(cmp.Compare(a.meter, b.meter), cmp.Compare(a.start, b.start))
	})
	return p
}

func witnessColumns(keys []witnessKey) (meters []string, starts []time.Time) {
	for _, k := range keys {
		meters, starts = append(meters, string(k.meter)), append(starts, pages.Instant(k.start))
	}
	return meters, starts
}

func (p *witnessPages) load(b *pgx.Batch, lock bool) {
	if len(p.keys) == 0 {
		return
	}
	meters, starts := witnessColumns(p.keys)
	b.Queue(`SELECT w.* FROM unnest($1::text[], $2::timestamptz[]) k (meter, start) CROSS JOIN LATERAL (
		SELECT w.xmin::text, w.meter, w.start, w.page FROM witness w WHERE w.meter = k.meter AND w.start = k.start`+locking(lock)+`) w`, meters, starts).
		Query(func(rows pgx.Rows) error {
			var xmin, meter string
			var start time.Time
			var page []byte
			_, err := pgx.ForEachRow(rows, []any{&xmin, &meter, &start, &page}, func() error {
				k := witnessKey{metering.MeterID(meter), start.UnixMilli()}
				have, err := pages.UnpackWitness(k.meter, k.start, page)
				if err != nil {
					return fmt.Errorf("witness of meter %s at %v: %w", meter, start.UTC(), err)
				}
				p.stored[k], p.xmin[k] = slices.Clone(page), xmin
				p.fresh[k] = have.Merge(p.fresh[k])
				return nil
			})
			return err
		})
}

func (p *witnessPages) merge() {
	for _, k := range p.keys {
		if page := pages.PackWitness(p.fresh[k]); !bytes.Equal(page, p.stored[k]) {
			p.packed[k] = page
		}
	}
}

func (p *witnessPages) store(b *pgx.Batch) {
	var made []witnessKey
	var packed [][]byte
	for _, k := range p.keys {
		switch page, due := p.packed[k]; {
		case due && p.xmin[k] == "":
			made, packed = append(made, k), append(packed, page)
		case due:
			b.Queue(`UPDATE witness SET page = $3 WHERE meter = $1 AND start = $2 AND xmin = $4::text::xid`,
				string(k.meter), pages.Instant(k.start), page, p.xmin[k]).Exec(all(1))
		}
	}
	if len(made) > 0 {
		meters, starts := witnessColumns(made)
		b.Queue(`INSERT INTO witness (meter, start, page) SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bytea[])`, meters, starts, packed)
	}
}

// Witnesses returns a meter's witnesses; see metering.Ledger.
func (l *Ledger) Witnesses(ctx context.Context, meter metering.MeterID, from, to time.Time) ([]metering.Witness, error) {
	var found []metering.Witness
	err := l.read(ctx, "witnesses of meter "+string(meter), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT start, page FROM witness WHERE meter = $1 AND start >= $2 AND start < $3 ORDER BY start`, string(meter), ceil(from), ceil(to))
		if err != nil {
			return err
		}
		var start time.Time
		var page []byte
		_, err = pgx.ForEachRow(rows, []any{&start, &page}, func() error {
			w, err := pages.UnpackWitness(meter, start.UnixMilli(), page)
			if err != nil {
				return fmt.Errorf("%v: %w", start.UTC(), err)
			}
			found = append(found, w)
			return nil
		})
		return err
	})
	return found, err
}
