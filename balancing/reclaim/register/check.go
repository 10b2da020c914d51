package register

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Fault is one reason why acts were refused.
type Fault struct {
	Act    int    // counted from 1
	Field  string // as in JSON: "firm_w"; empty: the act as a whole
	Text   string // what is wrong, with the value
	Remedy string
	what   string // the act in words
}

// Error is the fault in words.
func (f *Fault) Error() string {
	text := fmt.Sprintf("act %d", f.Act)
	if f.what != "" {
		text += " (" + f.what + ")"
	}
	if f.Field != "" {
		text += ": " + f.Field
	}
	text += ": " + f.Text
	if f.Remedy != "" {
		text += "; " + f.Remedy
	}
	return text
}

func fault(field, remedy, format string, args ...any) *Fault {
	return &Fault{Field: field, Text: fmt.Sprintf(format, args...), Remedy: remedy}
}

// checker takes acts one after the other into a register and gathers their faults.
type checker struct {
	before, next *Register
	faults       []error
	// broken are conditions of which an act was refused: what comes after it may be
	// wrong for that reason alone.
	broken map[string]bool
	// touched are the residents whose power or armour changes, with the last act that
	// does it.
	touched map[metering.ResidentID]int
	refused map[metering.ResidentID]bool
}

func (c *checker) take(n int, a Act) {
	faults := append(c.next.whole(a), c.next.kind(a)...)
	if !c.broken[a.Condition] || a.Condition == "" {
		if why := c.next.inOrder(a); why != nil {
			faults = append(faults, why)
		}
	}
	if len(faults) > 0 {
		if a.Condition != "" {
			c.broken[a.Condition] = true
		}
		if c.refused == nil {
			c.refused = map[metering.ResidentID]bool{}
		}
		c.refused[a.Resident] = true
		what := c.next.describe(a)
		for _, f := range faults {
			f.Act, f.what = n, what
			c.faults = append(c.faults, f)
		}
		return
	}
	c.next.take(a)
	switch a.Kind {
	case Issue, Change, Withdraw, Armour:
		c.touched[a.Resident] = n
	}
}

// describe names an act: `change of "tu-1" of Works`.
func (r *Register) describe(a Act) string {
	text := string(cmp.Or(a.Kind, "no kind"))
	if a.Condition != "" {
		text += fmt.Sprintf(" of %q", a.Condition)
	}
	if res, ok := r.site.Resident(a.Resident); ok {
		return text + " of " + cmp.Or(res.Name, string(res.ID))
	}
	return text
}

// textMost bounds texts as deeds do.
const textMost = metering.DeedTextMost

// whole looks at what every act has.
func (r *Register) whole(a Act) (faults []*Fault) {
	if !slices.Contains(Kinds(), a.Kind) {
		faults = append(faults, fault("kind", "use one of: "+listed(Kinds()), "there is no kind of act %q", a.Kind))
	}
	if _, ok := r.site.Resident(a.Resident); !ok {
		faults = append(faults, fault("resident", "name one of the site file", "there is no resident %q", a.Resident))
	}
	if a.From.Year() < 1990 || a.From.Year() > 2199 {
		faults = append(faults, fault("from", "state the first moment at which it is effective, from 1990 to 2199", "%s", r.day(a.From)))
	}
	for _, text := range []struct{ field, value, remedy string }{
		{"legal_basis", a.Basis, "name the clause of a contract or the law"}, {"document", a.Document, "give number and date of the paper"},
	} {
		switch {
		case strings.TrimSpace(text.value) == "":
			faults = append(faults, fault(text.field, text.remedy, "nothing is stated"))
		case len(text.value) > textMost:
			faults = append(faults, fault(text.field, "shorten it", "a text of %d bytes, more than %d", len(text.value), textMost))
		}
	}
	if n := len(r.acts); n > 0 && !a.Recorded.IsZero() && a.Recorded.Before(r.acts[n-1].Recorded) {
		faults = append(faults, fault("", "record acts in their order", "recorded at %s, before the act before it at %s", r.day(a.Recorded), r.day(r.acts[n-1].Recorded)))
	}
	return faults
}

