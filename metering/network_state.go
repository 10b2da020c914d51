package metering

import "time"

// NetworkState is what flows in the network and at what voltage: by the model, from
// what is measured at one moment, or from what somebody supposes. It is plain data,
// the same on the wire, in the page's API and in answers of commands. MW and Mvar are
// positive in the direction from HV to LV and from a line's From to its To; kV are
// phase to phase.
type NetworkState struct {
	At time.Time `json:"at"`
	// Supposed says what was supposed; empty for the measured state.
	Supposed string `json:"supposed,omitempty"`
	// Scenario is the supply scenario of the site file that the switches stand in.
	Scenario ElementID `json:"scenario,omitempty"`
	// Problem is why nothing could be calculated; then the lists tell switches alone.
	Problem      string             `json:"problem,omitempty"`
	Sources      []SourceState      `json:"sources"`
	Buses        []BusState         `json:"buses"`
	Lines        []LineState        `json:"lines"`
	Transformers []TransformerState `json:"transformers"`
	Switches     []SwitchState      `json:"switches"`
	LoadMW       float64            `json:"load_mw"`
	LossMW       float64            `json:"loss_mw"`     // in lines and transformers
	NoLoadMW     float64            `json:"no_load_mw"`  // part of LossMW: transformers' iron
	UnservedMW   float64            `json:"unserved_mw"` // of dead buses
	Violations   []Violation        `json:"violations"`
	Residuals    []Residual         `json:"residuals"` // greatest first
	// Assumed are the figures that nobody has measured or read from a passport and on
	// which all this rests; Inputs is a digest of all that went in.
	Assumed []Assumption `json:"assumed"`
	Inputs  string       `json:"inputs"`
	// Readiness is what would happen if the line in service tripped now; nil in a
	// supposed state.
	Readiness *Readiness `json:"readiness,omitempty"`
}

// SourceState is what a supply line's sending end gives.
type SourceState struct {
	Source    string   `json:"source"`
	Available bool     `json:"available"` // may be counted on, by the site file
	Feeding   bool     `json:"feeding"`
	MW        float64  `json:"mw"`
	Mvar      float64  `json:"mvar"`
	MeteredMW float64  `json:"metered_mw"` // at the place where its contract is measured
	Contract  *float64 `json:"contract_mw,omitempty"`
}

// BusState is the voltage of a bus.
type BusState struct {
	Node     NodeID   `json:"node"`
	Live     bool     `json:"live"`
	KV       float64  `json:"kv"`
	Deg      float64  `json:"deg"`
	Measured *float64 `json:"measured_kv,omitempty"`
	LoadMW   float64  `json:"load_mw"`
	LoadMvar float64  `json:"load_mvar"`
	// Island numbers what hangs together, from 0; −1 for a dead bus.
	Island int `json:"island"`
	// Stale: its load is not what is measured now but was, or is guessed.
	Stale bool `json:"stale,omitempty"`
}

// LineState is what enters a line at both ends.
type LineState struct {
	ID         ElementID `json:"id"`
	Live       bool      `json:"live"`
	FromMW     float64   `json:"from_mw"`
	FromMvar   float64   `json:"from_mvar"`
	ToMW       float64   `json:"to_mw"`
	ToMvar     float64   `json:"to_mvar"`
	Amperes    float64   `json:"a"`        // the greater of both ends
	RatingA    float64   `json:"rating_a"` // at the ambient temperature; 0: not known
	LoadingPct float64   `json:"loading_pct"`
	LossMW     float64   `json:"loss_mw"`
}

// TransformerState is what flows through the windings HV, MV, LV.
type TransformerState struct {
	Node       NodeID     `json:"node"`
	Live       bool       `json:"live"`
	MW         [3]float64 `json:"mw"` // into HV, out of MV and LV
	Mvar       [3]float64 `json:"mvar"`
	Amperes    [3]float64 `json:"a"`
	LoadingPct float64    `json:"loading_pct"` // worst winding by its rated current
	PermitPct  float64    `json:"permit_pct"`  // what is permitted at this temperature, continuously
	Position   int        `json:"position"`    // of the tap changer
	LossMW     float64    `json:"loss_mw"`
}

// SwitchState is the position of a switch.
type SwitchState struct {
	ID     ElementID `json:"id"`
	Closed bool      `json:"closed"`
	// Known: told by a device or concluded from voltages and currents; else the normal
	// state or what somebody has entered is taken.
	Known bool   `json:"known"`
	Why   string `json:"why,omitempty"` // how the position was found, where it is not normal
}

