package validation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// Outcome is what the rules have made of one channel of a point.
type Outcome struct {
	Point    metering.PointID
	Channel  metering.Channel
	From, To time.Time
	rules.Result
	// Changed are the intervals that say something else than what stands.
	Changed []metering.Interval
	// Turned are those of Changed that have become actual or have ceased to be, where
	// other points lean on the channel.
	Turned []metering.Interval
}

// point validates a point and commits what has changed.
func (v *Validator) point(ctx context.Context, work pointWork, ripe time.Time) error {
	outcomes, err := v.assess(ctx, work, ripe, v.cfg.Clock.Now())
	if err != nil {
		return err
	}
	c := commitOf(outcomes, v.cfg.Clock.Now())
	if err := v.cfg.Ledger.Commit(ctx, c); err != nil {
		return fmt.Errorf("point %s: %w", work.point, err)
	}
	v.count(outcomes)
	if len(c.Intervals) > 0 && v.cfg.Validated != nil {
		v.cfg.Validated(c.Intervals)
	}
	return nil
}

// commitOf writes outcomes down: changes on the word of the rules, and what was
// found in place of what was found before.
func commitOf(outcomes []Outcome, now time.Time) metering.Commit {
	c := metering.Commit{ReceivedAt: now, Authority: metering.ByRules}
	for _, o := range outcomes {
		c.Intervals = append(c.Intervals, o.Changed...)
		c.Findings = append(c.Findings, metering.Findings{
			Point: o.Point, Channel: o.Channel, From: o.From, To: o.To, List: o.Findings,
		})
	}
	return c
}

func (v *Validator) count(outcomes []Outcome) {
	now := v.cfg.Clock.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range outcomes {
		for _, iv := range o.Changed {
			v.mark(iv.Start, iv.End(), now)
		}
		for _, iv := range o.Turned {
			for _, key := range v.leaning[channelKey{iv.Point, iv.Channel}] {
				v.dirt.add(key, iv.Start, iv.End(), now)
			}
		}
		v.forget(o.Changed)
		v.stats.Assessed += int64(len(o.Intervals))
		v.stats.Changed += int64(len(o.Changed))
		v.stats.Findings += int64(len(o.Findings))
	}
}

// assess judges all channels of a point over whole local days, as far as they are
// ripe, and changes nothing. Intervals for which nothing came are closed by the
// clock at now.
func (v *Validator) assess(ctx context.Context, work pointWork, ripe, now time.Time) ([]Outcome, error) {
	w, err := v.open(ctx, work, ripe, now.Add(-vee.Grace))
	if err != nil {
		return nil, fmt.Errorf("point %s: %w", work.point, err)
	}
	if !w.from.Before(w.to) {
		return nil, nil
	}
	back := evening
	if w.needsEstimates() {
		back = rules.History(v.cfg.Site.Rules)
	}
	if begun, err := v.begin(ctx, w, back); err != nil || !begun {
		return nil, err
	}
	outcomes, err := v.judge(ctx, w, back)
	if err == nil && back == evening && slices.ContainsFunc(outcomes, Outcome.estimates) {
		outcomes, err = v.judge(ctx, w, rules.History(v.cfg.Site.Rules)) // a rule took an energy out
	}
	return outcomes, err
}

// estimates reports whether some interval of the outcome was not measured.
func (o Outcome) estimates() bool {
	return slices.ContainsFunc(o.Intervals, func(iv metering.Interval) bool { return iv.Method.Estimates() || iv.Grade == metering.Null })
}

// judge takes all channels of a window through the rules, with what stood that
// long before it.
func (v *Validator) judge(ctx context.Context, w *window, back time.Duration) ([]Outcome, error) {
	a, err := v.gather(ctx, w, back)
	if err != nil {
		return nil, fmt.Errorf("point %s: %w", w.point.ID, err)
	}
	var outcomes []Outcome
	var done []rules.Sibling
	for n, ch := range w.channels {
		from, ok := w.known(n, a[n])
		if !ok {
			continue
		}
		c, err := v.caseOf(ctx, w, n, from, a[n], done)
		if err != nil {
			return nil, fmt.Errorf("point %s %v: %w", w.point.ID, ch, err)
		}
		o := Outcome{Point: w.point.ID, Channel: ch, From: from, To: w.to, Result: rules.Assess(c)}
		o.Changed = changed(o.Intervals, c.Current)
		if len(v.leaning[channelKey{w.point.ID, ch}]) > 0 {
			o.Turned = turned(o.Changed, c.Current)
		}
		outcomes = append(outcomes, o)
		sibling := rules.Sibling{Channel: ch, Intervals: append(append([]metering.Interval{}, c.Before...), o.Intervals...)}
		done = append(done, sibling)
	}
	return outcomes, nil
}

// changed are the intervals of an outcome that differ from what stands. Both
// ascend.
func changed(outcome, current []metering.Interval) []metering.Interval {
	var list []metering.Interval
	i := 0
	for _, iv := range outcome {
		for i < len(current) && current[i].Start.Before(iv.Start) {
			i++
		}
		if i < len(current) && current[i].Start.Equal(iv.Start) && stands(current[i], iv) {
			continue
		}
		list = append(list, iv)
	}
	return list
}

// lasting are the flags that tell how readings came in; derived anew they are not
// set, and that is no change.
const lasting = metering.FlagLate | metering.FlagProvisional

// stands reports whether an interval says what the current version says already.
func stands(current, iv metering.Interval) bool {
	if current.Grade == metering.Actual && iv.Grade == metering.Actual {
		// The remark that it came late is the only reason that may differ.
		iv.Flags |= current.Flags & lasting
		if iv.Flags == current.Flags && current.Flags&lasting != 0 {
			iv.Reason = current.Reason
		}
	}
	return current.SameAs(iv)
}
