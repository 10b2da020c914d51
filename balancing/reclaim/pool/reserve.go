package pool

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// twiceReserved refuses a second reservation for an application while one runs.
func (l *Ledger) twiceReserved(entries []Entry) (faults []error) {
	seen := map[Account]bool{}
	for i, e := range entries {
		if e.To.Kind != KindReserved || seen[e.To] {
			continue
		}
		seen[e.To] = true
		b := l.balance[e.To]
		for _, t := range merge(b, begin(e.Valid.From)) {
			if t >= begin(e.Valid.From) && t < end(e.Valid.To) && b.at(t) > 0 {
				faults = append(faults, &Fault{i + 1, fmt.Sprintf("%v has %v reserved at %s: give that back first", e.To, b.at(t), stamp(t.time()))})
				break
			}
		}
	}
	return faults
}

// ReservationDays is for how long something is reserved as a rule.
const ReservationDays = 90

// Reserve makes the entries that reserve power for an application at a node from a time
// until another, ReservationDays later if that is zero, out of the nearest pools. It
// fails if there is not as much.
func (l *Ledger) Reserve(application string, node metering.NodeID, power metering.Power, from, until time.Time) ([]Entry, error) {
	if until.IsZero() {
		until = from.AddDate(0, 0, ReservationDays)
	}
	return l.Draw(Reserved(application, node), power, metering.Period{From: from, To: until})
}

// GiveBack makes the entries that end an application's reservation at a time, before it
// expires, or as soon as it begins where that is later: each part goes back to the pool it
// came from. It fails if nothing is reserved then nor later.
func (l *Ledger) GiveBack(application string, node metering.NodeID, at time.Time) ([]Entry, error) {
	a := Reserved(application, node)
	var list []Entry
	instants := l.changes(a, at)
	for i, t := range instants {
		valid := metering.Period{From: t}
		if i+1 < len(instants) {
			valid.To = instants[i+1]
		}
		for _, e := range l.back(a, valid) {
			list = goesOn(list, e)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%v: nothing is reserved at %s, nor later", a, stamp(at))
	}
	return list, nil
}

// changes are the instants from a time on at which entries of an account begin or end,
// ascending, each once; that time is the first.
func (l *Ledger) changes(a Account, at time.Time) []time.Time {
	list := []time.Time{at}
	for _, p := range l.postings {
		for _, e := range p.Entries {
			if e.From != a && e.To != a {
				continue
			}
			for _, t := range []time.Time{e.Valid.From, e.Valid.To} {
				if t.After(at) {
					list = append(list, t)
				}
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// back gives back what is reserved during a time in which that does not change.
func (l *Ledger) back(a Account, valid metering.Period) (list []Entry) {
	for _, p := range l.postings {
		for _, e := range p.Entries {
			switch {
			case e.To == a && e.Valid.Holds(valid.From):
				list = append(list, Entry{From: a, To: e.From, Power: e.Power, Valid: valid})
			case e.From == a && e.Valid.Holds(valid.From):
				list = lessen(list, e)
			}
		}
	}
	return list
}

// goesOn adds an entry to some, as a longer one where it goes on with one of them.
func goesOn(list []Entry, e Entry) []Entry {
	i := slices.IndexFunc(list, func(x Entry) bool {
		return x.From == e.From && x.To == e.To && x.Power == e.Power && x.Valid.To.Equal(e.Valid.From)
	})
	if i < 0 {
		return append(list, e)
	}
	list[i].Valid.To = e.Valid.To
	return list
}

// lessen takes what was given back before off what is to be given back: from the part
// that came from the same pool, or else from any.
func lessen(list []Entry, gone Entry) []Entry {
	left := gone.Power
	for _, same := range []bool{true, false} {
		for i := range list {
			if e := &list[i]; (e.To == gone.To) == same {
				take := min(left, e.Power)
				e.Power -= take
				left -= take
			}
		}
	}
	return slices.DeleteFunc(list, func(e Entry) bool { return e.Power == 0 })
}

// Allot makes the entries that turn an application's reservation into a resident's firm
// power at the same node from a time on: the rest of the reservation goes back, and the
// same pools give as much for good. It fails if nothing is reserved then.
func (l *Ledger) Allot(application string, resident metering.ResidentID, node metering.NodeID, at time.Time) ([]Entry, error) {
	if a := Reserved(application, node); l.Balance(a, at) == 0 {
		return nil, fmt.Errorf("allot to %s: %v: nothing is reserved at %s", resident, a, stamp(at))
	}
	back, err := l.GiveBack(application, node, at)
	if err != nil {
		return nil, fmt.Errorf("allot to %s: %w", resident, err)
	}
	list := back
	for _, e := range back {
		if e.Valid.From.Equal(at) {
			list = append(list, Entry{From: e.To, To: Firm(resident, node), Power: e.Power, Valid: metering.Period{From: at}})
		}
	}
	return list, nil
}

// Grant is a non-firm grant in force.
type Grant struct {
	Account Account
	Power   metering.Power
	Since   time.Time // when it was recorded
}

// LastInFirstOut lists the non-firm powers at a time in the order in which they are
// curtailed where no other policy is decided: who got the last comes first.
func (l *Ledger) LastInFirstOut(at time.Time) []Grant {
	var list []Grant
	for i := len(l.postings) - 1; i >= 0; i-- {
		p := l.postings[i]
		for _, e := range slices.Backward(p.Entries) {
			a := e.To
			if (a.Kind != KindNonFirm && a.Kind != KindDemoted) || slices.ContainsFunc(list, func(g Grant) bool { return g.Account == a }) {
				continue
			}
			if power := l.Balance(a, at); power > 0 && e.Valid.Holds(at) {
				list = append(list, Grant{a, power, p.Recorded})
			}
		}
	}
	return list
}
