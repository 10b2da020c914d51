package hosting

import (
	"time"

	"asue/metering"
)

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
	// Path is the nodes from the one asked for to the source, as far as they have a limit.
	Path []Room `json:"path"`
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

// Room is what a node of the path has left.
type Room struct {
	Node metering.NodeID `json:"node"`
	// Limit is the lowest of the time looked at, Firm the rights below it and Ratio these
	// by the limit: a label, no risk.
	Limit metering.Power `json:"limit_w"`
	Firm  metering.Power `json:"firm_w"`
	Ratio float64        `json:"ratio"`
	// Q99 is what the demand together exceeds in one block of a hundred, and Headroom
	// what the limit leaves above it, 0 or more; both 0 where no week is usable.
	Q99      metering.Power `json:"q99_w"`
	Headroom metering.Power `json:"headroom_w"`
}

// FirmFrom is since when a power would be firm.
type FirmFrom struct {
	Scenario string `json:"scenario"` // empty: as it is
	// From is the first quarter after which it stays firm; nil if there is none in the
	// time looked at.
	From *time.Time `json:"from"`
	// Quarters is how much can connect firmly in each quarter that is looked at.
	Quarters []Quarter `json:"quarters"`
}

// Quarter is how much can connect firmly with the limits of a quarter.
type Quarter struct {
	From      time.Time      `json:"from"`
	Firm      metering.Power `json:"firm_w"`
	Unlimited bool           `json:"unlimited,omitempty"`
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
	// Curve is what other powers have to expect, ascending.
	Curve []CurtailedAt `json:"curve"`
}

// CurtailedAt is the curtailment of a power.
type CurtailedAt struct {
	Power metering.Power `json:"power_w"`
	Hours float64        `json:"hours"`
	Share float64        `json:"share"`
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
