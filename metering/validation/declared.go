package validation

import (
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee/rules"
)

// SetConditions lets other technical conditions hold than those of the site file, with
// what the register has recorded since. What was judged by others and lies behind now is
// looked at again, a year back at the most, and nothing before Config.Since. It may be
// called from any goroutine.
func (v *Validator) SetConditions(list []metering.Condition) {
	list = slices.Clone(list)
	var old []metering.Condition
	if had := v.conditions.Swap(&list); had != nil {
		old = *had
	}
	now := metering.PeriodStart(v.cfg.Clock.Now())
	var again []metering.Interval
	for _, p := range v.cfg.Site.Points {
		since, differs := changedSince(declaredAt(p, old), declaredAt(p, list))
		if !differs || !since.Before(now) {
			continue
		}
		since = later(since, later(now.AddDate(-1, 0, 0), v.cfg.Since))
		for start := metering.PeriodStart(since); start.Before(now); start = start.Add(metering.BasePeriod) {
			again = append(again, metering.Interval{Point: p.ID, Channel: metering.ChannelActiveImport, Start: start})
		}
	}
	v.Changed(again)
}

// changedSince is the first moment at which two declarations differ; false if they never
// do.
func changedSince(old, list []rules.Declared) (since time.Time, differs bool) {
	at := func(list []rules.Declared, t time.Time) metering.Power {
		for _, d := range list {
			if d.Holds(t) {
				return d.Power
			}
		}
		return 0
	}
	var moments []time.Time
	for _, d := range slices.Concat(old, list) {
		moments = append(moments, d.From)
		if !d.To.IsZero() {
			moments = append(moments, d.To)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	for _, t := range moments {
		if at(old, t) != at(list, t) {
			return t, true
		}
	}
	return time.Time{}, false
}

// declared is the power that the technical conditions of a point's resident allow
// there, over time.
func (v *Validator) declared(p metering.Point) []rules.Declared {
	return declaredAt(p, *v.conditions.Load())
}

// declaredAt is that by some conditions, what may be curtailed included: who draws it is
// within its right.
func declaredAt(p metering.Point, conditions []metering.Condition) []rules.Declared {
	if p.Resident == "" || p.Role != metering.RoleResident {
		return nil
	}
	var here []metering.Condition
	var edges []time.Time
	for _, c := range conditions {
		if c.Resident == p.Resident && c.Node == p.Node {
			here = append(here, c)
			edges = append(edges, c.From)
			if !c.To.IsZero() {
				edges = append(edges, c.To)
			}
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.CompactFunc(edges, time.Time.Equal)
	var list []rules.Declared
	for i, from := range edges {
		period := metering.Period{From: from}
		if i+1 < len(edges) {
			period.To = edges[i+1]
		}
		var sum metering.Power
		for _, c := range here {
			if c.At(from) {
				sum += c.Power + c.NonFirm
			}
		}
		if sum > 0 {
			list = append(list, rules.Declared{Period: period, Power: sum})
		}
	}
	return list
}

// idle are the times in which a resident's point has no technical conditions,
// before the first of them excepted: what came before the register of conditions
// is not known.
func (v *Validator) idle(p metering.Point) []metering.Period {
	declared := v.declared(p)
	var list []metering.Period
	for i, d := range declared {
		if d.To.IsZero() {
			break
		}
		next := metering.Period{From: d.To}
		if i+1 < len(declared) {
			if next.To = declared[i+1].From; !next.From.Before(next.To) {
				continue
			}
		}
		list = append(list, next)
	}
	return list
}
