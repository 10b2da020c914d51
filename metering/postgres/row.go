package postgres

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// dayColumns are those of interval_day that hold a day, in the order of dayRow.
const dayColumns = `energy, uncertainty, run_slot, run_version, run_grade, run_method, run_flags, run_reason, rec_slot, rec_at, crc`

// dayRead are dayColumns of a row d that a query joins, where d may be missing.
const dayRead = `d.energy, d.uncertainty, d.run_slot, d.run_version, d.run_grade, d.run_method, d.run_flags, d.run_reason, d.rec_slot, d.rec_at, coalesce(d.crc, -1)`

// dayRow is a day of one channel as its row holds it; see the migration.
type dayRow struct {
	energy, uncertainty []int64
	runSlot             []int16
	runVersion          []int32
	runGrade            []string
	runMethod           []int16
	runFlags            []int64
	runReason           []string
	recSlot             []int16
	recAt               []time.Time
	crc                 int64
}

// rowOf makes a row of entries, which are ascending by slot.
func rowOf(day int64, entries []pages.Interval) dayRow {
	var r dayRow
	values := make([]int64, 2*pages.Slots)
	r.energy, r.uncertainty = values[:pages.Slots:pages.Slots], values[pages.Slots:]
	next := 0 // slot
	var meta pages.Meta
	for _, e := range entries {
		if e.Slot > next {
			meta = pages.Meta{} // nothing is there: version 0
			r.run(next, meta)
		}
		if e.Slot == 0 || e.Meta != meta {
			meta = e.Meta
			r.run(e.Slot, meta)
		}
		if at := pages.Instant(e.Recorded); len(r.recAt) == 0 || !r.recAt[len(r.recAt)-1].Equal(at) {
			slot := e.Slot
			if len(r.recAt) == 0 {
				slot = 0 // so that every quarter has one
			}
			r.recSlot, r.recAt = append(r.recSlot, int16(slot)), append(r.recAt, at)
		}
		r.energy[e.Slot], r.uncertainty[e.Slot] = int64(e.Energy), int64(e.Uncertainty)
		next = e.Slot + 1
	}
	if next < pages.Slots {
		r.run(next, pages.Meta{})
	}
	r.crc = checksum(day, entries)
	return r
}

func (r *dayRow) run(slot int, m pages.Meta) {
	r.runSlot, r.runVersion = append(r.runSlot, int16(slot)), append(r.runVersion, int32(m.Version))
	grade := ""
	if m.Grade != 0 {
		grade = m.Grade.String()
	}
	r.runGrade, r.runMethod = append(r.runGrade, grade), append(r.runMethod, int16(m.Method))
	r.runFlags, r.runReason = append(r.runFlags, int64(m.Flags)), append(r.runReason, m.Reason)
}

// checksum is that of the day's packed page.
func checksum(day int64, entries []pages.Interval) int64 {
	page := pages.PackIntervals(day, entries)
	return int64(binary.LittleEndian.Uint32(page[len(page)-4:]))
}

// fields are where a scan puts dayColumns.
func (r *dayRow) fields() []any {
	return []any{&r.energy, &r.uncertainty, &r.runSlot, &r.runVersion, &r.runGrade, &r.runMethod, &r.runFlags, &r.runReason, &r.recSlot, &r.recAt, &r.crc}
}

// values are what a statement takes for dayColumns.
func (r *dayRow) values() []any {
	return []any{r.energy, r.uncertainty, r.runSlot, r.runVersion, r.runGrade, r.runMethod, r.runFlags, r.runReason, r.recSlot, r.recAt, r.crc}
}

// entries is the inverse of rowOf. ErrDamaged for a row that was changed.
func (r *dayRow) entries(day int64) ([]pages.Interval, error) {
	if !r.sound() {
		return nil, pages.ErrDamaged
	}
	list := make([]pages.Interval, 0, pages.Slots)
	recorded, rec := int64(0), 0
	for i, from := range r.runSlot {
		to := pages.Slots
		if i+1 < len(r.runSlot) {
			to = int(r.runSlot[i+1])
		}
		if r.runVersion[i] == 0 {
			continue
		}
		meta := pages.Meta{
			Grade: metering.Grade(r.runGrade[i][0]), Method: metering.Method(r.runMethod[i]), Flags: metering.Flags(r.runFlags[i]),
			Version: int(r.runVersion[i]), Reason: r.runReason[i],
		}
		for slot := int(from); slot < to; slot++ {
			for rec < len(r.recSlot) && int(r.recSlot[rec]) <= slot {
				recorded = r.recAt[rec].UnixMilli()
				rec++
			}
			list = append(list, pages.Interval{
				Slot: slot, Energy: metering.Energy(r.energy[slot]), Uncertainty: metering.Energy(r.uncertainty[slot]), Recorded: recorded, Meta: meta,
			})
		}
	}
	if checksum(day, list) != r.crc {
		return nil, pages.ErrDamaged
	}
	return list, nil
}

// sound reports whether the arrays fit together.
func (r *dayRow) sound() bool {
	n, m := len(r.runSlot), len(r.recSlot)
	if len(r.energy) != pages.Slots || len(r.uncertainty) != pages.Slots || n == 0 || r.runSlot[0] != 0 ||
		len(r.runVersion) != n || len(r.runGrade) != n || len(r.runMethod) != n || len(r.runFlags) != n || len(r.runReason) != n || len(r.recAt) != m {
		return false
	}
	for i := range n {
		if i > 0 && r.runSlot[i] <= r.runSlot[i-1] || int(r.runSlot[i]) >= pages.Slots || r.runVersion[i] < 0 || r.runVersion[i] > 0 && len(r.runGrade[i]) != 1 {
			return false
		}
	}
	return true
}

// channelDay names a row of interval_day.
type channelDay struct {
	point   metering.PointID
	channel metering.Channel
	day     int64
}

// forEachDay unpacks rows of point, channel, day and dayColumns, perhaps with
// more columns before.
func forEachDay(rows pgx.Rows, more []any, f func(k channelDay, entries []pages.Interval) error) error {
	var point string
	var channel int16
	var date time.Time
	var r dayRow
	_, err := pgx.ForEachRow(rows, append(append(more, &point, &channel, &date), r.fields()...), func() error {
		k := channelDay{metering.PointID(point), metering.Channel(channel), dayOf(date)}
		entries, err := r.entries(k.day)
		if err != nil {
			return k.wrap(err)
		}
		return f(k, entries)
	})
	return err
}

func (k channelDay) wrap(err error) error {
	return fmt.Errorf("point %s %v, day %s: %w", k.point, k.channel, midnight(k.day).Format(time.DateOnly), err)
}