// Violation is a limit that is broken.
type Violation struct {
	Element string  `json:"element"` // id of the line, transformer, bus or source
	Kind    string  `json:"kind"`    // contract, line, transformer, voltage-low, voltage-high, switchgear
	Value   float64 `json:"value"`   // MW, A, kV or percent, as Unit says
	Limit   float64 `json:"limit"`
	Unit    string  `json:"unit"`
}

// Residual is the difference of a meter and the model.
type Residual struct {
	Point    PointID `json:"point"`
	Quantity string  `json:"quantity"` // "voltage", "power", "reactive"
	Measured float64 `json:"measured"`
	Model    float64 `json:"model"`
	Unit     string  `json:"unit"`
	// Sigma is the difference over what both are known to: above 3 for long it is a finding.
	Sigma float64 `json:"sigma"`
}

// Assumption is a figure that nobody has confirmed.
type Assumption struct {
	Element string `json:"element"`
	Field   string `json:"field"`
	Value   string `json:"value"` // with its unit
	Source  string `json:"source"`
	Date    string `json:"date,omitempty"`
}

// Light is a level that people see at once.
type Light string

// Lights of readiness.
const (
	LightGreen Light = "green" // the reserve carries the technological armour of everybody
	LightAmber Light = "amber" // it carries the emergency armour only
	LightRed   Light = "red"   // it does not carry even that, or there is none
)

// Readiness is what would happen if the line in service tripped now.
type Readiness struct {
	Light Light  `json:"light"`
	Lost  string `json:"lost"` // id of the source in service; ids joined by + if circuits are lost together
	// Ending right after the loss, after transfers, and after the time that overload
	// permits: secure, violated, diverged, islanded.
	Before          Ending   `json:"before"`
	After           Ending   `json:"after"`
	Later           Ending   `json:"later"`
	Backup          []string `json:"backup"`   // sources that feed then; empty: none
	LimitMW         float64  `json:"limit_mw"` // what they can carry of the present load, as it is spread
	Binds           string   `json:"binds"`    // what ends it there, and Next what would end it then
	Next            string   `json:"next"`     //
	LoadMW          float64  `json:"load_mw"`  // of the zone now, at the input
	TechnologicalMW float64  `json:"tech_mw"`  // armour of all, as far as it is drawn
	EmergencyMW     float64  `json:"emerg_mw"` //
	ShedMW          float64  `json:"shed_mw"`  // to be taken off so that what is left is secure
	Dark            []Dark   `json:"dark"`     // without voltage after transfers
	Minutes         float64  `json:"minutes"`  // that overloaded elements stand it, 1 for a wire; 0: nothing is overloaded
	Timeline        []Move   `json:"timeline"` // what happens, in order
}

// Dark is load without a source.
type Dark struct {
	Resident ResidentID `json:"resident,omitempty"` // empty: not a resident's
	Category Category   `json:"category"`
	MW       float64    `json:"mw"`
}

// Move is one step of a transfer.
type Move struct {
	AfterS float64   `json:"after_s"` // since the loss
	Switch ElementID `json:"switch"`  // or the node of a transformer that is taken out
	Close  bool      `json:"close"`
	Why    string    `json:"why"`
}

// Ending is how an outage ends.
type Ending string

// Endings; an outage ends as exactly one.
const (
	Secure   Ending = "secure"   // converged, no limit broken
	Violated Ending = "violated" // converged, a limit broken
	Diverged Ending = "diverged" // no power flow is possible
	Islanded Ending = "islanded" // load without a source
)

// Listed is the state with empty lists in place of absent ones, so that its JSON has
// [] where there is nothing and no reader needs to tell that from null.
func (s NetworkState) Listed() NetworkState {
	s.Sources, s.Buses, s.Lines = listed(s.Sources), listed(s.Buses), listed(s.Lines)
	s.Transformers, s.Switches = listed(s.Transformers), listed(s.Switches)
	s.Violations, s.Residuals, s.Assumed = listed(s.Violations), listed(s.Residuals), listed(s.Assumed)
	if s.Readiness != nil {
		r := *s.Readiness
		r.Backup, r.Dark, r.Timeline = listed(r.Backup), listed(r.Dark), listed(r.Timeline)
		s.Readiness = &r
	}
	return s
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
