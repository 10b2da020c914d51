package main

import (
	"context"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/demand"
	"asue/metering/grid"
	"asue/metering/vee/rules"
)

// analyst works out balances and demand from the ledger's intervals, for the page
// and for commands. It is safe for concurrent use.
type analyst struct {
	site   *metering.Site
	ledger interface {
		Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error)
	}
	model  *balance.Model
	losses *lossBook             // of the network's model; nil: there is none
	rights func() *metering.Site // the site with the rights that hold
}

func newAnalyst(site *metering.Site, ledger metering.Ledger) (*analyst, error) {
	model, _, err := balance.Lenient(site, balance.DefaultConfig()) // validation tells of virtual points left out
	if err != nil {
		return nil, err
	}
	return &analyst{site: site, ledger: ledger, model: model, rights: func() *metering.Site { return site }}, nil
}

// grid lays out the current intervals of [from, to) of electricity, in whole base
// periods: of some points, or of all.
func (a *analyst) grid(ctx context.Context, from, to time.Time, points ...metering.PointID) (*grid.Grid, error) {
	from, to = metering.PeriodStart(from), metering.PeriodStart(to.Add(metering.BasePeriod-1))
	list, err := a.ledger.Intervals(ctx, metering.IntervalQuery{Points: points, Channels: metering.Channels(), From: from, To: to})
	if err != nil {
		return nil, err
	}
	return grid.New(from, to, list)
}

// balances draws the named balances, all of them if none is named.
func (a *analyst) balances(ctx context.Context, from, to time.Time, subjects ...metering.NodeID) (balance.Report, error) {
	g, err := a.grid(ctx, from, to)
	if err != nil {
		return balance.Report{}, err
	}
	report, _, err := a.model.On(g).Report(subjects...)
	return report, err
}

// demand draws up maxima and factors.
func (a *analyst) demand(ctx context.Context, from, to time.Time, block time.Duration, tariff string, points int) (demand.Report, error) {
	g, err := a.grid(ctx, from, to)
	if err != nil {
		return demand.Report{}, err
	}
	return demand.ReportOn(a.site, g, demand.Config{Block: block, Tariff: tariff, Counts: rules.CountsForPeak, CurvePoints: points})
}
