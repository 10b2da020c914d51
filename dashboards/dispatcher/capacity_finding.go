package dispatcher

import (
	"time"
)

// ConditionsView is whose technical conditions are used how.
type ConditionsView struct {
	From      time.Time      `json:"from"`
	To        time.Time      `json:"to" doc:"exclusive, a local midnight"`
	Minutes   int            `json:"block_minutes"`
	Rules     string         `json:"rules" doc:"version of the rules"`
	Residents []ConditionRow `json:"residents" doc:"by node, in the order of the site file"`
	Total     ConditionSum   `json:"total"`
	ByClass   []ConditionSum `json:"by_class"`
	ByNode    []ConditionSum `json:"by_node" doc:"what is connected at a node and below it"`
	Notes     []string       `json:"notes"`
}

// ConditionRow is what came out for a resident at a node.
type ConditionRow struct {
	Resident    string     `json:"resident"`
	Name        string     `json:"name"`
	Node        string     `json:"node"`
	NodeName    string     `json:"node_name"`
	TUW         int64      `json:"tu_w"`
	NeedW       *int64     `json:"need_w,omitempty" doc:"max(tenth highest daily maximum, p99.5); absent where it is not known"`
	Utilisation *float64   `json:"utilisation,omitempty" doc:"need by ТУ, share of 1"`
	Class       string     `json:"class" enum:"INSUFFICIENT,GRACE,EXCEEDING,IDLE,UNDERUSED,OVERRESERVED,NORMAL"`
	Reason      string     `json:"reason"`
	RetainW     *int64     `json:"retain_w,omitempty"`
	ReclaimW    *int64     `json:"reclaim_w,omitempty"`
	Coverage    float64    `json:"coverage" doc:"share of 1 that cannot be disputed"`
	MaxW        int64      `json:"max_w"`
	Evidence    string     `json:"evidence_sha256"`
	EnoughFrom  *time.Time `json:"enough_from,omitempty" doc:"from when the history will be long enough"`
	Case        string     `json:"case,omitempty" doc:"the open case about it"`
	Notes       []string   `json:"notes,omitempty"`
}

// ConditionSum adds rows up.
type ConditionSum struct {
	Class    string `json:"class,omitempty"`
	Node     string `json:"node,omitempty"`
	Name     string `json:"name,omitempty"`
	Depth    int    `json:"depth,omitempty"`
	Rows     int    `json:"conditions"`
	TUW      int64  `json:"tu_w"`
	NeedW    int64  `json:"need_w"`
	ReclaimW int64  `json:"reclaim_w"`
	UnknownW int64  `json:"not_judged_w"`
}

// UseView is what a finding rests on, to be drawn.
type UseView struct {
	ConditionRow
	CurveW     []int64     `json:"curve_w" doc:"load duration curve: power exceeded in 0, 1, … 100 % of the time"`
	Days       []UseDay    `json:"days" doc:"daily maxima, ascending"`
	Months     []UseMonth  `json:"months"`
	Arithmetic []UseStep   `json:"arithmetic"`
	Figures    []UseFigure `json:"figures" doc:"percentiles, load factor, coincidence, responsibility and the like"`
	Imputed    float64     `json:"imputed" doc:"share of 1 that was estimated"`
	Curtailed  float64     `json:"curtailed" doc:"share of 1 in which we held the resident back"`
	Outage     float64     `json:"outage"`
	Missing    float64     `json:"missing"`
}

// UseDay is the greatest valid block of a local day.
type UseDay struct {
	Day string `json:"day" example:"2026-06-30"`
	W   *int64 `json:"w,omitempty" doc:"absent on a day without a valid block"`
}

// UseMonth is a local month.
type UseMonth struct {
	Month    string  `json:"month" example:"2026-06"`
	Coverage float64 `json:"coverage"`
	MaxW     int64   `json:"max_w"`
	EnergyWh int64   `json:"energy_wh"`
}

// UseStep is one line of arithmetic.
type UseStep struct {
	Name string `json:"name"`
	W    int64  `json:"w"`
	Rule string `json:"rule"`
	How  string `json:"how"`
}

// UseFigure is a figure by name: "p999_w", "load_factor", "responsibility" …
type UseFigure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}
