package office_test

import (
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// Evidence that contradicts itself, or the register, opens nothing.
func TestEvidenceHasToAddUp(t *testing.T) {
	for what, change := range map[string]func(text string) string{
		"no condition": func(text string) string {
			var out strings.Builder
			for line := range strings.Lines(text) {
				if !strings.HasPrefix(line, "condition ") {
					out.WriteString(line)
				}
			}
			return out.String()
		},
		"another ТУ": func(text string) string {
			text = strings.Replace(text, "\nallowed 5000000\n", "\nallowed 9000000\n", 1)
			return strings.Replace(text, "\nvolume 3000000 2000000", "\nvolume 1000000 8000000", 1)
		},
		"another resident's condition": func(text string) string {
			return strings.ReplaceAll(text, `condition "tu-1" "works"`, `condition "tu-1" "mill"`)
		},
		"a condition that was never issued": func(text string) string {
			return strings.ReplaceAll(text, `condition "tu-1" `, `condition "tu-9" `)
		},
		"a condition since another day": func(text string) string {
			return strings.ReplaceAll(text, "2020-01-01T00:00:00Z", "2019-01-01T00:00:00Z")
		},
		"a past that never was": func(text string) string {
			return strings.Replace(text, `condition "tu-1" `, "condition \"tu-0\" \"works\" \"a\" 9000000 0 \"doc\" 2019-01-01T00:00:00Z 2020-01-01T00:00:00Z\ncondition \"tu-1\" ", 1)
		},
	} {
		d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
		text := d.evidence(2 * mw)
		if changed := change(text); changed == text {
			t.Fatalf("%s: nothing was changed in\n%s", what, text)
		} else if _, err := reclaim.ToldBy(changed); err != nil {
			t.Fatalf("%s: %v", what, err)
		} else if err := d.one(office.Action{Kind: office.OpenCase, Evidence: changed}); err == nil {
			f := d.o.Cases(d.now)[0]
			t.Errorf("%s: case %s is open at nodes %q: %v of %v", what, f.ID, f.Nodes, f.Case.Volume, f.Case.Allowed)
		}
		d.must(d.one(office.Action{Kind: office.OpenCase, Evidence: text}))
	}
}

// Evidence that was right when it was made is refused when the register has been put right
// since: of the end of its time it says something else now.
func TestEvidenceIsHeldAgainstTheRegisterOfToday(t *testing.T) {
	d := newDesk(t, tu("tu-1", 3*mw, jan2020, time.Time{}), tu("tu-2", 2*mw, jan2020, time.Time{}))
	text := d.evidence(2 * mw)
	change := func(id string, firm metering.Power) register.Act {
		return register.Act{Kind: register.Change, Condition: id, Resident: "works", From: d.c.Opened, Terms: &register.Terms{Node: "a", Firm: firm}}
	}
	d.must(d.two(office.Action{Kind: office.ChangeTerms, Acts: []register.Act{change("tu-1", 2*mw), change("tu-2", 3*mw)}}))
	if err := d.one(office.Action{Kind: office.OpenCase, Evidence: text}); err == nil {
		t.Error("a case is open on 3 and 2 MW, and there are 2 and 3 MW by now")
	}
	d.must(d.one(office.Action{Kind: office.OpenCase, Evidence: d.evidence(2 * mw)}))
}
