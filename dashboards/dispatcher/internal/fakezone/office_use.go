package fakezone

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// use is how a resident of the invented zone uses its technical conditions.
type use struct {
	row   dispatcher.ConditionRow
	needW int64
	share float64
	seed  float64
}

// kinds of uses, in turn; the classes follow from them.
var useKinds = []struct {
	share, coverage float64
	class           string
}{
	{0.88, 0.996, ""}, {0.652, 0.991, ""}, {0.3875, 0.974, ""}, {0.93, 1, ""}, {0.018, 0.998, ""},
	{0.21, 0.72, "INSUFFICIENT"}, {1.075, 0.987, "EXCEEDING"}, {0.12, 0.999, "GRACE"}, {0.71, 0.968, ""},
}

func newUse(i int, r metering.Resident, at metering.Node) *use {
	kind := useKinds[i%len(useKinds)]
	tu := int64(trades[i%len(trades)].peak) * int64(12+i%5) / 10 / 50_000 * 50_000
	u := &use{share: kind.share, seed: float64(i), needW: int64(float64(tu)*kind.share) / 1000 * 1000}
	u.row = dispatcher.ConditionRow{
		Resident: string(r.ID), Name: r.Name, Node: string(at.ID), NodeName: at.Name, TUW: tu, Class: kind.class, Coverage: kind.coverage,
		MaxW: int64(float64(u.needW) * 1.13), Evidence: evidenceOf("use of " + string(r.ID)).String(),
	}
	u.judge()
	return u
}

// judge finds class and volume by the usual rules.
func (u *use) judge() {
	r := &u.row
	r.NeedW, r.Utilisation, r.RetainW, r.ReclaimW = nil, nil, nil, nil
	switch r.Class {
	case "INSUFFICIENT":
		r.Reason = fmt.Sprintf("%.2f %% of the time is covered by valid intervals, less than 90 %%: %.0f of 17520 (imputed 0, missing %.0f, outage 0, held back 0)",
			100*r.Coverage, 17520*r.Coverage, 17520*(1-r.Coverage))
		enough := time.Date(2027, 5, 26, 0, 0, 0, 0, time.UTC)
		r.EnoughFrom = &enough
		return
	case "GRACE":
		r.Reason = "draws since 2026-06-15, less than 12 months before the end of the time"
		return
	}
	share := float64(u.needW) / float64(r.TUW)
	r.NeedW, r.Utilisation = &u.needW, &share
	switch {
	case r.Class == "EXCEEDING":
	case share < 0.05:
		r.Class = "IDLE"
	case share < 0.5:
		r.Class = "UNDERUSED"
	case share < 0.8:
		r.Class = "OVERRESERVED"
	default:
		r.Class = "NORMAL"
	}
	r.Reason = fmt.Sprintf("%.2f %% of the ТУ of %v are needed", 100*share, metering.Power(r.TUW))
	retain := min(r.TUW, u.needW*115/100)
	back := (r.TUW - retain) / 50_000 * 50_000
	if r.Class == "NORMAL" || r.Class == "EXCEEDING" || back < max(100_000, r.TUW/20) {
		back = 0
	}
	r.RetainW, r.ReclaimW = &retain, &back
}

func (o *Office) year() (from, to time.Time) {
	y, m, d := o.now().In(o.site.Location).Date()
	to = time.Date(y, m, d, 0, 0, 0, 0, o.site.Location)
	return to.AddDate(-1, 0, 0), to
}

