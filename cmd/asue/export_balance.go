package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/balance"
	"asue/metering/exchange"
	"asue/metering/grid"
)

// balance is the table of balances, step by step.
func (e *exporter) balance(ctx context.Context) (exchange.Table, error) {
	model, _, err := balance.Lenient(e.site, balance.DefaultConfig())
	if err != nil {
		return exchange.Table{}, fmt.Errorf("balances of the site: %w", err)
	}
	for _, id := range e.nodes {
		if _, ok := model.Subject(id); !ok {
			return exchange.Table{}, cli.Usagef("--nodes: nothing called %q is balanced", id)
		}
	}
	e.to = metering.PeriodStart(e.to) // the interval that is open now is in no balance
	return exchange.BalanceTable(e.site.Location, func(yield func(exchange.BalanceRow, error) bool) {
		for from := e.from; from.Before(e.to); {
			to := e.to
			if e.step != 0 {
				_, end := e.step.Bounds(from, e.site.Location)
				if end.Before(to) {
					to = end
				}
			}
			rows, err := e.balances(ctx, model, from, to)
			if err != nil {
				yield(exchange.BalanceRow{}, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			from = to
		}
	}), nil
}

// balances works the balances of one stretch out.
func (e *exporter) balances(ctx context.Context, model *balance.Model, from, to time.Time) ([]exchange.BalanceRow, error) {
	if !from.Equal(metering.PeriodStart(from)) || !to.Equal(metering.PeriodStart(to)) {
		return nil, errors.New("a balance begins and ends with an interval: give days, or times at whole quarters of an hour")
	}
	intervals, err := e.ledger.Intervals(ctx, metering.IntervalQuery{From: from, To: to})
	if err != nil {
		return nil, err
	}
	g, err := grid.New(from, to, intervals)
	if err != nil {
		return nil, err
	}
	report, _, err := model.On(g).Report(e.nodes...)
	if err != nil {
		return nil, err
	}
	var rows []exchange.BalanceRow
	for _, entry := range report.Balances {
		r := entry.Total
		rows = append(rows, exchange.BalanceRow{
			Subject: string(entry.Subject.ID), Name: entry.Subject.Name, From: r.From, To: r.To,
			In: r.In, Out: r.Out, OwnNeeds: r.OwnNeeds, Losses: r.Losses, Imbalance: r.Imbalance,
			Actual: r.ActualPercent, Permitted: r.PermittedPercent, Estimated: 100 * r.EstimatedShare,
			Intervals: r.Intervals, Expected: r.Expected, Complete: r.Complete, Beyond: r.Beyond, Reason: r.Reason,
		})
	}
	return rows, nil
}
