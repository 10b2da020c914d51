package fakezone

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

func refusal(reasons ...string) error { return &dispatcher.CapacityRefusal{Reasons: reasons} }

// Do does what a person wants, or makes a draft of it.
func (o *Office) Do(_ context.Context, who dispatcher.CapacityPerson, raw json.RawMessage) (dispatcher.DoneView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.DoneView{}, err
	}
	defer o.mu.Unlock()
	var want wanted
	if err := json.Unmarshal(raw, &want); err != nil {
		return dispatcher.DoneView{}, refusal(err.Error())
	}
	if err := o.possible(want, who.Account); err != nil {
		return dispatcher.DoneView{}, err
	}
	one := want.Kind == "case.open" || want.Kind == "application.enter" || want.Kind == "application.refuse" ||
		want.Kind == "case.step" && slices.Contains(alone, want.Event.Kind)
	if want.Document == "" {
		return dispatcher.DoneView{}, refusal(want.Kind + ": name the document, its number and date")
	}
	if one {
		return o.do(want, who.Account, "")
	}
	if want.Basis == "" {
		return dispatcher.DoneView{}, refusal(want.Kind + ": name the legal basis, a clause of a contract or of the law")
	}
	o.seq++
	d := draft{id: fmt.Sprintf("D-%d", o.seq), author: who.Account, at: o.now(), raw: raw, want: want}
	o.drafts = append(o.drafts, d)
	return dispatcher.DoneView{Draft: d.id, Case: want.Case, Seq: o.seq}, nil
}

// Sign is the second person.
func (o *Office) Sign(_ context.Context, who dispatcher.CapacityPerson, id string) (dispatcher.DoneView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.DoneView{}, err
	}
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.drafts, func(d draft) bool { return d.id == id })
	if i < 0 {
		return dispatcher.DoneView{}, &dispatcher.CapacityRefusal{Conflict: true, Reasons: []string{"draft " + id + " does not wait any more"}}
	}
	d := o.drafts[i]
	if d.author == who.Account {
		return dispatcher.DoneView{}, refusal(who.Account + " cannot sign what " + who.Account + " has written: another person has to")
	}
	done, err := o.do(d.want, d.author, who.Account)
	if err != nil {
		return done, err
	}
	o.drafts = slices.Delete(o.drafts, i, i+1)
	return done, nil
}

// Drop ends a draft.
func (o *Office) Drop(_ context.Context, _ dispatcher.CapacityPerson, id, _ string) (dispatcher.DoneView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.DoneView{}, err
	}
	defer o.mu.Unlock()
	o.drafts = slices.DeleteFunc(o.drafts, func(d draft) bool { return d.id == id })
	o.seq++
	return dispatcher.DoneView{Seq: o.seq}, nil
}

// possible says all that stands against an action now.
func (o *Office) possible(want wanted, author string) error {
	if want.Kind != "case.step" {
		return nil
	}
	_, err := o.step(want, author)
	return err
}

// step is the state after a step of a case.
func (o *Office) step(want wanted, author string) (reclaim.Case, error) {
	f, err := o.file(want.Case)
	if err != nil {
		return reclaim.Case{}, err
	}
	next, err := f.state.Apply(event(want, author, o.now()), o.terms)
	if err != nil {
		return next, refusal(err.Error())
	}
	if seen, known := o.balancer(f); want.Event.Kind == reclaim.InLimit && known && seen != int64(want.Event.Remains) {
		return next, refusal(fmt.Sprintf("the balancer still shares by %v, and %v have to remain: wait until it has heard of the register", metering.Power(seen), want.Event.Remains),
			"a limit counts as set when the balancer itself reports it")
	}
	return next, nil
}

func event(want wanted, author string, at time.Time) reclaim.Event {
	e := *want.Event
	e.At, e.By, e.Document, e.Basis = at, author, want.Document, want.Basis
	return e
}

func (o *Office) do(want wanted, author, approver string) (dispatcher.DoneView, error) {
	switch want.Kind {
	case "case.open":
		return o.open(want, author)
	case "case.step":
		next, err := o.step(want, author)
		if err != nil {
			return dispatcher.DoneView{}, err
		}
		f, _ := o.file(want.Case)
		o.take(f, next, event(want, author, o.now()), approver)
		o.seq++
		return dispatcher.DoneView{Case: f.id, Seq: o.seq}, nil
	}
	return o.apply(want)
}

