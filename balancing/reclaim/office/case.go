package office

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// openCase takes a finding up: a new case, or that which was closed about the same
// resident and node.
func (o *Office) openCase(s signatures, at time.Time, a Action) (decision, error) {
	told, err := reclaim.ToldBy(a.Evidence)
	if err != nil {
		return decision{}, refuse("%v", err)
	}
	of := CaseOf{Resident: told.Resident, Node: told.Node}
	var why reasons
	if _, ok := o.config.Site.Resident(told.Resident); !ok {
		why.add("resident %q is not known", told.Resident)
	}
	if !told.Class.Returnable() || told.Returnable <= 0 {
		why.add("class %s, %v to return: nothing is asked back for that%s", told.Class, told.Returnable, ladder(told.Class))
	} else if told.Returnable%metering.Kilowatt != 0 {
		why.add("%v to return: the books are kept in whole kilowatts: set the rule's step to a multiple of 1 kW", told.Returnable)
	}
	if told.To.After(at) {
		why.add("the evidence reaches to %s, which is to come", o.day(told.To))
	}
	o.addsUp(told, &why)
	for _, n := range inForce(told) {
		of.Nodes = append(of.Nodes, n.node)
		if f := o.openAt(told.Resident, n.node); f != nil {
			why.add("case %s about %s at %s is open: only one can be", f.ID, o.who(told.Resident), o.where(n.node))
		}
		if now := rightsOf(o.register.Conditions(), place{told.Resident, n.node}).firm(at); now != n.power {
			why.add("the evidence speaks of %v at %s, the register has %v there now: find anew", n.power, o.where(n.node), now)
		}
	}
	if err := why.refusal(); err != nil {
		return decision{}, err
	}
	e := reclaim.Event{Kind: reclaim.Open, At: at, By: s.author, Document: a.Document, Basis: a.Basis,
		Evidence: sha256.Sum256([]byte(a.Evidence)), Volume: told.Returnable, Allowed: told.Allowed}
	d := decision{subject: o.caseID(at), effects: Effects{Case: &of, Event: &e}}
	var c reclaim.Case
	if f := o.closedAt(told.Resident, told.Node); f != nil {
		e.Kind, d.subject, c = reclaim.ReopenCase, f.ID, f.Case
	}
	if _, err := c.Apply(e, o.config.Terms); err != nil {
		return decision{}, refuse("%v", err)
	}
	return d, nil
}

// addsUp says in what evidence contradicts itself or the register. Conditions of the past
// are held against what the register has ever had, those in force at the end of its time
// against what it has there.
func (o *Office) addsUp(told reclaim.Told, why *reasons) {
	end := told.To.Add(-1)
	var allowed metering.Power
	for _, n := range inForce(told) {
		allowed += n.power
	}
	switch {
	case allowed == 0:
		why.add("the evidence names no condition in force at the end of its time")
	case allowed != told.Allowed:
		why.add("the evidence speaks of a ТУ of %v, and its conditions come to %v", told.Allowed, allowed)
	}
	for _, c := range told.Conditions {
		same := func(v register.Version) bool {
			return v.Condition == c.ID && v.Node == c.Node && v.Firm == c.Power && v.From.Equal(c.From)
		}
		switch {
		case c.Resident != told.Resident:
			why.add("the evidence is about %s, and condition %s in it is one of %s", o.who(told.Resident), c.ID, o.who(c.Resident))
		case !o.everHad(c):
			why.add("condition %s of %v at %s from %s on is in the evidence, the register never had it: find anew", c.ID, c.Power, o.where(c.Node), o.day(c.From))
		case c.At(end) && !slices.ContainsFunc(o.register.Versions(), func(v register.Version) bool { return same(v) && v.Holds(end) }):
			why.add("condition %s of %v at %s is in the evidence, the register does not have it on %s: find anew", c.ID, c.Power, o.where(c.Node), o.day(end))
		}
	}
}

// everHad reports whether the register has, or had, a version of a condition.
func (o *Office) everHad(c metering.Condition) bool {
	return slices.ContainsFunc(o.register.Acts(), func(a register.Act) bool {
		return a.Condition == c.ID && a.Resident == c.Resident && a.Terms != nil && a.Terms.Node == c.Node && a.Terms.Firm == c.Power && a.From.Equal(c.From)
	})
}

// ladder is where a class that returns nothing leads instead.
func ladder(c reclaim.Class) string {
	if c != reclaim.Exceeding {
		return ""
	}
	return ": who draws more than its ТУ gets a notice, within 12 months of it a written warning, and after both its non-firm power may be suspended by an act of the register"
}

