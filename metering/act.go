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

// ActQuery selects acts that change an interval starting in [From, To), in the
// order in which they were made.
type ActQuery struct {
	Points   []PointID // all if empty
	From, To time.Time
}
