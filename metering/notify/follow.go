package notify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"asue/metering/alarm"
)

// DefaultQuiet is how long an alarm that comes and goes is told once only.
const DefaultQuiet = 5 * time.Minute

// Change is a transition with the alarm as it is after it; without an id if the book has
// it no more.
type Change struct {
	alarm.Transition
	Alarm alarm.Alarm
}

// Follower remembers what outside has been told. It is not safe for use by several
// goroutines at once.
type Follower struct {
	quiet   time.Duration
	respond map[alarm.Kind]time.Duration
	open    map[alarm.ID]*told
}

// told is what outside knows of an alarm.
type told struct {
	Alarm     alarm.Alarm `json:"alarm"`
	Announced time.Time   `json:"announced"`
	// Raised is set while outside takes it to be so.
	Raised bool `json:"raised,omitempty"`
	// Due is when it is late that nobody has acknowledged it; zero if it needs nobody.
	Due time.Time `json:"due,omitzero"`
	// Last is when it was told last that it is so, Held whether it was announced again
	// since and is not told yet.
	Last time.Time `json:"last,omitzero"`
	Held bool      `json:"held,omitempty"`
}

// NewFollower makes one that has told nothing. definitions give the times to respond.
func NewFollower(definitions []alarm.Definition, quiet time.Duration) *Follower {
	f := &Follower{quiet: quiet, respond: map[alarm.Kind]time.Duration{}, open: map[alarm.ID]*told{}}
	for _, d := range definitions {
		f.respond[d.Kind] = d.Respond
	}
	return f
}

// Follow takes what alarms have done, in the order in which it was done, and returns what
// outside has to hear now.
func (f *Follower) Follow(changes []Change, now time.Time) []Event {
	var events []Event
	for i, c := range changes {
		// What only happened is over in the thought in which it began: nobody has to hear
		// that it is.
		passed := slices.ContainsFunc(changes[i+1:], func(later Change) bool {
			return later.ID == c.ID && later.At.Equal(c.At) && over(later.To)
		})
		events = append(events, f.follow(c, passed, now)...)
	}
	return events
}

func (f *Follower) follow(c Change, passed bool, now time.Time) []Event {
	t := f.open[c.ID]
	if t == nil && !c.Announced {
		return nil
	}
	if t == nil {
		t = &told{Alarm: alarm.Alarm{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Priority: c.Priority, Since: c.At}}
		f.open[c.ID] = t
	}
	if c.Alarm.ID == c.ID {
		t.Alarm = c.Alarm
		t.Alarm.Comments = nil // what people wrote for each other goes nowhere
	}
	switch {
	case c.Announced && t.Raised && !hidden(c.From):
		return nil // the book was lost and begins anew; outside knows
	case c.Announced:
		t.Announced, t.Due = c.At, c.At.Add(f.respond[c.Kind])
		if now.Sub(t.Last) < f.quiet && !hidden(c.From) {
			t.Held = true
			return nil
		}
		return f.raise(t, passed, now)
	case hidden(c.To):
		t.Held, t.Due = false, time.Time{}
	case c.To == alarm.Acknowledged:
		t.Held, t.Due = false, time.Time{}
	case over(c.To):
		if c.To == alarm.Normal {
			t.Due = time.Time{}
		}
		if t.Held && c.At.After(t.Announced) { // it came and went within the quiet time
			t.Held = false
		}
		if t.Raised {
			t.Raised = false
			t.Alarm.Active, t.Alarm.Until = false, c.At
			return []Event{f.event(Returned, t, c.At)}
		}
	}
	return nil
}

func (f *Follower) raise(t *told, passed bool, now time.Time) []Event {
	t.Raised, t.Last, t.Held = !passed, now, false
	return []Event{f.event(Raised, t, t.Announced)}
}

func (f *Follower) event(what What, t *told, at time.Time) Event {
	return Event{What: what, Alarm: t.Alarm, At: at, Announced: t.Announced, Respond: f.respond[t.Alarm.Kind]}
}

// Tick lets time pass: times to respond and quiet times run out. It returns what outside
// has to hear, by alarm.
func (f *Follower) Tick(now time.Time) []Event {
	var events []Event
	for _, id := range slices.Sorted(maps.Keys(f.open)) {
		t := f.open[id]
		f.mend(t, now)
		rested := now.Sub(t.Last) >= f.quiet
		if t.Held && rested {
			events = append(events, f.raise(t, !t.Alarm.Active, now)...)
		}
		if !t.Due.IsZero() && !now.Before(t.Due) {
			t.Due = time.Time{}
			events = append(events, f.event(Escalated, t, now))
		}
		if !t.Raised && !t.Held && t.Due.IsZero() && rested {
			delete(f.open, id)
		}
	}
	return events
}

// mend keeps times from lasting longer than they may when the clock was set back.
func (f *Follower) mend(t *told, now time.Time) {
	if t.Last.After(now) {
		t.Last = now
	}
	if most := now.Add(f.respond[t.Alarm.Kind]); t.Due.After(most) {
		t.Due = most
	}
}

// Reconcile holds what outside was told against the list of alarms, once after a start: a
// program that was killed may have announced what nobody was told, and what the list has
// no more is over.
func (f *Follower) Reconcile(list []alarm.Alarm, now time.Time) []Event {
	var events []Event
	stands := map[alarm.ID]bool{}
	for _, a := range list {
		stands[a.ID] = true
		if a.State() != alarm.Unacknowledged || f.open[a.ID] != nil && (f.open[a.ID].Raised || f.open[a.ID].Held) {
			continue
		}
		events = append(events, f.follow(Change{Transition: alarm.Transition{ID: a.ID, Kind: a.Kind, Subject: a.Subject, Priority: a.Priority, At: a.Since,
			From: alarm.Normal, To: alarm.Unacknowledged, Announced: true}, Alarm: a}, false, now)...)
	}
	for _, id := range slices.Sorted(maps.Keys(f.open)) {
		if t := f.open[id]; !stands[id] {
			events = append(events, f.follow(Change{Transition: alarm.Transition{ID: id, Kind: t.Alarm.Kind, At: now, To: alarm.Normal}}, false, now)...)
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.Alarm.ID, b.Alarm.ID) })
	return events
}

func hidden(s alarm.State) bool {
	return s == alarm.Shelved || s == alarm.Suppressed || s == alarm.OutOfService
}

func over(s alarm.State) bool { return s == alarm.Returned || s == alarm.Normal }

// Snapshot is what the follower remembers, for Restore.
func (f *Follower) Snapshot() []byte {
	b, err := json.Marshal(f.open)
	if err != nil {
		panic("BUG: what was told does not encode: " + err.Error())
	}
	return b
}

// Restore takes up what an earlier run has told. After an error it remembers nothing.
func (f *Follower) Restore(snapshot []byte) error {
	open := map[alarm.ID]*told{}
	if err := json.Unmarshal(snapshot, &open); err != nil {
		f.open = map[alarm.ID]*told{}
		return fmt.Errorf("what was told of alarms: %w", err)
	}
	maps.DeleteFunc(open, func(id alarm.ID, t *told) bool { return t == nil || t.Alarm.ID != id })
	f.open = open
	return nil
}
