package alarm

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Priority is how soon somebody has to act.
type Priority string

// Priorities, the highest first. The usual split is 5, 15 and 80 % of all alarms.
const (
	High   Priority = "high"   // А: авария
	Medium Priority = "medium" // П: предупреждение
	Low    Priority = "low"    // И: извещение
)

// Priorities lists them, the highest first.
func Priorities() []Priority { return slices.Clone(priorities[:]) }

var priorities = [...]Priority{High, Medium, Low}

// Kind names a kind of alarm: "meter-silent".
type Kind string

// MostKinds is how many kinds a catalogue may have: what nobody can know by heart is not
// answered in time.
const MostKinds = 25

// Definition is a kind of alarm: when it is one, and what is to be done about it.
type Definition struct {
	Kind     Kind
	Priority Priority
	// OnDelay is how long a condition has to stand before it is an alarm, OffDelay how
	// long it has to be gone before it has returned. Both keep it from chattering.
	OnDelay, OffDelay time.Duration
	// Respond is the time to respond: how soon after the beginning somebody has to have
	// done something.
	Respond time.Duration
	// Horn is after how long the horn sounds again while nobody has acknowledged; 0:
	// this kind makes no sound.
	Horn time.Duration
	// Passes is set for what needs no acknowledgement once it is over.
	Passes bool
	// Behind are kinds that explain this one: while one of them is so about the same
	// subject, or about something that the subject is within, this one is suppressed.
	Behind []Kind
	// Together makes one alarm of many; nil where each stands for itself.
	Together *Together
	// Texts by language.
	Texts map[string]Text
}

// Together rolls alarms of a kind up: when enough of the members of a group are so, one
// alarm of another kind about the group stands in their place.
type Together struct {
	Kind  Kind   // of the one alarm
	Group string // kind of group: "line"
	// AtLeast members, and at least this share of the group.
	AtLeast int
	Share   float64
}

// Text is a definition in a language. Args of the condition stand in braces: "{meter}".
type Text struct {
	Title       string // one line of the list
	Cause       string
	Consequence string
	Action      string // what the dispatcher does
}

// Check returns all faults of a catalogue at once. Every definition has a text in each
// of the languages.
func Check(list []Definition, languages []string) error {
	var faults []error
	known := map[Kind]bool{}
	for _, d := range list {
		known[d.Kind] = true
	}
	seen := map[Kind]bool{}
	for i, d := range list {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("alarm %d %q: %s", i+1, d.Kind, fmt.Sprintf(format, args...)))
		}
		if d.Kind == "" || seen[d.Kind] {
			fault("kind: empty or there twice: give each a name of its own")
		}
		seen[d.Kind] = true
		if !slices.Contains(Priorities(), d.Priority) {
			fault("priority %q: want one of %v", d.Priority, Priorities())
		}
		if d.Respond <= 0 {
			fault("time_to_respond %v: say how soon somebody has to act; what asks for nothing is a line in the log", d.Respond)
		}
		for name, v := range map[string]time.Duration{"on_delay": d.OnDelay, "off_delay": d.OffDelay, "horn": d.Horn} {
			if v < 0 || v > 24*time.Hour {
				fault("%s %v: want 0 to 24 h", name, v)
			}
		}
		if d.Priority != High && d.Horn > 0 && d.Horn < 5*time.Second {
			fault("horn every %v: below 5 s only for %s", d.Horn, High)
		}
		for _, k := range d.Behind {
			if !known[k] || k == d.Kind {
				fault("behind %q: name another kind of the catalogue", k)
			}
		}
		if t := d.Together; t != nil {
			if !known[t.Kind] || t.Kind == d.Kind || t.Group == "" || t.AtLeast < 2 || !(t.Share >= 0 && t.Share <= 1) {
				fault("together as %q in groups %q, at least %d and %v of them: want another kind of the catalogue, a kind of group, at least 2, a share of 0 to 1", t.Kind, t.Group, t.AtLeast, t.Share)
			}
		}
		for _, lang := range languages {
			text := d.Texts[lang]
			for _, part := range [...][2]string{{"title", text.Title}, {"cause", text.Cause}, {"consequence", text.Consequence}, {"operator_action", text.Action}} {
				if part[1] == "" {
					fault("%s in %q: missing: a dispatcher has to know it at night", part[0], lang)
				}
			}
		}
	}
	if len(list) > MostKinds {
		faults = append(faults, fmt.Errorf("%d kinds of alarms: at most %d: put together what is answered in the same way", len(list), MostKinds))
	}
	faults = append(faults, circles(list)...)
	return errors.Join(faults...)
}

// circles finds kinds that explain each other: both would be suppressed by the other.
func circles(list []Definition) (faults []error) {
	behind := map[Kind][]Kind{}
	for _, d := range list {
		behind[d.Kind] = append(behind[d.Kind], d.Behind...)
		if d.Together != nil {
			behind[d.Kind] = append(behind[d.Kind], d.Together.Kind)
		}
	}
	for _, d := range list {
		seen := map[Kind]bool{}
		todo := slices.Clone(behind[d.Kind])
		for len(todo) > 0 {
			k := todo[0]
			todo = todo[1:]
			if k == d.Kind {
				faults = append(faults, fmt.Errorf("alarm %q: it is behind itself: neither would ever be announced", d.Kind))
				break
			}
			if !seen[k] {
				seen[k] = true
				todo = append(todo, behind[k]...)
			}
		}
	}
	return faults
}
