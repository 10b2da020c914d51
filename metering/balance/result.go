package balance

import (
	"time"

	"asue/metering"
)

// Result is a balance over a stretch of time: of those of its base intervals in
// which every flow and loss is known. Energies are in Wh.
type Result struct {
	Subject metering.NodeID `json:"subject"`
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	// Intervals of the Expected ones are in the balance.
	Intervals int `json:"intervals"`
	Expected  int `json:"expected"`

	In        metering.Energy `json:"in_wh"`
	Out       metering.Energy `json:"out_wh"`
	OwnNeeds  metering.Energy `json:"own_needs_wh"`
	Losses    metering.Energy `json:"losses_wh"`
	Imbalance metering.Energy `json:"imbalance_wh"` // In - Out - OwnNeeds - Losses

	ActualPercent    float64         `json:"actual_percent"`    // of In; 0 when nothing came in
	PermittedPercent float64         `json:"permitted_percent"` // by the accuracy classes
	Bound            metering.Energy `json:"bound_wh"`          // beyond which something is wrong
	// EstimatedShare of the energy of both sides is substituted or estimated, 0..1.
	EstimatedShare float64 `json:"estimated_share"`

	Complete bool `json:"complete"`
	Beyond   bool `json:"beyond"` // |Imbalance| > Bound
	// Alarming is a Beyond that may be trusted: complete, and hardly estimated.
	Alarming bool   `json:"alarming"`
	Reason   string `json:"reason,omitempty"` // what keeps the balance from being trusted

	// Flows are those of every point, and of its other direction where there was
	// any.
	Flows      []FlowTotal `json:"flows"`
	NodeLosses []NodeLoss  `json:"node_losses,omitempty"`
	Missing    []Missing   `json:"missing,omitempty"`
	Remarks    []string    `json:"remarks,omitempty"`
}

// FlowTotal is what one energy of one point contributes.
type FlowTotal struct {
	Point   metering.PointID `json:"point"`
	Channel string           `json:"channel"`
	Side    Side             `json:"side"`
	Energy  metering.Energy  `json:"energy_wh"`
	Share   float64          `json:"share"` // of its side, 0..1
	Errors  Errors           `json:"errors_percent"`
	// LimitPercent is the error limit of the metering system, in % of the energy.
	LimitPercent float64 `json:"limit_percent"`
	// VarianceShare is the flow's part in the square of the permitted imbalance.
	VarianceShare float64 `json:"variance_share"`
	// CurrentPercent is the mean current in % of the transformers' rated one, 0 if
	// unknown.
	CurrentPercent float64 `json:"current_percent,omitempty"`
}

// idle is the other direction of a point that never took it.
func (f FlowTotal) idle() bool {
	return f.Energy == 0 && f.Channel == metering.ChannelActiveExport.String()
}

// NodeLoss is the calculated loss of one node.
type NodeLoss struct {
	Node        metering.NodeID `json:"node"`
	Energy      metering.Energy `json:"energy_wh"`
	Uncertainty metering.Energy `json:"uncertainty_wh"`
	// InMeter is how many intervals are left out here because a meter has the
	// losses in its energy already.
	InMeter int `json:"in_meter,omitempty"`
}

// Missing is a flow or a loss that is not known in some intervals. Channel is
// that of the flow, or says whose losses need the point's energy.
type Missing struct {
	Point     metering.PointID `json:"point"`
	Channel   string           `json:"channel"`
	Intervals int              `json:"intervals"`
	First     time.Time        `json:"first"`
}