// Conditions lists all uses.
func (o *Office) Conditions(context.Context, time.Time, func(float64)) (dispatcher.ConditionsView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.ConditionsView{}, err
	}
	defer o.mu.Unlock()
	v := dispatcher.ConditionsView{Minutes: 30, Rules: "use 1", Residents: []dispatcher.ConditionRow{}, Notes: []string{"no point meters it: what it draws is not known"}}
	v.From, v.To = o.year()
	nodes, classes := map[string]*dispatcher.ConditionSum{}, map[string]*dispatcher.ConditionSum{}
	for _, n := range o.nodes() {
		depth := 1
		if n.Parent == "" {
			depth = 0
		}
		nodes[string(n.ID)] = &dispatcher.ConditionSum{Node: string(n.ID), Name: n.Name, Depth: depth}
	}
	for _, u := range o.uses {
		r := u.row
		v.Residents = append(v.Residents, r)
		if classes[r.Class] == nil {
			classes[r.Class] = &dispatcher.ConditionSum{Class: r.Class}
		}
		for _, sum := range []*dispatcher.ConditionSum{&v.Total, classes[r.Class], nodes[r.Node], nodes["in"]} {
			sum.Rows++
			sum.TUW += r.TUW
			if r.NeedW == nil {
				sum.UnknownW += r.TUW
				continue
			}
			sum.NeedW += *r.NeedW
			sum.ReclaimW += *r.ReclaimW
		}
	}
	for _, n := range o.nodes() {
		v.ByNode = append(v.ByNode, *nodes[string(n.ID)])
	}
	for _, c := range []string{"INSUFFICIENT", "GRACE", "EXCEEDING", "IDLE", "UNDERUSED", "OVERRESERVED", "NORMAL"} {
		if classes[c] != nil {
			v.ByClass = append(v.ByClass, *classes[c])
		}
	}
	slices.SortStableFunc(v.Residents, func(a, b dispatcher.ConditionRow) int { return compare(a.NodeName, b.NodeName) })
	return v, nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Use draws one of them.
func (o *Office) Use(_ context.Context, resident, node string, _ time.Time) (dispatcher.UseView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.UseView{}, err
	}
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.uses, func(u *use) bool { return u.row.Resident == resident && u.row.Node == node })
	if i < 0 {
		return dispatcher.UseView{}, fmt.Errorf("%s at %s: %w", resident, node, dispatcher.ErrUnknown)
	}
	u := o.uses[i]
	v := dispatcher.UseView{ConditionRow: u.row, Missing: 1 - u.row.Coverage, Arithmetic: []dispatcher.UseStep{}}
	if v.Missing > 0.01 {
		v.Imputed, v.Curtailed, v.Outage = v.Missing/4, v.Missing/8, v.Missing/16
		v.Missing -= v.Imputed + v.Curtailed + v.Outage
	}
	for p := 0; p <= 100; p++ {
		v.CurveW = append(v.CurveW, int64(float64(u.row.MaxW)*(0.12+0.88*math.Pow(1-float64(p)/100, 1.7))))
	}
	from, to := o.year()
	month := -1
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		if name := day.Format("2006-01"); month < 0 || v.Months[month].Month != name {
			v.Months = append(v.Months, dispatcher.UseMonth{Month: name, Coverage: 1, EnergyWh: int64(float64(u.needW) * 400)})
			month++
		}
		d := dispatcher.UseDay{Day: day.Format(time.DateOnly)}
		at := float64(day.YearDay())
		if u.row.Coverage < 0.9 && math.Mod(at, 4) == 1 {
			v.Months[month].Coverage -= 0.033
		} else {
			w := int64(float64(u.needW) * (0.72 + 0.2*math.Cos((at-15)/365*2*math.Pi) + 0.09*math.Sin(at*2.7+u.seed)))
			d.W = &w
			v.Months[month].MaxW = max(v.Months[month].MaxW, w)
		}
		v.Days = append(v.Days, d)
	}
	v.Figures = []dispatcher.UseFigure{
		{Name: "max_w", Value: float64(u.row.MaxW)}, {Name: "p999_w", Value: float64(u.needW) * 1.04}, {Name: "p995_w", Value: float64(u.needW)},
		{Name: "load_factor", Value: 0.463}, {Name: "coincidence", Value: 0.71}, {Name: "responsibility", Value: 0.25 + math.Mod(u.seed, 7)/10},
	}
	if r := u.row; r.NeedW != nil {
		step := func(name string, w int64, how string) {
			v.Arithmetic = append(v.Arithmetic, dispatcher.UseStep{Name: name, W: w, Rule: "retain", How: how})
		}
		step("allowed", r.TUW, "the ТУ in force at the end of the time")
		step("need", *r.NeedW, "the greater of the daily maximum that counts and p99.5")
		step("need with margin", *r.NeedW*115/100, fmt.Sprintf("%v · 115 %%, rounded up to a watt", metering.Power(*r.NeedW)))
		step("retained", *r.RetainW, "the greatest of these, and not more than the ТУ")
		step("spare", r.TUW-*r.RetainW, fmt.Sprintf("%v − %v", metering.Power(r.TUW), metering.Power(*r.RetainW)))
		step("returnable", *r.ReclaimW, "in whole steps, if it is not below the least")
	}
	return v, nil
}
