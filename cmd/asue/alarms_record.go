package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/alarm"
)

// alarmRecord is the detail of a record about alarms.
type alarmRecord struct {
	Transitions []alarm.Transition `json:"transitions"`
	Until       time.Time          `json:"until,omitzero"`
	Seconds     int                `json:"seconds,omitempty"`
}

// alarmChanged is the kind of record of what alarms did by themselves; what people do has
// "alarm." and the act.
const alarmChanged = "alarm.changed"

// write puts what alarms did by themselves into the audit, one record for each thought,
// trying again while the ledger is away.
func (d *alarmDesk) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			rest, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			for len(d.records) > 0 {
				d.record(rest, <-d.records)
			}
			return
		case list := <-d.records:
			d.record(ctx, list)
		}
	}
}

func (d *alarmDesk) record(ctx context.Context, list []alarm.Transition) {
	r := metering.AuditRecord{At: list[0].At, Actor: "system", Kind: alarmChanged, Subject: string(list[0].ID),
		Text: told(list), Detail: string(mustJSON(alarmRecord{Transitions: list}))}
	for {
		_, err := d.audit.Append(ctx, r)
		if err == nil {
			return
		}
		d.log.Error("an alarm is not in the audit yet", "alarm", list[0].ID, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(journalRetry):
		}
	}
}

// told is a thought in one line.
func told(list []alarm.Transition) string {
	first := list[0]
	text := fmt.Sprintf("%s: %s", first.ID, first.To)
	if first.Why != "" {
		text += " (" + first.Why + ")"
	}
	if n := len(list) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}

// figuresPage is how many records are read in one go.
const figuresPage = 5_000

// Figures implements dispatcher.Alarms.
func (d *alarmDesk) Figures(ctx context.Context, from, to time.Time) (alarm.Figures, error) {
	var list []alarm.Transition
	q := metering.AuditQuery{From: from, To: to, Kind: "alarm.", Limit: figuresPage}
	for {
		page, err := d.audit.Audit(ctx, q)
		if err != nil {
			return alarm.Figures{}, err
		}
		for _, r := range page {
			var detail alarmRecord
			if err := json.Unmarshal([]byte(r.Detail), &detail); err != nil {
				return alarm.Figures{}, fmt.Errorf("record %d of the audit: %w", r.Seq, err)
			}
			list = append(list, detail.Transitions...)
		}
		if len(page) < figuresPage {
			break
		}
		q.Before = page[len(page)-1].Seq
	}
	slices.SortStableFunc(list, func(a, b alarm.Transition) int { return a.At.Compare(b.At) })
	d.mu.Lock()
	now := d.book.List()
	d.mu.Unlock()
	return alarm.FiguresOf(list, now, d.kinds, from, to), nil
}
