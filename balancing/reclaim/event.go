package reclaim

import (
	"time"

	"asue/metering"
)

// Event is something that people did in a case. Nothing in a case happens otherwise: a
// term that ends permits a step, it does not take it.
type Event struct {
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"`
	// By is the person or the commission, Document the paper; both always.
	By       string `json:"by"`
	Document string `json:"document"`
	// Basis is the legal basis of a step against the resident: of Notice, Warning,
	// Sanction and Terminate.
	Basis string `json:"legal_basis,omitempty"`

	// Evidence and Volume belong to Open and Reopen: the hash of the finding, and what
	// is to be returned. Allowed is the ТУ that they are a part of. Volume belongs to
	// Offer, and to a Settle that amends, too.
	Evidence Hash           `json:"evidence,omitzero"`
	Volume   metering.Power `json:"volume_w,omitempty"`
	Allowed  metering.Power `json:"allowed_w,omitempty"`
	// Plan belongs to Warning, Milestone (counted from 0) to Met and Missed.
	Plan      *Plan `json:"plan,omitempty"`
	Milestone int   `json:"milestone,omitempty"`
	// Measures belong to Sanction.
	Measures []Measure `json:"measures,omitempty"`
	// Remains belongs to Register, Contract and Limit: the ТУ that stands there now.
	Remains metering.Power `json:"remains_w,omitempty"`
	// Cause belongs to Suspend and Resume, Outcome to Settle.
	Cause   Cause   `json:"cause,omitempty"`
	Outcome Outcome `json:"outcome,omitempty"`
	// Months belongs to Recovered: how many months in a row the use has been above the
	// threshold, up to the event.
	Months int `json:"months,omitempty"`
}

// Kind is what was done.
type Kind string

// Kinds of events.
const (
	Open       Kind = "open"      // a finding is taken up
	Notice     Kind = "notice"    // it is served; the resident may explain
	Explain    Kind = "explain"   // the resident explains
	Warning    Kind = "warning"   // first stage, with a corrective plan
	Met        Kind = "met"       // a milestone of the plan was met
	Missed     Kind = "missed"    // or missed
	Sanction   Kind = "sanction"  // second stage: privileges are lost
	Terminate  Kind = "terminate" // third stage: the unused part is to be returned
	Offer      Kind = "offer"     // the resident returns of its own accord
	InRegister Kind = "register"  // the register of ТУ has been changed
	InContract Kind = "contract"  // an addendum to the contract has been signed
	InLimit    Kind = "limit"     // the limit in meter, relay and balancer has been set
	Suspend    Kind = "suspend"   // clocks stop
	Resume     Kind = "resume"    // and go on
	Dispute    Kind = "dispute"   // the resident disputes; clocks stop
	Settle     Kind = "settle"    // the dispute is over
	Recovered  Kind = "recovered" // the use has been above the threshold for months
	CloseCase  Kind = "close"     // given up: an explanation was accepted, a plan kept
	ReopenCase Kind = "reopen"    // taken up again, with a new finding
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Open, Notice, Explain, Warning, Met, Missed, Sanction, Terminate, Offer, InRegister, InContract, InLimit,
		Suspend, Resume, Dispute, Settle, Recovered, CloseCase, ReopenCase}
}

// against reports whether a kind is a step against the resident, which wants a legal
// basis and waits for clocks.
func (k Kind) against() bool {
	return k == Notice || k == Warning || k == Sanction || k == Terminate
}

// Plan is a corrective plan: milestones by which the resident comes to use its ТУ.
type Plan struct {
	// Term is how long the plan runs from the warning; Milestones are due within it, in
	// the same kind of days.
	Term       Term        `json:"term"`
	Milestones []Milestone `json:"milestones"`
}

// Milestone is one step of a plan.
type Milestone struct {
	What string `json:"what"`
	Days int    `json:"days"` // after the warning
}

// Measure is what a sanction takes away.
type Measure string

// Measures of a sanction.
const (
	ReservationFee Measure = "reservation-fee" // on the unused power
	LowerRating    Measure = "lower-rating"    // when shares are given out
	NonFirm        Measure = "non-firm"        // what is beyond the retained part becomes non-firm
)

// Outcome is how a dispute ended.
type Outcome string

// Outcomes of a dispute.
const (
	Upheld    Outcome = "upheld"    // the resident is right: the case is closed
	Dismissed Outcome = "dismissed" // the case goes on
	Amended   Outcome = "amended"   // it goes on for a smaller volume
)
