package dispatcher

import (
	"encoding/json"
	"time"
)

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
