package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/balance"
	"asue/metering/demand"
	"asue/metering/grid"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// Totals is every balance over a time, for the page; dispatcher.Balances.
func (a *analyst) Totals(ctx context.Context, from, to time.Time) ([]dispatcher.NodeBalance, error) {
	report, err := a.balances(ctx, from, to)
	if err != nil {
		return nil, err
	}
	var list []dispatcher.NodeBalance
	for _, e := range report.Balances {
		list = append(list, a.nodeBalance(e.Subject, e.Total, e.Culprits))
	}
	return list, nil
}

// culprits is how many suspects the page is told.
const culprits = 3

// Balance is one balance step by step, for the page; dispatcher.Balances.
func (a *analyst) Balance(ctx context.Context, node metering.NodeID, from, to time.Time, step string) ([]dispatcher.NodeBalance, error) {
	subject, ok := a.model.Subject(node)
	if !ok {
		return nil, metering.ErrNotFound
	}
	spans := steps(from, to, step, a.site.Location)
	if len(spans) == 0 {
		return nil, nil
	}
	g, err := a.grid(ctx, spans[0].From, spans[len(spans)-1].To, slices.Concat(subject.In, subject.Out, subject.OwnNeeds)...)
	if err != nil {
		return nil, err
	}
	run := a.model.On(g).Run(subject)
	var list []dispatcher.NodeBalance
	for _, s := range spans {
		total := run.Total(s.From, s.To)
		var suspects []balance.Culprit
		if total.Beyond {
			suspects = run.Culprits(slotOf(g, s.From), slotOf(g, s.To), culprits)
		}
		list = append(list, a.nodeBalance(subject, total, suspects))
	}
	return list, nil
}

func slotOf(g *grid.Grid, t time.Time) int { return int(t.Sub(g.From()) / metering.BasePeriod) }

// steps cuts [from, to), widened to whole steps.
func steps(from, to time.Time, step string, zone *time.Location) []metering.Period {
	bounds := func(t time.Time) (time.Time, time.Time) {
		start := metering.PeriodStart(t)
		return start, start.Add(metering.BasePeriod)
	}
	if s, ok := vee.StepNamed(step); ok {
		bounds = func(t time.Time) (time.Time, time.Time) { return s.Bounds(t, zone) }
	}
	var list []metering.Period
	for at := from; at.Before(to); {
		start, end := bounds(at)
		list = append(list, metering.Period{From: start, To: end})
		at = end
	}
	return list
}

func (a *analyst) nodeBalance(s balance.Subject, t balance.Result, suspects []balance.Culprit) dispatcher.NodeBalance {
	b := dispatcher.NodeBalance{
		Node: string(s.ID), Name: s.Name, Kind: string(s.Kind), Start: t.From, End: t.To,
		Beyond: t.Beyond, Alarming: t.Alarming, Complete: t.Complete, Known: t.Intervals, Expected: t.Expected,
		Reason: t.Reason, StoodInShare: t.EstimatedShare, Remarks: t.Remarks,
	}
	if t.Intervals > 0 {
		b.InWh, b.OutWh, b.LossWh = whole(t.In), whole(t.Out), whole(t.Losses)
		b.OwnNeedsWh, b.ImbalanceWh, b.BoundWh = whole(t.OwnNeeds), whole(t.Imbalance), whole(t.Bound)
		b.ImbalancePct, b.PermittedPct = &t.ActualPercent, &t.PermittedPercent
	}
	for _, m := range t.Missing {
		if !slices.Contains(b.Missing, string(m.Point)) {
			b.Missing = append(b.Missing, string(m.Point))
		}
	}
	a.byModel(&b, t)
	for _, c := range suspects {
		b.Culprits = append(b.Culprits, a.suspect(c))
	}
	return b
}

// byModel adds what the network's model has lost beside what the formulas give: for
// lines and transformers of the model its own figure, for all others that of the
// formula. What then remains nobody explains.
func (a *analyst) byModel(b *dispatcher.NodeBalance, t balance.Result) {
	lost, covered, ok := a.losses.lost(t.From, t.To)
	if !ok || !t.Complete {
		return
	}
	sum, modelled := 0.0, false
	for _, n := range t.NodeLosses {
		wh, known := lost[string(n.Node)]
		if !known {
			wh = float64(n.Energy)
		}
		sum, modelled = sum+wh, modelled || known
	}
	if !modelled {
		return
	}
	b.ModelLossWh = whole(metering.Energy(math.Round(sum)))
	b.Unexplained = whole(t.In - t.Out - t.OwnNeeds - metering.Energy(math.Round(sum)))
	b.ModelCovered = &covered
}

func (a *analyst) suspect(c balance.Culprit) dispatcher.Culprit {
	p, _ := a.site.Point(c.Point)
	view := dispatcher.Culprit{Point: string(c.Point), Name: p.Name, Score: c.Score}
	if len(c.Evidence) > 0 {
		view.Reason = c.Evidence[0].Text
		for _, n := range c.Evidence[0].Numbers {
			view.Numbers = append(view.Numbers, dispatcher.NumberView(n))
		}
	}
	return view
}

func whole(e metering.Energy) *int64 {
	n := int64(e)
	return &n
}

// curvePoints of the load-duration curve are enough to draw it.
const curvePoints = 100

