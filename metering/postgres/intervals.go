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
	days    map[channelDay]*dayState
	retired []retired

	lastKey channelDay // of the interval before, which is mostly of the same day
	last    *dayState
}

type dayState struct {
	entries []pages.Interval
	xmin    string // of the row, empty if there is none
	changed bool
}

// retired is a version that is not current any more.
type retired struct {
	key channelDay
	e   pages.Interval
}

func newIntervalDays(c metering.Commit) intervalDays {
	d := intervalDays{days: map[channelDay]*dayState{}}
	for i := range c.Intervals {
		d.day(keyOf(&c.Intervals[i]))
	}
	for _, a := range c.Acts {
		for i := range a.Changes {
			d.day(keyOf(&a.Changes[i].After))
		}
	}
	return d
}

func (d *intervalDays) day(k channelDay) *dayState {
	if d.last != nil && d.lastKey == k {
		return d.last
	}
	state, ok := d.days[k]
	if !ok {
		state = &dayState{}
		d.days[k] = state
	}
	d.lastKey, d.last = k, state
	return state
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

func (d *intervalDays) load(b *pgx.Batch, lock bool) {
	if len(d.days) == 0 {
		return
	}
	keys := sortedDays(slices.Collect(maps.Keys(d.days)))
	points, channels, days := dayKeyColumns(keys)
	b.Queue(`SELECT d.* FROM unnest($1::text[], $2::smallint[], $3::date[]) k (point, channel, day) CROSS JOIN LATERAL (
		SELECT d.xmin::text, d.point, d.channel, d.day, `+dayRead+` FROM interval_day d
		WHERE d.point = k.point AND d.channel = k.channel AND d.day = k.day`+locking(lock)+`) d`, points, channels, days).
		Query(func(rows pgx.Rows) error {
			var xmin string
			return forEachDay(rows, []any{&xmin}, func(k channelDay, entries []pages.Interval) error {
				state := d.day(k)
				state.entries, state.xmin = entries, xmin
				return nil
			})
		})
}

// set says of one interval what it is; see pages.Set.
func (d *intervalDays) set(iv metering.Interval, a metering.Authority, at time.Time) (before, now pages.Interval, found bool) {
	k := keyOf(&iv)
	state := d.day(k)
	before, now, found, changed := pages.Set(&state.entries, iv, a, at.UnixMilli())
	if changed {
		state.changed = true
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
	for k, state := range d.days {
		switch {
		case !state.changed:
		case state.xmin == "":
			made = append(made, k)
		default:
			remade = append(remade, k)
		}
	}
	d.storeOld(b)
	for _, k := range sortedDays(remade) {
		row := rowOf(k.day, d.days[k].entries)
		b.Queue(`UPDATE interval_day SET (`+dayColumns+`) = ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			WHERE point = $1 AND channel = $2 AND day = $3 AND xmin = $15::text::xid`,
			append(append([]any{string(k.point), int16(k.channel), midnight(k.day)}, row.values()...), d.days[k].xmin)...).Exec(all(1))
	}
	made = sortedDays(made)
	if len(made) > few {
		return d.copy(ctx, tx, made)
	}
	for _, k := range made {
		row := rowOf(k.day, d.days[k].entries)
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
		row := rowOf(k.day, d.days[k].entries)
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
