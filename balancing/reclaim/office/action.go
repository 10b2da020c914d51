package office

import (
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// Kind is what an action does, and the kind of its deed.
type Kind string

// Kinds of actions. Those of the second group need two signatures.
const (
	OpenCase    Kind = "case.open"         // take up a finding, anew too
	StepCase    Kind = "case.step"         // an event of a case; see TwoSigned for which need a second person
	Apply       Kind = "application.enter" // a newcomer asks
	Refuse      Kind = "application.refuse"
	ChangeBooks Kind = "pool.post"    // declare, open, withdraw, losses: entries by hand
	SetCeiling  Kind = "pool.ceiling" // the most that may be committed at a node
	ChangeTerms Kind = "register.act" // acts of the register, imports too
	Reserve     Kind = "application.reserve"
	GiveBack    Kind = "application.give-back"
	Allot       Kind = "application.allot" // the reservation becomes the resident's firm power, and a condition
	Draft       Kind = "draft"             // an action that waits for its second signature
	Drop        Kind = "draft.drop"
)

// Action is what a person wants. Only what its kind needs is set.
type Action struct {
	Kind     Kind   `json:"kind"`
	Document string `json:"document"`
	Basis    string `json:"legal_basis,omitempty"`
	// Why is for people: a refusal, a dropped draft.
	Why string `json:"why,omitempty"`

	// Case is the id of StepCase; empty for OpenCase, which makes one.
	Case string `json:"case,omitempty"`
	// Event belongs to StepCase. Its At, By, Document and Basis are taken from the action.
	Event *reclaim.Event `json:"event,omitempty"`
	// Evidence is the text that OpenCase rests on; hash, volume and ТУ are read off it.
	Evidence string `json:"evidence,omitempty"`

	Acts    []register.Act `json:"acts,omitempty"`    // of ChangeTerms
	Entries []pool.Entry   `json:"entries,omitempty"` // of ChangeBooks

	Node    metering.NodeID `json:"node,omitempty"` // of SetCeiling
	Ceiling *pool.Ceiling   `json:"ceiling,omitempty"`

	// Application is the id of Reserve, GiveBack, Allot and Refuse.
	Application string       `json:"application,omitempty"`
	Newcomer    *Application `json:"newcomer,omitempty"` // of Apply
	// Until ends a reservation; zero: pool.ReservationDays later.
	Until time.Time `json:"until,omitzero"`
	// Terms are the condition that Allot issues; its Firm is what was reserved.
	Terms    *register.Terms     `json:"terms,omitempty"`
	Resident metering.ResidentID `json:"resident,omitempty"` // of Allot
	// From is when what it does is effective; zero: at once. A reservation and an allotment
	// begin when they are signed at the earliest, the register's paper of a return on the
	// local day on which that was decided.
	From time.Time `json:"from,omitzero"`
}

// Application is a newcomer's wish, or that of a resident who grows.
type Application struct {
	ID   string `json:"id"`
	Name string `json:"name"` // of the applicant
	// Resident is who applies where that is a resident of the site: who has a right of first
	// refusal is known by it.
	Resident metering.ResidentID `json:"resident,omitempty"`
	Node     metering.NodeID     `json:"node"`
	Power    metering.Power      `json:"power_w"`
	NonFirm  metering.Power      `json:"non_firm_w,omitempty"`
	Profile  string              `json:"profile"`  // a template's name
	Flexible float64             `json:"flexible"` // 0..1
	// What its place in the queue stands on, all stated by the applicant: 0 is nothing.
	Jobs       int `json:"jobs,omitempty"`
	Investment int `json:"investment_mln,omitempty"` // million tenge
	Ready      int `json:"ready_milestones,omitempty"`
	// Answer is the digest of the answer that it got (hosting.Answer.Digest).
	Answer string    `json:"answer,omitempty"`
	At     time.Time `json:"at,omitzero"` // given by the office
	// Status and Until follow from deeds.
	Status   Status         `json:"status,omitempty"`
	Until    time.Time      `json:"until,omitzero"` // of the reservation
	Reserved metering.Power `json:"reserved_w,omitempty"`
	Score    Score          `json:"score,omitzero"`
}

// Status of an application.
type Status string

// Statuses.
const (
	Waiting  Status = "waiting"
	Reserved Status = "reserved"
	Expired  Status = "expired" // its reservation ran out
	Allotted Status = "allotted"
	Refused  Status = "refused"
)

// Score is what an application's place in the queue stands on: the parts and their sum,
// with the rule that made it.
type Score struct {
	Points int         `json:"points"`
	Parts  []ScorePart `json:"parts,omitempty"`
}

// ScorePart is one part of a score.
type ScorePart struct {
	Name   string `json:"name"` // jobs, investment, readiness, flexibility, date
	Points int    `json:"points"`
	Why    string `json:"why"`
}

// Effects are what a deed did. They are written once, and only read by a replay.
type Effects struct {
	// Case says whose a case is that OpenCase takes up; its id is the deed's subject.
	Case        *CaseOf        `json:"case,omitempty"`
	Event       *reclaim.Event `json:"event,omitempty"`
	Acts        []register.Act `json:"acts,omitempty"`
	Posting     *pool.Posting  `json:"posting,omitempty"`
	Ceiling     *CeilingOf     `json:"ceiling,omitempty"`
	Application *Application   `json:"application,omitempty"`
}

// CaseOf is whose a case is, and where.
type CaseOf struct {
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node"`
	// Nodes are where the conditions are that the case is about. They are others than
	// Node where a resident was judged as a whole.
	Nodes []metering.NodeID `json:"nodes"`
}

// CeilingOf is another ceiling of a node.
type CeilingOf struct {
	Node    metering.NodeID `json:"node"`
	Ceiling pool.Ceiling    `json:"ceiling"`
}

// Seen is what the balancer reports of a resident's right, for reclaim.InLimit.
type Seen struct {
	At      time.Time      `json:"at"`
	Allowed metering.Power `json:"allowed_w"`
}
