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

// taking is a transaction under way: what it brings, beside the ledger.
type taking struct {
	*metering.Commit
	fresh     map[registerKey][]metering.RegisterSpan
	witnesses map[metering.MeterID][]metering.Witness
}

func newTaking(c *metering.Commit) *taking {
	return &taking{c, map[registerKey][]metering.RegisterSpan{}, map[metering.MeterID][]metering.Witness{}}
}

// plan is what is to be derived because of new readings of a register.
type plan struct {
	change
	spans []metering.RegisterSpan
	reach span
}

// follow adds to a commit the spans of new readings and the intervals that they
// close or change. First all readings are taken in, then intervals are derived:
// at a change of meter two registers make one interval.
func (in *Ingest) follow(ctx context.Context, s *screened, t *taking) ([]change, error) {
	if err := in.followWitnesses(ctx, s.witnesses, t); err != nil {
		return nil, err
	}
	var plans []plan
	// In a fixed order, so that the same group makes the same commit.
	keys := slices.SortedFunc(maps.Keys(s.readings), func(a, b registerKey) int {
		return cmp.Or(cmp.Compare(a.meter, b.meter), cmp.Compare(a.quantity, b.quantity))
	})
	for _, key := range keys {
		r, err := in.register(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("meter %s %v: %w", key.meter, key.quantity, err)
		}
		p, err := in.plan(ctx, r, s.readings[key], t)
		if err != nil {
			return nil, fmt.Errorf("meter %s %v: %w", key.meter, key.quantity, err)
		}
		in.stats.Readings += int64(len(s.readings[key]))
		plans = append(plans, p)
	}
	changes := make([]change, 0, len(plans))
	for i := range plans {
		p := &plans[i]
		// What the ledger has already does not stay as it was when a reading that
		// came late has made it doubtful: it waits again, as if the clock had closed it.
		if err := in.derive(ctx, &p.change, p.spans, p.reach, p.r.done, false, t); err != nil {
			return nil, fmt.Errorf("meter %s %v: %w", p.r.meter, p.r.quantity, err)
		}
		changes = append(changes, p.change)
	}
	return changes, nil
}

// plan takes new readings of a register in and says what they may close or
// change.
func (in *Ingest) plan(ctx context.Context, r *register, readings []metering.RegisterReading, t *taking) (plan, error) {
	p := plan{change: change{r: r, after: *r}}
	var fresh []metering.RegisterSpan
	for _, reading := range readings {
		fresh, _ = mergeSpans(fresh, []metering.RegisterSpan{metering.SpanOf(r.meter, r.quantity, reading)})
	}
	known, late := r.tail, false
	if old := fresh[0]; !old.First().At.After(r.last()) && len(r.tail) > 0 {
		if _, news := mergeSpans(r.tail, fresh); !news {
			return p, nil // a replay of what is at hand
		}
		var err error
		if known, err = in.around(ctx, r, old.Start, fresh[len(fresh)-1].End()); err != nil {
			return p, err
		}
		late = true
	}
	spans, news := mergeSpans(known, fresh)
	if !news {
		return p, nil
	}
	t.Spans = append(t.Spans, fresh...)
	t.fresh[r.registerKey] = fresh
	merged, _ := mergeSpans(r.tail, fresh)
	p.after.tail = newest(merged, r.coarse)
	p.after.coarse = in.coarse(&p.after)
	if r.channel == 0 {
		return p, nil
	}
	p.spans = spans
	if late {
		p.reach = changed(r, spans, fresh)
		return p, nil
	}
	p.reach = in.closing(r, spans, fresh)
	if n := len(spans); n > 0 && p.reach.from.Before(spans[0].Start) && !p.reach.empty() {
		more, err := in.around(ctx, r, p.reach.from, p.reach.to)
		if err != nil {
			return p, err
		}
		p.spans, _ = mergeSpans(more, fresh)
	}
	return p, nil
}

// closing is which intervals readings that are newer than all others can close
// or change: those from the period of the reading before them on, and earlier
// ones that wait for a reading to be trusted or for the next step.
func (in *Ingest) closing(r *register, spans, fresh []metering.RegisterSpan) span {
	first, last := fresh[0].Start, fresh[len(fresh)-1].Start
	before := r.last()
	if before.IsZero() {
		return span{first, last}
	}
	first = metering.PeriodStart(before)
	news := fresh[len(fresh)-1].Last().Count != r.tail[len(r.tail)-1].Last().Count
	if !r.open.IsZero() && news && r.open.Before(first) {
		first = r.open
	}
	if !steady(in.link(r, before), spans, fresh[0].First().At) {
		if doubt := r.tail[back(r.tail, len(r.tail), doubtful)].Start; doubt.Before(first) {
			first = doubt
		}
	}
	if r.coarse && first.Before(last) {
		first = first.Add(-metering.BasePeriod) // its end's next step is known now
	}
	return span{first, last}
}

// changed is which intervals late readings can close or change: as far as there
// are readings that they can turn into garbage or out of it, of a coarse register
// to the next step.
func changed(r *register, spans, fresh []metering.RegisterSpan) span {
	at := func(s metering.RegisterSpan) int {
		i, _ := slices.BinarySearchFunc(spans, s.Start, func(have metering.RegisterSpan, start time.Time) int { return have.Start.Compare(start) })
		return i
	}
	first, last := at(fresh[0]), at(fresh[len(fresh)-1])
	end := ahead(spans, last, doubtful)
	for r.coarse && end < len(spans)-1 && !stepped(spans[end:end+1]) {
		end++
	}
	reach := span{spans[back(spans, first, doubtful)].Start, spans[end].End()}
	if !r.open.IsZero() && r.open.Before(reach.from) && r.open.After(reach.from.Add(-lateReach)) {
		reach.from = r.open
	}
	if r.coarse {
		reach.from = reach.from.Add(-metering.BasePeriod)
	}
	return reach
}
