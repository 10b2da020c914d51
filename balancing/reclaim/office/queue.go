package office

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// nameMost is the longest name of an applicant in bytes: it stands in tables and papers.
const nameMost = 300

// enter takes an application in, with its score.
func (o *Office) enter(at time.Time, a Action) (decision, error) {
	if a.Newcomer == nil {
		return decision{}, refuse("state the application")
	}
	n := *a.Newcomer
	n.ID = numbered("З", at.In(o.config.Terms.Location).Year(), len(o.queue), func(i int) string { return o.queue[i].ID })
	n.At, n.Status, n.Until, n.Reserved = at, Waiting, time.Time{}, 0
	n.Name = strings.TrimSpace(n.Name)
	var why reasons
	if _, ok := o.books.CeilingAt(n.Node, at); !ok {
		why.add("node %q is not known", n.Node)
	}
	if r, ok := o.config.Site.Resident(n.Resident); n.Resident != "" && !ok {
		why.add("resident %q is not known", n.Resident)
	} else if n.Name == "" {
		n.Name = r.Name
	}
	if n.Name == "" {
		why.add("name the applicant")
	}
	if len(n.Name) > nameMost {
		why.add("a name of %d bytes: want %d at most", len(n.Name), nameMost)
	}
	if n.Power <= 0 || n.Power%metering.Kilowatt != 0 {
		why.add("a power of %v: want a whole number of kilowatts above 0", n.Power)
	}
	if n.NonFirm < 0 || n.NonFirm%metering.Kilowatt != 0 {
		why.add("a non-firm power of %v: want a whole number of kilowatts", n.NonFirm)
	}
	if !(n.Flexible >= 0 && n.Flexible <= 1) {
		why.add("a flexible share of %v: want 0 to 1", n.Flexible)
	}
	if n.Jobs < 0 || n.Investment < 0 || n.Ready < 0 {
		why.add("jobs %d, investment %d, milestones %d: want 0 or more", n.Jobs, n.Investment, n.Ready)
	}
	if err := why.refusal(); err != nil {
		return decision{}, err
	}
	n.Score = scoreOf(n, o.config.Terms.Location)
	return decision{n.ID, Effects{Application: &n}}, nil
}

func (o *Office) refuseApplication(at time.Time, a Action) (decision, error) {
	n, err := o.asked(a, at, Waiting, Expired)
	var why reasons
	why.because(err)
	if a.Why == "" {
		why.add("say why it is refused: the applicant may appeal")
	}
	n.Status = Refused
	return decision{n.ID, Effects{Application: &n}}, why.refusal()
}

// asked is the application that an action is about, if it has one of some statuses.
func (o *Office) asked(a Action, at time.Time, want ...Status) (Application, error) {
	i := o.application(a.Application)
	if i < 0 {
		return Application{}, refuse("application %q is not known", a.Application)
	}
	n := now(o.queue[i], at)
	if !slices.Contains(want, n.Status) {
		return n, refuse("application %s is %s: want %s", n.ID, n.Status, strings.Join(words(want), " or "))
	}
	return n, nil
}

// now is an application as it is at a time: reservations run out by themselves.
func now(n Application, at time.Time) Application {
	if n.Status == Reserved && !at.Before(n.Until) {
		n.Status, n.Reserved = Expired, 0
	}
	return n
}