// stepCase takes a step of a case, with what it does to register and books.
func (o *Office) stepCase(s signatures, at time.Time, a Action) (decision, error) {
	i := o.find(a.Case)
	switch {
	case i < 0:
		return decision{}, refuse("case %q is not known", a.Case)
	case a.Event == nil:
		return decision{}, refuse("case %s: state the event", a.Case)
	case a.Event.Kind == reclaim.Open || a.Event.Kind == reclaim.ReopenCase:
		return decision{}, refuse("case %s: a finding is taken up with its evidence: use %s", a.Case, OpenCase)
	}
	f := o.files[i]
	e := *a.Event
	e.At, e.By, e.Document, e.Basis = at, s.author, a.Document, a.Basis
	fx := Effects{Event: &e}
	var why reasons
	switch e.Kind {
	case reclaim.InRegister:
		e.Remains = f.Case.Allowed - f.Case.Volume
		from := effective(a, at)
		if day, _ := metering.LocalDay(f.Case.Since, o.config.Terms.Location); f.Case.Stage == reclaim.Returning && from.Before(day) {
			why.add("case %s: the register is to be changed from %s on, and the return was decided on %s: it takes nothing from before that day", f.ID, o.day(from), o.day(day))
			break
		}
		acts, err := o.reduce(f, from, a)
		why.because(err)
		fx.Acts = acts
	case reclaim.InLimit:
		if s.seen != nil {
			e.Remains = f.Case.Allowed - f.Case.Volume
			why.because(o.limitSet(f, s.seen, at))
		}
	case reclaim.Settle:
		if e.Outcome == reclaim.Upheld {
			fx.Acts = o.restore(f.lost, a, second(at))
		}
	case reclaim.Offer:
		if e.Volume%metering.Kilowatt != 0 {
			why.add("an offer of %v: want a whole number of kilowatts", e.Volume)
		}
	}
	if _, err := f.Case.Apply(e, o.config.Terms); err != nil {
		why.add("case %s: %v", a.Case, err)
	}
	if err := why.refusal(); err != nil {
		return decision{}, err
	}
	fx = signed(fx, metering.Deed{At: at, Author: s.author, Approver: s.approver})
	reg, err := o.register.With(fx.Acts...)
	if err != nil {
		why.because(err)
		return decision{}, why.refusal()
	}
	next, err := o.next(reg, f.ID, s.approver, a, fx)
	if err != nil {
		return decision{}, refuse("%v", err)
	}
	w := o.work(s, at, a)
	w.owed = next.owed
	shares := next.file.shares()
	for _, n := range f.Nodes {
		w.follow(next.register, place{f.Resident, n}, second(at), next.file.target(shares[n]))
	}
	fx.Posting, err = w.done()
	return decision{f.ID, fx}, err
}

// target is what of a share of the volume a case holds or has demoted.
func (f *file) target(share metering.Power) target {
	c := f.Case
	disputed := slices.ContainsFunc(c.Pauses, func(p reclaim.Pause) bool { return p.Cause == reclaim.ByDispute && p.To.IsZero() })
	switch {
	case c.Stage == reclaim.Closed || c.Stage == reclaim.Returned:
		return target{}
	case disputed:
		return target{held: share}
	case !c.Voluntary && slices.Contains(c.Measures, reclaim.NonFirm): // who returns of its own accord is not sanctioned
		return target{demoted: share}
	}
	return target{}
}

// openAt is the open case about a resident at a node; nil if there is none.
func (o *Office) openAt(resident metering.ResidentID, node metering.NodeID) *file {
	for _, f := range o.files {
		if f.open() && f.Resident == resident && slices.Contains(f.Nodes, node) {
			return f
		}
	}
	return nil
}

func (f *file) open() bool { return f.Case.Stage != reclaim.Returned && f.Case.Stage != reclaim.Closed }

// closedAt is the youngest case about a resident at a node, if it was closed without a
// return.
func (o *Office) closedAt(resident metering.ResidentID, node metering.NodeID) *file {
	for _, f := range slices.Backward(o.files) {
		if f.Resident == resident && f.Node == node {
			if f.Case.Stage == reclaim.Closed {
				return f
			}
			return nil
		}
	}
	return nil
}

// caseID is the id of the next case of a local year.
func (o *Office) caseID(at time.Time) string {
	return numbered("ТУ", at.In(o.config.Terms.Location).Year(), len(o.files), func(i int) string { return o.files[i].ID })
}

// numbered is the id after the last of its year: "ТУ-2026-003".
func numbered(prefix string, year, n int, id func(int) string) string {
	last := 0
	for i := range n {
		var y, k int
		if _, err := fmt.Sscanf(id(i), prefix+"-%d-%d", &y, &k); err == nil && y == year {
			last = max(last, k)
		}
	}
	return fmt.Sprintf("%s-%d-%03d", prefix, year, last+1)
}
