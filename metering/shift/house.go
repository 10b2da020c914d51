package shift

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// House is what a site's own instruction adds to the templates. The zero House adds nothing.
type House struct {
	// Require are fields that an entry must have here although its template only may have
	// them.
	Require map[Template][]string
	// Phrases are offered in this order.
	Phrases []Phrase
}

// Phrase is a wording that is ready to be filled in.
type Phrase struct {
	Name     string   `json:"name" doc:"by which it is chosen"`
	Template Template `json:"template"`
	Object   string   `json:"object,omitempty"`
	Text     string   `json:"text,omitempty"`
}

// Form is which fields an entry of a template must and may have.
type Form struct {
	Template Template `json:"template"`
	Needs    []string `json:"needs"`
	May      []string `json:"may"`
	Lasts    bool     `json:"lasts" doc:"goes on until it has an end"`
}

// fieldOrder is the order of the fields of a form.
var fieldOrder = []string{"number", "from", "received", "object", "start", "end"}

// Forms are the templates that a person fills in, in the order of a list to choose from.
func (h House) Forms() []Form {
	list := []Form{}
	for _, t := range Templates() {
		f := Form{Template: t, Needs: []string{}, May: []string{}, Lasts: rules[t].lasts}
		for _, name := range fieldOrder {
			switch {
			case slices.Contains(rules[t].needs, name) || slices.Contains(h.Require[t], name):
				f.Needs = append(f.Needs, name)
			case slices.Contains(rules[t].may, name):
				f.May = append(f.May, name)
			}
		}
		list = append(list, f)
	}
	return list
}

// Check says all that is wrong with an entry that is written now, by its template and by
// the house; nil if nothing is.
func (h House) Check(e Entry, now time.Time) []Fault {
	faults := e.Check(now)
	for _, f := range e.fields() {
		if !f.given && slices.Contains(h.Require[e.Template], f.name) {
			faults = append(faults, Fault{f.name, fmt.Sprintf("an entry %q needs it here: log.require in asue.yaml asks for it", e.Template)})
		}
	}
	return faults
}

// MayRequire are the fields that a house can require of a template; none for a correction,
// which says only what is otherwise, and for one that does not exist.
func MayRequire(t Template) []string {
	if t == Correction {
		return nil
	}
	return slices.Clone(rules[t].may)
}

// Fault is what is wrong with a phrase, without the place where it stands; empty if nothing
// is.
func (p Phrase) Fault() string {
	r, known := rules[p.Template]
	switch {
	case !known || p.Template == Correction:
		return fmt.Sprintf("there is no template %q for phrases", p.Template)
	case p.Object != "" && !slices.Contains(r.needs, "object") && !slices.Contains(r.may, "object"):
		return fmt.Sprintf("an entry %q has no object", p.Template)
	case len(p.Object) > NameMost:
		return fmt.Sprintf("an object of %d bytes, and %d are allowed", len(p.Object), NameMost)
	case utf8.RuneCountInString(p.Text) > TextMost:
		return fmt.Sprintf("a text of %d letters, and %d are allowed", utf8.RuneCountInString(p.Text), TextMost)
	case strings.TrimSpace(p.Text) == "" && p.Object == "":
		return "it offers neither a text nor an object"
	}
	return ""
}