func words[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// reserve reserves what an application asks for, out of what can be used at its node.
func (o *Office) reserve(s signatures, at time.Time, a Action) (decision, error) {
	n, err := o.asked(a, at, Waiting, Expired)
	if err != nil {
		return decision{}, err
	}
	from, until := signedAt(a, at), a.Until
	if until.IsZero() {
		until = from.AddDate(0, 0, pool.ReservationDays)
	}
	until = second(until)
	w := o.work(s, at, a)
	if !from.Before(until) {
		return decision{}, refuse("reserved from %s until %s: want a time after that", o.day(from), o.day(until))
	}
	usable, room, err := o.books.Usable(n.Node, from, until)
	w.why.because(err)
	if n.Power > usable {
		w.why.add("%v is asked for at %s, %v of the pool can be used there until %s%s", n.Power, o.where(n.Node), usable, o.day(until), o.bound(room))
	}
	if a.Why == "" {
		w.why.because(o.firstRefusal(n.Node, n.Resident, n.Power, metering.Period{From: from, To: until}, at))
	}
	if err := w.why.refusal(); err != nil {
		return decision{}, err
	}
	if w.entries, err = o.books.Reserve(n.ID, n.Node, n.Power, from, until); err != nil {
		return decision{}, refuse("%v", err)
	}
	n.Status, n.Until, n.Reserved = Reserved, until, n.Power
	posting, err := w.done()
	return decision{n.ID, Effects{Posting: posting, Application: &n}}, err
}

func (o *Office) bound(room pool.Room) string {
	if room.Unlimited {
		return ""
	}
	return fmt.Sprintf(": %s has room for %v", o.where(room.Node), room.Power)
}

func (o *Office) giveBack(s signatures, at time.Time, a Action) (decision, error) {
	n, err := o.asked(a, at, Reserved)
	if err != nil {
		return decision{}, err
	}
	w := o.work(s, at, a)
	if w.entries, err = o.books.GiveBack(n.ID, n.Node, second(at)); err != nil {
		return decision{}, refuse("%v", err)
	}
	n.Status, n.Until, n.Reserved = Waiting, time.Time{}, 0
	posting, err := w.done()
	return decision{n.ID, Effects{Posting: posting, Application: &n}}, err
}

// allot makes a reservation the firm power of a resident: a condition in the register and
// the same in the books, in one deed.
func (o *Office) allot(s signatures, at time.Time, a Action) (decision, error) {
	n, err := o.asked(a, at, Reserved)
	if err != nil {
		return decision{}, err
	}
	var why reasons
	from := signedAt(a, at)
	terms := register.Terms{Firm: n.Reserved, NonFirm: n.NonFirm, Node: n.Node}
	if a.Terms != nil {
		terms = *a.Terms
	}
	if terms.Node == "" {
		terms.Node = n.Node
	}
	if terms.Firm == 0 {
		terms.Firm = n.Reserved
	}
	terms.Until = second(terms.Until)
	resident := a.Resident
	if resident == "" {
		resident = n.Resident
	}
	if terms.Firm != n.Reserved || terms.Node != n.Node {
		why.add("%v at %s are reserved for %s, not %v at %s", n.Reserved, o.where(n.Node), n.ID, terms.Firm, o.where(terms.Node))
	}
	if _, ok := o.config.Site.Resident(resident); !ok {
		why.add("resident %q is not known: enter it in the site file first", resident)
	}
	if f := o.openAt(resident, n.Node); f != nil {
		why.add("case %s about %s at %s is open: what it has there stays as it is until the case is over", f.ID, o.who(resident), o.where(n.Node))
	}
	acts := []register.Act{{Kind: register.Issue, Resident: resident, Condition: o.conditionID(n.ID), From: from, Terms: &terms, Basis: a.Basis, Document: a.Document,
		Recorded: at, Author: s.author, Approver: s.approver}}
	if why.refusal() == nil {
		_, err := o.register.With(acts...)
		why.because(err)
	}
	w := o.work(s, at, a)
	if w.entries, err = o.books.Allot(n.ID, resident, n.Node, from); err != nil {
		why.add("the reservation of %s ends before %s", n.ID, o.day(from))
	}
	if err := why.refusal(); err != nil {
		return decision{}, err
	}
	for i := range w.entries {
		if e := &w.entries[i]; e.To.Kind == pool.KindFirm {
			e.Valid.To = terms.Until
		}
	}
	if terms.NonFirm > 0 {
		w.entries = append(w.entries, pool.Entry{From: pool.Grid(), To: pool.NonFirm(resident, n.Node), Power: terms.NonFirm, Valid: metering.Period{From: from, To: terms.Until}})
	}
	n.Status, n.Until, n.Reserved, n.Resident = Allotted, time.Time{}, 0, resident
	posting, err := w.done()
	return decision{n.ID, Effects{Acts: acts, Posting: posting, Application: &n}}, err
}

// conditionID is a new id for the condition of an application: "tu-2026-003".
func (o *Office) conditionID(application string) string {
	id := "tu-" + strings.TrimPrefix(application, "З-")
	if !o.issued(id) {
		return id
	}
	return o.fresh(id)
}

// fresh is the first id after another that no condition has: "tu-7-2".
func (o *Office) fresh(id string) string {
	for k := 2; ; k++ {
		if next := fmt.Sprintf("%s-%d", id, k); !o.issued(next) {
			return next
		}
	}
}

// issued reports whether a condition has an id, or had it.
func (o *Office) issued(id string) bool {
	return slices.ContainsFunc(o.register.Acts(), func(a register.Act) bool { return a.Condition == id })
}
