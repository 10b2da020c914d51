package shift_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"asue/metering/shift"
)

func TestHouseRequiresMore(t *testing.T) {
	house := shift.House{Require: map[shift.Template][]string{shift.Note: {"object"}, shift.Outage: {"number", "from"}}}
	note := shift.Entry{Template: shift.Note, Text: "the door of the cell does not close"}
	if f := note.Check(eight); f != nil {
		t.Fatalf("by the template alone: %v", f)
	}
	if f := house.Check(note, eight); len(f) != 1 || f[0].Field != "object" || !strings.Contains(f[0].Text, "log.require") {
		t.Errorf("without an object: %v", f)
	}
	note.Object = "ЗРУ-10, ячейка 7"
	if f := house.Check(note, eight); f != nil {
		t.Errorf("with an object: %v", f)
	}
	// What the template says stands first, all at once.
	outage := shift.Entry{Template: shift.Outage, Text: "tripped"}
	var fields []string
	for _, f := range house.Check(outage, eight) {
		fields = append(fields, f.Field)
	}
	if got := strings.Join(fields, " "); got != "object start from number" {
		t.Errorf("faults of %s", got)
	}
}

// A form asks for what the check asks for, under every house.
func TestFormsSayWhatIsChecked(t *testing.T) {
	for _, house := range []shift.House{{}, {Require: map[shift.Template][]string{shift.Phone: {"number"}, shift.Switching: {"end", "received"}}}} {
		for _, form := range house.Forms() {
			e := shift.Entry{Template: form.Template, Text: "what happened"}
			var asked []string
			for _, f := range house.Check(e, eight) {
				asked = append(asked, f.Field)
			}
			slices.Sort(asked)
			needs := slices.Clone(form.Needs)
			if form.Template == shift.Correction {
				needs = append(needs, "corrects") // chosen at its entry, no field of the form
			}
			slices.Sort(needs)
			if !slices.Equal(asked, needs) {
				t.Errorf("%s: the form needs %v, the check asks for %v", form.Template, needs, asked)
			}
			for _, name := range form.May {
				if slices.Contains(form.Needs, name) {
					t.Errorf("%s: %s is needed and optional", form.Template, name)
				}
			}
		}
	}
}

func TestFaultsOfPhrases(t *testing.T) {
	var got strings.Builder
	for _, p := range []shift.Phrase{
		{Name: "good", Template: shift.Switching, Object: "Ф-", Text: "Выведен в ремонт"},
		{Name: "only an object", Template: shift.Note, Object: "Ф-12"},
		{Name: "nothing", Template: shift.Note, Text: "  "},
		{Name: "no template", Template: "verdict", Text: "x"},
		{Name: "a correction", Template: shift.Correction, Text: "x"},
		{Name: "a shift", Template: shift.Taken, Text: "x"},
		{Name: "long", Template: shift.Note, Text: strings.Repeat("ы", shift.TextMost+1)},
		{Name: "long object", Template: shift.Note, Object: strings.Repeat("ы", shift.NameMost)},
	} {
		fmt.Fprintf(&got, "%s: %s\n", p.Name, p.Fault())
	}
	want := `good: 
only an object: 
nothing: it offers neither a text nor an object
no template: there is no template "verdict" for phrases
a correction: there is no template "correction" for phrases
a shift: there is no template "shift-taken" for phrases
long: a text of 2001 letters, and 2000 are allowed
long object: an object of 480 bytes, and 240 are allowed
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}
