package sqlite

import (
	"context"
	"slices"

	"asue/metering"
)

// Commit writes a transaction; see metering.Ledger.
func (l *Ledger) Commit(ctx context.Context, c metering.Commit) error {
	if err := c.Check(); err != nil {
		return err
	}
	return l.write(ctx, "commit", func(w *writer) error {
		for _, part := range []func(metering.Commit) error{
			w.putBatches, w.putLost, w.putSpans, w.putWitnesses, w.putIntervals, w.putFindings, w.putActs,
		} {
			if err := part(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// runs groups the indexes of n items by key, keeping the order within a group
// and the groups in the order in which they first occur.
func runs[K comparable](n int, key func(i int) K) ([]K, map[K][]int) {
	var order []K
	groups := map[K][]int{}
	for i := range n {
		k := key(i)
		if _, ok := groups[k]; !ok {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	return order, groups
}

// intervalDay names a page of intervals.
type intervalDay struct {
	point   metering.PointID
	channel metering.Channel
	day     int64
}

func (w *writer) putIntervals(c metering.Commit) error {
	return w.setIntervals(c.Intervals, c.Authority, c.ReceivedAt.UnixMilli(), nil)
}

// setIntervals makes new versions on the word of an authority. seen, if not nil,
// is told of each interval what was there before, nil if nothing was, and what
// is there now.
func (w *writer) setIntervals(list []metering.Interval, a metering.Authority, at int64, seen func(i int, before *intervalEntry, now intervalEntry)) error {
	days, groups := runs(len(list), func(i int) intervalDay {
		day, _ := dayOf(list[i].Start)
		return intervalDay{list[i].Point, list[i].Channel, day}
	})
	for _, d := range days {
		if err := w.setIntervalDay(d, list, groups[d], a, at, seen); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) setIntervalDay(d intervalDay, list []metering.Interval, indexes []int, a metering.Authority, at int64, seen func(int, *intervalEntry, intervalEntry)) error {
	point, err := w.name(string(d.point))
	if err != nil {
		return err
	}
	var page []byte
	var entries []intervalEntry
	found, err := w.row(`SELECT page FROM interval_day WHERE point = ? AND channel = ? AND day = ?`,
		[]any{point, int64(d.channel), d.day}, &page)
	if err != nil {
		return err
	}
	if found {
		if entries, err = unpackIntervals(d.day, page); err != nil {
			return err
		}
	} else {
		entries = make([]intervalEntry, 0, len(indexes))
	}
	changed := false
	for _, i := range indexes {
		_, slot := dayOf(list[i].Start)
		e := entryOf(list[i], slot, 1, at)
		at, exists := slices.BinarySearchFunc(entries, slot, func(e intervalEntry, slot int) int { return e.slot - slot })
		var before *intervalEntry
		switch {
		case !exists:
			entries = slices.Insert(entries, at, e)
			changed = true
		case entries[at].same(e) || !entries[at].yields(e, a):
			before = &entries[at]
		default:
			old := entries[at]
			before = &old
			if err := w.retire(point, d, old); err != nil {
				return err
			}
			e.version = old.version + 1
			entries[at] = e
			changed = true
		}
		if seen != nil {
			seen(i, before, entries[at])
		}
	}
	if !changed {
		return nil
	}
	return w.exec(`INSERT INTO interval_day (point, channel, day, page) VALUES (?, ?, ?, ?)
		ON CONFLICT (point, channel, day) DO UPDATE SET page = excluded.page`,
		point, int64(d.channel), d.day, packIntervals(d.day, entries))
}

// retire keeps a version that is not current any more.
func (w *writer) retire(point int64, d intervalDay, e intervalEntry) error {
	return w.exec(`INSERT INTO interval_old
		(point, channel, start, version, energy, uncertainty, grade, method, flags, reason, recorded_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		point, int64(d.channel), slotStart(d.day, e.slot).UnixMilli(), e.version, e.energy, e.uncertainty,
		int64(e.grade), int64(e.method), int64(e.flags), e.reason, e.recorded)
}

// spanDay names a page of spans.
type spanDay struct {
	meter    metering.MeterID
	quantity metering.Quantity
	day      int64
}

func (w *writer) putSpans(c metering.Commit) error {
	days, groups := runs(len(c.Spans), func(i int) spanDay {
		s := &c.Spans[i]
		day, _ := dayOf(s.Start)
		return spanDay{s.Meter, s.Quantity, day}
	})
	for _, d := range days {
		if err := w.putSpanDay(d, c.Spans, groups[d]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) putSpanDay(d spanDay, spans []metering.RegisterSpan, indexes []int) error {
	meter, err := w.name(string(d.meter))
	if err != nil {
		return err
	}
	var page []byte
	var entries []spanEntry
	found, err := w.row(`SELECT page FROM span_day WHERE meter = ? AND quantity = ? AND day = ?`,
		[]any{meter, int64(d.quantity), d.day}, &page)
	if err != nil {
		return err
	}
	if found {
		if entries, err = unpackSpans(d.day, page); err != nil {
			return err
		}
	} else {
		entries = make([]spanEntry, 0, len(indexes))
	}
	changed := false
	for _, i := range indexes {
		changed = mergeSpan(&entries, d, spans[i]) || changed
	}
	if !changed {
		return nil
	}
	return w.exec(`INSERT INTO span_day (meter, quantity, day, page) VALUES (?, ?, ?, ?)
		ON CONFLICT (meter, quantity, day) DO UPDATE SET page = excluded.page`,
		meter, int64(d.quantity), d.day, packSpans(d.day, entries))
}

// mergeSpan reports whether the entries have changed.
func mergeSpan(entries *[]spanEntry, d spanDay, s metering.RegisterSpan) bool {
	_, slot := dayOf(s.Start)
	readings := make([]metering.RegisterReading, len(s.Readings))
	for i, r := range s.Readings {
		readings[i] = kept(r)
	}
	s.Readings = readings
	at, exists := slices.BinarySearchFunc(*entries, slot, func(e spanEntry, slot int) int { return e.slot - slot })
	if !exists {
		*entries = slices.Insert(*entries, at, spanEntry{slot, s.Readings, s.Many})
		return true
	}
	have := (*entries)[at].span(d.meter, d.quantity, d.day)
	merged := have.Merge(s)
	(*entries)[at] = spanEntry{slot, merged.Readings, merged.Many}
	return !merged.SameAs(have)
}

// kept is a reading as the ledger gives it back: to the millisecond, in UTC.
func kept(r metering.RegisterReading) metering.RegisterReading {
	r.At = instant(r.At.UnixMilli())
	return r
}
