package main

import (
	"context"
	"fmt"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// Conditions implements dispatcher.Capacity.
func (c *capacity) Conditions(ctx context.Context, asOf time.Time, progress func(float64)) (dispatcher.ConditionsView, error) {
	y, err := c.asked(ctx, asOf, progress)
	if err != nil {
		return dispatcher.ConditionsView{}, err
	}
	r := conditionsOf(y.uses, y.list, false)
	v := dispatcher.ConditionsView{
		From: r.From, To: r.To, Minutes: r.Minutes, Rules: r.Rules.Version, Residents: []dispatcher.ConditionRow{}, Total: sumView(r.Total),
		ByClass: []dispatcher.ConditionSum{}, ByNode: []dispatcher.ConditionSum{}, Notes: r.Notes,
	}
	cases, err := c.openCases(ctx)
	if err != nil {
		return v, err
	}
	for _, row := range r.Residents {
		v.Residents = append(v.Residents, c.rowView(row, cases))
	}
	for _, s := range r.ByClass {
		sum := sumView(s.conditionSum)
		sum.Class = string(s.Class)
		v.ByClass = append(v.ByClass, sum)
	}
	for _, s := range r.ByNode {
		sum := sumView(s.conditionSum)
		sum.Node, sum.Name, sum.Depth = string(s.Node), c.nodeName(s.Node), s.Depth
		v.ByNode = append(v.ByNode, sum)
	}
	return v, nil
}

// caseAt is whose an open case is, and where.
type caseAt struct{ resident, node string }

// openCases are the ids of the open cases.
func (c *capacity) openCases(ctx context.Context) (map[caseAt]string, error) {
	cases := map[caseAt]string{}
	err := c.inOffice(ctx, func(o *office.Office) error {
		for _, f := range o.Cases(c.now()) {
			if f.Case.Stage == reclaim.Returned || f.Case.Stage == reclaim.Closed {
				continue
			}
			for _, n := range append(f.Nodes, f.Node) {
				cases[caseAt{string(f.Resident), string(n)}] = f.ID
			}
		}
		return nil
	})
	return cases, err
}

func (c *capacity) rowView(r conditionRow, cases map[caseAt]string) dispatcher.ConditionRow {
	v := dispatcher.ConditionRow{
		Resident: string(r.Resident), Name: c.residentName(r.Resident), Node: string(r.Node), NodeName: c.nodeName(r.Node), TUW: watts(r.TU),
		NeedW: wattsOf(r.Need), Utilisation: r.Utilisation, Class: string(r.Class), Reason: r.Reason, RetainW: wattsOf(r.Retain), ReclaimW: wattsOf(r.Reclaim),
		Coverage: r.Coverage, MaxW: watts(r.Max), Evidence: r.Evidence.String(), Case: cases[caseAt{string(r.Resident), string(r.Node)}], Notes: r.Notes,
	}
	if r.Enough != nil {
		v.EnoughFrom = &r.Enough.From
	}
	return v
}

func sumView(s conditionSum) dispatcher.ConditionSum {
	return dispatcher.ConditionSum{Rows: s.Rows, TUW: watts(s.OnPaper), NeedW: watts(s.Needed), ReclaimW: watts(s.Returnable), UnknownW: watts(s.Unknown)}
}

// watts are kilowatts that were whole watts.
func watts(kw float64) int64 { return int64(metering.Power(kw*1000 + 0.5)) }

func wattsOf(kw *float64) *int64 {
	if kw == nil {
		return nil
	}
	w := watts(*kw)
	return &w
}

// Use implements dispatcher.Capacity.
func (c *capacity) Use(ctx context.Context, resident, node string, asOf time.Time) (dispatcher.UseView, error) {
	y, err := c.asked(ctx, asOf, nil)
	if err != nil {
		return dispatcher.UseView{}, err
	}
	i := y.find(resident, node)
	if i < 0 {
		return dispatcher.UseView{}, fmt.Errorf("no technical condition of %q at %q was judged: GET /api/v1/conditions lists who was: %w", resident, node, dispatcher.ErrUnknown)
	}
	cases, err := c.openCases(ctx)
	if err != nil {
		return dispatcher.UseView{}, err
	}
	j := y.list[i]
	u := j.finding.Use
	v := dispatcher.UseView{
		ConditionRow: c.rowView(j.row(y.uses.site, false), cases), CurveW: []int64{}, Days: []dispatcher.UseDay{}, Months: []dispatcher.UseMonth{},
		Arithmetic: []dispatcher.UseStep{}, Figures: y.figures(i),
		Imputed: partOf(u.Intervals, u.Intervals.Imputed), Curtailed: partOf(u.Intervals, u.Intervals.Held), Outage: partOf(u.Intervals, u.Intervals.Outage), Missing: partOf(u.Intervals, u.Intervals.Missing),
	}
	for _, p := range u.Curve {
		v.CurveW = append(v.CurveW, int64(p))
	}
	for _, d := range y.days[i] {
		day := dispatcher.UseDay{Day: d.Date}
		if d.Max != nil {
			w := int64(*d.Max)
			day.W = &w
		}
		v.Days = append(v.Days, day)
	}
	for _, m := range u.Months {
		v.Months = append(v.Months, dispatcher.UseMonth{Month: m.Name[:len("2006-01")], Coverage: partOf(m.Intervals, m.Intervals.Valid), MaxW: int64(m.Max), EnergyWh: int64(m.Energy)})
	}
	if vol := j.finding.Volume; vol != nil {
		for _, s := range vol.Steps {
			v.Arithmetic = append(v.Arithmetic, dispatcher.UseStep{Name: s.Name, W: int64(s.Value), Rule: s.Rule, How: s.How})
		}
	}
	return v, nil
}

// partOf is a part of all intervals that are expected, of 1.
func partOf(c reclaim.Counts, n int) float64 { return float64(c.Share(n)) / 10_000 }

// figures are what is known of a use beside the finding.
func (y *judgedYear) figures(i int) []dispatcher.UseFigure {
	u := y.list[i].finding.Use
	var list []dispatcher.UseFigure
	add := func(name string, value float64) { list = append(list, dispatcher.UseFigure{Name: name, Value: value}) }
	add("max_w", float64(u.Max))
	add("p999_w", float64(u.P999))
	add("p995_w", float64(u.P995))
	add("p95_w", float64(u.P95))
	if u.DailyMaximum != nil {
		add("daily_maximum_w", float64(*u.DailyMaximum))
	}
	add("upper_w", float64(u.Upper))
	add("load_factor", u.LoadFactor())
	add("energy_wh", float64(u.Energy))
	add("trend_w_per_month", float64(u.Trend))
	hours := float64(u.Minutes) / 60
	add("hours_above_50_pct", hours*float64(u.Above50))
	add("hours_above_80_pct", hours*float64(u.Above80))
	add("hours_above_100_pct", hours*float64(u.Above100))
	if t := y.together; t != nil && i < len(t.Members) {
		m := t.Members[i]
		if m.AtPeak != nil {
			add("at_peak_w", float64(*m.AtPeak))
		}
		if r, ok := m.Responsibility(); ok {
			add("responsibility", r)
		}
		add("top_w", float64(m.Top))
		add("coincidence", t.Coincidence())
		add("diversity", t.Diversity())
	}
	return list
}
