package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/pages"
)

// Settle pins current versions; see metering.Ledger.
func (l *Ledger) Settle(ctx context.Context, s metering.Settlement, at time.Time) (metering.Settlement, error) {
	if err := s.Check(); err != nil {
		return metering.Settlement{}, err
	}
	s.From, s.To, s.MadeAt = pages.Instant(s.From.UnixMilli()), pages.Instant(s.To.UnixMilli()), pages.Instant(at.UnixMilli())
	err := l.write(ctx, "settlement "+s.ID, func(w *writer) error { return w.settle(&s) })
	if err != nil {
		return metering.Settlement{}, err
	}
	return s, nil
}

func (w *writer) settle(s *metering.Settlement) error {
	var author string
	taken, err := w.row(`SELECT author FROM settlement WHERE key = ?`, []any{s.ID}, &author)
	if err != nil {
		return err
	}
	if taken {
		return fmt.Errorf("%w: it was made by %s already: give this one another id", metering.ErrConflict, author)
	}
	var id int64
	if _, err := w.row(`INSERT INTO settlement (key, from_at, to_at, author, note, made_at, digest, intervals)
		VALUES (?, ?, ?, ?, ?, ?, '', 0) RETURNING id`,
		[]any{s.ID, s.From.UnixMilli(), s.To.UnixMilli(), s.Author, s.Note, s.MadeAt.UnixMilli()}, &id); err != nil {
		return err
	}
	digest := metering.NewDigest()
	first, _ := pages.DayOf(s.From)
	last, _ := pages.DayOf(s.To)
	for day := first; day <= last; day++ {
		if err := w.pinDay(id, *s, day, digest); err != nil {
			return err
		}
	}
	s.Digest, s.Intervals = digest.Sum(), digest.Len()
	return w.exec(`UPDATE settlement SET digest = ?, intervals = ? WHERE id = ?`, s.Digest, s.Intervals, id)
}

// pinDay pins a day of all channels of all points.
func (w *writer) pinDay(settlement int64, s metering.Settlement, day int64, digest *metering.Digest) error {
	var billed []pages.ChannelDay
	err := w.rows(`SELECT point, channel, page FROM interval_day WHERE day = ?`, []any{day}, func(rows *sql.Rows) error {
		var point, channel int64
		var page sql.RawBytes
		if err := rows.Scan(&point, &channel, &page); err != nil {
			return err
		}
		entries, err := pages.UnpackIntervals(day, page)
		if err != nil {
			return err
		}
		name, err := w.text(point)
		if entries = pages.Within(day, entries, s); len(entries) > 0 {
			billed = append(billed, pages.ChannelDay{Point: metering.PointID(name), Channel: metering.Channel(channel), Entries: entries})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("day %s: %w", pages.SlotStart(day, 0).Format(time.DateOnly), err)
	}
	pages.InOrder(day, billed, digest.Add)
	for _, c := range billed {
		point, err := w.name(string(c.Point))
		if err != nil {
			return err
		}
		var pins pages.Pins
		for _, e := range c.Entries {
			pins[e.Slot] = e.Version
		}
		if err := w.exec(`INSERT INTO pin_day (settlement, point, channel, day, page) VALUES (?, ?, ?, ?, ?)`,
			settlement, point, int64(c.Channel), day, pages.PackPins(&pins)); err != nil {
			return err
		}
	}
	return nil
}

const settlementColumns = `SELECT id, key, from_at, to_at, author, note, made_at, digest, intervals FROM settlement `

func scanSettlement(rows *sql.Rows) (id int64, s metering.Settlement, err error) {
	var from, to, made int64
	err = rows.Scan(&id, &s.ID, &from, &to, &s.Author, &s.Note, &made, &s.Digest, &s.Intervals)
	s.From, s.To, s.MadeAt = pages.Instant(from), pages.Instant(to), pages.Instant(made)
	return id, s, err
}

// Settlements returns every settlement; see metering.Ledger.
func (l *Ledger) Settlements(ctx context.Context) ([]metering.Settlement, error) {
	var list []metering.Settlement
	err := l.read(ctx, "settlements", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, settlementColumns+`ORDER BY id`)
		return forEach(rows, err, func(rows *sql.Rows) error {
			_, s, err := scanSettlement(rows)
			list = append(list, s)
			return err
		})
	})
	return list, err
}

