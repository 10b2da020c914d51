package dispatcher

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// Capacity is the office of technical conditions as the page asks it: findings, cases,
// the pool, applications, answers to newcomers, papers. It must be safe for concurrent
// use. What is not known is ErrUnknown, what cannot be done a *CapacityRefusal.
type Capacity interface {
	// Conditions judges the rolling year that ends with a local midnight, the last
	// validated one if asOf is zero. progress may be nil.
	Conditions(ctx context.Context, asOf time.Time, progress func(part float64)) (ConditionsView, error)
	// Use shows what one finding rests on.
	Use(ctx context.Context, resident, node string, asOf time.Time) (UseView, error)
	// Register lists every medium's conditions as in force at a time, with their history.
	Register(ctx context.Context, at time.Time) (RegisterView, error)
	// Cases lists all; Case shows one with what lies in it.
	Cases(ctx context.Context) ([]CaseView, error)
	Case(ctx context.Context, id string) (CaseView, error)
	Pool(ctx context.Context, at time.Time) (PoolView, error)
	Hosting(ctx context.Context, q HostingQuestion, progress func(part float64)) (HostingView, error)
	Drafts(ctx context.Context) ([]DraftView, error)
	// Do does what a person wants (an office action as JSON), or makes a draft of it;
	// Sign and Drop end a draft. case.open names its finding by the SHA-256 that
	// Conditions shows (evidence_sha256) in the action's "evidence"; the text is put in
	// its place, made anew from the ledger.
	Do(ctx context.Context, who CapacityPerson, action json.RawMessage) (DoneView, error)
	Sign(ctx context.Context, who CapacityPerson, draft string) (DoneView, error)
	Drop(ctx context.Context, who CapacityPerson, draft, why string) (DoneView, error)
	// Paper writes a paper of a case ("notice", "warning", "sanction", "act", "evidence"),
	// Season the report of a season; as "html" or "xlsx" (evidence: "txt"), in "ru", "kk"
	// or "en". The name is for a file.
	Paper(ctx context.Context, w io.Writer, id, paper, format, lang string) (name string, err error)
	Season(ctx context.Context, w io.Writer, asOf time.Time, format, lang string) (name string, err error)
}

// ErrUnknown says that what was asked for is not there.
var ErrUnknown = errors.New("not known")

// CapacityRefusal says why something cannot be done, all reasons at once; Conflict, that
// somebody else was faster.
type CapacityRefusal struct {
	Reasons  []string
	Conflict bool
}

// Error is the reasons in one line.
func (r *CapacityRefusal) Error() string {
	text := ""
	for i, why := range r.Reasons {
		if i > 0 {
			text += "; "
		}
		text += why
	}
	return text
}

// CapacityPerson is who acts.
type CapacityPerson struct {
	Account string
	Role    string
}

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

// RegisterView is the register at a time.
type RegisterView struct {
	At      time.Time       `json:"at"`
	Entries []RegisterEntry `json:"entries"`
	History []RegisterEntry `json:"history" doc:"every version that was or will be in force"`
}

// RegisterEntry is one version of a condition.
type RegisterEntry struct {
	Condition string          `json:"condition"`
	Resident  string          `json:"resident"`
	Name      string          `json:"name"`
	Node      string          `json:"node"`
	Medium    string          `json:"medium"`
	FirmW     int64           `json:"firm_w"`
	NonFirmW  int64           `json:"non_firm_w,omitempty"`
	FlowL     int64           `json:"flow_l,omitempty"`
	FlowPer   string          `json:"flow_per,omitempty" enum:"hour,day"`
	VoltageKV float64         `json:"voltage_kv,omitempty"`
	Category  int             `json:"category,omitempty"`
	From      time.Time       `json:"from"`
	To        *time.Time      `json:"to,omitempty"`
	Basis     string          `json:"legal_basis,omitempty"`
	Document  string          `json:"document"`
	Author    string          `json:"author,omitempty"`
	Approver  string          `json:"approver,omitempty"`
	Stages    []RegisterStage `json:"stages,omitempty"`
}

// RegisterStage is a stage of growth.
type RegisterStage struct {
	PowerW     int64     `json:"power_w"`
	Due        time.Time `json:"due"`
	Milestones int       `json:"milestones"`
	Document   string    `json:"document"`
}

