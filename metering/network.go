package metering

import (
	"slices"
	"time"
)

// ElementID names an element of the electrical network: a line, a transformer, a
// switch, a transfer, a scenario. It is unique among elements of its kind.
type ElementID string

// Network is what the model of the electrical network needs beyond the forest of
// nodes, in the units of passports and project documents, never per unit. Buses of
// the model are the nodes that its elements name; everything below them draws at the
// nearest one of them. It is empty for a site whose network nobody has described.
type Network struct {
	Feeds        []Feed
	Lines        []NetworkLine
	Transformers []ThreeWinding
	Switches     []Switch
	Transfers    []Transfer
	Scenarios    []SupplyScenario
	Voltages     []VoltageBand
	Plan         LoadPlan
	// Recovery is how many times its load before the loss a consumer draws after it
	// has been switched over (self-starting motors, cold load); 1 if nothing is stated.
	Recovery float64
}

// IsZero reports whether there is no network to calculate.
func (n *Network) IsZero() bool { return len(n.Feeds) == 0 }

// Basis says how good a figure is.
type Basis string

// Bases of figures, the best first.
const (
	BasisMeasured Basis = "measured" // by a test or a meter
	BasisPassport Basis = "passport" // nameplate, passport, project document, act
	BasisAssumed  Basis = "assumed"  // a handbook or a guess: ask
)

// Provenance says where figures of an element come from. It is shown beside every
// result that rests on them.
type Provenance struct {
	// Of are the fields that it speaks of, named as in the site file; empty: all of
	// which no other provenance of the element speaks.
	Of     []string
	Basis  Basis
	Source string // document, standard and clause, act
	Date   string // of the source or of the look into it: "2026-01-15"
}

// Origin is what every element of the network carries.
type Origin struct {
	Provenance []Provenance
	Period     // when the element is part of the network
}

// BasisOf is the provenance of a field: the one that names it, else the one that
// names none; false if nobody has said anything.
func (o Origin) BasisOf(field string) (Provenance, bool) {
	for _, p := range o.Provenance {
		if slices.Contains(p.Of, field) {
			return p, true
		}
	}
	for _, p := range o.Provenance {
		if len(p.Of) == 0 {
			return p, true
		}
	}
	return Provenance{}, false
}

// Feed is the network behind the sending end of a supply line, as seen from there.
type Feed struct {
	Source string // id of the Source
	// Station names the busbars behind the sending end. Feeds of one station stand on
	// one busbar: there is no angle between them, they are never "in parallel", and it
	// can be lost as a whole. Empty: a station of its own.
	Station string
	KV      float64 // voltage held, phase to phase
	Deg     float64 // angle against the other feeds
	// AngleKnown: Deg was measured or agreed. Without it whatever rests on two feeds
	// in parallel says "δ = 0 assumed".
	AngleKnown bool
	// ShortCircuitMVA at the sending end; 0: not known, the voltage is held whatever
	// is drawn, and the result says so. RToX belongs to it.
	ShortCircuitMVA, RToX float64
	// Meter is the node at which the contract of the source is measured; empty: at the
	// line's receiving end.
	Meter NodeID
	Origin
}

// NetworkLine is an overhead line or a cable of the modelled network, one circuit.
type NetworkLine struct {
	ID       ElementID
	Name     string
	From, To NodeID
	LengthKM float64
	// Conductor names a type of the built-in table; the figures below take the place
	// of the table's, 0: the table's counts.
	Conductor   string
	OhmPerKM    float64 // Ω/km at 20 °C
	ReactPerKM  float64 // Ω/km
	MicroSPerKM float64 // µS/km
	Amperes     float64 // permissible current at +25 °C of air
	// Towers names what several circuits share: they can be lost at once.
	Towers string
	Origin
}

// ThreeWinding is a transformer by its passport. Windings stand in the order HV, MV,
// LV, pairs in the order HV–MV, HV–LV, MV–LV.
type ThreeWinding struct {
	Node NodeID // of kind transformer; its id and name are those of the node
	Bus  [3]NodeID
	KV   [3]float64 // rated voltages
	MVA  [3]float64 // rated powers
	Uk   [3]float64 // short-circuit voltages of the pairs, %
	// UkOnHV: uk and Pk are stated at the rated power of HV, as passports by ГОСТ do;
	// else at the lesser power of the pair.
	UkOnHV bool
	PkKW   float64 // short-circuit loss HV–MV at rated power
	PxKW   float64 // no-load loss
	IxPct  float64 // no-load current, % of the rated
	Tap    TapChanger
	// Cooling decides the thermal constants of IEC 60076-7: "ONAN", "ONAF" (Д),
	// "OFAF"; empty: ONAF.
	Cooling string
	Origin
}

// TapChanger is an on-load changer (РПН) in the neutral of HV. A higher position is
// more turns of HV and lowers the voltages of MV and LV.
type TapChanger struct {
	StepPct  float64 // of the rated voltage of HV; 0: there is none
	Min, Max int
	Position int // as last read
	// Holds is the winding whose bus is held, 1 for MV, 2 for LV; TargetKV at it, in a
	// dead band of ±BandPct.
	Holds    int
	TargetKV float64
	BandPct  float64
	Blocked  bool // it stays where it is
}

// SwitchKind is what a switching device is.
type SwitchKind string

// Kinds of switches.
const (
	SwitchBreaker      SwitchKind = "breaker"      // выключатель
	SwitchDisconnector SwitchKind = "disconnector" // разъединитель
)

// Switch joins two buses of one voltage while it is closed.
type Switch struct {
	ID     ElementID
	Name   string
	Kind   SwitchKind
	A, B   NodeID
	Closed bool // in the normal state
	// Amperes is the rated current; 0: not known, and then it is not checked.
	Amperes float64
	// Point is the metering point whose meter tells the position (a digital input) or,
	// by its current, at least whether something flows; empty: nobody tells.
	Point PointID
	Origin
}

// Transfer is an automatic transfer to the reserve (АВР): when Watch has lost its
// voltage and the reserve has one, Open is opened and then Close is closed.
type Transfer struct {
	ID    ElementID
	Name  string
	Watch NodeID
	// Reserve is the node that must have voltage; several transfers of one node are
	// tried in the order of the file.
	Reserve     NodeID
	Open, Close []ElementID // switches
	After       time.Duration
	// Out: taken out of service, by decision; it never acts.
	Out bool
	Origin
}

// SupplyScenario is a way in which the site can be fed.
type SupplyScenario struct {
	ID   ElementID // "A", "B" …
	Name string
	// Sources that are in service or stand ready; others are dead.
	Sources []string
	// Open and Close are switches that stand otherwise than in the normal state.
	Open, Close []ElementID
	// Parallel is stated if feeds are meant to work in parallel; without it two feeds
	// in one island are a fault of the scenario.
	Parallel bool
	Note     string
}

// VoltageBand is what voltages are permitted at buses of one nominal voltage.
type VoltageBand struct {
	KV       float64 // nominal
	Min, Max float64 // kV
	Highest  float64 // highest voltage of the equipment, kV; 0: not checked
	Origin
}

// LoadPlan is how the load of a study is spread, where no meter says it.
type LoadPlan struct {
	PowerFactor float64 // cos φ at the buses, inductive
	Shares      []LoadShare
	Origin
}

// LoadShare is a bus's part of the load of the site.
type LoadShare struct {
	Node NodeID
	Part float64 // all parts sum to 1
}
