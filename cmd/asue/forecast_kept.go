package main

import (
	"context"
	"encoding/json"
	"time"

	"asue/balancing"
	"asue/balancing/forecast"
	"asue/metering"
)

// curtailedKind are the records of the audit that say when a resident was held back.
const curtailedKind = "control." + balancing.EntryCurtailed

// exclude keeps what was held back out of the forecast: what residents drew while
// loads were off says nothing about what they would have drawn. It reads the
// records since the last one, at the start those of all the past.
func (f *forecaster) exclude(ctx context.Context, now time.Time) error {
	from := f.keptTo
	if from.IsZero() {
		from = now.Add(-forecast.Past - 24*time.Hour)
	}
	list, err := f.stores.ledger.Audit(ctx, metering.AuditQuery{From: from, Kind: curtailedKind, Limit: mostCurtailed})
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Seq <= f.keptSeq {
			continue
		}
		p, ok := curtailedPeriod(r)
		if !ok {
			f.Log.Warn("forecast: a record of the audit about a curtailment cannot be read", "seq", r.Seq)
			continue
		}
		for _, l := range f.loads {
			if l.resident == "" || string(l.resident) == r.Subject {
				if err := f.engine.Exclude(string(l.resident), p); err != nil {
					return err
				}
			}
		}
	}
	if len(list) > 0 { // newest first
		f.keptTo, f.keptSeq = list[0].At, list[0].Seq
	}
	return nil
}

// mostCurtailed bounds one reading: eight weeks in which fifty residents are held
// back for eight hours a day.
const mostCurtailed = 100_000

func curtailedPeriod(r metering.AuditRecord) (metering.Period, bool) {
	var detail struct {
		Args struct {
			From time.Time `json:"from_at"`
			To   time.Time `json:"to_at"`
		} `json:"args"`
	}
	err := json.Unmarshal([]byte(r.Detail), &detail)
	p := metering.Period{From: detail.Args.From, To: detail.Args.To}
	return p, err == nil && p.From.Before(p.To) && p.To.Sub(p.From) <= 24*time.Hour
}
