package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// Settle pins current versions; see metering.Ledger. It sees the ledger at one
// moment and holds nobody up.
func (l *Ledger) Settle(ctx context.Context, s metering.Settlement, at time.Time) (metering.Settlement, error) {
	if err := s.Check(); err != nil {
		return metering.Settlement{}, err
	}
	s.ID, s.Author, s.Note = clean(s.ID), clean(s.Author), clean(s.Note)
	s.From, s.To, s.MadeAt = kept(s.From), kept(s.To), kept(at)
	err := l.write(ctx, "settlement "+s.ID, nil, pgx.RepeatableRead, func(tx pgx.Tx, _ int) error {
		return settle(ctx, tx, &s)
	})
	if err != nil {
		return metering.Settlement{}, err
	}
	return s, nil
}

func settle(ctx context.Context, tx pgx.Tx, s *metering.Settlement) error {
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO settlement (key, from_at, to_at, author, note, made_at, digest, intervals)
		VALUES ($1, $2, $3, $4, $5, $6, '', 0) RETURNING id`, s.ID, s.From, s.To, s.Author, s.Note, s.MadeAt).Scan(&id)
	if isCode(err, uniqueViolation) {
		return fmt.Errorf("%w: it was made already: give this one another id", metering.ErrConflict)
	}
	if err != nil {
		return err
	}
	p := pinning{s: s, digest: metering.NewDigest()}
	rows, err := tx.Query(ctx, `SELECT point, channel, day, `+dayColumns+` FROM interval_day WHERE day BETWEEN $1 AND $2 ORDER BY day`,
		midnight(dayOf(s.From)), midnight(dayOf(s.To)))
	if err != nil {
		return err
	}
	if err := forEachDay(rows, nil, p.take); err != nil {
		return err
	}
	p.endDay()
	s.Digest, s.Intervals = p.digest.Sum(), p.digest.Len()
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"pin_day"}, []string{"settlement", "point", "channel", "day", "run_slot", "run_version"},
		pgx.CopyFromSlice(len(p.pinned), func(i int) ([]any, error) {
			d := p.pinned[i]
			return []any{id, string(d.point), int16(d.channel), midnight(d.day), d.slots, d.versions}, nil
		}))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE settlement SET digest = $2, intervals = $3 WHERE id = $1`, id, s.Digest, s.Intervals)
	return err
}

// pinning goes through days in ascending order.
type pinning struct {
	s      *metering.Settlement
	digest *metering.Digest
	day    int64
	billed []pages.ChannelDay // of the day
	pinned []pinnedDay
}

// pinnedDay are the pinned versions of a day, in runs of slots; 0 is none.
type pinnedDay struct {
	channelDay
	slots    []int16
	versions []int32
}

func (p *pinning) take(k channelDay, entries []pages.Interval) error {
	if k.day != p.day {
		p.endDay()
		p.day = k.day
	}
	if entries = pages.Within(k.day, entries, *p.s); len(entries) == 0 {
		return nil
	}
	p.billed = append(p.billed, pages.ChannelDay{Point: k.point, Channel: k.channel, Entries: entries})
	var pins pages.Pins
	for _, e := range entries {
		pins[e.Slot] = e.Version
	}
	d := pinnedDay{channelDay: k}
	for slot, version := range pins {
		if n := len(d.versions); n == 0 || d.versions[n-1] != int32(version) {
			d.slots, d.versions = append(d.slots, int16(slot)), append(d.versions, int32(version))
		}
	}
	p.pinned = append(p.pinned, d)
	return nil
}

func (p *pinning) endDay() {
	pages.InOrder(p.day, p.billed, p.digest.Add)
	p.billed = p.billed[:0]
}

// pins is the inverse of runs.
func (d pinnedDay) pins() (*pages.Pins, error) {
	var p pages.Pins
	if len(d.slots) != len(d.versions) || len(d.slots) == 0 || d.slots[0] != 0 {
		return nil, d.wrap(pages.ErrDamaged)
	}
	for i, from := range d.slots {
		to := pages.Slots
		if i+1 < len(d.slots) {
			to = int(d.slots[i+1])
		}
		if int(from) >= to || to > pages.Slots || d.versions[i] < 0 {
			return nil, d.wrap(pages.ErrDamaged)
		}
		for slot := int(from); slot < to; slot++ {
			p[slot] = int(d.versions[i])
		}
	}
	return &p, nil
}

