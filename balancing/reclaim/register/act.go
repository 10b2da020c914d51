package register

import (
	"time"

	"asue/metering"
)

// Kind is what an act does.
type Kind string

// Kinds of acts.
const (
	Issue      Kind = "issue"      // a condition comes into force
	Change     Kind = "change"     // another version of it
	Withdraw   Kind = "withdraw"   // it ends
	Armour     Kind = "armour"     // the resident's armour (броня) is agreed anew
	Commission Kind = "commission" // the resident began to draw on From
	Grace      Kind = "grace"      // the resident has another grace than the usual one
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Issue, Change, Withdraw, Armour, Commission, Grace} }

// Act is a change of the register on paper. JSON is what deeds keep of it.
type Act struct {
	Kind     Kind                `json:"kind"`
	Resident metering.ResidentID `json:"resident"`
	// Condition is the id of a condition: of Issue (a new one), Change and Withdraw.
	Condition string `json:"condition,omitempty"`
	// From is the first moment at which it is effective: local midnight as a rule.
	From time.Time `json:"from"`
	// Terms belong to Issue and Change, whole: what a Change does not say again is not
	// in force any more.
	Terms *Terms `json:"terms,omitempty"`
	// Protected belongs to Armour.
	Protected *Protected `json:"armour,omitempty"`
	// Months belongs to Grace.
	Months int `json:"months,omitempty"`

	Basis    string `json:"legal_basis"` // clause of a contract or the law
	Document string `json:"document"`    // number and date of the paper
	// Recorded, Author and Approver are those of the deed it stands in. An opening from
	// the site file has no author.
	Recorded time.Time `json:"-"`
	Author   string    `json:"-"`
	Approver string    `json:"-"`
}

// Terms are what a condition says.
type Terms struct {
	Node     metering.NodeID   `json:"node"`
	Medium   metering.Medium   `json:"medium,omitempty"` // empty is electricity
	Firm     metering.Power    `json:"firm_w"`           // of electricity
	NonFirm  metering.Power    `json:"non_firm_w,omitempty"`
	Voltage  float64           `json:"voltage_kv,omitempty"`
	Category metering.Category `json:"category,omitempty"` // 1 to 3; 0: not stated
	// Flow is how much of another medium may be taken.
	Flow  *Flow     `json:"flow,omitempty"`
	Until time.Time `json:"until,omitzero"` // end of validity, exclusive; zero: until further notice
	// Stages of growth, by Due.
	Stages []Stage `json:"stages,omitempty"`
}

// Flow is litres in an hour or a day: 20 000 m³/h of gas is 20 000 000 L per hour.
type Flow struct {
	Litres metering.Energy `json:"litres"`
	Per    time.Duration   `json:"per_ns"` // time.Hour or 24 h
}

// Stage is a stage of growth.
type Stage struct {
	Power      metering.Power `json:"power_w"` // more than without it
	Due        time.Time      `json:"due"`
	Milestones int            `json:"milestones"`
	Document   string         `json:"document"`
}

// Protected is an armour (броня), see metering.Armour.
type Protected struct {
	Technological    metering.Power `json:"technological_w"`
	TechnologicalFor time.Duration  `json:"technological_for_ns"`
	Emergency        metering.Power `json:"emergency_w"`
	Until            time.Time      `json:"until,omitzero"`
}
