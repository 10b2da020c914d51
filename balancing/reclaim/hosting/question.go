package hosting

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Question is whether a power can connect at a node.
type Question struct {
	Power   metering.Power
	Profile Profile
	Node    metering.NodeID
	// Flexible is the part of the power, 0..1, that may be curtailed even where the rest
	// is firm.
	Flexible float64
	// Armour is the technological armour that comes with it; Existing what its resident
	// has already.
	Armour   metering.Power
	Existing metering.Power
	// At is when it is asked, and from when it would connect at the earliest.
	At time.Time
	// Committed are others that are not in the demand yet: reservations, growth.
	Committed []Committed
	// Scenarios are what may become of the limits.
	Scenarios []Scenario
	// Candidates are firm rights that could be returned.
	Candidates []Candidate
	// Progress is told how far the answer is; nil: nobody.
	Progress Progress
}

// Committed is demand that is to come at a node.
type Committed struct {
	Node    metering.NodeID
	Power   metering.Power
	Profile Profile
	From    time.Time
}

// Scenario is how limits may change: a line that comes into use early, as planned, or
// late.
type Scenario struct {
	Name    string
	Changes []Change
}

// Change is the limits of one node in a scenario, in place of its own.
type Change struct {
	Node   metering.NodeID
	Limits []Step
}

// Candidate is a firm right that is not used, as a finding has it.
type Candidate struct {
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node"`
	Power    metering.Power      `json:"power_w"` // that could be returned
}

// checkQuestion returns all faults of a question to a model at once.
func (m *Model) checkQuestion(q Question) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("hosting: "+format, args...))
	}
	node := func(what string, id metering.NodeID) {
		if _, ok := m.index[id]; !ok {
			fault("%s: node %q is not known", what, id)
		}
	}
	node("question", q.Node)
	if q.Power <= 0 || q.Armour < 0 || q.Existing < 0 || !(q.Flexible >= 0 && q.Flexible <= 1) {
		fault("question: %v with armour %v beside %v, %v of it flexible: want more than nothing, and 0 to 1 flexible", q.Power, q.Armour, q.Existing, q.Flexible)
	}
	if q.At.IsZero() {
		fault("question: state when it is asked")
	}
	profile := func(what string, p Profile) {
		if why := p.fault(m.perWeek); why != "" {
			fault("%s: %s", what, why)
		}
	}
	profile("question", q.Profile)
	for i, c := range q.Committed {
		what := fmt.Sprintf("committed %d", i+1)
		node(what, c.Node)
		profile(what, c.Profile)
		if c.Power <= 0 {
			fault("%s: %v: want more than nothing", what, c.Power)
		}
	}
	for _, s := range q.Scenarios {
		if s.Name == "" {
			fault("a scenario has no name")
		}
		for _, c := range s.Changes {
			node("scenario "+s.Name, c.Node)
			if why := stepsFault(c.Limits); why != "" {
				fault("scenario %s, node %s: %s", s.Name, c.Node, why)
			}
		}
	}
	for _, c := range q.Candidates {
		node("candidate "+string(c.Resident), c.Node)
	}
	return errors.Join(faults...)
}
