package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/audit"
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

// tell hands what alarms did by themselves to the writer.
func (d *alarmDesk) tell(list []alarm.Transition) {
	if len(list) == 0 {
		return
	}
	for _, part := range parts(list) {
		select {
		case d.records <- part:
		default:
			d.lost(part, "the ledger is too slow")
		}
	}
}

// detailRoom is what transitions may take of the detail of one record, which the audit
// bounds at audit.MaxDetail; the rest is for its canonical form.
const detailRoom = audit.MaxDetail * 3 / 4

// parts splits transitions into what one record can hold, in their order; at least one
// part, which may be empty. A storm does not fit into one record.
func parts(list []alarm.Transition) [][]alarm.Transition {
	var all [][]alarm.Transition
	from, size := 0, 0
	for i, t := range list {
		n := len(mustJSON(t)) + 1
		if size+n > detailRoom && i > from {
			all = append(all, list[from:i])
			from, size = i, 0
		}
		size += n
	}
	return append(all, list[from:])
}

func (d *alarmDesk) lost(list []alarm.Transition, why string) {
	for _, t := range list {
		d.log.Error("an alarm is not in the audit: "+why, "alarm", t.ID, "at", t.At, "from", t.From, "to", t.To)
	}
}

// write puts what alarms did by themselves into the audit, one record for each thought,
// trying again while the ledger is away. When ctx ends it tries for a last time what is
// left; what is not written even then stands in the log.
func (d *alarmDesk) write(ctx context.Context) {
	var left [][]alarm.Transition
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case list := <-d.records:
			if err := d.record(ctx, list); err != nil {
				left = append(left, list)
			}
		}
	}
	for len(d.records) > 0 {
		left = append(left, <-d.records)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for _, list := range left {
		if err := d.record(last, list); err != nil {
			d.lost(list, err.Error())
		}
	}
}

// record fails only when ctx has ended. What the audit refuses would be refused again: it
// is told in the log, and keeps the others from nothing.
func (d *alarmDesk) record(ctx context.Context, list []alarm.Transition) error {
	r := metering.AuditRecord{At: list[0].At, Actor: "system", Kind: alarmChanged, Subject: string(list[0].ID),
		Text: toldOf(list), Detail: string(mustJSON(alarmRecord{Transitions: list}))}
	for {
		_, err := d.audit.Append(ctx, r)
		if errors.Is(err, metering.ErrRefused) {
			d.lost(list, err.Error())
			return nil
		}
		if err == nil {
			return nil
		}
		d.log.Error("an alarm is not in the audit yet", "alarm", list[0].ID, "err", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(journalRetry):
		}
	}
}

// toldOf is a thought in one line.
func toldOf(list []alarm.Transition) string {
	first := list[0]
	text := fmt.Sprintf("%s: %s", first.ID, first.To)
	if why := []rune(first.Why); len(why) > 200 {
		text += " (" + string(why[:200]) + "…)"
	} else if len(why) > 0 {
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
	list, err := alarmTransitions(ctx, d.audit, from, to)
	if err != nil {
		return alarm.Figures{}, err
	}
	d.mu.Lock()
	now := d.book.List()
	d.mu.Unlock()
	return alarm.FiguresOf(list, now, d.kinds, from, to), nil
}

// alarmTransitions are what became of alarms in a time, ascending, as the audit has it.
func alarmTransitions(ctx context.Context, log metering.AuditLog, from, to time.Time) ([]alarm.Transition, error) {
	var records []metering.AuditRecord // newest first
	q := metering.AuditQuery{From: from, To: to, Kind: "alarm.", Limit: figuresPage}
	for {
		page, err := log.Audit(ctx, q)
		if err != nil {
			return nil, err
		}
		records = append(records, page...)
		if len(page) < figuresPage {
			break
		}
		q.Before = page[len(page)-1].Seq
	}
	var list []alarm.Transition
	for _, r := range slices.Backward(records) {
		var detail alarmRecord
		if err := json.Unmarshal([]byte(r.Detail), &detail); err != nil {
			return nil, fmt.Errorf("record %d of the audit: %w", r.Seq, err)
		}
		list = append(list, detail.Transitions...)
	}
	slices.SortStableFunc(list, func(a, b alarm.Transition) int { return a.At.Compare(b.At) })
	return list, nil
}
