package postgres

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// midnight is the start of a day as a date column takes it.
func midnight(day int64) time.Time { return pages.SlotStart(day, 0) }

func dayOf(t time.Time) int64 {
	day, _ := pages.DayOf(t)
	return day
}

// spanDay names a page of spans.
type spanDay struct {
	meter    metering.MeterID
	quantity metering.Quantity
	day      int64
}

// spanDays are the pages that a commit's spans go to.
type spanDays struct {
	spans   []metering.RegisterSpan
	entries map[spanDay][]pages.Span
	there   map[spanDay]string // xmin of the row
	changed map[spanDay]bool
}

func newSpanDays(spans []metering.RegisterSpan) spanDays {
	d := spanDays{spans: spans, entries: map[spanDay][]pages.Span{}, there: map[spanDay]string{}, changed: map[spanDay]bool{}}
	for i := range spans {
		d.entries[keyOfSpan(&spans[i])] = nil
	}
	return d
}

func keyOfSpan(s *metering.RegisterSpan) spanDay {
	return spanDay{s.Meter, s.Quantity, dayOf(s.Start)}
}

// sorted are some keys in the order in which everybody locks them, as columns.
func sortedSpanDays(keys []spanDay) (meters []string, quantities []int16, days []time.Time) {
	slices.SortFunc(keys, func(a, b spanDay) int {
		return cmp.Or(cmp.Compare(a.meter, b.meter), cmp.Compare(a.quantity, b.quantity), cmp.Compare(a.day, b.day))
	})
	for _, k := range keys {
		meters, quantities, days = append(meters, string(k.meter)), append(quantities, int16(k.quantity)), append(days, midnight(k.day))
	}
	return meters, quantities, days
}

func (d *spanDays) load(b *pgx.Batch, lock bool) {
	if len(d.spans) == 0 {
		return
	}
	meters, quantities, days := sortedSpanDays(slices.Collect(maps.Keys(d.entries)))
	b.Queue(`SELECT s.* FROM unnest($1::text[], $2::smallint[], $3::date[]) k (meter, quantity, day) CROSS JOIN LATERAL (
		SELECT s.xmin::text, s.meter, s.quantity, s.day, s.page FROM span_day s
		WHERE s.meter = k.meter AND s.quantity = k.quantity AND s.day = k.day`+locking(lock)+`) s`, meters, quantities, days).
		Query(func(rows pgx.Rows) error {
			var xmin, meter string
			var quantity int16
			var day time.Time
			var page []byte
			_, err := pgx.ForEachRow(rows, []any{&xmin, &meter, &quantity, &day, &page}, func() (err error) {
				k := spanDay{metering.MeterID(meter), metering.Quantity(quantity), dayOf(day)}
				d.there[k] = xmin
				if d.entries[k], err = pages.UnpackSpans(k.day, page); err != nil {
					err = fmt.Errorf("registers of meter %s %v, %s: %w", meter, k.quantity, day.Format(time.DateOnly), err)
				}
				return err
			})
			return err
		})
}

func (d *spanDays) merge() {
	for i := range d.spans {
		k := keyOfSpan(&d.spans[i])
		entries := d.entries[k]
		if pages.MergeSpan(&entries, d.spans[i]) {
			d.entries[k], d.changed[k] = entries, true
		}
	}
}

func (d *spanDays) store(b *pgx.Batch) {
	var made, remade []spanDay
	for k := range d.changed {
		if d.there[k] == "" {
			made = append(made, k)
		} else {
			remade = append(remade, k)
		}
	}
	sortedSpanDays(remade)
	if len(made) > 0 {
		meters, quantities, days := sortedSpanDays(made)
		packed := make([][]byte, len(made))
		for i, k := range made {
			packed[i] = pages.PackSpans(k.day, d.entries[k])
		}
		b.Queue(`INSERT INTO span_day (meter, quantity, day, page) SELECT * FROM unnest($1::text[], $2::smallint[], $3::date[], $4::bytea[])`,
			meters, quantities, days, packed)
	}
	for _, k := range remade {
		b.Queue(`UPDATE span_day SET page = $4 WHERE meter = $1 AND quantity = $2 AND day = $3 AND xmin = $5::text::xid`,
			string(k.meter), int16(k.quantity), midnight(k.day), pages.PackSpans(k.day, d.entries[k]), d.there[k]).Exec(all(1))
	}
}

// Spans returns a register's spans; see metering.Ledger.
func (l *Ledger) Spans(ctx context.Context, meter metering.MeterID, q metering.Quantity, from, to time.Time) ([]metering.RegisterSpan, error) {
	if to.Before(from) {
		to = from
	}
	var list []metering.RegisterSpan
	// The days of the range, and the nearest one on each side: a neighbour lies
	// there if the range's own days hold none.
	err := l.read(ctx, fmt.Sprintf("spans of meter %s %v", meter, q), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT day, page FROM span_day WHERE meter = $1 AND quantity = $2 AND day BETWEEN $3 AND $4
			UNION ALL (SELECT day, page FROM span_day WHERE meter = $1 AND quantity = $2 AND day < $3 ORDER BY day DESC LIMIT 1)
			UNION ALL (SELECT day, page FROM span_day WHERE meter = $1 AND quantity = $2 AND day > $4 ORDER BY day LIMIT 1)
			ORDER BY day`, string(meter), int16(q), midnight(dayOf(from)), midnight(dayOf(to)))
		if err != nil {
			return err
		}
		var day time.Time
		var page []byte
		_, err = pgx.ForEachRow(rows, []any{&day, &page}, func() error {
			entries, err := pages.UnpackSpans(dayOf(day), page)
			if err != nil {
				return fmt.Errorf("day %s: %w", day.Format(time.DateOnly), err)
			}
			for _, e := range entries {
				list = append(list, e.Span(meter, q, dayOf(day)))
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	i, _ := slices.BinarySearchFunc(list, from, func(s metering.RegisterSpan, t time.Time) int { return s.Start.Compare(t) })
	j, _ := slices.BinarySearchFunc(list, to, func(s metering.RegisterSpan, t time.Time) int { return s.Start.Compare(t) })
	return slices.Clone(list[max(0, i-1):min(len(list), j+1)]), nil
}
