package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// Intervals returns the selected intervals; see metering.Ledger.
func (l *Ledger) Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	var found []metering.Interval
	err := l.read(ctx, "intervals", func(tx pgx.Tx) error {
		s := intervalQuery{ctx: ctx, tx: tx, q: q}
		err := s.run()
		found = s.found
		return err
	})
	if err != nil {
		return nil, err
	}
	pages.Order(found)
	return found, nil
}

type intervalQuery struct {
	ctx   context.Context
	tx    pgx.Tx
	q     metering.IntervalQuery
	found []metering.Interval
}

func (s *intervalQuery) run() error {
	if s.q.Settlement != "" {
		return s.settled()
	}
	if !s.q.From.Before(s.q.To) {
		return nil
	}
	// Those whose current version is younger than AsOf.
	var points []string
	var channels []int16
	var starts []time.Time
	where := s.conditions("d")
	text, args := where.sql()
	rows, err := s.tx.Query(s.ctx, `SELECT d.point, d.channel, d.day, `+dayColumns+` FROM interval_day d WHERE `+text, args...)
	if err != nil {
		return err
	}
	err = forEachDay(rows, nil, func(k channelDay, entries []pages.Interval) error {
		for _, e := range entries {
			iv := e.Interval(k.day, k.point, k.channel)
			switch {
			case !s.selects(iv):
			case !s.q.AsOf.IsZero() && iv.RecordedAt.After(s.q.AsOf):
				points, channels, starts = append(points, string(k.point)), append(channels, int16(k.channel)), append(starts, iv.Start)
			default:
				s.found = append(s.found, iv)
			}
		}
		return nil
	})
	if err != nil || len(points) == 0 {
		return err
	}
	return s.take(`SELECT o.* FROM unnest($1::text[], $2::smallint[], $3::timestamptz[]) k (point, channel, start) CROSS JOIN LATERAL (
		SELECT `+versionColumns+` FROM interval_old o WHERE o.point = k.point AND o.channel = k.channel AND o.start = k.start
		AND o.recorded_at <= $4 ORDER BY o.version DESC LIMIT 1) o`, points, channels, starts, s.q.AsOf)
}

// conditions select the days of the query in a table of days.
func (s *intervalQuery) conditions(table string) conditions {
	var where conditions
	where.add(table+`.day BETWEEN $? AND $?`, midnight(dayOf(s.q.From)), midnight(dayOf(s.q.To)))
	if len(s.q.Points) > 0 {
		where.add(table+`.point = ANY($?)`, texts(s.q.Points))
	}
	if len(s.q.Channels) > 0 {
		where.add(table+`.channel = ANY($?)`, numbers(s.q.Channels))
	}
	return where
}

func (s *intervalQuery) selects(iv metering.Interval) bool {
	return !iv.Start.Before(s.q.From) && iv.Start.Before(s.q.To)
}

// take adds versions that have rows of their own.
func (s *intervalQuery) take(query string, args ...any) error {
	rows, err := s.tx.Query(s.ctx, query, args...)
	if err != nil {
		return err
	}
	var v versionRow
	_, err = pgx.ForEachRow(rows, v.fields(), func() error {
		s.found = append(s.found, v.interval())
		return nil
	})
	return err
}

// History returns every version of one interval; see metering.Ledger.
func (l *Ledger) History(ctx context.Context, point metering.PointID, ch metering.Channel, start time.Time) ([]metering.Interval, error) {
	var versions []metering.Interval
	err := l.read(ctx, fmt.Sprintf("history of point %s %v", point, ch), func(tx pgx.Tx) (err error) {
		versions, err = history(ctx, tx, point, ch, kept(start))
		return err
	})
	return versions, err
}

func history(ctx context.Context, tx pgx.Tx, point metering.PointID, ch metering.Channel, start time.Time) ([]metering.Interval, error) {
	s := intervalQuery{ctx: ctx, tx: tx, q: metering.IntervalQuery{
		Points: []metering.PointID{point}, Channels: []metering.Channel{ch}, From: start, To: start.Add(time.Millisecond),
	}}
	err := s.take(`SELECT `+versionColumns+` FROM interval_old o WHERE point = $1 AND channel = $2 AND start = $3 ORDER BY version`, string(point), int16(ch), start)
	if err == nil {
		err = s.run()
	}
	return s.found, err
}
