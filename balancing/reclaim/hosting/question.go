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

// Verdict is the answer in a word.
type Verdict string

// Verdicts, the best first.
const (
	Firm     Verdict = "firm"          // all of it, now
	Flexible Verdict = "firm-flexible" // the inflexible part is firm, the flexible one may be curtailed
	NonFirm  Verdict = "non-firm"      // all of it, and it may be curtailed
	Later    Verdict = "later"         // firm from a date, in a scenario
	No       Verdict = "no"
)

// Answer says what can connect. It rests on what is in force, and holds for a while.
type Answer struct {
	Verdict Verdict         `json:"verdict"`
	Node    metering.NodeID `json:"node"`
	Asked   metering.Power  `json:"asked_w"`
	At      time.Time       `json:"at"`
	// FirmNow is the most that can connect firmly with the limits in force, whatever is
	// committed; Unlimited is set where nothing on the path has a limit.
	FirmNow   metering.Power `json:"firm_now_w"`
	Unlimited bool           `json:"unlimited,omitempty"`
	// Binding says what keeps FirmNow from being more; nil where nothing does.
	Binding *Binding `json:"binding"`
	// Before and With are the risks at the nodes of the path that have a limit, without
	// and with what is asked for. Both empty where too little is known (Sufficient).
	Before []Risk `json:"before"`
	With   []Risk `json:"with"`
	// Curtailment is what a non-firm connection would mean; nil where too little is known.
	Curtailment *Curtailment `json:"curtailment"`
	// From is since when it would be firm: as it is, and by scenario.
	From []FirmFrom `json:"firm_from"`
	// Unlock is what would make it firm now; empty if it is.
	Unlock []Unlock `json:"unlock"`
	// Scheme is set where a scheme of external supply is needed.
	Scheme     bool      `json:"scheme"`
	ValidUntil time.Time `json:"valid_until"`
	Sufficient bool      `json:"sufficient"`
	Weeks      int       `json:"weeks"`
	Policy     Policy    `json:"policy"`
	// Digest is the SHA-256 of question, policy and data, in hexadecimal digits.
	Digest string `json:"digest"`
}

// Rule is what can keep a power from connecting.
type Rule string

// Rules.
const (
	ByRatio  Rule = "ratio"  // firm rights by the limit
	ByArmour Rule = "armour" // armour under the limit, and under the backup
	ByRisk   Rule = "risk"   // demand above the guarded limit, in the years played
	ByTail   Rule = "tail"   // the same, by the tail
)

// Binding is a node and the rule that binds there.
type Binding struct {
	Node metering.NodeID `json:"node"`
	Rule Rule            `json:"rule"`
	Why  string          `json:"why"`
}

// FirmFrom is since when a power would be firm.
type FirmFrom struct {
	Scenario string `json:"scenario"` // empty: as it is
	// From is the first quarter after which it stays firm; nil if there is none in the
	// time looked at.
	From *time.Time `json:"from"`
}

// Curtailment is what a non-firm connection has to expect.
type Curtailment struct {
	// UpTo is the most that can connect non-firmly, what is asked for where nothing on the
	// path has a limit; Allowed whether what is asked can.
	UpTo    metering.Power `json:"up_to_w"`
	Allowed bool           `json:"allowed"`
	// Hours a year with some curtailment, and Energy that is curtailed: expected, and in
	// all but one year of twenty. Share is of the newcomer's energy.
	Hours     float64         `json:"hours"`
	Energy    metering.Energy `json:"energy_wh"`
	EnergyP95 metering.Energy `json:"energy_p95_wh"`
	Share     float64         `json:"share"`
	// WorstMonth has the most curtailment, WorstEnergy of it; 0 if there is none.
	WorstMonth  time.Month      `json:"worst_month"`
	WorstEnergy metering.Energy `json:"worst_energy_wh"`
}

// Unlock is what would have to change at one node for what is asked to be firm there.
type Unlock struct {
	Binding
	// Limit is the least limit with which the node would not bind; 0 if no limit helps.
	Limit metering.Power `json:"limit_w"`
	// Candidates below the node whose return would do the same, the greatest first;
	// Enough whether all of them do.
	Candidates []Candidate `json:"candidates"`
	Enough     bool        `json:"enough"`
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
