package ingest

import (
	"context"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// points are the places where the register's meter stood, each once.
func (r *register) points() []metering.PointID {
	var list []metering.PointID
	for _, i := range r.installs {
		if !slices.Contains(list, i.Point) {
			list = append(list, i.Point)
		}
	}
	return list
}

// stay is the part of a range, in whole base periods, in which the meter stood at
// a point.
func (r *register) stay(point metering.PointID, reach span) span {
	var own span
	for _, i := range r.installs {
		if i.Point != point {
			continue
		}
		part := reach
		if from := metering.PeriodStart(i.From); from.After(part.from) {
			part.from = from
		}
		if to := i.To; !to.IsZero() && to.Before(part.to) {
			part.to = metering.PeriodStart(to.Add(metering.BasePeriod - 1))
		}
		if !part.empty() {
			own = own.join(part)
		}
	}
	return own
}

// neighbours are the installs of other meters that stood at the register's points
// in or right beside a range.
func (in *Ingest) neighbours(r *register, reach span) []metering.Install {
	beside := span{reach.from.Add(-metering.BasePeriod), reach.to.Add(metering.BasePeriod)}
	var list []metering.Install
	for _, i := range in.cfg.Site.Installs {
		if i.Meter != r.meter && slices.Contains(r.points(), i.Point) && beside.touches(i) {
			list = append(list, i)
		}
	}
	return list
}

// touches reports whether an install holds at some time of the span.
func (s span) touches(i metering.Install) bool {
	return i.From.Before(s.to) && (i.To.IsZero() || i.To.After(s.from))
}

// chain is the register's channel at a point, as far as a range goes: usually one
// link, at a change of meter those of both.
func (in *Ingest) chain(ctx context.Context, r *register, point metering.PointID, spans []metering.RegisterSpan, reach span, t *taking) (vee.Chain, error) {
	c := vee.Chain{Point: point, Channel: r.channel}
	from := reach.from
	if len(spans) > 0 && spans[0].Start.Before(from) {
		from = spans[0].Start
	}
	own, err := in.witnesses(ctx, r.meter, from, reach.to.Add(metering.BasePeriod), t)
	if err != nil {
		return c, err
	}
	beside := span{from, reach.to.Add(metering.BasePeriod)}
	for _, i := range r.installs {
		if i.Point == point && beside.touches(i) {
			c.Links = append(c.Links, vee.Link{
				Install: i, Modulus: r.modulus, MaxPower: in.capacity(i), Spans: spans, Witnesses: own,
			})
		}
	}
	for _, i := range in.neighbours(r, reach) {
		if i.Point != point {
			continue
		}
		other, err := in.register(ctx, registerKey{i.Meter, r.quantity})
		if err != nil {
			return c, err
		}
		theirs, err := in.around(ctx, other, reach.from, reach.to)
		if err != nil {
			return c, err
		}
		theirs, _ = mergeSpans(theirs, t.fresh[other.registerKey])
		seen, err := in.witnesses(ctx, i.Meter, from, reach.to.Add(metering.BasePeriod), t)
		if err != nil {
			return c, err
		}
		c.Links = append(c.Links, vee.Link{
			Install: i, Modulus: other.modulus, MaxPower: in.capacity(i), Spans: theirs, Witnesses: seen,
		})
	}
	slices.SortStableFunc(c.Links, func(a, b vee.Link) int { return a.Install.From.Compare(b.Install.From) })
	return c, nil
}

// link is the register's install at a moment, without readings.
func (in *Ingest) link(r *register, at time.Time) vee.Link {
	l := vee.Link{Modulus: r.modulus}
	for _, i := range r.installs {
		if i.At(at) {
			l.Install, l.MaxPower = i, in.capacity(i)
		}
	}
	return l
}

// lateReach is how far around late readings the steps of a coarse register are
// looked for.
const lateReach = vee.Reach

// aroundTime is how far around a range its neighbours are asked for first: dense
// readings need no second look then.
const aroundTime = time.Hour

// around are the spans of a register that start in [from, to) and enough more on
// each side: the edges of the gaps beside them, and what tells readings at these
// edges from garbage. Of a coarse register those of some hours around.
func (in *Ingest) around(ctx context.Context, r *register, from, to time.Time) ([]metering.RegisterSpan, error) {
	if r.coarse {
		from, to = from.Add(-lateReach), to.Add(lateReach)
	}
	var spans []metering.RegisterSpan
	for asked := (span{from.Add(-aroundTime), to.Add(aroundTime)}); ; { // each look reaches one span further on each side
		found, err := in.cfg.Ledger.Spans(ctx, r.meter, r.quantity, asked.from, asked.to)
		if err != nil || len(found) == 0 || len(found) == len(spans) {
			return found, err
		}
		spans = found
		before, after := 0, 0
		for _, s := range spans {
			if s.Start.Before(from) {
				before += len(s.Readings)
			}
			if !s.Start.Before(to) {
				after += len(s.Readings)
			}
		}
		if before >= 2*doubtful && after >= 2*doubtful {
			return spans, nil
		}
		asked = asked.join(span{spans[0].Start, spans[len(spans)-1].End()})
	}
}