// take keeps a step, and what follows from it.
func (o *Office) take(f *file, next reclaim.Case, e reclaim.Event, approver string) {
	f.state, f.events, f.second = next, append(f.events, e), append(f.second, approver)
	if e.Kind == reclaim.InRegister {
		f.changed = e.At
	}
	switch next.Stage {
	case reclaim.Returned:
		if e.Kind == reclaim.InRegister || e.Kind == reclaim.InContract || e.Kind == reclaim.InLimit {
			o.returned(f, e, approver)
		}
	case reclaim.Closed:
		f.use.row.Case = ""
	}
}

// returned moves what was freed to the pool.
func (o *Office) returned(f *file, e reclaim.Event, approver string) {
	row := &f.use.row
	row.Case = ""
	o.pooled[row.Node] += int64(f.state.Volume)
	row.TUW -= int64(f.state.Volume)
	f.use.judge()
	o.posts = slices.Insert(o.posts, 0, dispatcher.PoolPosting{
		Seq: len(o.posts) + 1, Recorded: e.At, Author: e.By, Approver: approver, Document: e.Document, Basis: e.Basis,
		Entries: []string{fmt.Sprintf("FIRM %s, %s → POOL, %s: %v, %s", row.Name, row.NodeName, row.NodeName, f.state.Volume, e.At.In(o.site.Location).Format("02.01.2006"))},
	})
}

func (o *Office) open(want wanted, author string) (dispatcher.DoneView, error) {
	i := slices.IndexFunc(o.uses, func(u *use) bool { return u.row.Evidence == want.Evidence })
	switch {
	case i < 0:
		return dispatcher.DoneView{}, refusal("no finding has the evidence " + want.Evidence + ": look at the conditions again")
	case o.uses[i].row.Case != "":
		return dispatcher.DoneView{}, &dispatcher.CapacityRefusal{Conflict: true, Reasons: []string{"case " + o.uses[i].row.Case + " is open about it"}}
	}
	f := o.begin(o.uses[i], o.now(), author, want.Document)
	o.seq++
	return dispatcher.DoneView{Case: f.id, Seq: o.seq}, nil
}

// begin opens a case at some time.
func (o *Office) begin(u *use, at time.Time, by, document string) *file {
	f := &file{id: fmt.Sprintf("ТУ-%d-%03d", at.Year(), len(o.cases)+1), use: u}
	var hash reclaim.Hash
	_ = hash.UnmarshalText([]byte(u.row.Evidence)) // it is one
	e := reclaim.Event{Kind: reclaim.Open, At: at, By: by, Document: document, Evidence: hash, Volume: metering.Power(*u.row.ReclaimW), Allowed: metering.Power(u.row.TUW)}
	state, err := reclaim.Case{}.Apply(e, o.terms)
	if err != nil {
		panic(fmt.Sprintf("BUG: the invented case of %s: %v", u.row.Name, err))
	}
	o.cases = append(o.cases, f)
	u.row.Case = f.id
	o.take(f, state, e, "")
	return f
}

// apply moves an application on.
func (o *Office) apply(want wanted) (dispatcher.DoneView, error) {
	o.seq++
	now := o.now()
	if n := want.Newcomer; n != nil {
		w := dispatcher.PoolApplication{ID: fmt.Sprintf("З-%d-%03d", now.Year(), len(o.wishes)+1), Name: n.Name, Node: n.Node, PowerW: n.Power, Status: "waiting", At: now,
			Score: 10 + n.Jobs/2, ScoreWhy: []string{fmt.Sprintf("jobs: %d", n.Jobs), "date: 10"}}
		o.wishes = append(o.wishes, w)
		return dispatcher.DoneView{Application: w.ID, Seq: o.seq}, nil
	}
	i := slices.IndexFunc(o.wishes, func(w dispatcher.PoolApplication) bool { return w.ID == want.Application })
	if i < 0 {
		return dispatcher.DoneView{}, refusal("there is no application " + want.Application)
	}
	w := &o.wishes[i]
	switch want.Kind {
	case "application.reserve":
		if o.pooled[w.Node] < w.PowerW {
			return dispatcher.DoneView{}, refusal(fmt.Sprintf("%v are in the pool at %s, less than %v", metering.Power(o.pooled[w.Node]), w.Node, metering.Power(w.PowerW)))
		}
		until := now.AddDate(0, 0, 90)
		o.pooled[w.Node] -= w.PowerW
		w.Status, w.Until = "reserved", &until
	case "application.give-back":
		o.pooled[w.Node] += w.PowerW
		w.Status, w.Until = "waiting", nil
	case "application.allot":
		w.Status, w.Until = "allotted", nil
	case "application.refuse":
		w.Status = "refused"
	}
	slices.SortStableFunc(o.wishes, func(a, b dispatcher.PoolApplication) int { return cmp.Compare(b.Score, a.Score) })
	return dispatcher.DoneView{Application: want.Application, Seq: o.seq}, nil
}