// Settlements returns every settlement; see metering.Ledger.
func (l *Ledger) Settlements(ctx context.Context) ([]metering.Settlement, error) {
	var list []metering.Settlement
	err := l.read(ctx, "settlements", func(tx pgx.Tx) (err error) {
		list, err = settlements(ctx, tx)
		return err
	})
	return list, err
}

func settlements(ctx context.Context, tx pgx.Tx) ([]metering.Settlement, error) {
	rows, err := tx.Query(ctx, `SELECT key, from_at, to_at, author, note, made_at, digest, intervals FROM settlement ORDER BY id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s metering.Settlement, err error) {
		err = row.Scan(&s.ID, &s.From, &s.To, &s.Author, &s.Note, &s.MadeAt, &s.Digest, &s.Intervals)
		s.From, s.To, s.MadeAt = s.From.UTC(), s.To.UTC(), s.MadeAt.UTC()
		return s, err
	})
}

// settled selects the versions that a settlement has pinned.
func (s *intervalQuery) settled() error {
	var id int64
	err := s.tx.QueryRow(s.ctx, `SELECT id FROM settlement WHERE key = $1`, s.q.Settlement).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("settlement %q: %w", s.q.Settlement, metering.ErrNotFound)
	}
	if err != nil {
		return err
	}
	older, err := s.stillCurrent(id)
	if err != nil || len(older) == 0 {
		return err
	}
	return s.older(older)
}

// stillCurrent takes those of the pinned versions that are current, and returns
// the days that have pinned others.
func (s *intervalQuery) stillCurrent(id int64) (older map[channelDay]*pages.Pins, err error) {
	where := s.conditions("p")
	where.add(`p.settlement = $?`, id)
	text, args := where.sql()
	rows, err := s.tx.Query(s.ctx, `SELECT p.run_slot, p.run_version, p.point, p.channel, p.day, `+dayRead+` FROM pin_day p
		LEFT JOIN interval_day d ON d.point = p.point AND d.channel = p.channel AND d.day = p.day WHERE `+text, args...)
	if err != nil {
		return nil, err
	}
	older = map[channelDay]*pages.Pins{}
	var d pinnedDay
	err = forEachDay(rows, []any{&d.slots, &d.versions}, func(k channelDay, entries []pages.Interval) error {
		d.channelDay = k
		pins, err := d.pins()
		if err != nil {
			return err
		}
		for _, e := range entries {
			if pins[e.Slot] == e.Version {
				pins[e.Slot] = 0
				if iv := e.Interval(k.day, k.point, k.channel); s.selects(iv) {
					s.found = append(s.found, iv)
				}
			}
		}
		if *pins != (pages.Pins{}) {
			older[k] = pins
		}
		return nil
	})
	return older, err
}

// older takes the pinned versions that are not current any more.
func (s *intervalQuery) older(days map[channelDay]*pages.Pins) error {
	var keys []channelDay
	for k := range days {
		keys = append(keys, k)
	}
	points, channels, dates := dayKeyColumns(sortedDays(keys))
	rows, err := s.tx.Query(s.ctx, `SELECT o.* FROM unnest($1::text[], $2::smallint[], $3::timestamptz[]) k (point, channel, midnight) CROSS JOIN LATERAL (
		SELECT `+versionColumns+` FROM interval_old o WHERE o.point = k.point AND o.channel = k.channel
		AND o.start >= k.midnight AND o.start < k.midnight + interval '1 day'`+locking(false)+`) o`, points, channels, dates)
	if err != nil {
		return err
	}
	var v versionRow
	_, err = pgx.ForEachRow(rows, v.fields(), func() error {
		iv := v.interval()
		pins := days[keyOf(&iv)]
		if _, slot := pages.DayOf(iv.Start); pins[slot] == iv.Version {
			pins[slot] = 0
			if s.selects(iv) {
				s.found = append(s.found, iv)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for k, pins := range days {
		if *pins != (pages.Pins{}) {
			return k.wrap(fmt.Errorf("settled versions are missing: %w", pages.ErrDamaged))
		}
	}
	return nil
}
