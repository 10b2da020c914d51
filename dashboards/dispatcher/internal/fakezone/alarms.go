package fakezone

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
)

// Alarms are those of the invented zone: a real book without delays, in which stands what
// somebody has said. It implements dispatcher.Alarms. Safe for concurrent use.
type Alarms struct {
	people *People // keep the record
	now    func() time.Time
	kinds  []alarm.Definition

	mu    sync.Mutex // guards all below
	book  *alarm.Book
	board dispatcher.AlarmBoard
	shown uint64
}

// NewAlarms makes a book in which a meter is silent and a resident is above its right.
func NewAlarms(people *People, now func() time.Time) (*Alarms, error) {
	kinds := catalogue.BuiltIn()
	for i := range kinds { // nobody wants to wait in a browser test
		kinds[i].OnDelay, kinds[i].OffDelay = 0, 0
	}
	book, err := alarm.New(kinds, alarm.DefaultSettings())
	if err != nil {
		return nil, err
	}
	a := &Alarms{people: people, now: now, kinds: kinds, book: book}
	a.Say("meter-silent", "m-p-r-09", true, now().Add(-20*time.Minute))
	a.Say("conditions-exceeded", "r-04", true, now().Add(-time.Minute))
	a.Tick(now())
	return a, nil
}

// Say tells the book that something is so, or no longer.
func (a *Alarms) Say(kind alarm.Kind, subject string, active bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := alarm.Condition{Kind: kind, Subject: subject, Active: active}
	switch kind {
	case "meter-silent":
		c.Within = []string{"line/l1", "collector/collector-1"}
		c.Args = map[string]any{"meter": subject, "point": subject[len("m-"):]}
	case "conditions-exceeded":
		c.Args = map[string]any{"resident": "Химия-1", "power_w": 1_700_000, "allowed_w": 1_600_000}
	case "breaker-open":
		c.Within = []string{"zone"}
	}
	list, err := a.book.Observe(c, now)
	if err != nil {
		return // the test that said so sees no alarm
	}
	a.changed(list, now)
	a.show(now)
}

// Tick lets time pass.
func (a *Alarms) Tick(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed(a.book.Tick(now), now)
	a.show(now)
}

// changed records what alarms did by themselves; a.mu is held.
func (a *Alarms) changed(list []alarm.Transition, now time.Time) {
	for _, t := range list {
		text := fmt.Sprintf("%s: %s", t.ID, t.To)
		if t.Why != "" {
			text += " (" + t.Why + ")"
		}
		a.record(metering.AuditRecord{At: now, Actor: "system", Kind: "alarm.changed", Subject: string(t.ID), Text: text}, []alarm.Transition{t})
	}
}

func (a *Alarms) record(r metering.AuditRecord, list []alarm.Transition) {
	detail, err := json.Marshal(list)
	if err != nil {
		panic("BUG: transitions do not encode: " + err.Error())
	}
	r.Detail = string(detail)
	_, _ = a.people.Append(context.Background(), r) // in memory: does not fail
}

func (a *Alarms) show(now time.Time) {
	horn := a.book.Horn(now)
	a.board.Time = now
	if a.board.Alarms != nil && a.shown == a.book.Version() && slices.Equal(horn, a.board.Horn) {
		return
	}
	a.shown = a.book.Version()
	b := dispatcher.AlarmBoard{Version: a.board.Version + 1, Time: now, Alarms: []dispatcher.AlarmView{}, Horn: append([]alarm.Sound{}, horn...)}
	for _, x := range a.book.List() {
		i := slices.IndexFunc(a.kinds, func(d alarm.Definition) bool { return d.Kind == x.Kind })
		b.Alarms = append(b.Alarms, dispatcher.AlarmView{Alarm: x, State: x.State(), DueAt: x.Since.Add(a.kinds[i].Respond)})
	}
	a.board = b
}

// Board is what stands in the book now.
func (a *Alarms) Board() dispatcher.AlarmBoard {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.board
}

// Kinds are those of the built-in catalogue.
func (a *Alarms) Kinds() []alarm.Definition { return a.kinds }

// Act does what a person wants, and records it.
func (a *Alarms) Act(_ context.Context, who metering.Account, act dispatcher.AlarmAct) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, person := a.now(), alarm.Person(who.Name)
	var list []alarm.Transition
	var err error
	switch act.Act {
	case "acknowledge":
		list, err = a.book.Acknowledge(act.Alarm, person, now)
	case "shelve", "shelve-once":
		list, err = a.book.Shelve(act.Alarm, person, act.Until, act.Act == "shelve-once", act.Why, now)
	case "unshelve":
		list, err = a.book.Unshelve(act.Alarm, person, now)
	case "take-out":
		list, err = a.book.TakeOut(act.Alarm, person, act.Until, act.Why, now)
	case "put-back":
		list, err = a.book.PutBack(act.Alarm, person, now)
	case "comment":
		err = a.book.Comment(act.Alarm, person, act.Why, now)
	case "silence":
		err = a.book.Silence(person, time.Duration(act.Seconds)*time.Second, now)
	case "begin-shift":
		list = a.book.BeginShift(person, now)
	}
	if err != nil {
		return err
	}
	a.record(metering.AuditRecord{At: now, Actor: who.Name, Role: who.Role, Kind: "alarm." + act.Act, Subject: string(act.Alarm), Text: act.Why}, list)
	a.show(now)
	return nil
}

// Figures are reckoned from the record.
func (a *Alarms) Figures(ctx context.Context, from, to time.Time) (alarm.Figures, error) {
	records, err := a.people.Audit(ctx, metering.AuditQuery{Kind: "alarm.", Limit: 10_000})
	if err != nil {
		return alarm.Figures{}, err
	}
	var list []alarm.Transition
	for _, r := range slices.Backward(records) {
		var some []alarm.Transition
		if err := json.Unmarshal([]byte(r.Detail), &some); err != nil {
			return alarm.Figures{}, fmt.Errorf("record %d: %w", r.Seq, err)
		}
		list = append(list, some...)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return alarm.FiguresOf(list, a.book.List(), a.kinds, from, to), nil
}
