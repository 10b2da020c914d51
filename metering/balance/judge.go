package balance

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// judge says whether the balance may be trusted, and what is to be known of it.
func (r *Run) judge(res *Result) {
	cfg := r.e.m.cfg
	switch {
	case res.Intervals == 0:
		res.Reason = "no interval in which every flow is known"
	case !res.Complete:
		res.Reason = fmt.Sprintf("incomplete: every flow is known in %d of %d intervals", res.Intervals, res.Expected)
	case res.EstimatedShare > cfg.MaxEstimated:
		res.Reason = fmt.Sprintf("%.1f %% of the energy is not measured", 100*res.EstimatedShare)
	}
	res.Beyond = res.Beyond && res.Intervals > 0
	res.Alarming = res.Beyond && res.Reason == ""
	for _, id := range r.subject.Dark {
		res.Remarks = append(res.Remarks, fmt.Sprintf("nothing is metered at %s or below: what it draws is imbalance", id))
	}
	for _, f := range res.Flows {
		res.Remarks = append(res.Remarks, r.e.m.remarksOn(f, res.From, res.To)...)
	}
	for _, id := range r.subject.Losses {
		res.Remarks = append(res.Remarks, r.e.remarks[id]...)
	}
	for _, l := range res.NodeLosses {
		if l.InMeter > 0 {
			res.Remarks = append(res.Remarks, fmt.Sprintf("losses of %s: already in a meter's energy in %d intervals, and not taken off again", l.Node, l.InMeter))
		}
	}
	slices.Sort(res.Remarks)
	res.Remarks = slices.Compact(res.Remarks)
}

// remarksOn tells what is assumed about a flow's metering system.
func (m *Model) remarksOn(f FlowTotal, from, to time.Time) []string {
	var remarks []string
	s := m.at(f.Point, from)
	remarks = append(remarks, s.remarks...)
	if end := m.at(f.Point, to.Add(-metering.BasePeriod)); end.From != s.From || end.To != s.To {
		remarks = append(remarks, end.remarks...)
		remarks = append(remarks, fmt.Sprintf("the metering system at %s was changed in this time", f.Point))
	}
	if f.CurrentPercent > 0 && f.CurrentPercent < s.light && f.Energy != 0 {
		remarks = append(remarks, fmt.Sprintf("%s %s runs at %.1f %% of its transformers' rated current: their error limit there is %.2f %%, by their class %v %%",
			f.Point, f.Channel, f.CurrentPercent, f.Errors.CT, s.errors.CT))
	}
	return remarks
}
