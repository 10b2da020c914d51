package ingest

import (
	"context"
	"slices"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// derive adds the intervals of a range to a commit, as far as they say something
// new. refresh also renews the reasons of gaps.
func (in *Ingest) derive(ctx context.Context, ch *change, spans []metering.RegisterSpan, reach span, closed time.Time, refresh bool, t *taking) error {
	r := ch.r
	if earliest := reach.to.Add(-in.cfg.Limits.Gap); reach.from.Before(earliest) && !reach.empty() {
		in.cfg.Log.Warn("a stretch of intervals is too long to be written", "meter", r.meter, "register", r.quantity,
			"from", reach.from, "written_from", earliest)
		reach.from = metering.PeriodStart(earliest)
	}
	if reach.empty() {
		return nil
	}
	derived, open, err := in.intervals(ctx, r, spans, reach, closed, t)
	if err != nil {
		return err
	}
	ch.after.open = stillOpen(ch.after.open, open, reach)
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
			if have, err = in.said(ctx, have, iv); err != nil {
				return err
			}
			var news, blurred bool
			if iv, news, blurred = settle(have, iv, refresh); blurred {
				ch.after.blurred = ch.after.blurred.join(span{iv.Start, iv.End()})
				ch.after.blurredSince = in.cfg.Clock.Now()
			}
			if !news {
				continue
			}
		}
		t.add(iv)
	}
	if end := derived[len(derived)-1].End(); end.After(ch.after.done) {
		ch.after.done = end
	}
	return nil
}

// stillOpen is the earliest of what was open and what is, where a range was
// looked at anew.
func stillOpen(was, is time.Time, reach span) time.Time {
	inside := !was.Before(reach.from) && was.Before(reach.to)
	if was.IsZero() || inside || !is.IsZero() && is.Before(was) {
		return is
	}
	return was
}

// add puts an interval into the commit; of one that two meters' registers have
// made, the later word counts: it knows what the other one knew.
func (t *taking) add(iv metering.Interval) {
	for i := range t.Intervals {
		if have := &t.Intervals[i]; have.Start.Equal(iv.Start) && have.Point == iv.Point && have.Channel == iv.Channel {
			*have = iv
			return
		}
	}
	t.Intervals = append(t.Intervals, iv)
}

// intervals derives a range for every point where the meter stood in it. open is
// the start of the first interval that was not closed by a reading to be
// trusted, zero if there is none.
func (in *Ingest) intervals(ctx context.Context, r *register, spans []metering.RegisterSpan, reach span, closed time.Time, t *taking) (all []metering.Interval, open time.Time, err error) {
	for _, point := range r.points() {
		own := r.stay(point, reach)
		if own.empty() {
			continue
		}
		chain, err := in.chain(ctx, r, point, spans, own, t)
		if err != nil {
			return nil, time.Time{}, err
		}
		d := chain.Derive(own.from, own.to, closed)
		all = append(all, d.Intervals...)
		if first := waiting(d, own); !first.IsZero() && (open.IsZero() || first.Before(open)) {
			open = first
		}
	}
	return all, open, nil
}

func waiting(d vee.Derivation, reach span) time.Time {
	for _, iv := range d.Intervals {
		if iv.Flags&metering.FlagProvisional != 0 {
			return iv.Start
		}
	}
	end := reach.from
	if n := len(d.Intervals); n > 0 {
		end = d.Intervals[n-1].End()
	}
	if end.Before(reach.to) {
		return end
	}
	return time.Time{}
}

type intervalKey struct {
	point metering.PointID
	start time.Time
}

// current are the intervals that the ledger has in a range already.
func (in *Ingest) current(ctx context.Context, r *register, reach span) (map[intervalKey]metering.Interval, error) {
	if r.done.Before(reach.to) && len(in.neighbours(r, reach)) == 0 {
		reach.to = r.done // what another meter has not written, nobody has
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

// said is what registers have said last of an interval that is derived anew: where
// the rules have remarked on it, estimated it or taken its energy out, that is an
// earlier version. What they said already is no news, and the rules have heard it.
func (in *Ingest) said(ctx context.Context, have, iv metering.Interval) (metering.Interval, error) {
	if !strings.Contains(have.Reason, metering.RulesRemark) || !have.Yields(iv, metering.ByRegisters) {
		return have, nil
	}
	versions, err := in.cfg.Ledger.History(ctx, have.Point, have.Channel, have.Start)
	if err != nil {
		return have, err
	}
	for _, v := range slices.Backward(versions) {
		if v.Authority() == metering.ByRegisters && !strings.Contains(v.Reason, metering.RulesRemark) {
			return v, nil
		}
	}
	return have, nil
}

const lateReason = "readings came after the interval was first closed"

// ruleFlags are those that validation adds to what registers say.
const ruleFlags = metering.FlagOutage | metering.FlagSpike | metering.FlagReactive | metering.FlagSumCheck | metering.FlagSibling |
	metering.FlagCheckDiff | metering.FlagLossApplied | metering.FlagUnverified | metering.FlagLimit

// settle decides what becomes of an interval that the ledger has already.
//
// While a backlog comes in, a gap shrinks with every group. Its intervals are
// not written anew each time only because the reason names other edges: they are
// blurred, and renewed when the backlog is through.
//
// What validation or a person has written stays as long as the registers have
// nothing better (Interval.Yields).
func settle(have, iv metering.Interval, refresh bool) (_ metering.Interval, news, blurred bool) {
	switch {
	case iv.Grade == metering.Null && have.Flags&metering.FlagSimulated != 0:
		return iv, false, false
	case !have.Yields(iv, metering.ByRegisters):
		return iv, false, false
	case have.SameAs(iv) || validated(have, iv):
		return iv, false, false
	}
	refined := have.Method == metering.MethodAnchored && iv.Method == metering.MethodAnchored
	if refined && have.Flags&metering.FlagLate == 0 {
		return iv, true, false // the step after its end has come, as it must
	}
	iv.Flags |= metering.FlagLate
	if iv.Reason != "" {
		iv.Reason += "; "
	}
	iv.Reason += lateReason
	if have.SameAs(iv) || validated(have, iv) {
		return iv, false, false
	}
	sameGap := iv.Flags&metering.FlagGap != 0 && have.Flags|metering.FlagLate == iv.Flags
	if !refresh && iv.Grade == metering.Null && have.Grade == metering.Null && sameGap {
		return iv, false, true
	}
	return iv, true, false
}

// validated reports whether an interval says what the registers say and has
// remarks of validation besides.
func validated(have, iv metering.Interval) bool {
	return have.Flags&ruleFlags&^iv.Flags != 0 && have.Energy == iv.Energy && have.Uncertainty == iv.Uncertainty &&
		have.Grade == iv.Grade && have.Method == iv.Method && have.Flags&^ruleFlags == iv.Flags&^ruleFlags
}
