package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/pages"
)

// Spans returns a register's spans; see metering.Ledger.
func (l *Ledger) Spans(ctx context.Context, meter metering.MeterID, q metering.Quantity, from, to time.Time) ([]metering.RegisterSpan, error) {
	var found []metering.RegisterSpan
	err := l.read(ctx, fmt.Sprintf("spans of meter %s %v", meter, q), func(tx *sql.Tx) error {
		id, ok, err := l.names.idOf(ctx, tx, string(meter))
		if err != nil || !ok {
			return err
		}
		s := spanQuery{ctx: ctx, tx: tx, id: id, meter: meter, q: q}
		found, err = s.around(from, to)
		return err
	})
	return found, err
}

type spanQuery struct {
	ctx   context.Context
	tx    *sql.Tx
	id    int64
	meter metering.MeterID
	q     metering.Quantity
}

// around gives the spans that start in [from, to), and one more on each side.
func (s spanQuery) around(from, to time.Time) ([]metering.RegisterSpan, error) {
	if to.Before(from) {
		to = from
	}
	first, _ := pages.DayOf(from)
	last, _ := pages.DayOf(to)
	list, err := s.days(`day BETWEEN ? AND ? ORDER BY day`, first, last)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(sp metering.RegisterSpan) bool { return !sp.Start.Before(from) })
	if i < 0 {
		i = len(list)
	}
	j := i
	for j < len(list) && list[j].Start.Before(to) {
		j++
	}
	if i > 0 {
		i--
	} else {
		before, err := s.days(`day < ? ORDER BY day DESC LIMIT 1`, first)
		if err != nil {
			return nil, err
		}
		if n := len(before); n > 0 {
			list = append(before[n-1:], list...)
			j++
		}
	}
	if j < len(list) {
		j++
	} else {
		after, err := s.days(`day > ? ORDER BY day LIMIT 1`, last)
		if err != nil {
			return nil, err
		}
		if len(after) > 0 {
			list = append(list, after[0])
			j++
		}
	}
	return slices.Clone(list[i:j]), nil
}

func (s spanQuery) days(where string, args ...any) ([]metering.RegisterSpan, error) {
	var list []metering.RegisterSpan
	rows, err := s.tx.QueryContext(s.ctx, `SELECT day, page FROM span_day WHERE meter = ? AND quantity = ? AND `+where,
		append([]any{s.id, int64(s.q)}, args...)...)
	err = forEach(rows, err, func(rows *sql.Rows) error {
		var day int64
		var page sql.RawBytes
		if err := rows.Scan(&day, &page); err != nil {
			return err
		}
		entries, err := pages.UnpackSpans(day, page)
		if err != nil {
			return fmt.Errorf("day %s: %w", pages.SlotStart(day, 0).Format(time.DateOnly), err)
		}
		for _, e := range entries {
			list = append(list, e.Span(s.meter, s.q, day))
		}
		return nil
	})
	return list, err
}

// Intervals returns the selected intervals; see metering.Ledger.
func (l *Ledger) Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	var found []metering.Interval
	err := l.read(ctx, "intervals", func(tx *sql.Tx) error {
		s := intervalQuery{ctx: ctx, tx: tx, l: l, q: q}
		if err := s.run(); err != nil {
			return err
		}
		found = s.found
		return nil
	})
	if err != nil {
		return nil, err
	}
	pages.Order(found)
	return found, nil
}

type intervalQuery struct {
	ctx   context.Context
	tx    *sql.Tx
	l     *Ledger
	q     metering.IntervalQuery
	found []metering.Interval
	// outdated are the intervals whose current version is younger than AsOf.
	outdated []metering.Interval
}

func (s *intervalQuery) run() error {
	if !s.q.From.Before(s.q.To) && s.q.Settlement == "" {
		return nil
	}
	first, _ := pages.DayOf(s.q.From)
	last, _ := pages.DayOf(s.q.To)
	if s.q.Settlement != "" {
		return s.settled(first, last)
	}
	if err := s.pages(first, last); err != nil {
		return err
	}
	for _, iv := range s.outdated {
		if err := s.asOf(iv); err != nil {
			return err
		}
	}
	return nil
}

func (s *intervalQuery) pages(first, last int64) error {
	const columns = `SELECT point, channel, day, page FROM interval_day WHERE `
	if len(s.q.Points) == 0 {
		return s.collect(columns+`day BETWEEN ? AND ?`, first, last)
	}
	channels := s.q.Channels
	if len(channels) == 0 {
		channels = metering.AllChannels()
	}
	for _, p := range unique(s.q.Points) {
		id, ok, err := s.l.names.idOf(s.ctx, s.tx, string(p))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		for _, ch := range unique(channels) {
			if err := s.collect(columns+`point = ? AND channel = ? AND day BETWEEN ? AND ?`, id, int64(ch), first, last); err != nil {
				return err
			}
		}
	}
	return nil
}

