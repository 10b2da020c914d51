package shift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"asue/metering"
	"asue/metering/audit"
)

// Template is a kind of entry; the kind of its record is Prefix and the template.
type Template string

// Templates.
const (
	// Taken is written when somebody takes the shift, by Take alone.
	Taken      Template = "shift-taken"
	Order      Template = "order"     // somebody above has ordered something
	Switching  Template = "switching" // operations with switches, by an order
	Outage     Template = "outage"    // something tripped or was switched off, until it is back
	Phone      Template = "phone"     // a message by telephone
	Note       Template = "note"
	Correction Template = "correction" // of an earlier entry
)

// Prefix is what the kinds of entries begin with.
const Prefix = "log."

// Bounds of texts. Cyrillic letters have two bytes.
const (
	TextMost = 2000 // letters of Text, which also has to fit into audit.MaxText
	NameMost = 240  // bytes of every other text
)

// ahead is how far a time may lie ahead of the clock: people's watches differ.
const ahead = time.Minute

// Entry is what a person writes.
type Entry struct {
	Template Template  `json:"template"`
	Text     string    `json:"-"`                  // in the record's own field
	From     string    `json:"from,omitempty"`     // who gave the order, or telephoned
	Number   string    `json:"number,omitempty"`   // of the order or the message
	Received time.Time `json:"received,omitzero"`  // when it was received
	Object   string    `json:"object,omitempty"`   // down to the cell
	Start    time.Time `json:"start,omitzero"`     // of the action
	End      time.Time `json:"end,omitzero"`       // of the action; without one it goes on
	Corrects uint64    `json:"corrects,omitempty"` // Seq of the entry that is corrected
}

// rule says which fields a template must and may have, and whether it goes on until it has
// an end.
type rule struct {
	needs, may []string
	lasts      bool
}

// rules follow the usual duties of those who keep an operator's log: the exact time of
// start and end, the equipment down to the cell, the ground of an action with its number,
// who gave it and when it was received.
var rules = map[Template]rule{
	Order:      {needs: []string{"from", "number", "received"}, may: []string{"object", "start", "end"}, lasts: true},
	Switching:  {needs: []string{"object", "start", "from", "number"}, may: []string{"received", "end"}, lasts: true},
	Outage:     {needs: []string{"object", "start"}, may: []string{"end", "from", "number", "received"}, lasts: true},
	Phone:      {needs: []string{"from", "received"}, may: []string{"number", "object"}},
	Note:       {may: []string{"object"}},
	Correction: {needs: []string{"corrects"}, may: []string{"from", "number", "received", "object", "start", "end"}},
}

// Templates are those that a person fills in, in the order of a form.
func Templates() []Template {
	return []Template{Order, Switching, Outage, Phone, Note, Correction}
}

// Fault is what is wrong with one field of an entry.
type Fault struct{ Field, Text string }

// Check says all that is wrong with an entry that is written now; nil if nothing is.
func (e Entry) Check(now time.Time) []Fault {
	var faults []Fault
	fault := func(field, format string, args ...any) {
		faults = append(faults, Fault{field, fmt.Sprintf(format, args...)})
	}
	r, known := rules[e.Template]
	if !known {
		fault("template", "there is no template %q: want one of %v; a shift is taken and handed over by signatures", e.Template, Templates())
		return faults
	}
	switch text := strings.TrimSpace(e.Text); {
	case text == "":
		fault("text", "say what it is about: it is kept for years")
	case utf8.RuneCountInString(text) > TextMost || len(text) > audit.MaxText:
		fault("text", "%d letters of %d bytes, and %d letters of %d bytes are allowed", utf8.RuneCountInString(text), len(text), TextMost, audit.MaxText)
	}
	for _, f := range e.fields() {
		switch {
		case !f.given && slices.Contains(r.needs, f.name):
			fault(f.name, "an entry %q needs it", e.Template)
		case f.given && !slices.Contains(r.needs, f.name) && !slices.Contains(r.may, f.name):
			fault(f.name, "an entry %q has no such field", e.Template)
		case len(f.text) > NameMost:
			fault(f.name, "%d bytes, and %d are allowed", len(f.text), NameMost)
		case f.at.After(now.Add(ahead)):
			fault(f.name, "%s has not come yet: the log has what was", f.at.UTC().Format(time.RFC3339))
		}
	}
	if !e.Start.IsZero() && !e.End.IsZero() && e.End.Before(e.Start) {
		fault("end", "it is before the start")
	}
	return faults
}

// CheckAgainst says what is wrong with a correction in the light of the entry that it
// corrects; nil if nothing is.
func (e Entry) CheckAgainst(old Entry) []Fault {
	var faults []Fault
	r := rules[old.Template]
	for _, f := range e.fields() {
		if f.given && f.name != "corrects" && !slices.Contains(r.needs, f.name) && !slices.Contains(r.may, f.name) {
			faults = append(faults, Fault{f.name, fmt.Sprintf("entry %d is %q, which has no such field", e.Corrects, old.Template)})
		}
	}
	if old.Template == Correction {
		faults = append(faults, Fault{"corrects", fmt.Sprintf("entry %d is a correction itself: correct entry %d once more", e.Corrects, old.Corrects)})
	}
	start, end := old.Start, old.End
	if !e.Start.IsZero() {
		start = e.Start
	}
	if !e.End.IsZero() {
		end = e.End
	}
	if !end.IsZero() && end.Before(start) {
		faults = append(faults, Fault{"end", "it is before the start, " + start.UTC().Format(time.RFC3339)})
	}
	return faults
}

type field struct {
	name  string
	given bool
	text  string
	at    time.Time
}

func (e Entry) fields() []field {
	text := func(name, s string) field {
		return field{name, strings.TrimSpace(s) != "", strings.TrimSpace(s), time.Time{}}
	}
	at := func(name string, t time.Time) field { return field{name, !t.IsZero(), "", t} }
	return []field{text("from", e.From), text("number", e.Number), at("received", e.Received), text("object", e.Object),
		at("start", e.Start), at("end", e.End), {name: "corrects", given: e.Corrects != 0}}
}

// Record is the record of an entry that Check has passed; actor, role and time are the
// caller's to add.
func (e Entry) Record() metering.AuditRecord {
	for _, text := range []*string{&e.Text, &e.From, &e.Number, &e.Object} {
		*text = strings.TrimSpace(*text)
	}
	for _, at := range []*time.Time{&e.Received, &e.Start, &e.End} {
		*at = at.UTC()
	}
	return metering.AuditRecord{Kind: Prefix + string(e.Template), Subject: e.Object, Text: e.Text, Detail: encode(e)}
}

// Read is the entry of a record; false if it is none that a person has filled in.
func Read(r metering.AuditRecord) (Entry, bool) {
	template, found := strings.CutPrefix(r.Kind, Prefix)
	if _, known := rules[Template(template)]; !found || !known {
		return Entry{}, false
	}
	var e Entry
	if json.Unmarshal([]byte(r.Detail), &e) != nil || e.Template != Template(template) {
		return Entry{}, false
	}
	e.Text = r.Text
	return e, true
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("BUG: %T does not encode: %v", v, err))
	}
	return string(b)
}
