package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"asue/metering"
	"asue/metering/exchange"
)

// importPlan is what a file would change in the ledger.
type importPlan struct {
	counts  [exchange.Differs + 1]int
	write   []metering.Interval // new, or where the ledger knows no energy
	replace []metering.Interval
	differ  []importDifference // the first ones
}

// importDifference is an interval that the ledger knows otherwise.
type importDifference struct {
	place         exchange.Place
	file, current metering.Interval
}

// mostDifferences is how many differing intervals are shown.
const mostDifferences = 100

// compareChunk is how much of the ledger is held against a file at once.
const compareChunk = 31 * 24 * time.Hour

// intervalKey names an interval within a chunk.
type intervalKey struct {
	point   metering.PointID
	channel metering.Channel
	start   int64
}

// compare holds a file against the ledger.
func (r *importRun) compare(ctx context.Context, read *exchange.File) (*importPlan, error) {
	plan := &importPlan{write: make([]metering.Interval, 0, read.Len())}
	points := read.Points()
	from, end := read.Span()
	for from.Before(end) {
		to := from.Add(compareChunk)
		if to.After(end) {
			to = end
		}
		have, err := r.ledger.Intervals(ctx, metering.IntervalQuery{Points: points, Channels: metering.AllChannels(), From: from, To: to})
		if err != nil {
			return nil, err
		}
		current := make(map[intervalKey]int, len(have))
		for i, iv := range have {
			current[intervalKey{iv.Point, iv.Channel, iv.Start.Unix()}] = i
		}
		for place, iv := range read.Between(from, to) {
			var now metering.Interval
			if i, ok := current[intervalKey{iv.Point, iv.Channel, iv.Start.Unix()}]; ok {
				now = have[i]
			}
			plan.take(place, iv, now)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		from = to
	}
	return plan, nil
}

func (p *importPlan) take(place exchange.Place, iv, now metering.Interval) {
	verdict := exchange.Judge(iv, now)
	p.counts[verdict]++
	switch verdict {
	case exchange.New, exchange.Filled:
		p.write = append(p.write, iv)
	case exchange.Differs:
		p.replace = append(p.replace, iv)
		if len(p.differ) < mostDifferences {
			p.differ = append(p.differ, importDifference{place, iv, now})
		}
	}
}

// commit writes a file in one transaction.
func (r *importRun) commit(ctx context.Context, report *importReport, read *exchange.File, plan *importPlan) error {
	c := metering.Commit{ReceivedAt: r.now(), Intervals: plan.write, Authority: metering.ByRegisters}
	if len(plan.replace) > 0 {
		act := metering.Act{ID: r.o.id, Author: r.o.author, Reason: r.o.reason, Document: r.o.document}
		if act.ID == "" {
			act.ID = actID(read.Name, plan.replace)
		}
		for _, iv := range plan.replace {
			act.Changes = append(act.Changes, metering.ActChange{After: exchange.Replacement(iv)})
		}
		c.Acts = []metering.Act{act}
		report.Act = act.ID
	}
	return r.ledger.Commit(ctx, c)
}

// actID names an act after what it sets, so that the same command twice makes one.
func actID(name string, changes []metering.Interval) string {
	d := metering.NewDigest()
	for _, iv := range changes {
		d.Add(iv)
	}
	sum := sha256.Sum256([]byte(name + "\n" + d.Sum()))
	return "import-" + hex.EncodeToString(sum[:6])
}
