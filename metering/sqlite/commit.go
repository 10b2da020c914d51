package sqlite

import (
	"context"
	"slices"
	"time"

	"asue/metering"
)

// Commit writes a transaction; see metering.Ledger.
//
// Beyond the law it refuses a batch without a collector or with a sequence
// number of 0 or above 2^63-1, and a reading whose count is negative or without
// a step.
func (l *Ledger) Commit(ctx context.Context, c metering.Commit) error {
	if err := check(c); err != nil {
		return err
	}
	return l.write(ctx, "commit", func(w *writer) error {
		for _, part := range []func(metering.Commit) error{w.putBatches, w.putLost, w.putSpans, w.putIntervals} {
			if err := part(c); err != nil {
				return err
			}
		}
		return nil
	})
}

const maxSeq = 1<<63 - 1

func check(c metering.Commit) error {
	for _, b := range c.Batches {
		if b.ID.Collector == "" || b.ID.Seq == 0 || b.ID.Seq > maxSeq {
			return refused("batch %+v: collector and a sequence number of 1 or more are needed", b.ID)
		}
	}
	for id, r := range c.Lost {
		if id.Collector == "" || r.From == 0 || r.To < r.From || r.To > maxSeq {
			return refused("lost range %d to %d of collector %q", r.From, r.To, id.Collector)
		}
	}
	for i := range c.Spans {
		if err := checkSpan(&c.Spans[i]); err != nil {
			return err
		}
	}
	for i := range c.Intervals {
		if err := checkInterval(&c.Intervals[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkInterval(iv *metering.Interval) error {
	switch {
	case iv.Point == "":
		return refused("interval of %v without a point", iv.Start)
	case iv.Channel.Quantity() == 0:
		return refused("interval of point %s at %v: unknown %v", iv.Point, iv.Start, iv.Channel)
	case !aligned(iv.Start):
		return refused("interval of point %s %v: start %v is not a multiple of %v", iv.Point, iv.Channel, iv.Start, metering.BasePeriod)
	}
	return nil
}

func checkSpan(s *metering.RegisterSpan) error {
	switch {
	case s.Meter == "":
		return refused("register span of %v without a meter", s.Start)
	case !aligned(s.Start):
		return refused("span of meter %s %v: start %v is not a multiple of %v", s.Meter, s.Quantity, s.Start, metering.BasePeriod)
	}
	if len(s.Readings) == 0 {
		return refused("span of meter %s %v at %v without a reading", s.Meter, s.Quantity, s.Start)
	}
	for i, r := range s.Readings {
		switch {
		case r.At.Before(s.Start) || !r.At.Before(s.End()):
			return refused("span of meter %s %v: reading of %v does not lie in the period of %v", s.Meter, s.Quantity, r.At, s.Start)
		case r.Count.Raw < 0 || r.Count.Step <= 0 || r.Took < 0:
			return refused("span of meter %s %v: reading of %v: count %+v took %v", s.Meter, s.Quantity, r.At, r.Count, r.Took)
		case i > 0 && s.Readings[i-1].Compare(r) >= 0:
			return refused("span of meter %s %v at %v: its readings are not in ascending order", s.Meter, s.Quantity, s.Start)
		}
	}
	return nil
}

func aligned(t time.Time) bool { return t.Equal(metering.PeriodStart(t)) }

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
	days, groups := runs(len(c.Intervals), func(i int) intervalDay {
		iv := &c.Intervals[i]
		day, _ := dayOf(iv.Start)
		return intervalDay{iv.Point, iv.Channel, day}
	})
	for _, d := range days {
		if err := w.putIntervalDay(d, c, groups[d]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) putIntervalDay(d intervalDay, c metering.Commit, indexes []int) error {
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
		_, slot := dayOf(c.Intervals[i].Start)
		e := entryOf(c.Intervals[i], slot, 1, c.ReceivedAt.UnixMilli())
		at, exists := slices.BinarySearchFunc(entries, slot, func(e intervalEntry, slot int) int { return e.slot - slot })
		switch {
		case !exists:
			entries = slices.Insert(entries, at, e)
		case entries[at].same(e):
			continue
		default:
			if err := w.retire(point, d, entries[at]); err != nil {
				return err
			}
			e.version = entries[at].version + 1
			entries[at] = e
		}
		changed = true
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
