package dispatcher

import (
	"time"
)

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
