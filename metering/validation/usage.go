package validation

import (
	"context"
	"time"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// maxEstimated is how much of a day may be estimated for it to count as usual.
const maxEstimated = 0.1

// month is what the measured days of a local month have shown of a channel.
type month struct {
	usage rules.Usage
	use   rules.Use
}

type monthKey struct {
	channelKey
	start int64 // Unix seconds
}

// before is the settlement period before that of t: what is usual in a month is
// what was usual in the one before, however the month is cut into pieces.
func (v *Validator) before(ctx context.Context, p metering.PointID, ch metering.Channel, t time.Time) (month, error) {
	start, _ := vee.Month.Bounds(t, v.zone())
	return v.monthOf(ctx, p, ch, start.Add(-time.Second))
}

// monthOf learns the local month of t. It is kept until something in it changes.
func (v *Validator) monthOf(ctx context.Context, p metering.PointID, ch metering.Channel, t time.Time) (month, error) {
	start, end := vee.Month.Bounds(t, v.zone())
	key := monthKey{channelKey{p, ch}, start.Unix()}
	v.mu.Lock()
	m, ok := v.learnt[key]
	v.mu.Unlock()
	if ok {
		return m, nil
	}
	list, err := v.intervals(ctx, p, []metering.Channel{ch}, start, end)
	if err != nil {
		return month{}, err
	}
	m = v.learn(list, start, end)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.learnt) > 100_000 {
		clear(v.learnt)
	}
	v.learnt[key] = m
	return m, nil
}

func (v *Validator) learn(list []metering.Interval, start, end time.Time) month {
	m := month{use: rules.Use{From: start, To: end}}
	for at := start; at.Before(end); {
		_, next := vee.Day.Bounds(at, v.zone())
		n := 0
		for n < len(list) && list[n].Start.Before(next) {
			n++
		}
		day := list[:n]
		list = list[n:]
		if len(day) == int(next.Sub(at)/metering.BasePeriod) &&
			m.usage.Learn(v.cfg.Site.Calendar.KindOf(at, v.zone()), day, maxEstimated) {
			m.use.Days++
			for i := range day {
				m.use.Energy += day[i].Energy
			}
		}
		at = next
	}
	return m
}

// forget drops what was learnt of months in which intervals have changed. v.mu is
// held.
func (v *Validator) forget(intervals []metering.Interval) {
	var last monthKey
	for _, iv := range intervals {
		start, _ := vee.Month.Bounds(iv.Start, v.zone())
		if key := (monthKey{channelKey{iv.Point, iv.Channel}, start.Unix()}); key != last {
			delete(v.learnt, key)
			last = key
		}
	}
}

// addUsage adds what is usual, and beside times of faulty metering the settlement
// periods whose average takes its place (order No. 143, item 61).
func (v *Validator) addUsage(ctx context.Context, w *window, ch metering.Channel, c *rules.Case) error {
	m, err := v.before(ctx, w.point.ID, ch, w.asked)
	if err != nil {
		return err
	}
	if len(m.usage.Kinds) > 0 {
		c.Usage = &m.usage
	}
	for _, f := range w.point.Faulty {
		if !f.From.Before(w.to) || (!f.To.IsZero() && !f.To.After(w.from)) {
			continue
		}
		c.Faulty = append(c.Faulty, f)
		if err := v.addNeighbours(ctx, w.point.ID, ch, f, c); err != nil {
			return err
		}
	}
	return nil
}

func (v *Validator) addNeighbours(ctx context.Context, p metering.PointID, ch metering.Channel, f metering.Period, c *rules.Case) error {
	before, err := v.before(ctx, p, ch, f.From)
	if err != nil {
		return err
	}
	if before.use.Days > 0 {
		c.Previous = &before.use
	}
	if f.To.IsZero() {
		return nil
	}
	_, next := vee.Month.Bounds(f.To, v.zone())
	after, err := v.monthOf(ctx, p, ch, next)
	if err == nil && after.use.Days > 0 {
		c.Next = &after.use
	}
	return err
}
