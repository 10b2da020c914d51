package sqlite

import (
	"context"

	"asue/metering"
	"asue/metering/pages"
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
// is told of each interval what was there before, if it was found, and what is
// there now.
func (w *writer) setIntervals(list []metering.Interval, a metering.Authority, at int64, seen func(i int, before, now pages.Interval, found bool)) error {
	days, groups := runs(len(list), func(i int) intervalDay {
		day, _ := pages.DayOf(list[i].Start)
		return intervalDay{list[i].Point, list[i].Channel, day}
	})
	for _, d := range days {
		if err := w.setIntervalDay(d, list, groups[d], a, at, seen); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) setIntervalDay(d intervalDay, list []metering.Interval, indexes []int, a metering.Authority, at int64, seen func(i int, before, now pages.Interval, found bool)) error {
	point, err := w.name(string(d.point))
	if err != nil {
		return err
	}
	var page []byte
	var entries []pages.Interval
	found, err := w.row(`SELECT page FROM interval_day WHERE point = ? AND channel = ? AND day = ?`,
		[]any{point, int64(d.channel), d.day}, &page)
	if err != nil {
		return err
	}
	if found {
		if entries, err = pages.UnpackIntervals(d.day, page); err != nil {
			return err
		}
	} else {
		entries = make([]pages.Interval, 0, len(indexes))
	}
	changed := false
	for _, i := range indexes {
		before, now, found, news := pages.Set(&entries, list[i], a, at)
		if news && found {
			if err := w.retire(point, d, before); err != nil {
				return err
			}
		}
		changed = changed || news
		if seen != nil {
			seen(i, before, now, found)
		}
	}
	if !changed {
		return nil
	}
	return w.exec(`INSERT INTO interval_day (point, channel, day, page) VALUES (?, ?, ?, ?)
		ON CONFLICT (point, channel, day) DO UPDATE SET page = excluded.page`,
		point, int64(d.channel), d.day, pages.PackIntervals(d.day, entries))
}

// retire keeps a version that is not current any more.
func (w *writer) retire(point int64, d intervalDay, e pages.Interval) error {
	return w.exec(`INSERT INTO interval_old
		(point, channel, start, version, energy, uncertainty, grade, method, flags, reason, recorded_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		point, int64(d.channel), pages.SlotStart(d.day, e.Slot).UnixMilli(), e.Version, int64(e.Energy), int64(e.Uncertainty),
		int64(e.Grade), int64(e.Method), int64(e.Flags), e.Reason, e.Recorded)
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
		day, _ := pages.DayOf(s.Start)
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
	var entries []pages.Span
	found, err := w.row(`SELECT page FROM span_day WHERE meter = ? AND quantity = ? AND day = ?`,
		[]any{meter, int64(d.quantity), d.day}, &page)
	if err != nil {
		return err
	}
	if found {
		if entries, err = pages.UnpackSpans(d.day, page); err != nil {
			return err
		}
	} else {
		entries = make([]pages.Span, 0, len(indexes))
	}
	changed := false
	for _, i := range indexes {
		changed = pages.MergeSpan(&entries, spans[i]) || changed
	}
	if !changed {
		return nil
	}
	return w.exec(`INSERT INTO span_day (meter, quantity, day, page) VALUES (?, ?, ?, ?)
		ON CONFLICT (meter, quantity, day) DO UPDATE SET page = excluded.page`,
		meter, int64(d.quantity), d.day, pages.PackSpans(d.day, entries))
}