func unique[T cmp.Ordered](list []T) []T {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *intervalQuery) collect(query string, args ...any) error {
	rows, err := s.tx.QueryContext(s.ctx, query, args...)
	return forEach(rows, err, func(rows *sql.Rows) error {
		var point, channel, day int64
		var page sql.RawBytes
		if err := rows.Scan(&point, &channel, &day, &page); err != nil {
			return err
		}
		ch := metering.Channel(channel)
		if len(s.q.Channels) > 0 && !slices.Contains(s.q.Channels, ch) {
			return nil
		}
		name, err := s.l.names.textOf(s.ctx, s.tx, point)
		if err != nil {
			return err
		}
		entries, err := pages.UnpackIntervals(day, page)
		if err != nil {
			return fmt.Errorf("point %s %v, day %s: %w", name, ch, pages.SlotStart(day, 0).Format(time.DateOnly), err)
		}
		for _, e := range entries {
			s.take(e.Interval(day, metering.PointID(name), ch))
		}
		return nil
	})
}

func (s *intervalQuery) take(iv metering.Interval) {
	switch {
	case iv.Start.Before(s.q.From) || !iv.Start.Before(s.q.To):
	case !s.q.AsOf.IsZero() && iv.RecordedAt.After(s.q.AsOf):
		s.outdated = append(s.outdated, iv)
	default:
		s.found = append(s.found, iv)
	}
}

const oldColumns = `SELECT version, energy, uncertainty, grade, method, flags, reason, recorded_at
	FROM interval_old JOIN name ON name.id = point WHERE text = ? AND channel = ? AND start = ? `

// asOf adds the version that was current at the time asked for, if there was one.
func (s *intervalQuery) asOf(iv metering.Interval) error {
	rows, err := s.tx.QueryContext(s.ctx, oldColumns+`AND recorded_at <= ? ORDER BY version DESC LIMIT 1`,
		string(iv.Point), int64(iv.Channel), iv.Start.UnixMilli(), s.q.AsOf.UnixMilli())
	return forEach(rows, err, func(rows *sql.Rows) error {
		old, err := scanOld(rows, iv)
		s.found = append(s.found, old)
		return err
	})
}

func scanOld(rows *sql.Rows, key metering.Interval) (metering.Interval, error) {
	iv := metering.Interval{Point: key.Point, Channel: key.Channel, Start: key.Start}
	var grade, method, flags, recorded int64
	err := rows.Scan(&iv.Version, (*int64)(&iv.Energy), (*int64)(&iv.Uncertainty), &grade, &method, &flags, &iv.Reason, &recorded)
	iv.Grade, iv.Method, iv.Flags = metering.Grade(grade), metering.Method(method), metering.Flags(flags)
	iv.RecordedAt = pages.Instant(recorded)
	return iv, err
}

// History returns every version of one interval; see metering.Ledger.
func (l *Ledger) History(ctx context.Context, point metering.PointID, ch metering.Channel, start time.Time) ([]metering.Interval, error) {
	var versions []metering.Interval
	key := metering.Interval{Point: point, Channel: ch, Start: pages.Instant(start.UnixMilli())}
	err := l.read(ctx, fmt.Sprintf("history of point %s %v", point, ch), func(tx *sql.Tx) error {
		var err error
		versions, err = l.history(ctx, tx, key)
		return err
	})
	return versions, err
}

func (l *Ledger) history(ctx context.Context, tx *sql.Tx, key metering.Interval) (versions []metering.Interval, err error) {
	rows, err := tx.QueryContext(ctx, oldColumns+`ORDER BY version`, string(key.Point), int64(key.Channel), key.Start.UnixMilli())
	err = forEach(rows, err, func(rows *sql.Rows) error {
		iv, err := scanOld(rows, key)
		versions = append(versions, iv)
		return err
	})
	if err != nil {
		return nil, err
	}
	s := intervalQuery{ctx: ctx, tx: tx, l: l, q: metering.IntervalQuery{
		Points: []metering.PointID{key.Point}, Channels: []metering.Channel{key.Channel},
		From: key.Start, To: key.Start.Add(time.Millisecond),
	}}
	err = s.run()
	return append(versions, s.found...), err
}