// settled selects the versions that a settlement has pinned.
func (s *intervalQuery) settled(first, last int64) error {
	var id int64
	err := s.tx.QueryRowContext(s.ctx, `SELECT id FROM settlement WHERE key = ?`, s.q.Settlement).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("settlement %q: %w", s.q.Settlement, metering.ErrNotFound)
	}
	if err != nil {
		return err
	}
	where, args := `p.settlement = ? AND p.day BETWEEN ? AND ?`, []any{id, first, last}
	if len(s.q.Points) > 0 {
		where += ` AND p.point IN (SELECT id FROM name WHERE text IN (` + marks(len(s.q.Points)) + `))`
		args = appendAll(args, s.q.Points)
	}
	var older []pinnedDay
	rows, err := s.tx.QueryContext(s.ctx, `SELECT p.point, p.channel, p.day, p.page, i.page FROM pin_day p
		LEFT JOIN interval_day i ON i.point = p.point AND i.channel = p.channel AND i.day = p.day WHERE `+where, args...)
	err = forEach(rows, err, func(rows *sql.Rows) error {
		p, err := s.scanPinned(rows)
		if err != nil || p.left == 0 {
			return err
		}
		older = append(older, p)
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range older {
		if err := s.older(p); err != nil {
			return err
		}
	}
	return nil
}

// pinnedDay are the pinned versions of a day that are still to be found.
type pinnedDay struct {
	id      int64
	point   metering.PointID
	channel metering.Channel
	day     int64
	pins    *pages.Pins
	left    int
}

// scanPinned takes those of the pinned versions that are still current.
func (s *intervalQuery) scanPinned(rows *sql.Rows) (p pinnedDay, err error) {
	var pinPage, page sql.RawBytes
	if err := rows.Scan(&p.id, (*uint8)(&p.channel), &p.day, &pinPage, &page); err != nil {
		return p, err
	}
	name, err := s.l.names.textOf(s.ctx, s.tx, p.id)
	if err != nil {
		return p, err
	}
	p.point = metering.PointID(name)
	if len(s.q.Channels) > 0 && !slices.Contains(s.q.Channels, p.channel) {
		return p, nil
	}
	fail := func(err error) (pinnedDay, error) {
		return p, fmt.Errorf("point %s %v, day %s: %w", p.point, p.channel, pages.SlotStart(p.day, 0).Format(time.DateOnly), err)
	}
	if p.pins, err = pages.UnpackPins(pinPage); err != nil {
		return fail(err)
	}
	entries, err := pages.UnpackIntervals(p.day, page)
	if err != nil {
		return fail(err)
	}
	for _, e := range entries {
		if p.pins[e.Slot] == e.Version {
			p.pins[e.Slot] = 0
			s.takePinned(e.Interval(p.day, p.point, p.channel))
		}
	}
	for _, version := range p.pins {
		if version != 0 {
			p.left++
		}
	}
	return p, nil
}

func (s *intervalQuery) takePinned(iv metering.Interval) {
	if !iv.Start.Before(s.q.From) && iv.Start.Before(s.q.To) {
		s.found = append(s.found, iv)
	}
}

// older takes the pinned versions that are not current any more.
func (s *intervalQuery) older(p pinnedDay) error {
	rows, err := s.tx.QueryContext(s.ctx, `SELECT start, version, energy, uncertainty, grade, method, flags, reason, recorded_at
		FROM interval_old WHERE point = ? AND channel = ? AND start >= ? AND start < ?`,
		p.id, int64(p.channel), pages.SlotStart(p.day, 0).UnixMilli(), pages.SlotStart(p.day+1, 0).UnixMilli())
	err = forEach(rows, err, func(rows *sql.Rows) error {
		iv := metering.Interval{Point: p.point, Channel: p.channel}
		var start, grade, method, flags, recorded int64
		err := rows.Scan(&start, &iv.Version, (*int64)(&iv.Energy), (*int64)(&iv.Uncertainty), &grade, &method, &flags, &iv.Reason, &recorded)
		if err != nil {
			return err
		}
		iv.Start, iv.RecordedAt = pages.Instant(start), pages.Instant(recorded)
		iv.Grade, iv.Method, iv.Flags = metering.Grade(grade), metering.Method(method), metering.Flags(flags)
		if _, slot := pages.DayOf(iv.Start); p.pins[slot] == iv.Version {
			p.left--
			s.takePinned(iv)
		}
		return nil
	})
	if err == nil && p.left != 0 {
		err = fmt.Errorf("point %s %v, day %s: %d settled versions are missing: %w", p.point, p.channel, pages.SlotStart(p.day, 0).Format(time.DateOnly), p.left, pages.ErrDamaged)
	}
	return err
}

// addSettled adds the pinned versions of a settlement to a digest, day by day, so
// that a year of a zone need not be held at once.
func (l *Ledger) addSettled(ctx context.Context, tx *sql.Tx, s metering.Settlement, digest *metering.Digest) error {
	first, _ := pages.DayOf(s.From)
	last, _ := pages.DayOf(s.To)
	for day := first; day <= last; day++ {
		q := intervalQuery{ctx: ctx, tx: tx, l: l, q: metering.IntervalQuery{
			From: pages.SlotStart(day, 0), To: pages.SlotStart(day+1, 0), Settlement: s.ID,
		}}
		if err := q.settled(day, day); err != nil {
			return err
		}
		pages.Order(q.found)
		for _, iv := range q.found {
			digest.Add(iv)
		}
	}
	return nil
}
