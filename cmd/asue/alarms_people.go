package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/alarm"
)

// recordPatience is how long a person waits for the ledger to take what he has done.
const recordPatience = 10 * time.Second

// Act implements dispatcher.Alarms: what a person does is tried on a copy of the book,
// recorded, and only then so. The book goes on meanwhile, however long the ledger takes.
func (d *alarmDesk) Act(ctx context.Context, who metering.Account, act dispatcher.AlarmAct) error {
	d.acting.Lock()
	defer d.acting.Unlock()
	now := d.now().UTC()
	d.mu.Lock()
	trial := d.book.Clone()
	d.mu.Unlock()
	list, err := actOn(trial, alarm.Person(who.Name), act, now)
	if err != nil {
		return err
	}
	recorded := parts(list)[0] // the others are records of their own
	r := metering.AuditRecord{At: now, Actor: who.Name, Role: who.Role, Kind: "alarm." + act.Act, Subject: string(act.Alarm), Text: act.Why,
		Detail: string(mustJSON(alarmRecord{Transitions: recorded, Until: act.Until, Seconds: act.Seconds}))}
	writing, cancel := context.WithTimeout(ctx, recordPatience)
	defer cancel()
	if _, err := d.audit.Append(writing, r); err != nil {
		return fmt.Errorf("the audit cannot be written, and what is not written down is not done: %w", err)
	}
	d.mu.Lock()
	now = d.now().UTC()
	done, err := actOn(d.book, alarm.Person(who.Name), act, now)
	d.show(now)
	d.tellOutside(done)
	d.mu.Unlock()
	d.tell(unrecorded(done, recorded))
	d.keep(true)
	if err != nil {
		return fmt.Errorf("%s changed while it was being written down: %w", act.Alarm, err)
	}
	return nil
}

// unrecorded is what came of an act beside what is on record: the book went on while the
// record was written.
func unrecorded(done, recorded []alarm.Transition) []alarm.Transition {
	return slices.DeleteFunc(done, func(t alarm.Transition) bool {
		return slices.ContainsFunc(recorded, func(r alarm.Transition) bool { return r.ID == t.ID && r.From == t.From && r.To == t.To })
	})
}

// actOn carries out what a person does on a book.
func actOn(b *alarm.Book, who alarm.Person, act dispatcher.AlarmAct, now time.Time) ([]alarm.Transition, error) {
	switch act.Act {
	case "acknowledge":
		return b.Acknowledge(act.Alarm, who, now)
	case "shelve", "shelve-once":
		return b.Shelve(act.Alarm, who, act.Until, act.Act == "shelve-once", act.Why, now)
	case "unshelve":
		return b.Unshelve(act.Alarm, who, now)
	case "take-out":
		return b.TakeOut(act.Alarm, who, act.Until, act.Why, now)
	case "put-back":
		return b.PutBack(act.Alarm, who, now)
	case "comment":
		return nil, b.Comment(act.Alarm, who, act.Why, now)
	case "silence":
		return nil, b.Silence(who, time.Duration(act.Seconds)*time.Second, now)
	case "begin-shift":
		return b.BeginShift(who, now), nil
	}
	return nil, fmt.Errorf("%q is nothing that is done with alarms: %w", act.Act, alarm.ErrRefused)
}
