package ingest

import (
	"context"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// settled is how long no reading may have come for a gap before the reasons of
// its intervals are renewed.
const settled = 5 * time.Minute

// Close closes by the clock the intervals that ended before now less vee.Grace
// and for which no reading has come: they are Null and provisional, and a late
// reading makes a new version of them. During the first vee.Grace after the
// start nothing is closed, so that collectors can hand over what they hold.
//
// It is cheap when there is nothing to close; call it every few seconds.
func (in *Ingest) Close(ctx context.Context, now time.Time) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if now.Before(in.started.Add(vee.Grace)) {
		return nil
	}
	c := metering.Commit{ReceivedAt: now}
	t := newTaking(&c)
	var changes []change
	for _, key := range in.followed() {
		r, err := in.register(ctx, key)
		if err == nil {
			var ch change
			if ch, err = in.closeOne(ctx, r, now, t); err == nil {
				changes = append(changes, ch)
				continue
			}
		}
		in.stats.Failures++
		return fmt.Errorf("ingest: close by the clock: meter %s %v: %w", key.meter, key.quantity, err)
	}
	if err := in.write(ctx, t, changes); err != nil {
		in.stats.Failures++
		return fmt.Errorf("ingest: close by the clock: %w", err)
	}
	if len(c.Intervals) > 0 {
		in.tell(Committed{At: now, Intervals: c.Intervals})
	}
	return nil
}

// followed are the registers that feed a channel: those of installed meters by
// their models, and those that have been read.
func (in *Ingest) followed() []registerKey {
	var keys []registerKey
	seen := map[registerKey]bool{}
	add := func(key registerKey) {
		if _, feeds := metering.ChannelOf(key.quantity); feeds && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	if in.cfg.Registers != nil {
		for _, i := range in.cfg.Site.Installs {
			for _, f := range in.cfg.Registers(i.Meter) {
				add(registerKey{i.Meter, f.Quantity})
			}
		}
	}
	for key := range in.registers {
		add(key)
	}
	return keys
}

func (in *Ingest) closeOne(ctx context.Context, r *register, now time.Time, t *taking) (change, error) {
	ch := change{r: r, after: *r}
	if !r.blurred.empty() && !now.Before(r.blurredSince.Add(settled)) {
		spans, err := in.around(ctx, r, r.blurred.from, r.blurred.to)
		if err != nil {
			return ch, err
		}
		ch.after.blurred = span{}
		if err := in.derive(ctx, &ch, spans, r.blurred, time.Time{}, true, t); err != nil {
			return ch, err
		}
	}
	closed := now.Add(-vee.Grace)
	start := metering.PeriodStart(r.last())
	switch {
	case !r.open.IsZero() && !r.open.Before(r.done) && r.open.Before(start):
		start = r.open // what was read after its end cannot be trusted
	case r.done.After(start):
		start = r.done
	case r.last().IsZero():
		start = metering.PeriodStart(in.started)
	}
	return ch, in.derive(ctx, &ch, r.tail, span{start, metering.PeriodStart(closed)}, closed, false, t)
}