// Demand is a resident's month, or the zone's, for the page; dispatcher.Demands.
func (a *analyst) Demand(ctx context.Context, resident metering.ResidentID, month time.Time) (dispatcher.Demand, error) {
	from, to := vee.Month.Bounds(month, a.site.Location)
	points := a.billed(resident)
	if len(points) == 0 {
		return dispatcher.Demand{}, fmt.Errorf("resident %s: %w", resident, metering.ErrNotFound)
	}
	asked := slices.Clone(points)
	for _, p := range a.site.Inputs() {
		if !slices.Contains(asked, p.ID) {
			asked = append(asked, p.ID)
		}
	}
	g, err := a.known(ctx, from, to, asked)
	if err != nil {
		return dispatcher.Demand{}, err
	}
	d := dispatcher.Demand{Resident: string(resident), From: g.From(), To: g.To()}
	for _, block := range []time.Duration{metering.BasePeriod, 30 * time.Minute, time.Hour} {
		cfg := demand.Config{Block: block, Counts: rules.CountsForPeak, Tariff: a.tariffAt(from), CurvePoints: curvePoints}
		report, err := demand.ReportOn(a.site, g, cfg)
		if err != nil {
			return d, err
		}
		row, ok := rowOf(report, resident)
		if !ok {
			return d, fmt.Errorf("resident %s: %w", resident, metering.ErrNotFound)
		}
		d.Maxima = append(d.Maxima, dispatcher.Maximum{
			Minutes: int(block / time.Minute), Block: peakOf(row.Block.Billed), Sliding: peakOf(row.Sliding.Billed), Unbilled: peakOf(row.Block.Estimate),
		})
		if block == time.Hour {
			d.Coincident = coincident(g, points, report.Zone.Block.Billed)
		}
		if block == metering.BasePeriod {
			fill(&d, row)
		}
	}
	if allowed := a.rights().Allowed(resident, from); allowed > 0 {
		d.DeclaredW = whole(metering.Energy(allowed))
	}
	return d, nil
}

// known lays out a month as far as intervals are known.
func (a *analyst) known(ctx context.Context, from, to time.Time, points []metering.PointID) (*grid.Grid, error) {
	list, err := a.ledger.Intervals(ctx, metering.IntervalQuery{Points: points, Channels: metering.Channels(), From: from, To: to})
	if err != nil {
		return nil, err
	}
	end := from
	for i := range list {
		if e := list[i].End(); e.After(end) {
			end = e
		}
	}
	return grid.New(from, end, list)
}

// billed are the points of a resident, of the zone its inputs.
func (a *analyst) billed(resident metering.ResidentID) []metering.PointID {
	var list []metering.PointID
	for _, p := range a.site.Points {
		own := resident != "" && p.Resident == resident && p.Role == metering.RoleResident
		input := resident == "" && p.Role == metering.RoleInput
		if (own || input) && p.MediumOf() == metering.Electricity {
			list = append(list, p.ID)
		}
	}
	return list
}

func (a *analyst) tariffAt(t time.Time) string {
	for _, tariff := range a.site.Tariffs {
		if tariff.Holds(t) {
			return tariff.ID
		}
	}
	return ""
}

func rowOf(r demand.Report, resident metering.ResidentID) (demand.Row, bool) {
	if resident == "" {
		return r.Zone, true
	}
	for _, row := range r.Residents {
		if row.Resident == resident {
			return row, true
		}
	}
	return demand.Row{}, false
}

func fill(d *dispatcher.Demand, row demand.Row) {
	d.KnownWh, d.MissingN, d.StoodInN = int64(row.Import.Energy), row.Import.Missing, row.Import.Estimates
	if row.Import.Missing == 0 {
		d.EnergyWh = whole(row.Import.Energy)
	}
	if row.Block.Billed != nil {
		d.LoadFactor, d.UseHours = &row.LoadFactor, &row.UseHours
	}
	if row.PowerFactor.Active > 0 {
		d.TanPhi, d.CosPhi = &row.PowerFactor.Tan, &row.PowerFactor.Cos
	}
	for _, z := range row.Zones {
		e := dispatcher.ZoneEnergy{Zone: z.Zone, EnergyWh: int64(z.Energy)}
		if row.Import.Energy > 0 {
			e.Share = float64(z.Energy) / float64(row.Import.Energy)
		}
		d.Zones = append(d.Zones, e)
	}
	for _, p := range row.Curve {
		d.Duration = append(d.Duration, dispatcher.DurationPoint{Share: p.Share, PowerW: int64(p.Power)})
	}
}

func peakOf(p *demand.Peak) *dispatcher.Peak {
	if p == nil {
		return nil
	}
	return &dispatcher.Peak{PowerW: int64(p.Power), Start: p.Start, End: p.End}
}

// coincident is what points drew on average while the zone had its peak; nil if
// some of it is not known.
func coincident(g *grid.Grid, points []metering.PointID, peak *demand.Peak) *dispatcher.Peak {
	if peak == nil {
		return nil
	}
	var sum metering.Energy
	for _, p := range points {
		row := g.Row(p, metering.ChannelActiveImport)
		for slot := slotOf(g, peak.Start); slot < slotOf(g, peak.End); slot++ {
			e, ok := row.Energy(slot)
			if !ok {
				return nil
			}
			sum += e
		}
	}
	hours := peak.End.Sub(peak.Start).Hours()
	return &dispatcher.Peak{PowerW: int64(float64(sum) / hours), Start: peak.Start, End: peak.End}
}
