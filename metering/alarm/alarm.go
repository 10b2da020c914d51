package alarm

import (
	"time"
)

// ID names an alarm: its kind and what it is about, "meter-silent/m-17".
type ID string

// IDOf is the name of the alarm of a kind about a subject.
func IDOf(kind Kind, subject string) ID { return ID(string(kind) + "/" + subject) }

// Condition is something that is so, or no longer.
type Condition struct {
	Kind    Kind
	Subject string // what it is about: "m-17"
	Active  bool
	// Within are the groups that the subject is in, from the nearest: "line/l-2",
	// "collector/c-1". They say what explains it and with what it is rolled up.
	Within []string
	// Args are numbers and names for the text.
	Args map[string]any
}

// State is what people see.
type State string

// States.
const (
	Normal         State = "normal"
	Unacknowledged State = "unacknowledged"
	Acknowledged   State = "acknowledged"
	Returned       State = "returned" // to normal, unacknowledged
	Shelved        State = "shelved"
	Suppressed     State = "suppressed"
	OutOfService   State = "out-of-service"
)

// Alarm is the present state of one alarm.
type Alarm struct {
	ID       ID             `json:"id"`
	Kind     Kind           `json:"kind"`
	Subject  string         `json:"subject"`
	Priority Priority       `json:"priority"`
	Active   bool           `json:"active"`
	Unacked  bool           `json:"unacked"`
	Args     map[string]any `json:"args,omitempty"`
	Within   []string       `json:"within,omitempty"`
	// Since is when it became active last, Until when it returned; zero if it never did.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Times is how often it has become active since it was normal and acknowledged last.
	Times int `json:"times"`
	// Acked says who has seen it and when, for the last time.
	Acked *Mark  `json:"acked,omitempty"`
	Shelf *Shelf `json:"shelf,omitempty"`
	Out   *Shelf `json:"out,omitempty"` // of service
	// Cause is the alarm that suppresses it; empty if none does.
	Cause    ID        `json:"cause,omitempty"`
	Comments []Comment `json:"comments,omitempty"`
	// Silenced is until when the horn is quiet about it.
	Silenced time.Time `json:"silenced,omitzero"`
	// Members is how many an alarm that stands for many stands for.
	Members int `json:"members,omitempty"`
}

// Mark is who did something, and when.
type Mark struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Shelf hides an alarm for a while.
type Shelf struct {
	Mark
	Why string `json:"why"`
	// Until is when it ends by itself; OneShot that it ends when the alarm returns to
	// normal, at Until at the latest.
	Until   time.Time `json:"until"`
	OneShot bool      `json:"one_shot,omitempty"`
}

// Comment is a note to an alarm.
type Comment struct {
	Mark
	Text string `json:"text"`
}

// State is what people see of it.
func (a Alarm) State() State {
	switch {
	case a.Out != nil:
		return OutOfService
	case a.Cause != "":
		return Suppressed
	case a.Shelf != nil:
		return Shelved
	case a.Active && a.Unacked:
		return Unacknowledged
	case a.Active:
		return Acknowledged
	case a.Unacked:
		return Returned
	}
	return Normal
}

// Hidden reports whether it is not announced.
func (a Alarm) Hidden() bool { return a.Out != nil || a.Cause != "" || a.Shelf != nil }

// Transition is a change of state, for the log and for figures.
type Transition struct {
	ID       ID        `json:"id"`
	Kind     Kind      `json:"kind"`
	Subject  string    `json:"subject"`
	Priority Priority  `json:"priority"`
	At       time.Time `json:"at"`
	From     State     `json:"from"`
	To       State     `json:"to"`
	// Announced is set when the dispatcher is alarmed by it: the alarm began, or came
	// out from where it was hidden and is still so.
	Announced bool   `json:"announced,omitempty"`
	By        string `json:"by,omitempty"` // a person; empty: by itself
	Why       string `json:"why,omitempty"`
}

// Person is who does something.
type Person string
