package main

import (
	"context"
	"time"

	"asue/balancing/estimate"
	"asue/metering"
)

// recalled is how far back findings of earlier runs are looked for.
const recalled = 400 * 24 * time.Hour

// recall takes up the findings that an earlier run has left, so that they are cleared
// when their meters agree. What cannot be read now stays as it is.
func (w *networker) recall(ctx context.Context, now time.Time) {
	list, err := w.ledger.Findings(ctx, metering.FindingQuery{Rules: []string{estimate.Rule}, From: now.Add(-recalled), To: now.Add(time.Hour)})
	if err != nil {
		w.Log.Warn("network: findings of earlier runs cannot be read, and will not be cleared", "err", err)
		return
	}
	for _, f := range list {
		w.held[f.Point] = append(w.held[f.Point], f)
		w.estimator.Recall(f)
	}
}

// keep writes contradictions that have become findings, and that have ceased to be
// some, into the ledger. What cannot be written is tried again with the next state.
func (w *networker) keep(ctx context.Context, p estimate.Picture, now time.Time) {
	for _, f := range p.Raised {
		w.held[f.Point] = append(w.held[f.Point], f)
		w.owe(f)
		w.Log.Warn("a meter contradicts the model of the network", "point", f.Point, "finding", f.Text)
	}
	for _, f := range p.Cleared {
		list := w.held[f.Point]
		for i := range list {
			if list[i].SameAs(f) {
				w.held[f.Point] = append(list[:i:i], list[i+1:]...)
				break
			}
		}
		w.owe(f)
		w.Log.Info("a meter agrees with the model of the network again", "point", f.Point)
	}
	if len(w.owed) == 0 {
		return
	}
	// Findings of this rule are about a point and all its channels, which no other rule
	// speaks of: what is said here takes the place of nothing else.
	c := metering.Commit{ReceivedAt: now, Authority: metering.ByRules}
	for point, stretch := range w.owed {
		c.Findings = append(c.Findings, metering.Findings{Point: point, From: stretch.From, To: stretch.To, List: w.held[point]})
	}
	wait, cancel := context.WithTimeout(ctx, commitWait)
	defer cancel()
	if err := w.ledger.Commit(wait, c); err != nil {
		if ctx.Err() == nil && time.Since(w.warned) > time.Minute {
			w.warned = time.Now()
			w.Log.Warn("network: findings cannot be written, trying again", "err", err)
		}
		return
	}
	clear(w.owed)
}

// commitWait bounds a write to the ledger: the next state must not wait for it long.
const commitWait = 2 * time.Second

// owe notes that the ledger has to hear of a finding and of all others of its point.
func (w *networker) owe(f metering.Finding) {
	stretch, ok := w.owed[f.Point]
	if !ok {
		stretch = metering.Period{From: f.From, To: f.From.Add(time.Millisecond)}
	}
	for _, g := range append([]metering.Finding{f}, w.held[f.Point]...) {
		from := g.From.Truncate(time.Millisecond)
		if from.Before(stretch.From) {
			stretch.From = from
		}
		if to := from.Add(time.Millisecond); to.After(stretch.To) {
			stretch.To = to
		}
	}
	w.owed[f.Point] = stretch
}
