package validation

import (
	"context"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// reach is how far a window grows to take whole gaps in. A longer gap is judged
// in parts, each with the whole gap's energy at hand.
const reach = 400 * 24 * time.Hour

// window is one point over [from, to), as the registers tell it.
type window struct {
	point    metering.Point
	channels []metering.Channel
	from, to time.Time
	asked    time.Time        // where the work began, before the window grew
	chains   []vee.Chain      // by channel
	derived  []vee.Derivation // by channel
}

// open derives all channels of a point over whole local days, grown until no gap
// sticks out, as far as readings and the clock have closed periods.
func (v *Validator) open(ctx context.Context, work pointWork, ripe, closed time.Time) (*window, error) {
	p, ok := v.cfg.Site.Point(work.point)
	if !ok {
		return nil, fmt.Errorf("point %q is not in the site file", work.point)
	}
	w := &window{point: p, channels: work.channels, from: work.from, to: earlier(work.to, ripe), asked: work.from}
	w.to = metering.PeriodStart(w.to)
	for range 3 {
		if err := v.derive(ctx, w, closed); err != nil {
			return nil, err
		}
		from, to := w.hull()
		from, _ = vee.Day.Bounds(later(from, w.from.Add(-reach)), v.zone())
		_, to = vee.Day.Bounds(earlier(to, w.to.Add(reach)).Add(-time.Millisecond), v.zone())
		to = metering.PeriodStart(earlier(to, ripe))
		if !from.Before(w.from) && !to.After(w.to) {
			break
		}
		w.from, w.to = earlier(from, w.from), later(to, w.to)
	}
	w.clip()
	return w, nil
}

func (v *Validator) derive(ctx context.Context, w *window, closed time.Time) error {
	w.chains, w.derived = w.chains[:0], w.derived[:0]
	witnesses := map[metering.MeterID][]metering.Witness{}
	for _, ch := range w.channels {
		chain := vee.Chain{Point: w.point.ID, Channel: ch, Links: v.cfg.Chains.Links(w.point.ID, ch)}
		for i := range chain.Links {
			if err := v.fill(ctx, &chain.Links[i], ch, w, witnesses); err != nil {
				return err
			}
		}
		w.chains = append(w.chains, chain)
		w.derived = append(w.derived, chain.Derive(w.from, w.to, closed))
	}
	return nil
}

// fill reads a link's spans and witnesses, if the meter stood there around the
// window.
func (v *Validator) fill(ctx context.Context, link *vee.Link, ch metering.Channel, w *window, seen map[metering.MeterID][]metering.Witness) error {
	in := link.Install
	const near = 24 * time.Hour
	if !in.From.Before(w.to.Add(near)) || (!in.To.IsZero() && in.To.Before(w.from.Add(-near))) {
		return nil
	}
	var err error
	// Ledgers add a span on each side, however far away: the edges of gaps.
	link.Spans, err = v.cfg.Ledger.Spans(ctx, in.Meter, ch.Quantity(), w.from.Add(-vee.Reach), w.to.Add(vee.Reach))
	if err != nil || len(link.Spans) == 0 {
		return err
	}
	if list, ok := seen[in.Meter]; ok {
		link.Witnesses = list
		return nil
	}
	// As far as the spans reach, because the edges of gaps are shaped by them too.
	from, to := link.Spans[0].Start, link.Spans[len(link.Spans)-1].End()
	link.Witnesses, err = v.cfg.Ledger.Witnesses(ctx, in.Meter, from, to)
	seen[in.Meter] = link.Witnesses
	return err
}

// hull reaches from the first to the last moment of the window's gaps.
func (w *window) hull() (from, to time.Time) {
	from, to = w.from, w.to
	for _, d := range w.derived {
		for _, g := range d.Gaps {
			from, to = earlier(from, g.From), later(to, g.To)
		}
	}
	return from, to
}

// clip ends the window where its intervals do: nothing is said of periods that
// are still open, nor of times before the first meter and after the last.
func (w *window) clip() {
	var first, last time.Time
	for _, d := range w.derived {
		if len(d.Intervals) == 0 {
			continue
		}
		if start := d.Intervals[0].Start; first.IsZero() || start.Before(first) {
			first = start
		}
		last = later(last, d.Intervals[len(d.Intervals)-1].End())
	}
	if first.IsZero() {
		return // what stands there is all that is known
	}
	w.from, w.to = later(w.from, first), earlier(w.to, last)
}

// begin cuts off a window what lies before everything that is known of the point:
// nothing is missing there, however far back one looks. It reports whether something
// is left.
func (v *Validator) begin(ctx context.Context, w *window, back time.Duration) (bool, error) {
	begin := w.to
	for n := range w.channels {
		begin = earlier(begin, known(w.derived[n], w.to))
	}
	if !w.from.Before(begin) {
		return true, nil
	}
	list, err := v.intervals(ctx, w.point.ID, w.channels, w.from.Add(-back), begin)
	if err != nil {
		return false, fmt.Errorf("point %s: %w", w.point.ID, err)
	}
	if len(list) > 0 {
		begin = list[0].Start
	}
	if !w.from.Before(begin) {
		return true, nil
	}
	w.from = begin
	for n := range w.derived {
		cut(&w.derived[n], begin)
	}
	return begin.Before(w.to), nil
}

// cut takes off what lies before a moment, up to which nothing but an open gap is
// known.
func cut(d *vee.Derivation, begin time.Time) {
	d.Intervals = d.Intervals[search(d.Intervals, begin):]
	for len(d.Partials) > 0 && d.Partials[0].Start.Before(begin) {
		d.Partials = d.Partials[1:]
	}
	if len(d.Gaps) > 0 && d.Gaps[0].From.Before(begin) {
		d.Gaps[0].From = begin
	}
	if len(d.Intervals) == 0 {
		d.Gaps = nil
	}
}

// known is the start of the first interval of which registers say something: what
// lies before the first reading is an open gap from the first interval on. It is end
// if they say nothing.
func known(d vee.Derivation, end time.Time) time.Time {
	if len(d.Intervals) == 0 {
		return end
	}
	first := d.Intervals[0].Start
	if len(d.Gaps) == 0 || d.Gaps[0].Bounded || !d.Gaps[0].From.Equal(first) {
		return first
	}
	return earlier(metering.PeriodStart(d.Gaps[0].To), end)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
