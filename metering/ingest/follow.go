package ingest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"asue/metering"
)

// change is a register's state once the transaction under way is committed.
type change struct {
	r     *register
	after register
}

func (c change) apply() { *c.r = c.after }

// follow adds to a commit the spans of new readings and the intervals that they
// close or change.
func (in *Ingest) follow(ctx context.Context, readings map[registerKey][]metering.RegisterReading, c *metering.Commit) ([]change, error) {
	var changes []change
	// In a fixed order, so that the same group makes the same commit.
	keys := slices.SortedFunc(maps.Keys(readings), func(a, b registerKey) int {
		return cmp.Or(cmp.Compare(a.meter, b.meter), cmp.Compare(a.quantity, b.quantity))
	})
	for _, key := range keys {
		r, err := in.register(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("meter %s %v: %w", key.meter, key.quantity, err)
		}
		ch, err := in.followOne(ctx, r, readings[key], c)
		if err != nil {
			return nil, fmt.Errorf("meter %s %v: %w", key.meter, key.quantity, err)
		}
		in.stats.Readings += int64(len(readings[key]))
		changes = append(changes, ch)
	}
	return changes, nil
}

func (in *Ingest) followOne(ctx context.Context, r *register, readings []metering.RegisterReading, c *metering.Commit) (change, error) {
	ch := change{r: r, after: *r}
	var fresh []metering.RegisterSpan
	for _, reading := range readings {
		fresh, _ = mergeSpans(fresh, []metering.RegisterSpan{metering.SpanOf(r.meter, r.quantity, reading)})
	}
	known, late := r.tail, false
	if old := fresh[0]; !old.First().At.After(r.last()) && len(r.tail) > 0 {
		if _, news := mergeSpans(r.tail, fresh); !news {
			return ch, nil // a replay of what is at hand
		}
		var err error
		if known, err = in.around(ctx, r.registerKey, old.Start, fresh[len(fresh)-1].End()); err != nil {
			return ch, err
		}
		late = true
	}
	spans, news := mergeSpans(known, fresh)
	if !news {
		return ch, nil
	}
	c.Spans = append(c.Spans, fresh...)
	merged, _ := mergeSpans(r.tail, fresh)
	ch.after.tail = newest(merged)
	if r.channel == 0 {
		return ch, nil
	}
	reach := in.affected(r, spans, fresh, late)
	return ch, in.derive(ctx, &ch, spans, reach, time.Time{}, false, c)
}

// affected is which intervals new readings can close or change: from the period
// of the reading before them to that of the reading after them.
func (in *Ingest) affected(r *register, spans, fresh []metering.RegisterSpan, late bool) span {
	first, last := fresh[0].Start, fresh[len(fresh)-1].Start
	if !late {
		if before := r.last(); !before.IsZero() {
			first = metering.PeriodStart(before)
		}
		return span{first, last}
	}
	reach := span{first, last.Add(metering.BasePeriod)}
	for _, s := range spans {
		if s.Start.Before(first) {
			reach.from = s.Start
		}
		if !s.Start.Before(reach.to) {
			reach.to = s.End()
			break
		}
	}
	return reach
}

// derive adds the intervals of a range to a commit, as far as they say something
// new. refresh also renews the reasons of gaps.
func (in *Ingest) derive(ctx context.Context, ch *change, spans []metering.RegisterSpan, reach span, closed time.Time, refresh bool, c *metering.Commit) error {
	r := ch.r
	if earliest := reach.to.Add(-in.cfg.Limits.Gap); reach.from.Before(earliest) {
		in.cfg.Log.Warn("a stretch of intervals is too long to be written", "meter", r.meter, "register", r.quantity,
			"from", reach.from, "written_from", earliest)
		reach.from = metering.PeriodStart(earliest)
	}
	if reach.empty() {
		return nil
	}
	derived := r.rule.Derive(spans, reach.from, reach.to, closed)
	if len(derived) == 0 {
		return nil
	}
	current, err := in.current(ctx, r, reach)
	if err != nil {
		return err
	}
	for _, iv := range derived {
		have, exists := current[intervalKey{iv.Point, iv.Start}]
		if exists {
			var news, blurred bool
			if iv, news, blurred = settle(have, iv, refresh); blurred {
				ch.after.blurred = ch.after.blurred.join(span{iv.Start, iv.End()})
				ch.after.blurredSince = in.cfg.Clock.Now()
			}
			if !news {
				continue
			}
		}
		c.Intervals = append(c.Intervals, iv)
	}
	if end := derived[len(derived)-1].End(); end.After(ch.after.done) {
		ch.after.done = end
	}
	return nil
}

type intervalKey struct {
	point metering.PointID
	start time.Time
}

// current are the intervals that the ledger has in a range already.
func (in *Ingest) current(ctx context.Context, r *register, reach span) (map[intervalKey]metering.Interval, error) {
	if r.done.Before(reach.to) {
		reach.to = r.done
	}
	if reach.empty() {
		return nil, nil
	}
	list, err := in.written(ctx, r, reach.from, reach.to)
	if err != nil {
		return nil, err
	}
	current := make(map[intervalKey]metering.Interval, len(list))
	for _, iv := range list {
		current[intervalKey{iv.Point, iv.Start}] = iv
	}
	return current, nil
}

const lateReason = "readings came after the interval was first closed"

// settle decides what becomes of an interval that the ledger has already.
//
// While a backlog comes in, a gap shrinks with every group. Its intervals are
// not written anew each time only because the reason names other edges: they are
// blurred, and renewed when the backlog is through.
func settle(have, iv metering.Interval, refresh bool) (_ metering.Interval, news, blurred bool) {
	const gap = metering.FlagGap
	switch {
	case iv.Grade == metering.Null && have.Flags&metering.FlagSimulated != 0:
		return iv, false, false
	case have.SameAs(iv):
		return iv, false, false
	}
	iv.Flags |= metering.FlagLate
	if iv.Reason != "" {
		iv.Reason += "; "
	}
	iv.Reason += lateReason
	if have.SameAs(iv) {
		return iv, false, false
	}
	if !refresh && iv.Grade == metering.Null && have.Grade == metering.Null && have.Flags&gap != 0 && iv.Flags&gap != 0 {
		return iv, false, true
	}
	return iv, true, false
}
