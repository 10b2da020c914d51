package register

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Register is what stands in the register. It never changes: whoever has one may read it
// from several goroutines at once.
type Register struct {
	site      *metering.Site
	acts      []Act
	opening   int        // how many of acts stand in the site file
	histories []*history // of conditions, in the order of their first act; shared between registers, never changed
	armours   map[metering.ResidentID][]armour
	standings map[metering.ResidentID]Standing
}

// Version is a condition as it is in force for a time, by one act.
type Version struct {
	Condition string              `json:"condition"`
	Resident  metering.ResidentID `json:"resident"`
	Terms
	From     time.Time `json:"from"`
	To       time.Time `json:"to,omitzero"` // exclusive; zero: until further notice
	Basis    string    `json:"legal_basis,omitempty"`
	Document string    `json:"document"`
	Recorded time.Time `json:"recorded,omitzero"` // zero: it stands in the site file
	Author   string    `json:"author,omitempty"`
	Approver string    `json:"approver,omitempty"`
}

// Holds reports whether the version is in force at t.
func (v Version) Holds(t time.Time) bool { return metering.Period{From: v.From, To: v.To}.Holds(t) }

// Standing is what the register knows of a resident beside its conditions, by the last
// act about each, whatever day that is effective from.
type Standing struct {
	Commissioned time.Time // zero if it is not stated
	GraceMonths  *int      // nil: the usual grace
	GraceBy      string    // the document
	Armour       *metering.Armour
}

// Open takes over what stands in a site file: its conditions, armours, when residents
// were commissioned and their grace. Conditions of one id are versions of one condition,
// in the order of their time. It returns all at once what cannot be: a condition of two
// residents, and versions of one condition, or armours of one resident, that are in force
// at the same time.
func Open(site *metering.Site) (*Register, error) {
	r := &Register{site: site, armours: map[metering.ResidentID][]armour{}, standings: map[metering.ResidentID]Standing{}}
	var faults []error
	for _, a := range openingOf(site) {
		if why := r.opens(a); why != "" {
			faults = append(faults, fmt.Errorf("site file: %s: %s", r.describe(a), why))
			continue
		}
		r.take(a)
	}
	r.opening = len(r.acts)
	return r, errors.Join(faults...)
}

// opens says why an act cannot be part of an opening; empty if it can.
func (r *Register) opens(a Act) string {
	if list := r.armours[a.Resident]; a.Kind == Armour && len(list) > 0 {
		if last := list[len(list)-1]; !ends(last.to, a.From) {
			return fmt.Sprintf("its armour by %q is in force at the same time; end one of the two, or make them one", last.document)
		}
	}
	if a.Kind != Change {
		return ""
	}
	h := r.histories[r.find(a.Condition)]
	if h.resident != a.Resident {
		return fmt.Sprintf("it belongs to %s; give one of the two another id", h.resident)
	}
	if !ends(h.end(), a.From) {
		return fmt.Sprintf("two versions of it are in force from %s on; end the first one by then", r.day(a.From))
	}
	return ""
}

// With is the register with more acts, all of them or none. They are taken in their
// order, so that one may build on another; the armour of a resident is held against its
// firm power as it is after all of them. A refusal joins a *Fault for every reason.
//
// Acts are told apart by Recorded: those without it are known to no register AsKnown at
// a time.
func (r *Register) With(acts ...Act) (*Register, error) {
	next := r.clone()
	c := checker{before: r, next: next, broken: map[string]bool{}, touched: map[metering.ResidentID]int{}}
	for i, a := range acts {
		c.take(i+1, a.clean())
	}
	c.checkArmours()
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	return next, nil
}

// Replay is With for acts that were taken before: nothing is held against them, since
// site file and rules may have changed since. An act that means nothing any more, the
// end of a condition that is not there, does nothing.
func (r *Register) Replay(acts ...Act) *Register {
	next := r.clone()
	for _, a := range acts {
		next.take(a.clean())
	}
	return next
}

// AsKnown is the register as it was known at a time: what stands in the site file, and
// the acts that had been recorded by then. It is an error not to state the time.
func (r *Register) AsKnown(recorded time.Time) (*Register, error) {
	if recorded.IsZero() {
		return nil, errors.New("register as known: no time is stated: state by when acts were recorded")
	}
	known := &Register{site: r.site, armours: map[metering.ResidentID][]armour{}, standings: map[metering.ResidentID]Standing{}}
	for i, a := range r.acts {
		if i < r.opening || !a.Recorded.IsZero() && !a.Recorded.After(recorded) {
			known.take(a)
		}
	}
	known.opening = r.opening
	return known, nil
}

// Acts are all acts in the order in which they were taken, those of the site file first.
// They belong to the register.
func (r *Register) Acts() []Act { return r.acts }

// openingOf are the acts that make what a site file says.
func openingOf(site *metering.Site) []Act {
	var acts []Act
	known := map[string]bool{}
	for _, c := range site.Conditions {
		kind := Issue
		if known[c.ID] {
			kind = Change
		}
		known[c.ID] = true
		acts = append(acts, Act{Kind: kind, Resident: c.Resident, Condition: c.ID, From: c.From, Terms: termsOf(c), Basis: c.Basis, Document: c.Document}.clean())
	}
	for _, a := range site.Armours {
		acts = append(acts, Act{Kind: Armour, Resident: a.Resident, From: a.From, Document: a.Act, Protected: &Protected{
			Technological: a.Technological, TechnologicalFor: a.TechnologicalFor, Emergency: a.Emergency, Until: a.ValidTo}}.clean())
	}
	for _, res := range site.Residents {
		if !res.Commissioned.IsZero() {
			acts = append(acts, Act{Kind: Commission, Resident: res.ID, From: res.Commissioned}.clean())
		}
		if res.GraceMonths != nil {
			acts = append(acts, Act{Kind: Grace, Resident: res.ID, From: res.Commissioned, Months: *res.GraceMonths, Document: res.GraceBy}.clean())
		}
	}
	return acts
}

func termsOf(c metering.Condition) *Terms {
	t := &Terms{Node: c.Node, Firm: c.Power, NonFirm: c.NonFirm, Voltage: c.VoltageKV, Category: c.Category, Until: c.To}
	for _, s := range c.Stages {
		t.Stages = append(t.Stages, Stage(s))
	}
	return t
}
