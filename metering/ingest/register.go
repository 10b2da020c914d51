package ingest

import (
	"context"
	"math"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

type registerKey struct {
	meter    metering.MeterID
	quantity metering.Quantity
}

// register is where one register of one meter stands.
type register struct {
	registerKey
	channel metering.Channel // 0 if it feeds none
	rule    vee.Register
	// tail are its newest spans, ascending, at most tailSpans.
	tail []metering.RegisterSpan
	// done is the end of the newest interval that the ledger has of it.
	done time.Time
	// blurred is a range of intervals in a gap whose reasons name a wider gap
	// than there is now, and since when nothing has come for it.
	blurred      span
	blurredSince time.Time
}

// span is a range of time, [from, to).
type span struct{ from, to time.Time }

func (s span) empty() bool { return !s.from.Before(s.to) }

func (s span) join(o span) span {
	switch {
	case s.empty():
		return o
	case o.empty():
		return s
	}
	if o.from.Before(s.from) {
		s.from = o.from
	}
	if o.to.After(s.to) {
		s.to = o.to
	}
	return s
}

// tailSpans is how many spans closing a period takes: the one before, its own,
// and the one of the reading that closes it.
const tailSpans = 3

// far lies after everything that a ledger holds.
var far = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// last is the newest reading's time; zero if there is none.
func (r *register) last() time.Time {
	if n := len(r.tail); n > 0 {
		return r.tail[n-1].Last().At
	}
	return time.Time{}
}

// register finds a register's state, in the ledger if it is not in memory.
func (in *Ingest) register(ctx context.Context, key registerKey) (*register, error) {
	if r, ok := in.registers[key]; ok {
		return r, nil
	}
	r := &register{registerKey: key}
	r.channel, _ = metering.ChannelOf(key.quantity)
	r.rule = in.rule(key, r.channel)
	if err := in.load(ctx, r); err != nil {
		return nil, err
	}
	if len(in.registers) >= in.cfg.Limits.Registers {
		in.forget()
	}
	in.registers[key] = r
	return r, nil
}

// forget drops half of the states; they are read again when they are needed.
func (in *Ingest) forget() {
	n := len(in.registers) / 2
	for key := range in.registers {
		if n--; n < 0 {
			return
		}
		delete(in.registers, key)
	}
}

func (in *Ingest) load(ctx context.Context, r *register) error {
	from := far
	for range tailSpans { // each look reaches one span further back
		spans, err := in.cfg.Ledger.Spans(ctx, r.meter, r.quantity, from, far)
		if err != nil {
			return err
		}
		if len(spans) == 0 {
			break
		}
		r.tail, from = spans, spans[0].Start
	}
	if r.channel == 0 {
		return nil
	}
	if from == far {
		from = in.started.Add(-in.cfg.Limits.Gap)
	}
	written, err := in.written(ctx, r, from, far)
	if err != nil {
		return err
	}
	for _, iv := range written {
		if end := iv.End(); end.After(r.done) {
			r.done = end
		}
	}
	return nil
}

// written are the current intervals of the register's points that start in
// [from, to) and during the meter's time there.
func (in *Ingest) written(ctx context.Context, r *register, from, to time.Time) ([]metering.Interval, error) {
	var points []metering.PointID
	for _, i := range r.rule.Installs {
		points = append(points, i.Point)
	}
	if len(points) == 0 {
		return nil, nil
	}
	list, err := in.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{
		Points: points, Channels: []metering.Channel{r.channel}, From: from, To: to,
	})
	return slices.DeleteFunc(list, func(iv metering.Interval) bool {
		return !slices.ContainsFunc(r.rule.Installs, func(i metering.Install) bool {
			return i.Point == iv.Point && i.From.Before(iv.End()) && (i.To.IsZero() || i.To.After(iv.Start))
		})
	}), err
}

// rule gathers what decides about a register's intervals.
func (in *Ingest) rule(key registerKey, ch metering.Channel) vee.Register {
	rule := vee.Register{Channel: ch}
	for _, i := range in.cfg.Site.Installs {
		if i.Meter != key.meter {
			continue
		}
		rule.Installs = append(rule.Installs, i)
		// The greatest of several places keeps a rollover believable at each.
		rule.MaxPower = max(rule.MaxPower, in.capacity(i))
	}
	if in.cfg.Registers != nil {
		for _, f := range in.cfg.Registers(key.meter) {
			if f.Quantity == key.quantity {
				rule.Modulus = f.Modulus
			}
		}
	}
	return rule
}

// directAmperes is the rated current of a meter without current transformers.
const directAmperes = 100

// capacity is the greatest power that an install can measure: √3·U·I with 20 %
// over the current transformer's primary current; 0 if the voltage is unknown.
func (in *Ingest) capacity(i metering.Install) metering.Power {
	p, _ := in.cfg.Site.Point(i.Point)
	node, _ := in.cfg.Site.Topology.Node(p.Node)
	volts := node.VoltageKV * 1000
	if volts <= 0 && i.VT.Primary > 1 {
		volts = float64(i.VT.Primary)
	}
	amperes := float64(directAmperes)
	if i.CT.Primary > 1 {
		amperes = float64(i.CT.Primary)
	}
	return metering.Power(math.Sqrt(3) * volts * amperes * 1.2)
}

// around are the spans of a register that start in [from, to) and two more on
// each side: the edges of the gaps beside them, and what the periods at these
// edges need.
func (in *Ingest) around(ctx context.Context, key registerKey, from, to time.Time) ([]metering.RegisterSpan, error) {
	spans, err := in.cfg.Ledger.Spans(ctx, key.meter, key.quantity, from, to)
	if err != nil || len(spans) == 0 {
		return nil, err
	}
	if first := spans[0].Start; first.Before(from) {
		from = first
	}
	if last := spans[len(spans)-1].Start; !last.Before(to) {
		to = last.Add(metering.BasePeriod)
	}
	return in.cfg.Ledger.Spans(ctx, key.meter, key.quantity, from, to)
}

// mergeSpans joins spans of one register into an ascending list and reports
// whether they brought anything new.
func mergeSpans(list, more []metering.RegisterSpan) (merged []metering.RegisterSpan, news bool) {
	merged = slices.Clone(list)
	for _, s := range more {
		i, found := slices.BinarySearchFunc(merged, s.Start, func(have metering.RegisterSpan, start time.Time) int {
			return have.Start.Compare(start)
		})
		if !found {
			merged = slices.Insert(merged, i, s)
			news = true
			continue
		}
		joined := merged[i].Merge(s)
		news = news || !joined.SameAs(merged[i])
		merged[i] = joined
	}
	return merged, news
}

// newest cuts a list down to the tail.
func newest(list []metering.RegisterSpan) []metering.RegisterSpan {
	return slices.Clone(list[max(0, len(list)-tailSpans):])
}
