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
	channel  metering.Channel   // 0 if it feeds none
	installs []metering.Install // of the meter
	modulus  int64              // 0 if unknown
	// coarse is set when one count is much for the point: its intervals take
	// their shape from its steps, which may lie further away.
	coarse bool
	// tail are its newest spans, ascending: tailSpans of them, and of a coarse
	// register those back to its last step.
	tail []metering.RegisterSpan
	// done is the end of the newest interval that the ledger has of it.
	done time.Time
	// open is the start of the earliest interval that was closed, or not yet,
	// without a reading that could be trusted; zero if there is none.
	open time.Time
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

// farSpans is how far back the last step of a coarse register is looked for: a
// day.
const farSpans = 96

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
	in.describe(r)
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
	for n := 0; n < tailSpans || back(r.tail, len(r.tail), 2*doubtful) == 0 && n < 2*doubtful || r.coarse && n < farSpans && !stepped(r.tail[:1]); n++ {
		spans, err := in.cfg.Ledger.Spans(ctx, r.meter, r.quantity, from, far) // each look reaches one span further back
		if err != nil {
			return err
		}
		if len(spans) == 0 || len(spans) == len(r.tail) {
			break
		}
		r.tail, from = spans, spans[0].Start
		r.coarse = in.coarse(r)
	}
	if r.channel == 0 {
		return nil
	}
	if from == far {
		from = in.started.Add(-in.cfg.Limits.Gap)
	} else if day := r.last().AddDate(0, 0, -1); day.Before(from) {
		from = metering.PeriodStart(day)
	}
	written, err := in.written(ctx, r, from, far)
	r.resume(written)
	return err
}

// resume finds out from what the ledger has how far the intervals are done, and
// which of the newest wait for a reading to be trusted.
func (r *register) resume(written []metering.Interval) {
	for _, iv := range written {
		if end := iv.End(); end.After(r.done) {
			r.done = end
		}
		switch waits := iv.Flags&metering.FlagProvisional != 0; {
		case !waits:
			r.open = time.Time{}
		case r.open.IsZero():
			r.open = iv.Start
		}
	}
	begin := r.done
	if begin.IsZero() && len(r.tail) > 0 {
		begin = r.tail[0].Start
	}
	if r.open.IsZero() && begin.Before(metering.PeriodStart(r.last())) {
		r.open = begin
	}
}

// written are the current intervals of the register's points that start in
// [from, to) and during the meter's time there.
func (in *Ingest) written(ctx context.Context, r *register, from, to time.Time) ([]metering.Interval, error) {
	var points []metering.PointID
	for _, i := range r.installs {
		points = append(points, i.Point)
	}
	if len(points) == 0 {
		return nil, nil
	}
	list, err := in.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{
		Points: points, Channels: []metering.Channel{r.channel}, From: from, To: to,
	})
	return slices.DeleteFunc(list, func(iv metering.Interval) bool {
		return !slices.ContainsFunc(r.installs, func(i metering.Install) bool {
			return i.Point == iv.Point && i.From.Before(iv.End()) && (i.To.IsZero() || i.To.After(iv.Start))
		})
	}), err
}

// describe gathers what decides about a register's intervals.
func (in *Ingest) describe(r *register) {
	for _, i := range in.cfg.Site.Installs {
		if i.Meter == r.meter {
			r.installs = append(r.installs, i)
		}
	}
	r.modulus = in.modulus(r.registerKey)
}

func (in *Ingest) modulus(key registerKey) int64 {
	if in.cfg.Registers == nil {
		return 0
	}
	for _, f := range in.cfg.Registers(key.meter) {
		if f.Quantity == key.quantity {
			return f.Modulus
		}
	}
	return 0
}

// coarse reports whether one count of the register, as read last, is much for
// the point.
func (in *Ingest) coarse(r *register) bool {
	if len(r.tail) == 0 {
		return false
	}
	last := r.tail[len(r.tail)-1].Last()
	i, ok := in.cfg.Site.InstallOf(r.meter, last.At)
	return ok && in.coarseCount(i, last.Count)
}

func (in *Ingest) coarseCount(i metering.Install, c metering.Count) bool {
	q, ok := vee.Quantum(c, i)
	return ok && vee.Coarse(q, in.capacity(i))
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
