package postgres

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// intervalDays are the days that a commit's intervals and acts go to.
type intervalDays struct {
	entries map[channelDay][]pages.Interval
	there   map[channelDay]bool
	changed map[channelDay]bool
	retired []retired
}

// retired is a version that is not current any more.
type retired struct {
	key channelDay
	e   pages.Interval
}

func newIntervalDays(c metering.Commit) intervalDays {
	d := intervalDays{entries: map[channelDay][]pages.Interval{}, there: map[channelDay]bool{}, changed: map[channelDay]bool{}}
	for i := range c.Intervals {
		d.entries[keyOf(&c.Intervals[i])] = nil
	}
	for _, a := range c.Acts {
		for i := range a.Changes {
			d.entries[keyOf(&a.Changes[i].After)] = nil
		}
	}
	return d
}

func keyOf(iv *metering.Interval) channelDay {
	return channelDay{iv.Point, iv.Channel, dayOf(iv.Start)}
}

// sortedDays are some keys in the order in which everybody locks them.
func sortedDays(keys []channelDay) []channelDay {
	slices.SortFunc(keys, func(a, b channelDay) int {
		return cmp.Or(cmp.Compare(a.point, b.point), cmp.Compare(a.channel, b.channel), cmp.Compare(a.day, b.day))
	})
	return keys
}

func dayKeyColumns(keys []channelDay) (points []string, channels []int16, days []time.Time) {
	for _, k := range keys {
		points, channels, days = append(points, string(k.point)), append(channels, int16(k.channel)), append(days, midnight(k.day))
	}
	return points, channels, days
}

func (d *intervalDays) load(b *pgx.Batch) {
	if len(d.entries) == 0 {
		return
	}
	keys := sortedDays(slices.Collect(maps.Keys(d.entries)))
	points, channels, days := dayKeyColumns(keys)
	// The range of days alone leaves out other months' partitions.
	b.Queue(`SELECT d.point, d.channel, d.day, `+dayRead+` FROM unnest($1::text[], $2::smallint[], $3::date[]) k (point, channel, day)
		JOIN interval_day d ON d.point = k.point AND d.channel = k.channel AND d.day = k.day
		WHERE d.day BETWEEN $4 AND $5 ORDER BY d.point, d.channel, d.day FOR UPDATE OF d`,
		points, channels, days, slices.MinFunc(days, time.Time.Compare), slices.MaxFunc(days, time.Time.Compare)).
		Query(func(rows pgx.Rows) error {
			return forEachDay(rows, nil, func(k channelDay, entries []pages.Interval) error {
				d.entries[k], d.there[k] = entries, true
				return nil
			})
		})
}

// set says of one interval what it is; see pages.Set.
func (d *intervalDays) set(iv metering.Interval, a metering.Authority, at time.Time) (before, now pages.Interval, found bool) {
	k := keyOf(&iv)
	entries := d.entries[k]
	before, now, found, changed := pages.Set(&entries, iv, a, at.UnixMilli())
	if changed {
		d.entries[k], d.changed[k] = entries, true
		if found {
			d.retired = append(d.retired, retired{k, before})
		}
	}
	return before, now, found
}

// few is up to how many rows go in statements of their own together with the
// rest of the commit, in one round trip; above, COPY is faster.
const few = 64

func (d *intervalDays) store(ctx context.Context, tx pgx.Tx, b *pgx.Batch) error {
	var made, remade []channelDay
	for k := range d.changed {
		if d.there[k] {
			remade = append(remade, k)
		} else {
			made = append(made, k)
		}
	}
	d.storeOld(b)
	for _, k := range sortedDays(remade) {
		row := rowOf(k.day, d.entries[k])
		b.Queue(`UPDATE interval_day SET (`+dayColumns+`) = ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			WHERE point = $1 AND channel = $2 AND day = $3`, append([]any{string(k.point), int16(k.channel), midnight(k.day)}, row.values()...)...)
	}
	made = sortedDays(made)
	if len(made) > few {
		return d.copy(ctx, tx, made)
	}
	for _, k := range made {
		row := rowOf(k.day, d.entries[k])
		b.Queue(`INSERT INTO interval_day (point, channel, day, `+dayColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			append([]any{string(k.point), int16(k.channel), midnight(k.day)}, row.values()...)...)
	}
	return nil
}

func (d *intervalDays) copy(ctx context.Context, tx pgx.Tx, made []channelDay) error {
	columns := []string{
		"point", "channel", "day", "energy", "uncertainty", "run_slot", "run_version", "run_grade", "run_method", "run_flags", "run_reason", "rec_slot", "rec_at", "crc",
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"interval_day"}, columns, pgx.CopyFromSlice(len(made), func(i int) ([]any, error) {
		k := made[i]
		row := rowOf(k.day, d.entries[k])
		return append([]any{string(k.point), int16(k.channel), midnight(k.day)}, row.values()...), nil
	}))
	if isCode(err, uniqueViolation) {
		return errAgain
	}
	return err
}

// storeOld keeps versions that are not current any more.
func (d *intervalDays) storeOld(b *pgx.Batch) {
	n := len(d.retired)
	if n == 0 {
		return
	}
	points, channels, starts, versions := make([]string, n), make([]int16, n), make([]time.Time, n), make([]int32, n)
	energies, uncertainties, grades, methods := make([]int64, n), make([]int64, n), make([]string, n), make([]int16, n)
	flags, reasons, recorded := make([]int64, n), make([]string, n), make([]time.Time, n)
	for i, r := range d.retired {
		points[i], channels[i], starts[i], versions[i] = string(r.key.point), int16(r.key.channel), pages.SlotStart(r.key.day, r.e.Slot), int32(r.e.Version)
		energies[i], uncertainties[i], grades[i], methods[i] = int64(r.e.Energy), int64(r.e.Uncertainty), r.e.Grade.String(), int16(r.e.Method)
		flags[i], reasons[i], recorded[i] = int64(r.e.Flags), r.e.Reason, pages.Instant(r.e.Recorded)
	}
	b.Queue(`INSERT INTO interval_old (point, channel, start, version, energy, uncertainty, grade, method, flags, reason, recorded_at)
		SELECT * FROM unnest($1::text[], $2::smallint[], $3::timestamptz[], $4::integer[], $5::bigint[], $6::bigint[], $7::text[], $8::smallint[], $9::bigint[], $10::text[], $11::timestamptz[])`,
		points, channels, starts, versions, energies, uncertainties, grades, methods, flags, reasons, recorded)
}
