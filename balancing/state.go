package balancing

import (
	"encoding/json"
	"math"
	"time"

	"asue/metering"
)

// Value is a power that may be unknown. In JSON it is a number of watts or null.
type Value struct {
	Power metering.Power
	Known bool
}

// known is a power in whole watts; what is not a finite number is unknown.
func known(w float64) Value {
	if math.IsNaN(w) || math.Abs(w) > 1e15 {
		return Value{}
	}
	return Value{Power: metering.Power(math.Round(w)), Known: true}
}

// String prints the power, or "unknown".
func (v Value) String() string {
	if !v.Known {
		return "unknown"
	}
	return v.Power.String()
}

// MarshalJSON writes watts, or null.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Known {
		return []byte("null"), nil
	}
	return json.Marshal(v.Power)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{}
	if string(data) == "null" {
		return nil
	}
	v.Known = true
	return json.Unmarshal(data, &v.Power)
}

// Phase is how far the controller has come in holding the limit.
type Phase string

// Phases. A controller begins in Init and moves by one step a tick at most.
const (
	Init    Phase = "init"    // gathering data after a start
	Monitor Phase = "monitor" // data are there
	Normal  Phase = "normal"
	Watch   Phase = "watch"   // no new load that is not firm
	Warn    Phase = "warn"    // residents above their share are named
	Limit   Phase = "limit"   // the load must fall
	Shed    Phase = "shed"    // loads are taken off
	Restore Phase = "restore" // what was held comes back, one by one
)

// Condition says how far the data carry.
type Condition string

// Conditions.
const (
	Good     Condition = "good"
	Degraded Condition = "degraded" // decided on partial or contradicting data
	Failsafe Condition = "failsafe" // the site's power is not known
)

// Band is where the projection lies against the limit.
type Band string

// Bands.
const (
	BandNormal  Band = "normal"
	BandWatch   Band = "watch"
	BandWarn    Band = "warn"
	BandLimit   Band = "limit"
	BandOver    Band = "over" // the projection itself is above the limit
	BandUnknown Band = "unknown"
)

// Ways in which the block's energy was found.
const (
	EnergyRegisters = "registers" // register differences of the inputs
	EnergyPower     = "power"     // integrated power
	EnergyMixed     = "mixed"     // registers where there are any, power for the rest
	EnergyEstimated = "estimated" // a part of the block was not seen
)

// State is what the controller knows and thinks at one moment: all that a page
// shows of it. Powers are means over the named time.
type State struct {
	At        time.Time `json:"t"`
	Phase     Phase     `json:"phase"`
	Condition Condition `json:"condition"`
	// Reasons say in words why the condition is not good, in a fixed order.
	Reasons []string `json:"reasons,omitempty"`

	// Power of the site now, and where it comes from: "inputs", "transformers" or
	// "feeders". Suspect: the youngest data are not fresh. Guessed is the part of
	// it that stands in for silent feeders.
	Power       Value          `json:"power_w"`
	PowerSource string         `json:"power_source,omitempty"`
	Suspect     bool           `json:"suspect,omitempty"`
	Guessed     metering.Power `json:"guessed_w,omitempty"`

	// The block in progress. Begin is its start on the clock, or the moment of the
	// last change of limit within it: mean, projection and allowance speak of
	// [Begin, End).
	Start        time.Time       `json:"block_start"`
	Begin        time.Time       `json:"block_begin"`
	End          time.Time       `json:"block_end"`
	Energy       metering.Energy `json:"energy_wh"` // drawn since Begin; meaningful when Mean is known
	EnergySource string          `json:"energy_source,omitempty"`
	Mean         Value           `json:"mean_w"`       // from Begin to now
	Projection   Value           `json:"projection_w"` // from Begin to End, if the power stays
	Upper        Value           `json:"upper_w"`      // nine of ten blocks end below
	Allowable    Value           `json:"allowable_w"`  // from now to End
	Correction   Value           `json:"correction_w"` // by how much the power must fall now
	Unavoidable  bool            `json:"unavoidable,omitempty"`

	// Allowances, correction and headroom are unknown while no line is in service.

	// The sliding window of the block's length. Compliance is set when the limit
	// is exceeded whatever is done: the minutes without load until it is kept again.
	Sliding    Value `json:"sliding_allowable_w"`
	Compliance int   `json:"compliance_min,omitempty"`

	Feeding  string  `json:"feeding,omitempty"` // name of the line in service
	Limit    Value   `json:"limit_w"`           // unknown also means unlimited, see Unlimited
	NoLimit  bool    `json:"unlimited,omitempty"`
	Ceiling  Value   `json:"ceiling_w"`
	Headroom Value   `json:"headroom_w"` // limit less projection
	Margin   float64 `json:"margin"`     // share of the limit kept free in the allowances
	Band     Band    `json:"band"`
	Quiet    bool    `json:"quiet,omitempty"` // dead or freeze time: the band rests

	// Points by the age of their last usable reading.
	Fresh  int `json:"fresh"`
	Stale  int `json:"stale"`
	Silent int `json:"silent"`
	// Over lists residents above their technical conditions, the greatest excess
	// first.
	Over []Excess `json:"over,omitempty"`

	// Hands is about commands; nil where nothing can be limited or moved.
	Hands *Hands `json:"hands,omitempty"`
}

// Excess is a resident's power above what it is allowed.
type Excess struct {
	Resident metering.ResidentID `json:"resident"`
	Name     string              `json:"name"`
	Power    metering.Power      `json:"power_w"`
	Allowed  metering.Power      `json:"allowed_w"`
	Excess   metering.Power      `json:"excess_w"`
}

// Severity of a notice.
type Severity string

// Severities.
const (
	Alarm   Severity = "alarm"   // act now
	Warning Severity = "warning" // act soon
	Info    Severity = "info"    // know
)

// Kinds of notices, and their arguments. Names ending in _w are watts, in _at
// times, in _pct shares in percent.
const (
	KindWatch      = "projection_watch"      // projection_w upper_w limit_w share_pct excess_w allowable_w power_w minutes_left over
	KindWarn       = "projection_warn"       // the same
	KindLimit      = "projection_limit"      // the same
	KindOver       = "projection_over_limit" // the same, and unavoidable if it is
	KindNext       = "projection_next"       // power_w limit_w excess_w start_at: of the next block, if the power stays
	KindPower      = "power_over_limit"      // power_w limit_w (the ceiling)
	KindBlock      = "block_over_limit"      // start_at mean_w limit_w excess_w energy_source
	KindDegraded   = "degraded"              // reason
	KindUnknown    = "power_unknown"         // reason
	KindNewSource  = "source_changed"        // source limit_w
	KindLostSource = "source_lost"           // source
)

// Notice is one thing that the dispatcher should know. A notice with the ID of
// an earlier one takes its place; with Active false it says that it is over, or
// that it was a single event.
type Notice struct {
	ID       string         `json:"id"`
	At       time.Time      `json:"t"`
	Kind     string         `json:"kind"`
	Severity Severity       `json:"severity"`
	Active   bool           `json:"active"`
	Args     map[string]any `json:"args,omitempty"`
}

// Output is what one tick gives.
type Output struct {
	State   State
	Notices []Notice // new or changed in this tick, in order
	// Allotments are the messages to agents that are due, unsigned, in order. They
	// are worth nothing later: send them at once or not at all.
	Allotments []metering.Allotment
	Journal    []Entry  // every decision of this tick, in order
	Answers    []Answer // to the orders that were worked off
}
