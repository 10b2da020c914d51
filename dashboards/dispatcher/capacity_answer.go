package dispatcher

import (
	"time"
)

// HostingQuestion is whether a power can connect.
type HostingQuestion struct {
	Node     string    `json:"node"`
	PowerW   int64     `json:"power_w"`
	Profile  string    `json:"profile"`
	AnnualWh int64     `json:"annual_wh,omitempty"`
	Flexible float64   `json:"flexible,omitempty"`
	AsOf     time.Time `json:"as_of,omitzero"`
}

// HostingView is the answer: firm now, non-firm up to, firm from, what binds, what would
// unlock it.
type HostingView struct {
	HostingQuestion
	Verdict    string            `json:"verdict" enum:"firm,firm-flexible,non-firm,later,no"`
	FirmNowW   int64             `json:"firm_now_w"`
	Unlimited  bool              `json:"unlimited,omitempty"`
	Binding    *HostingBinding   `json:"binding,omitempty"`
	NonFirmW   *int64            `json:"non_firm_up_to_w,omitempty"`
	Curtailed  *HostingCurtailed `json:"curtailed,omitempty"`
	From       []HostingFrom     `json:"firm_from" doc:"as it is (no name), and by scenario of what is promised"`
	Risks      []HostingRisk     `json:"risks" doc:"at the nodes of the path"`
	Unlock     []HostingUnlock   `json:"unlock"`
	PoolW      int64             `json:"pool_usable_w" doc:"of the pool, at this node, now"`
	Scheme     bool              `json:"scheme,omitempty" doc:"5 MW and more need a scheme of external supply"`
	ValidUntil time.Time         `json:"valid_until"`
	Sufficient bool              `json:"sufficient" doc:"a year of data is known"`
	Digest     string            `json:"digest"`
	Notes      []string          `json:"notes"`
}

// HostingBinding is what binds.
type HostingBinding struct {
	Node string `json:"node"`
	Name string `json:"name"`
	Rule string `json:"rule" enum:"ratio,armour,risk,tail"`
	Why  string `json:"why"`
}

// HostingCurtailed is what a non-firm connection has to expect in a year.
type HostingCurtailed struct {
	Hours       float64 `json:"hours"`
	EnergyWh    int64   `json:"energy_wh"`
	EnergyP95Wh int64   `json:"energy_p95_wh"`
	Share       float64 `json:"share"`
	WorstMonth  int     `json:"worst_month,omitempty"`
	Allowed     bool    `json:"allowed"`
}

// HostingFrom is since when it would be firm in a scenario.
type HostingFrom struct {
	Scenario string           `json:"scenario"`
	From     *time.Time       `json:"from,omitempty"`
	Quarters []HostingQuarter `json:"quarters"`
}

// HostingQuarter is how much could connect firmly in a quarter.
type HostingQuarter struct {
	From      time.Time `json:"from"`
	FirmW     int64     `json:"firm_w"`
	Unlimited bool      `json:"unlimited,omitempty"`
}

// HostingRisk is the risk at a node without and with the newcomer.
type HostingRisk struct {
	Node         string  `json:"node"`
	Name         string  `json:"name"`
	LimitW       int64   `json:"limit_w"`
	FirmW        int64   `json:"firm_w"`
	Ratio        float64 `json:"ratio" doc:"a label, no risk"`
	YearBefore   float64 `json:"year_before" doc:"probability of a year with a block above the limit"`
	YearWith     float64 `json:"year_with"`
	HoursWith    float64 `json:"hours_with"`
	EnergyWithWh int64   `json:"energy_with_wh"`
}

// HostingUnlock is what would make it firm at a node.
type HostingUnlock struct {
	HostingBinding
	LimitW     int64              `json:"limit_w,omitempty"`
	Candidates []HostingCandidate `json:"candidates"`
	Enough     bool               `json:"enough"`
}

// HostingCandidate is a right that could be returned.
type HostingCandidate struct {
	Resident string `json:"resident"`
	Name     string `json:"name"`
	Node     string `json:"node"`
	PowerW   int64  `json:"power_w"`
}
