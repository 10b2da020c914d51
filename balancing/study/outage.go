package study

import "asue/metering"

// Outage is a fault: what is out at once.
type Outage struct {
	// ID is made of the ids of what is out: "kar", "t-2", "akz-2+t-2".
	ID   string     `json:"id"`
	Kind OutageKind `json:"kind"`
	Name string     `json:"name"` // for people
	Out  []string   `json:"out"`  // as in Setting.Out
	// Information: two faults at once, beyond what has to be stood.
	Information bool `json:"information,omitempty"`
}

// OutageKind is what is lost.
type OutageKind string

// Kinds of outages.
const (
	LostSource      OutageKind = "source"
	LostStation     OutageKind = "station" // behind several sources
	LostLine        OutageKind = "line"
	LostTowers      OutageKind = "towers" // all circuits on common towers
	LostTransformer OutageKind = "transformer"
	LostPair        OutageKind = "line and transformer"
)

// Contingency is what an outage leads to.
type Contingency struct {
	Outage Outage `json:"outage"`
	Before Stage  `json:"before"` // right after the fault
	After  Stage  `json:"after"`  // after transfers, emergency ratings
	Later  Stage  `json:"later"`  // after the thermal time
	// Timeline is what switches, in order; of a transformer that is taken out Switch is
	// the node.
	Timeline []metering.Move `json:"timeline"`
	Dark     []metering.Dark `json:"dark"` // after transfers, by category and resident

	switched position // after transfers
}

// Ending is the outage's: the worst of what it is after transfers and later.
func (c Contingency) Ending() metering.Ending {
	if severity(c.Later.Ending) > severity(c.After.Ending) {
		return c.Later.Ending
	}
	return c.After.Ending
}

func severity(e metering.Ending) int {
	switch e {
	case metering.Diverged:
		return 3
	case metering.Islanded:
		return 2
	case metering.Violated:
		return 1
	}
	return 0
}

// Stage is the network at one moment of an outage. If outage, setting or loads name
// what is not in the network nothing is known: it ends as diverged, with Err an
// UnknownError.
type Stage struct {
	Ending   metering.Ending       `json:"ending"`
	State    metering.NetworkState `json:"state"`
	Diverged *Divergence           `json:"diverged,omitempty"`
	// Err is what Solve failed with; errors.Is and errors.As find the kinds of powerflow.
	Err error `json:"-"`
}

// Divergence is how far the solver came where no power flow is possible.
type Divergence struct {
	Island      int       `json:"island"` // by the first bus, dead ones counted
	Iterations  int       `json:"iterations"`
	WorstBus    string    `json:"worst_bus"`
	MismatchMVA float64   `json:"mismatch_mva"`
	CarriedPct  float64   `json:"carried_pct"` // part of the load up to which there was a solution; −1: not tried
	History     []float64 `json:"history"`     // mismatch by iteration, MVA
}
