package metering

import "time"

// Act is a person's decision about intervals (акт): who, why, on what paper, and
// what stood there before and after. Acts are never changed; another act undoes
// one.
type Act struct {
	ID       string // unique within the ledger: given by the person, or made at random
	Author   string // name of the person
	Reason   string
	Document string    // number and date of the paper, if there is one
	At       time.Time // the ledger gives it
	Changes  []ActChange
}

// ActChange is one interval that an act sets.
type ActChange struct {
	// Before is what was current; the ledger gives it. Its Version is 0 if there
	// was nothing.
	Before Interval
	// After is what is to stand there. Its grade is Substitute, FinalGrade or
	// Null, its flags contain FlagManual. Version and RecordedAt are given by the
	// ledger.
	After Interval
}

// SameAs reports whether two acts decide the same: author, reason, document and
// what is to stand there are equal. What stood there before, and when the ledger
// took them in, does not count.
func (a Act) SameAs(b Act) bool {
	if a.ID != b.ID || a.Author != b.Author || a.Reason != b.Reason || a.Document != b.Document || len(a.Changes) != len(b.Changes) {
		return false
	}
	for i := range a.Changes {
		x, y := a.Changes[i].After, b.Changes[i].After
		if x.Point != y.Point || x.Channel != y.Channel || !x.Start.Equal(y.Start) || !x.SameAs(y) {
			return false
		}
	}
	return true
}

// ActQuery selects acts that change an interval starting in [From, To), in the
// order in which they were made.
type ActQuery struct {
	Points   []PointID // all if empty
	From, To time.Time
}
