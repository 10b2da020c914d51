package balance

import (
	"fmt"
	"time"

	"asue/metering"
)

// Rules under which findings about balances stand (V24 of the rules of
// validation).
const (
	Rule    = "balance"     // intervals in a row beyond what is permitted
	RuleDay = "balance_day" // a local day beyond it
)

// Findings are what there is to say about a balance over the grid: one finding
// for each run of intervals beyond what is permitted, a warning or, from
// Config.Persist intervals on, an alarm; and an alarm for each local day whose
// balance as a whole is beyond it. Intervals and days that are incomplete or
// estimated raise none. They come in order of time, runs before days.
func (r *Run) Findings() []metering.Finding {
	var list []metering.Finding
	for first := 0; first < len(r.slots); {
		if !r.alarming(first) {
			first++
			continue
		}
		last := first + 1
		for last < len(r.slots) && r.alarming(last) {
			last++
		}
		severity := metering.Warning
		if last-first >= r.e.m.cfg.Persist {
			severity = metering.Alarm
		}
		list = append(list, r.finding(Rule, severity, first, last))
		first = last
	}
	for _, day := range r.days() {
		if r.Total(day.From, day.To).Alarming {
			first, _ := r.e.g.Slot(day.From)
			list = append(list, r.finding(RuleDay, metering.Alarm, first, first+int(day.To.Sub(day.From)/metering.BasePeriod)))
		}
	}
	return list
}

func (r *Run) alarming(slot int) bool {
	s := r.slots[slot]
	return s.Complete && s.Beyond && s.Estimated <= r.e.m.cfg.MaxEstimated
}

// days are the local days that lie in the grid as a whole.
func (r *Run) days() []metering.Period {
	loc := r.e.m.site.Location
	if loc == nil {
		loc = time.UTC
	}
	var list []metering.Period
	y, month, d := r.e.g.From().In(loc).Date()
	for i := 0; ; i++ {
		from := time.Date(y, month, d+i, 0, 0, 0, 0, loc).UTC()
		to := time.Date(y, month, d+i+1, 0, 0, 0, 0, loc).UTC()
		if to.After(r.e.g.To()) {
			return list
		}
		if !from.Before(r.e.g.From()) {
			list = append(list, metering.Period{From: from, To: to})
		}
	}
}

func (r *Run) finding(rule string, severity metering.Severity, first, last int) metering.Finding {
	from, to := r.e.g.Start(first), r.e.g.Start(last)
	res := r.Total(from, to)
	f := metering.Finding{
		Rule: rule, Severity: severity, Node: r.subject.ID, From: from, To: to,
		Text: fmt.Sprintf("%v in, %v out, %v own needs, %v calculated losses: imbalance %v (%.3f %%), permitted %.3f %%, with registers and losses %v",
			res.In, res.Out, res.OwnNeeds, res.Losses, res.Imbalance, res.ActualPercent, res.PermittedPercent, res.Bound),
		Numbers: []metering.Number{
			{Name: "in", Value: float64(res.In), Unit: "Wh"}, {Name: "out", Value: float64(res.Out), Unit: "Wh"},
			{Name: "own_needs", Value: float64(res.OwnNeeds), Unit: "Wh"}, {Name: "losses", Value: float64(res.Losses), Unit: "Wh"},
			{Name: "imbalance", Value: float64(res.Imbalance), Unit: "Wh"}, {Name: "actual", Value: res.ActualPercent, Unit: "%"},
			{Name: "permitted", Value: res.PermittedPercent, Unit: "%"}, {Name: "bound", Value: float64(res.Bound), Unit: "Wh"},
		},
	}
	for _, c := range r.Culprits(first, last, 1) {
		if c.Score > WeakEvidence {
			f.Text += fmt.Sprintf("; first look at %s (%.2f): %s", c.Point, c.Score, c.Evidence[0].Text)
			f.Numbers = append(f.Numbers, metering.Number{Name: "suspicion", Value: c.Score, Unit: "1"})
		}
	}
	return f
}
