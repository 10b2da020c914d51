package register

import (
	"time"

	"asue/metering"
)

// Version is a condition as it is in force for a time, by one act.
type Version struct {
	Condition string              `json:"condition"`
	Resident  metering.ResidentID `json:"resident"`
	Terms
	From     time.Time `json:"from"`
	To       time.Time `json:"to,omitzero"` // exclusive; zero: until further notice
	Basis    string    `json:"legal_basis,omitempty"`
	Document string    `json:"document"`
	Recorded time.Time `json:"recorded,omitzero"` // zero: it stands in the site file
	Author   string    `json:"author,omitempty"`
	Approver string    `json:"approver,omitempty"`
}

// Standing is what the register knows of a resident beside its conditions.
type Standing struct {
	Commissioned time.Time // zero if it is not stated
	GraceMonths  *int      // nil: the usual grace
	GraceBy      string    // the document
	Armour       *metering.Armour
}

// The methods of a Register (its doc comments stand with them):
//
//	Open(site *metering.Site) (*Register, error)
//	(*Register) With(acts ...Act) (*Register, error)     all faults at once, each names act, field, value, remedy
//	(*Register) At(t time.Time) []Version                in force at t, by resident in the order of the site, then node, then id
//	(*Register) Versions() []Version                     all, by condition in the order of their first act, then From
//	(*Register) AsKnown(recorded time.Time) (*Register, error)
//	(*Register) Conditions() []metering.Condition        electricity only; one element per version
//	(*Register) Armours() []metering.Armour
//	(*Register) Of(resident) Standing
//	(*Register) Acts() []Act
//	(*Register) Allowed(resident, t) metering.Power      firm, electricity
//	(*Register) Reduce(resident, node, to metering.Power, from, basis, document) ([]Act, error)
//	                                                     acts that bring the firm power of a resident at a node down to `to`,
//	                                                     the youngest condition first
//	Site(base *metering.Site, r *Register) *metering.Site  the site with the register's conditions, armours and commissioning
