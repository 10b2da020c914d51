package office

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// body is the JSON of a deed.
type body struct {
	Action  Action   `json:"action"`
	Effects *Effects `json:"effects,omitempty"`
	// Draft is the one that was signed or dropped.
	Draft string `json:"draft,omitempty"`
}

// Replay takes deeds in, in the order of the ledger and without a gap. It stops at the
// first one that cannot be applied and says which and why; what went before it stands.
// What was decided under other terms or ceilings than those of today stays decided.
func (o *Office) Replay(deeds []metering.Deed) error {
	for _, d := range deeds {
		if err := o.apply(d); err != nil {
			return fmt.Errorf("deed %d (%s, %s): %w", d.Seq, d.Kind, d.Document, err)
		}
	}
	return nil
}

// apply takes one deed in, or changes nothing.
func (o *Office) apply(d metering.Deed) error {
	switch {
	case d.Seq != o.seq+1:
		return fmt.Errorf("it follows deed %d: none may be left out", o.seq)
	case d.At.Before(o.last):
		return fmt.Errorf("it is of %v, before the deed before it", d.At.UTC())
	case !slices.Contains(Kinds(), Kind(d.Kind)):
		return errors.New("this release does not know such deeds: a newer one has written it, use that")
	}
	b, err := bodyOf(d.Body)
	if err != nil {
		return err
	}
	switch Kind(d.Kind) {
	case Draft:
		o.drafts = append(o.drafts, DraftFile{ID: draftID(d.Seq), Action: b.Action, Author: d.Author, At: d.At})
	case Drop:
		if o.draft(b.Draft) < 0 {
			return fmt.Errorf("draft %q does not wait", b.Draft)
		}
	default:
		err = o.take(d, b)
	}
	if err != nil {
		return err
	}
	if i := o.draft(b.Draft); i >= 0 {
		o.drafts = slices.Delete(o.drafts, i, i+1)
	}
	o.seq, o.last = d.Seq, d.At
	return nil
}

// bodyOf reads the body of a deed. What it says and this release does not know is an
// error: half a decision is none.
func bodyOf(text string) (body, error) {
	var b body
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return b, fmt.Errorf("its body: %w: a newer release may have written it", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return b, errors.New("its body: something follows after it")
	}
	return b, nil
}

// after is what a deed makes of the office.
type after struct {
	register *register.Register
	file     *file // nil: no case is touched
	queue    []Application
	owed     []owed
	posting  *pool.Posting
	ceiling  *CeilingOf
}

// take applies the effects of a deed.
func (o *Office) take(d metering.Deed, b body) error {
	switch {
	case b.Effects == nil:
		return errors.New("its body has no effects")
	case b.Draft != "" && o.draft(b.Draft) < 0:
		return fmt.Errorf("draft %q does not wait", b.Draft)
	}
	fx := signed(*b.Effects, d)
	next, err := o.next(o.register.Replay(fx.Acts...), d.Subject, d.Approver, b.Action, fx)
	if err != nil {
		return err
	}
	if next.ceiling != nil {
		if err := o.books.Clone().SetCeiling(next.ceiling.Node, next.ceiling.Ceiling); err != nil {
			return err
		}
	}
	if next.posting != nil {
		if _, err := o.books.Repeat(*next.posting); err != nil {
			return fmt.Errorf("the books do not bear it; does the site file say less than when it was decided? %w", err)
		}
	}
	if c := next.ceiling; c != nil {
		if err := o.books.SetCeiling(c.Node, c.Ceiling); err != nil {
			panic(fmt.Sprintf("BUG: a ceiling that was tried is refused: %v", err))
		}
	}
	o.register, o.queue, o.owed = next.register, next.queue, next.owed
	if next.file != nil {
		if i := o.find(next.file.ID); i >= 0 {
			o.files[i] = next.file
		} else {
			o.files = append(o.files, next.file)
		}
	}
	return nil
}

// signed is effects with what their deed says of time and persons.
func signed(fx Effects, d metering.Deed) Effects {
	fx.Acts = slices.Clone(fx.Acts)
	for i := range fx.Acts {
		a := &fx.Acts[i]
		a.Recorded, a.Author, a.Approver = d.At, d.Author, d.Approver
	}
	return fx
}

// next is what effects make of cases and queue, beside the next register. Nothing is
// changed yet.
func (o *Office) next(reg *register.Register, subject, approver string, a Action, fx Effects) (after, error) {
	next := after{register: reg, queue: o.queue, owed: o.owed, posting: fx.Posting, ceiling: fx.Ceiling}
	var err error
	if fx.Event != nil {
		if next.file, err = o.nextFile(subject, approver, a, fx); err != nil {
			return next, err
		}
		next.owed = o.owes(next.file, *fx.Event, next.register)
		switch {
		case !next.file.open(): // what is over is not brought back
			next.file.lost = nil
		case fx.Event.Kind == reclaim.InRegister:
			next.file.lost = lossesBy(fx.Acts, o.register)
		}
	}
	if fx.Application != nil {
		next.queue = slices.Clone(o.queue)
		if i := o.application(fx.Application.ID); i >= 0 {
			next.queue[i] = *fx.Application
		} else {
			next.queue = append(next.queue, *fx.Application)
		}
	}
	return next, nil
}

// nextFile is the file of a case after an event.
func (o *Office) nextFile(subject, approver string, a Action, fx Effects) (*file, error) {
	f := &file{File: File{ID: subject}}
	switch i := o.find(subject); {
	case i >= 0:
		*f = *o.files[i]
	case fx.Case == nil || fx.Event.Kind != reclaim.Open:
		return nil, fmt.Errorf("case %q is not known", subject)
	}
	if fx.Case != nil {
		if _, err := reclaim.ToldBy(a.Evidence); err != nil {
			return nil, fmt.Errorf("case %s: %w: a newer release may have written it", subject, err)
		}
		f.Resident, f.Node, f.Nodes = fx.Case.Resident, fx.Case.Node, fx.Case.Nodes
		f.Evidence = append(slices.Clip(f.Evidence), a.Evidence)
	}
	var err error
	if f.Case, err = f.Case.Repeat(*fx.Event, o.config.Terms.Location); err != nil {
		return nil, err
	}
	f.Events = append(slices.Clip(f.Events), *fx.Event)
	f.Approvers = append(slices.Clip(f.Approvers), approver)
	return f, nil
}

func draftID(seq uint64) string { return fmt.Sprintf("D-%d", seq) }

// draft, find and application are the places of what has an id; −1 for none.
func (o *Office) draft(id string) int {
	return slices.IndexFunc(o.drafts, func(d DraftFile) bool { return d.ID == id })
}

func (o *Office) find(id string) int {
	return slices.IndexFunc(o.files, func(f *file) bool { return f.ID == id })
}

func (o *Office) application(id string) int {
	return slices.IndexFunc(o.queue, func(a Application) bool { return a.ID == id })
}
