package register

import (
	"maps"
	"slices"
	"time"

	"asue/metering"
)

// history is one condition through its versions.
type history struct {
	id       string
	resident metering.ResidentID
	medium   metering.Medium
	issued   time.Time
	// versions ascend in time and do not overlap. None is left where the condition was
	// withdrawn from its first moment on.
	versions  []Version
	last      time.Time // when the last act about it is effective from
	withdrawn bool
}

// end is the first moment at which nothing of it is in force any more; zero: it has none.
func (h *history) end() time.Time {
	if n := len(h.versions); n > 0 {
		return h.versions[n-1].To
	}
	return h.last
}

// cut is the history without what would be in force from a moment on.
func (h *history) cut(from time.Time) *history {
	out := *h
	out.versions = nil
	for _, v := range h.versions {
		if !v.From.Before(from) {
			break
		}
		if !ends(v.To, from) {
			v.To = from
		}
		out.versions = append(out.versions, v)
	}
	out.last = from
	return &out
}

// ends reports whether an end, zero for none, comes at or before a moment.
func ends(end, by time.Time) bool { return !end.IsZero() && !end.After(by) }

// armour is a resident's armour by one act. A new one ends the one before it.
type armour struct {
	Protected
	from, to time.Time
	document string
}

// take applies an act, whatever the rules say of it.
func (r *Register) take(a Act) {
	r.acts = append(r.acts, a)
	switch a.Kind {
	case Issue, Change:
		r.takeTerms(a)
	case Withdraw:
		if i := r.find(a.Condition); i >= 0 {
			h := r.histories[i].cut(a.From)
			h.withdrawn = true
			r.histories[i] = h
		}
	case Armour:
		r.takeArmour(a)
	case Commission:
		s := r.standings[a.Resident]
		s.Commissioned = a.From
		r.standings[a.Resident] = s
	case Grace:
		s, months := r.standings[a.Resident], a.Months
		s.GraceMonths, s.GraceBy = &months, a.Document
		r.standings[a.Resident] = s
	}
}

func (r *Register) takeTerms(a Act) {
	if a.Terms == nil {
		return
	}
	v := Version{Condition: a.Condition, Resident: a.Resident, Terms: *a.Terms, From: a.From, To: a.Terms.Until,
		Basis: a.Basis, Document: a.Document, Recorded: a.Recorded, Author: a.Author, Approver: a.Approver}
	i := r.find(a.Condition)
	if i < 0 {
		i = len(r.histories)
		r.histories = append(r.histories, &history{id: a.Condition, resident: a.Resident, medium: a.Terms.MediumOf(), issued: a.From})
	}
	h := r.histories[i].cut(a.From)
	h.withdrawn = false
	h.versions = append(h.versions, v)
	r.histories[i] = h
}

func (r *Register) takeArmour(a Act) {
	if a.Protected == nil {
		return
	}
	var kept []armour
	for _, old := range r.armours[a.Resident] {
		if !old.from.Before(a.From) {
			break
		}
		if !ends(old.to, a.From) {
			old.to = a.From
		}
		kept = append(kept, old)
	}
	next := armour{*a.Protected, a.From, a.Protected.Until, a.Document}
	r.armours[a.Resident] = append(kept, next)
	s := r.standings[a.Resident]
	s.Armour = nil
	if next.Emergency > 0 || next.Technological > 0 {
		whole := next.of(a.Resident)
		s.Armour = &whole
	}
	r.standings[a.Resident] = s
}

func (a armour) of(resident metering.ResidentID) metering.Armour {
	return metering.Armour{Resident: resident, Technological: a.Technological, TechnologicalFor: a.TechnologicalFor,
		Emergency: a.Emergency, Act: a.document, From: a.from, ValidTo: a.to}
}

// find is where a condition stands among the histories, -1 if it is not there.
func (r *Register) find(condition string) int {
	return slices.IndexFunc(r.histories, func(h *history) bool { return h.id == condition })
}

// clone is a register that can take acts without r seeing them.
func (r *Register) clone() *Register {
	out := *r
	out.acts = slices.Clip(r.acts)
	out.histories = slices.Clone(r.histories)
	out.armours, out.standings = maps.Clone(r.armours), maps.Clone(r.standings)
	return &out
}

// clean is the act in the one form in which it is kept: times in UTC, electricity by an
// empty medium, and nothing that others could change.
func (a Act) clean() Act {
	a.From, a.Recorded = plain(a.From), plain(a.Recorded)
	if a.Terms != nil {
		t := *a.Terms
		if t.Medium == metering.Electricity {
			t.Medium = ""
		}
		t.Until, t.Stages = plain(t.Until), slices.Clone(t.Stages)
		for i := range t.Stages {
			t.Stages[i].Due = plain(t.Stages[i].Due)
		}
		if len(t.Stages) == 0 {
			t.Stages = nil
		}
		if t.Flow != nil {
			f := *t.Flow
			t.Flow = &f
		}
		a.Terms = &t
	}
	if a.Protected != nil {
		p := *a.Protected
		p.Until = plain(p.Until)
		a.Protected = &p
	}
	return a
}

// plain is a time in UTC without what only this process knows of it.
func plain(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}