// kind looks at what belongs to an act of its kind, and what does not.
func (r *Register) kind(a Act) (faults []*Fault) {
	aboutOne := a.Kind == Issue || a.Kind == Change || a.Kind == Withdraw
	for _, part := range []struct {
		field        string
		stated, must bool
		may          bool
	}{
		{"condition", a.Condition != "", aboutOne, aboutOne},
		{"terms", a.Terms != nil, a.Kind == Issue || a.Kind == Change, a.Kind == Issue || a.Kind == Change},
		{"armour", a.Protected != nil, a.Kind == Armour, a.Kind == Armour},
		{"months", a.Months != 0, false, a.Kind == Grace},
	} {
		switch {
		case part.must && !part.stated:
			faults = append(faults, fault(part.field, "state it", "an act of kind %q has it", a.Kind))
		case part.stated && !part.may && slices.Contains(Kinds(), a.Kind):
			faults = append(faults, fault(part.field, "leave it out", "an act of kind %q does not have it", a.Kind))
		}
	}
	if a.Kind == Issue && a.Condition != "" {
		if why := idTrouble(a.Condition); why != "" {
			faults = append(faults, fault("condition", "write up to 64 Latin letters, digits, '-', '_' and '.', the first a letter or a digit", "%q cannot be an id: %s", a.Condition, why))
		}
	}
	if a.Terms != nil && (a.Kind == Issue || a.Kind == Change) {
		faults = append(faults, r.terms(*a.Terms, a)...)
	}
	if a.Protected != nil && a.Kind == Armour {
		faults = append(faults, r.protected(*a.Protected, a.From)...)
	}
	if a.Kind == Grace && (a.Months < 0 || a.Months > graceMost) {
		faults = append(faults, fault("months", fmt.Sprintf("state 0 to %d", graceMost), "a grace of %d months", a.Months))
	}
	return faults
}

// graceMost is ten years, longer than anything is built.
const graceMost = 120

// inOrder holds an act against the acts before it.
func (r *Register) inOrder(a Act) *Fault {
	if a.Kind == Armour {
		if list := r.armours[a.Resident]; len(list) > 0 {
			last := list[len(list)-1]
			if a.From.Before(last.from) {
				return fault("from", "name a later day, or that of the armour to correct it", "%s, before the armour by %q that holds from %s", r.day(a.From), last.document, r.day(last.from))
			}
		}
		return r.covers(a)
	}
	if a.Kind != Issue && a.Kind != Change && a.Kind != Withdraw || a.Condition == "" {
		return nil
	}
	i := r.find(a.Condition)
	if i < 0 {
		if a.Kind == Issue {
			return nil
		}
		return fault("condition", "name one that was issued, or issue it", "there is no condition %q", a.Condition)
	}
	h := r.histories[i]
	switch {
	case a.Kind == Issue:
		return fault("condition", "change it, or give the new one another id", "%q is there already, issued from %s", a.Condition, r.day(h.issued))
	case h.resident != a.Resident:
		return fault("resident", "name its holder", "%q belongs to %s", a.Condition, h.resident)
	case h.withdrawn:
		return fault("condition", "issue a new one", "%q was withdrawn from %s on", a.Condition, r.day(h.last))
	case a.From.Before(h.last):
		return fault("from", "name a later day, or that of the version to correct it", "%s, before the version that holds from %s", r.day(a.From), r.day(h.last))
	case !h.end().IsZero() && a.From.After(h.end()):
		return fault("from", "issue a new one, or name a day up to its end", "%q has come to its end at %s", a.Condition, r.day(h.end()))
	case a.Kind == Change && a.Terms != nil && a.Terms.MediumOf() != h.medium:
		return fault("medium", "issue another one for it", "%q is one of %s", a.Condition, h.medium)
	}
	return nil
}

// day is a time as faults show it, on the site's clock: "2027-01-01" for a midnight.
func (r *Register) day(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	if r.site.Location != nil {
		t = t.In(r.site.Location)
	}
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

func listed[W ~string](words []W) string {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return strings.Join(names, ", ")
}
