package pool

import (
	"fmt"
	"time"

	"asue/metering"
)

// Posting is some entries that hold together or not at all, on one paper.
type Posting struct {
	// Seq is its number in the ledger, from 1. The ledger gives it.
	Seq      int       `json:"seq"`
	Recorded time.Time `json:"recorded"` // not before the posting before it
	// Author writes it, Approver is somebody else.
	Author   string `json:"author"`
	Approver string `json:"approver"`
	Basis    string `json:"legal_basis"`
	Document string `json:"document"`
	// Opening is set when it takes over what was issued before the books began: such
	// facts are not held against the ceilings.
	Opening bool    `json:"opening,omitempty"`
	Entries []Entry `json:"entries"`
}

// Entry moves kilowatts from one account to another for a time.
type Entry struct {
	From Account `json:"from"`
	To   Account `json:"to"`
	// Power is above 0 and a whole number of kilowatts.
	Power metering.Power `json:"power_w"`
	// Valid is when it holds. It has a beginning; without an end it holds until another
	// entry moves them on.
	Valid metering.Period `json:"valid"`
}

// Fault is one reason why a posting was refused.
type Fault struct {
	Entry int // counted from 1; 0: the posting as a whole
	Text  string
}

// Error is the fault in words.
func (f *Fault) Error() string {
	if f.Entry == 0 {
		return "posting: " + f.Text
	}
	return fmt.Sprintf("entry %d: %s", f.Entry, f.Text)
}

// form returns what is wrong with a posting by itself.
func (l *Ledger) form(p Posting) (faults []error) {
	fault := func(entry int, format string, args ...any) {
		faults = append(faults, &Fault{entry, fmt.Sprintf(format, args...)})
	}
	if p.Author == "" || p.Approver == "" || p.Basis == "" || p.Document == "" || p.Recorded.IsZero() {
		fault(0, "state author, approver, legal basis, document and when it was recorded")
	}
	if p.Author != "" && p.Author == p.Approver {
		fault(0, "%s cannot approve what %s has written: two persons are needed", p.Approver, p.Author)
	}
	if n := len(l.postings); n > 0 && p.Recorded.Before(l.postings[n-1].Recorded) {
		fault(0, "recorded at %s, before the last posting at %s", stamp(p.Recorded), stamp(l.postings[n-1].Recorded))
	}
	if len(p.Entries) == 0 {
		fault(0, "it has no entry")
	}
	for i, e := range p.Entries {
		for _, a := range []Account{e.From, e.To} {
			if why := a.fault(l.index); why != "" {
				fault(i+1, "%s", why)
			}
		}
		if _, ok := moves[[2]Kind{e.From.Kind, e.To.Kind}]; !ok {
			fault(i+1, "kilowatts do not go from %s to %s", e.From.Kind, e.To.Kind)
		}
		if p.Opening && !opens(e) {
			fault(i+1, "an opening takes over supply, firm and non-firm power and losses, nothing else")
		}
		if e.From.Kind == KindSupply && e.To.Kind == KindFirm && !p.Opening {
			fault(i+1, "only an opening takes firm power from the supply: what is new comes from the pool")
		}
		if e.Power <= 0 || e.Power%metering.Kilowatt != 0 {
			fault(i+1, "%v: want a whole number of kilowatts above 0", e.Power)
		}
		if e.Valid.From.IsZero() || (!e.Valid.To.IsZero() && !e.Valid.From.Before(e.Valid.To)) {
			fault(i+1, "it holds from %s to %s: state when it begins, and an end after that or none", stamp(e.Valid.From), stamp(e.Valid.To))
		}
		if e.Valid.From.Nanosecond() != 0 || e.Valid.To.Nanosecond() != 0 {
			fault(i+1, "it holds from %v to %v: times are whole seconds", e.Valid.From.UTC(), e.Valid.To.UTC())
		}
		if e.To.Kind == KindReserved && e.Valid.To.IsZero() {
			fault(i+1, "a reservation ends on some day: state it")
		}
	}
	return faults
}

// opens reports whether an entry can be part of an opening.
func opens(e Entry) bool {
	switch [2]Kind{e.From.Kind, e.To.Kind} {
	case [2]Kind{KindGrid, KindSupply}, [2]Kind{KindSupply, KindFirm}, [2]Kind{KindSupply, KindLoss}, [2]Kind{KindGrid, KindNonFirm}:
		return true
	}
	return false
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}
