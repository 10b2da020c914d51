package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// acts are what a commit brings of persons' decisions.
type acts struct {
	list  []metering.Act
	known actReader
	made  []metering.Act // with what stood there before and after
}

func newActs(list []metering.Act) acts { return acts{list: list} }

const (
	actColumns = `SELECT a.id, a.key, a.author, a.reason, a.document, a.at,
		c.n, c.side, c.point, c.channel, c.start, c.version, c.energy, c.uncertainty, c.grade, c.method, c.flags, c.reason, c.recorded_at
		FROM act a JOIN act_change c ON c.act = a.id `
	actOrder = ` ORDER BY a.id, c.n, c.side`
)

func (s *acts) load(b *pgx.Batch) {
	if len(s.list) == 0 {
		return
	}
	var keys []string
	for _, a := range s.list {
		keys = append(keys, a.ID)
	}
	b.Queue(actColumns+`WHERE a.key = ANY($1)`+actOrder, keys).Query(s.known.read)
}

// decide lets the changes of new acts become new versions.
func (s *acts) decide(days *intervalDays, at time.Time) error {
	known := s.known.list
	for _, a := range s.list {
		if i := slices.IndexFunc(known, func(k metering.Act) bool { return k.ID == a.ID }); i >= 0 {
			if !known[i].SameAs(a) {
				return fmt.Errorf("act %s: %w: it was made on %v by %s with another content", a.ID, metering.ErrConflict, known[i].At, known[i].Author)
			}
			continue
		}
		a.At, a.Changes = at, slices.Clone(a.Changes)
		for i := range a.Changes {
			c := &a.Changes[i]
			k := keyOf(&c.After)
			before, now, found := days.set(c.After, metering.ByPerson, at)
			c.Before = metering.Interval{}
			if found {
				c.Before = before.Interval(k.day, k.point, k.channel)
			}
			c.After = now.Interval(k.day, k.point, k.channel)
		}
		s.made, known = append(s.made, a), append(known, a)
	}
	return nil
}

func (s *acts) store(b *pgx.Batch, at time.Time) {
	for _, a := range s.made {
		var n, version []int32
		var side, channel, method []int16
		var point, grade, reason []string
		var start, recorded []time.Time
		var energy, uncertainty, flags []int64
		add := func(i, which int, iv metering.Interval) {
			n, side, point, channel, start = append(n, int32(i)), append(side, int16(which)), append(point, string(iv.Point)), append(channel, int16(iv.Channel)), append(start, iv.Start)
			version, energy, uncertainty = append(version, int32(iv.Version)), append(energy, int64(iv.Energy)), append(uncertainty, int64(iv.Uncertainty))
			grade, method, flags = append(grade, iv.Grade.String()), append(method, int16(iv.Method)), append(flags, int64(iv.Flags))
			reason, recorded = append(reason, iv.Reason), append(recorded, iv.RecordedAt)
		}
		for i, c := range a.Changes {
			if c.Before.Version > 0 {
				add(i, 0, c.Before)
			}
			add(i, 1, c.After)
		}
		b.Queue(`WITH a AS (INSERT INTO act (key, author, reason, document, at) VALUES ($1, $2, $3, $4, $5) RETURNING id)
			INSERT INTO act_change (act, n, side, point, channel, start, version, energy, uncertainty, grade, method, flags, reason, recorded_at)
			SELECT a.id, k.* FROM a, unnest($6::integer[], $7::smallint[], $8::text[], $9::smallint[], $10::timestamptz[], $11::integer[], $12::bigint[], $13::bigint[],
			$14::text[], $15::smallint[], $16::bigint[], $17::text[], $18::timestamptz[]) k`,
			a.ID, a.Author, a.Reason, a.Document, at,
			n, side, point, channel, start, version, energy, uncertainty, grade, method, flags, reason, recorded)
	}
}

// Acts returns the selected acts; see metering.Ledger.
func (l *Ledger) Acts(ctx context.Context, q metering.ActQuery) ([]metering.Act, error) {
	where := conditions{}
	where.add(`start >= $? AND start < $?`, ceil(q.From), ceil(q.To))
	if len(q.Points) > 0 {
		where.add(`point = ANY($?)`, texts(q.Points))
	}
	var r actReader
	err := l.read(ctx, "acts", func(tx pgx.Tx) error {
		text, args := where.sql()
		rows, err := tx.Query(ctx, actColumns+`WHERE a.id IN (SELECT act FROM act_change WHERE `+text+`)`+actOrder, args...)
		if err != nil {
			return err
		}
		return r.read(rows)
	})
	return r.list, err
}

// actReader puts acts together from their rows: one for each side of each change.
type actReader struct {
	list []metering.Act
}

func (r *actReader) read(rows pgx.Rows) error {
	var a metering.Act
	var v versionRow
	var id, last int64
	var n int32
	var side int16
	_, err := pgx.ForEachRow(rows, append([]any{&id, &a.ID, &a.Author, &a.Reason, &a.Document, &a.At, &n, &side}, v.fields()...), func() error {
		if len(r.list) == 0 || last != id {
			fresh := a
			fresh.At = a.At.UTC()
			r.list, last = append(r.list, fresh), id
		}
		changes := &r.list[len(r.list)-1].Changes
		if int(n) == len(*changes) {
			*changes = append(*changes, metering.ActChange{})
		}
		if int(n) != len(*changes)-1 {
			return fmt.Errorf("act %s: change %d is missing: %w", a.ID, len(*changes), pages.ErrDamaged)
		}
		if side == 0 {
			(*changes)[n].Before = v.interval()
		} else {
			(*changes)[n].After = v.interval()
		}
		return nil
	})
	return err
}

// versionRow is a version of an interval in a row of its own.
type versionRow struct {
	point                      string
	channel, method            int16
	start, recorded            time.Time
	version                    int32
	energy, uncertainty, flags int64
	grade, reason              string
}

const versionColumns = `o.point, o.channel, o.start, o.version, o.energy, o.uncertainty, o.grade, o.method, o.flags, o.reason, o.recorded_at`

// fields are where a scan puts versionColumns.
func (v *versionRow) fields() []any {
	return []any{&v.point, &v.channel, &v.start, &v.version, &v.energy, &v.uncertainty, &v.grade, &v.method, &v.flags, &v.reason, &v.recorded}
}

func (v *versionRow) interval() metering.Interval {
	iv := metering.Interval{
		Point: metering.PointID(v.point), Channel: metering.Channel(v.channel), Start: v.start.UTC(), Version: int(v.version),
		Energy: metering.Energy(v.energy), Uncertainty: metering.Energy(v.uncertainty),
		Method: metering.Method(v.method), Flags: metering.Flags(v.flags), Reason: v.reason, RecordedAt: v.recorded.UTC(),
	}
	if v.grade != "" {
		iv.Grade = metering.Grade(v.grade[0])
	}
	return iv
}
