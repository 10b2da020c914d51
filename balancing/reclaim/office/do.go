package office

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// Kinds lists every kind of deed.
func Kinds() []Kind {
	return []Kind{OpenCase, StepCase, Apply, Refuse, ChangeBooks, SetCeiling, ChangeTerms, Reserve, GiveBack, Allot, Draft, Drop}
}

// alone are the steps of a case for which one person is enough: they state what happened,
// and bind nobody.
var alone = []reclaim.Kind{reclaim.Explain, reclaim.Met, reclaim.Missed, reclaim.Suspend, reclaim.Resume, reclaim.Recovered}

// TwoSigned reports whether an action needs a second person. Do makes a draft, besides,
// of any other that would move kilowatts in the books: of a "recovered" that lifts a
// sanction.
func TwoSigned(a Action) bool {
	switch a.Kind {
	case OpenCase, Apply, Refuse, Drop:
		return false
	case StepCase:
		return a.Event == nil || !slices.Contains(alone, a.Event.Kind)
	}
	return true
}

// signatures are who takes a decision, and what is seen of it.
type signatures struct {
	author, approver string
	seen             *Seen
}

// someone stands for the second person while there is none yet.
const someone = "(second person)"

// Do finds what has to be recorded for a person's action: the deed, or a draft of it
// that waits for another person. Nothing has happened before it is recorded and
// replayed. It fails with a *Refusal that has all reasons; a draft too, if what it is
// about could not be done now.
func (o *Office) Do(p Person, at time.Time, a Action) ([]metering.Deed, error) {
	at, err := o.ready(p, at)
	if err != nil {
		return nil, err
	}
	a = trimmed(a)
	switch {
	case a.Kind == Draft || a.Kind == Drop || !slices.Contains(Kinds(), a.Kind):
		return nil, refuse("%q is no action: use one of %s", a.Kind, kindList())
	case a.Document == "":
		return nil, refuse("%s: name the document, its number and date", a.Kind)
	case TwoSigned(a) && a.Basis == "":
		return nil, refuse("%s: name the legal basis, a clause of a contract or of the law", a.Kind)
	}
	s := signatures{author: p.Name, seen: p.Seen}
	if TwoSigned(a) {
		s.approver = someone
	}
	d, err := o.reckon(s, at, a)
	if err != nil {
		return nil, err
	}
	deed := metering.Deed{At: at, Kind: string(a.Kind), Subject: d.subject, Author: p.Name, Basis: a.Basis, Document: a.Document}
	if TwoSigned(a) || d.effects.Posting != nil {
		deed.Kind, deed.Subject = string(Draft), draftID(o.seq+1)
		return sealed(deed, body{Action: a})
	}
	return sealed(deed, body{Action: a, Effects: &d.effects})
}

// Sign finds what has to be recorded when another person than its author signs a draft.
// What it does is reckoned at this moment: what was possible when it was written may have
// become impossible. It fails with a *Refusal that has all reasons.
func (o *Office) Sign(p Person, at time.Time, draft string) ([]metering.Deed, error) {
	at, err := o.ready(p, at)
	if err != nil {
		return nil, err
	}
	i := o.draft(draft)
	if i < 0 {
		return nil, refuse("draft %q does not wait: it was signed or dropped, or never written", draft)
	}
	f := o.drafts[i]
	if f.Author == p.Name {
		return nil, refuse("%s cannot sign what %s has written: another person has to", p.Name, p.Name)
	}
	d, err := o.reckon(signatures{f.Author, p.Name, p.Seen}, at, f.Action)
	if err != nil {
		return nil, err
	}
	a := f.Action
	deed := metering.Deed{At: at, Kind: string(a.Kind), Subject: d.subject, Author: f.Author, Approver: p.Name, Basis: a.Basis, Document: a.Document}
	return sealed(deed, body{Action: a, Effects: &d.effects, Draft: draft})
}

// Drop finds what has to be recorded when a draft is dropped: by its author, or by
// somebody else who says why. It fails with a *Refusal.
func (o *Office) Drop(p Person, at time.Time, draft, why string) ([]metering.Deed, error) {
	at, err := o.ready(p, at)
	if err != nil {
		return nil, err
	}
	i := o.draft(draft)
	if i < 0 {
		return nil, refuse("draft %q does not wait: it was signed or dropped, or never written", draft)
	}
	f := o.drafts[i]
	if why = strings.TrimSpace(why); why == "" && f.Author != p.Name {
		return nil, refuse("draft %s is of %s: say why it is dropped", draft, f.Author)
	}
	a := Action{Kind: Drop, Document: f.Action.Document, Why: why}
	return sealed(metering.Deed{At: at, Kind: string(Drop), Subject: draft, Author: p.Name, Document: a.Document}, body{Action: a, Draft: draft})
}

// ready is the time of a deed, if there is a person and the time does not go back.
func (o *Office) ready(p Person, at time.Time) (time.Time, error) {
	at = at.UTC().Truncate(time.Millisecond)
	switch {
	case p.Name == "":
		return at, refuse("nobody has signed: name the person")
	case at.Before(o.last):
		return at, refuse("it is %s, and the last deed is of %s: set the clock", at.Format(time.RFC3339Nano), o.last.Format(time.RFC3339Nano))
	case at.Before(o.config.Opened):
		return at, refuse("it is %s, and the books begin at %s", at.Format(time.RFC3339), o.config.Opened.Format(time.RFC3339))
	}
	return at, nil
}

// sealed is a deed with its body, if the ledger would keep it.
func sealed(d metering.Deed, b body) ([]metering.Deed, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("deed %s: %w", d.Kind, err)
	}
	d.Body = string(text)
	var why reasons
	for _, t := range []struct{ name, text string }{{"subject", d.Subject}, {"basis", d.Basis}, {"document", d.Document}, {"author", d.Author}, {"approver", d.Approver}} {
		if len(t.text) > metering.DeedTextMost {
			why.add("%s: %d bytes: want %d at most", t.name, len(t.text), metering.DeedTextMost)
		}
	}
	if len(d.Body) > metering.DeedBodyMost {
		why.add("it has %d bytes in all: want %d at most: import in parts", len(d.Body), metering.DeedBodyMost)
	}
	if err := why.refusal(); err != nil {
		return nil, err
	}
	return []metering.Deed{d}, nil
}

func trimmed(a Action) Action {
	a.Document, a.Basis, a.Why = strings.TrimSpace(a.Document), strings.TrimSpace(a.Basis), strings.TrimSpace(a.Why)
	return a
}

func kindList() string {
	var list []string
	for _, k := range Kinds() {
		if k != Draft && k != Drop {
			list = append(list, string(k))
		}
	}
	return strings.Join(list, ", ")
}
