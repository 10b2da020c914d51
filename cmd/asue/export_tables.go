package main

import (
	"context"
	"iter"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/exchange"
)

// exportChunk is how much of the ledger is read at once.
const exportChunk = 7 * 24 * time.Hour

// intervals is the table of current versions, by start, point and channel.
func (e *exporter) intervals(ctx context.Context) (exchange.Table, error) {
	return exchange.IntervalTable(e.site, e.between(ctx, e.from, e.to)), nil
}

// between reads intervals in pieces.
func (e *exporter) between(ctx context.Context, from, to time.Time) iter.Seq2[metering.Interval, error] {
	return func(yield func(metering.Interval, error) bool) {
		for from.Before(to) {
			until := from.Add(exportChunk)
			if until.After(to) {
				until = to
			}
			list, err := e.ledger.Intervals(ctx, metering.IntervalQuery{Points: e.points, Channels: e.channels, From: from, To: until})
			if err != nil {
				yield(metering.Interval{}, err)
				return
			}
			for _, iv := range list {
				if !yield(iv, nil) {
					return
				}
			}
			from = until
		}
	}
}

// readings is the table of register readings, install by install.
func (e *exporter) readings(ctx context.Context) (exchange.Table, error) {
	return exchange.RegisterTable(e.site, func(yield func(exchange.RegisterRow, error) bool) {
		for _, in := range e.site.Installs {
			if len(e.points) > 0 && !slices.Contains(e.points, in.Point) {
				continue
			}
			point, _ := e.site.Point(in.Point)
			for _, ch := range point.Channels() {
				if len(e.channels) > 0 && !slices.Contains(e.channels, ch) {
					continue
				}
				if !e.register(ctx, in, ch.Quantity(), yield) {
					return
				}
			}
		}
	}), nil
}

// register gives the readings of one register in the range; false when the taker
// has had enough.
func (e *exporter) register(ctx context.Context, in metering.Install, q metering.Quantity, yield func(exchange.RegisterRow, error) bool) bool {
	meter, _ := e.site.Meter(in.Meter)
	for from := e.from; from.Before(e.to); from = from.Add(exportChunk) {
		until := from.Add(exportChunk)
		if until.After(e.to) {
			until = e.to
		}
		spans, err := e.ledger.Spans(ctx, in.Meter, q, metering.PeriodStart(from), until)
		if err != nil {
			return yield(exchange.RegisterRow{}, err) && false
		}
		for _, s := range spans {
			for _, r := range s.Readings {
				if r.At.Before(from) || !r.At.Before(until) || !in.At(r.At) {
					continue
				}
				if !yield(exchange.RegisterRow{Install: in, Serial: meter.Serial, Quantity: q, RegisterReading: r}, nil) {
					return false
				}
			}
		}
	}
	return true
}

// mostFindings bounds an export of findings.
const mostFindings = 1_000_000

// findings is the table of findings that hold or held, newest first.
func (e *exporter) findings(ctx context.Context) (exchange.Table, error) {
	list, err := e.ledger.Findings(ctx, metering.FindingQuery{Points: e.points, From: e.from, To: e.to, Cleared: true, Limit: mostFindings})
	if err != nil {
		return exchange.Table{}, err
	}
	return exchange.FindingTable(e.site, func(yield func(metering.Finding, error) bool) {
		for _, f := range list {
			if len(e.channels) > 0 && f.Channel != 0 && !slices.Contains(e.channels, f.Channel) {
				continue
			}
			if !yield(f, nil) {
				return
			}
		}
	}), nil
}