// CaseView is a case; Events, Evidence and Papers only where one case was asked for.
type CaseView struct {
	ID        string          `json:"id"`
	Resident  string          `json:"resident"`
	Name      string          `json:"name"`
	Node      string          `json:"node"`
	NodeName  string          `json:"node_name"`
	Stage     string          `json:"stage" enum:"FINDING,NOTICE,WARNING,SANCTION,RETURN,RETURNED,CLOSED"`
	Since     time.Time       `json:"since"`
	Deadline  *time.Time      `json:"deadline,omitempty" doc:"absent where there is none, and while clocks stand still"`
	Paused    []string        `json:"paused,omitempty" doc:"why clocks stand still"`
	VolumeW   int64           `json:"volume_w"`
	AllowedW  int64           `json:"allowed_w"`
	Voluntary bool            `json:"voluntary,omitempty"`
	Plan      []CaseMilestone `json:"plan,omitempty"`
	Possible  []string        `json:"possible" doc:"kinds of steps that could be taken now"`
	TwoSigned []string        `json:"two_signed" doc:"those of them that need a second person"`
	Lacks     []string        `json:"lacks,omitempty" doc:"what a return still needs: register, contract, limit"`
	BalancerW *int64          `json:"balancer_w,omitempty" doc:"the right by which the balancer shares now; absent where it does not know the resident"`
	Why       string          `json:"why,omitempty"`
	Events    []CaseEvent     `json:"events,omitempty"`
	Evidence  string          `json:"evidence_sha256,omitempty"`
	Papers    []string        `json:"papers,omitempty" doc:"papers that could be printed"`
}

// CaseMilestone is a milestone of the plan.
type CaseMilestone struct {
	What   string     `json:"what"`
	Due    *time.Time `json:"due,omitempty"`
	Status string     `json:"status" enum:"open,met,missed"`
}

// CaseEvent is a step that was taken.
type CaseEvent struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	By       string    `json:"by"`
	Approver string    `json:"approver,omitempty"`
	Document string    `json:"document"`
	Basis    string    `json:"legal_basis,omitempty"`
	VolumeW  int64     `json:"volume_w,omitempty"`
}

// PoolView is what is free, reserved, held, and where it can be used.
type PoolView struct {
	At           time.Time         `json:"at"`
	Nodes        []PoolNode        `json:"nodes" doc:"each node before those that it feeds"`
	Applications []PoolApplication `json:"applications" doc:"by score"`
	Postings     []PoolPosting     `json:"postings" doc:"the youngest first, at most 200"`
	Total        PoolSums          `json:"total"`
}

// PoolSums are balances, by what kilowatts are.
type PoolSums struct {
	SupplyW   int64 `json:"supply_w" doc:"of the zone, not given out"`
	FreeW     int64 `json:"free_w" doc:"in the pool"`
	FirmW     int64 `json:"firm_w"`
	NonFirmW  int64 `json:"non_firm_w"`
	ReservedW int64 `json:"reserved_w"`
	HeldW     int64 `json:"held_w" doc:"in dispute"`
	DemotedW  int64 `json:"demoted_w" doc:"made non-firm by a sanction"`
	LossW     int64 `json:"loss_w"`
}

// PoolNode is a node of the books; its sums are those of the node itself.
type PoolNode struct {
	Node     string `json:"node"`
	Name     string `json:"name"`
	Depth    int    `json:"depth"`
	CeilingW *int64 `json:"ceiling_w,omitempty" doc:"the most that may be committed at the node and below; absent: none"`
	UsedW    int64  `json:"committed_w" doc:"at the node and below"`
	UsableW  int64  `json:"usable_w" doc:"of all that is in the pool, how much can be committed here"`
	BindsAt  string `json:"binds_at,omitempty" doc:"node of the path with the least headroom"`
	ExcessW  int64  `json:"excess_w,omitempty" doc:"committed above the ceiling"`
	PoolSums
}

// PoolApplication is an application and its place.
type PoolApplication struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Node     string     `json:"node"`
	PowerW   int64      `json:"power_w"`
	Status   string     `json:"status" enum:"waiting,reserved,expired,allotted,refused"`
	At       time.Time  `json:"at"`
	Until    *time.Time `json:"until,omitempty"`
	Score    int        `json:"score"`
	ScoreWhy []string   `json:"score_why"`
}

// PoolPosting is a posting of the books.
type PoolPosting struct {
	Seq      int       `json:"seq"`
	Recorded time.Time `json:"recorded"`
	Author   string    `json:"author"`
	Approver string    `json:"approver"`
	Document string    `json:"document"`
	Basis    string    `json:"legal_basis"`
	Entries  []string  `json:"entries" doc:"FIRM idle at f-3 → POOL at f-3: 750 kW, from when"`
}

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

// DraftView is an action that waits for its second signature.
type DraftView struct {
	ID       string          `json:"id"`
	Kind     string          `json:"kind"`
	Case     string          `json:"case,omitempty"`
	Step     string          `json:"step,omitempty" doc:"of a case"`
	Author   string          `json:"author"`
	At       time.Time       `json:"at"`
	Document string          `json:"document"`
	Basis    string          `json:"legal_basis,omitempty"`
	Fault    string          `json:"fault,omitempty" doc:"why it could not be signed now"`
	Action   json.RawMessage `json:"action"`
}

// DoneView says what came of an action: a draft that waits, or what was recorded.
type DoneView struct {
	Draft       string `json:"draft,omitempty"`
	Case        string `json:"case,omitempty"`
	Application string `json:"application,omitempty"`
	Seq         uint64 `json:"seq" doc:"of the last deed"`
}
