package collector

import (
	"context"
	"slices"
	"time"

	"asue/collector/device"
	"asue/metering"
)

// missed are the boundaries at which nobody read a meter that has an archive. Of one
// that has none it is nil.
type missed struct {
	archive  device.Archive
	boundary time.Duration
	reach    time.Duration // how far back it is worth asking
	seen     time.Time     // when the counters were last read; zero: never, and nothing is missed
	ends     []time.Time   // to be asked for, ascending
	tries    int           // that failed in a row
	rest     time.Time     // nothing is asked before
}

// A boundary counts as read when a counter was read so near to it; energy between
// is interpolated.
const nearBoundary = 30 * time.Second

// newMissed makes the list of what was missed from since to now.
func newMissed(a device.Archive, boundary, reach time.Duration, since, now time.Time) *missed {
	if a == nil {
		return nil
	}
	d := &missed{archive: a, boundary: boundary, reach: reach, seen: since}
	d.until(now)
	return d
}

// until notes that the meter was away from when its counters were last read to
// now.
func (d *missed) until(now time.Time) {
	if d == nil || d.seen.IsZero() {
		return
	}
	// The archive's intervals may be longer than ours: it knows no more than them.
	step := max(d.boundary, d.archive.Period())
	from := d.seen.Add(-nearBoundary)
	if oldest := now.Add(-d.reach); from.Before(oldest) {
		from = oldest
	}
	if n := len(d.ends); n > 0 && from.Before(d.ends[n-1]) {
		from = d.ends[n-1]
	}
	for end := from.Truncate(step).Add(step); end.Before(now.Add(-nearBoundary)); end = end.Add(step) {
		if end.Sub(d.seen).Abs() > nearBoundary {
			d.ends = append(d.ends, end)
		}
	}
	d.seen = now
}

// read notes that counters were read at a time.
func (d *missed) read(at time.Time) {
	if d == nil {
		return
	}
	if !d.seen.IsZero() && at.Sub(d.seen) > d.boundary {
		d.until(at) // the line or the process stood still
	}
	d.seen = at
}

// backfill asks one meter's archive for one boundary, when the line has nothing
// else to do for long enough. It reports whether it did.
func (l *line) backfill(ctx context.Context, now time.Time) bool {
	if l.outage != nil || !slices.ContainsFunc(l.meters, func(m *meter) bool { return m.missed != nil && len(m.missed.ends) > 0 }) {
		return false
	}
	if l.waiting.Len() > 0 && l.waiting.first().at.sub(momentOf(now)) < l.stats.took.longest() {
		return false
	}
	for _, m := range l.meters {
		if m.recall(ctx, now) {
			return true
		}
	}
	return false
}

// archiveTries is how often a record is asked for before it is given up, and
// archiveRest how long the archive is left alone after each time in vain.
const (
	archiveTries = 3
	archiveRest  = time.Minute
)

// recall asks for the newest boundary that is missing: a ring overwrites the oldest
// first, but what is billed next is the newest.
func (m *meter) recall(ctx context.Context, now time.Time) bool {
	d := m.missed
	if d == nil || len(d.ends) == 0 || m.fault != nil || !m.who.known || m.who.whole != metering.Good || now.Before(d.rest) {
		return false
	}
	end := d.ends[len(d.ends)-1]
	start := m.line.now()
	record, found, err := d.archive.At(ctx, end)
	m.line.load.add(start, m.line.now())
	if err != nil {
		if _, refused := device.RefusalOf(err); refused {
			m.count(resultException)
		} else {
			m.count(resultFailure)
		}
		d.rest = m.line.now().Add(archiveRest)
		if d.tries++; d.tries < archiveTries {
			return true
		}
		m.line.log().Warn("collector: the meter's archive does not give an interval's end", "meter", m.cfg.ID, "end", end, "error", err)
	}
	d.ends, d.tries = d.ends[:len(d.ends)-1], 0
	if err == nil && found {
		m.count(resultOK)
		m.remember(record)
	}
	if len(d.ends) == 0 {
		m.line.log().Info("collector: what the meter's archive has was read back", "meter", m.cfg.ID, "records", m.stats.recalled.Load())
	}
	return true
}

// remember puts a record into the stream. It is stamped by the meter's own clock,
// and worth as much as that.
func (m *meter) remember(r device.Record) {
	quality, why := m.who.mark(r.Readings)
	if quality == metering.Good && m.who.doubted {
		quality, why = metering.ClockBad, "the meter's clock, by which its archive is stamped, is off by "+m.who.offset.Round(time.Second).String()
	}
	m.stats.recalled.Add(1)
	m.line.put(metering.Snapshot{
		Meter: m.cfg.ID, Model: m.model, At: r.At.Truncate(time.Millisecond), Mono: r.At.Sub(m.line.c.started),
		Clock: r.At, Quality: quality, Reason: why, Readings: r.Readings,
	}, true)
}
