package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// Balances computes the balance of nodes from the ledger's intervals. It must be
// safe for concurrent use.
type Balances interface {
	// Totals returns one balance over [from, to) for each node that has one, in
	// the order of the site file.
	Totals(ctx context.Context, from, to time.Time) ([]NodeBalance, error)
	// Balance returns the balance of one node for each step ("15m", "30m", "60m",
	// "day", "month") that [from, to) touches, ascending by start. It returns
	// metering.ErrNotFound for a node that has no balance. The name may be one that
	// is not in the topology, such as the whole zone.
	Balance(ctx context.Context, node metering.NodeID, from, to time.Time, step string) ([]NodeBalance, error)
}

// NodeBalance is what went into a node and what came out of it over a span. An
// energy that is not known is absent; Missing names the points that are to blame.
type NodeBalance struct {
	Node         string    `json:"node"`
	Name         string    `json:"name"`
	Kind         string    `json:"kind"`
	Start        time.Time `json:"start"`
	End          time.Time `json:"end" doc:"exclusive"`
	InWh         *int64    `json:"in_wh,omitempty" doc:"energy into the node"`
	OutWh        *int64    `json:"out_wh,omitempty" doc:"energy out of it that was metered"`
	LossWh       *int64    `json:"loss_wh,omitempty" doc:"calculated losses"`
	OwnNeedsWh   *int64    `json:"own_needs_wh,omitempty" doc:"station's own consumption"`
	ImbalanceWh  *int64    `json:"imbalance_wh,omitempty" doc:"in less all the rest"`
	ImbalancePct *float64  `json:"imbalance_pct,omitempty" doc:"of in (НБ фактический)"`
	PermittedPct *float64  `json:"permitted_pct,omitempty" doc:"by the accuracy classes (НБ допустимый, RD 34.09.101-94); the range is ± this"`
	BoundWh      *int64    `json:"bound_wh,omitempty" doc:"the permitted imbalance as an energy, with the registers' own uncertainty"`
	ModelLossWh  *int64    `json:"model_loss_wh,omitempty" doc:"losses with those of lines and transformers by the model of the network, from measured flows and voltages, in place of the formulas'; absent where the model does not cover the span"`
	Unexplained  *int64    `json:"unexplained_wh,omitempty" doc:"in less out, own needs and model_loss_wh"`
	ModelCovered *float64  `json:"model_covered,omitempty" doc:"share of the span, 0..1, for which the model had a state; the rest is taken to be like it"`
	Beyond       bool      `json:"beyond,omitempty" doc:"the imbalance is beyond the permitted one"`
	Alarming     bool      `json:"alarming,omitempty" doc:"beyond, and to be trusted: complete and hardly estimated"`
	Complete     bool      `json:"complete" doc:"every point had an energy in every base interval"`
	Known        int       `json:"known" doc:"base intervals that are in the balance"`
	Expected     int       `json:"expected" doc:"base intervals in the span"`
	Reason       string    `json:"reason,omitempty" doc:"what keeps the balance from being trusted"`
	StoodInShare float64   `json:"stood_in_share" doc:"share of the energy that was substituted or estimated, 0..1"`
	Missing      []string  `json:"missing,omitempty" doc:"points without an energy"`
	Remarks      []string  `json:"remarks,omitempty" doc:"what was assumed"`
	Culprits     []Culprit `json:"culprits,omitempty" doc:"whose error would explain the imbalance, the likeliest first"`
}

// Culprit is a point that may be to blame for an imbalance.
type Culprit struct {
	Point   string       `json:"point"`
	Name    string       `json:"name"`
	Score   float64      `json:"score" doc:"0..1, greater is likelier"`
	Reason  string       `json:"reason"`
	Numbers []NumberView `json:"numbers,omitempty"`
}

// BalanceList is the answer of /api/v1/balance.
type BalanceList struct {
	Node     string        `json:"node,omitempty" doc:"absent: one entry for each node"`
	Step     string        `json:"step,omitempty"`
	TimeZone string        `json:"time_zone"`
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Balances []NodeBalance `json:"balances"`
}

// balanceSteps bounds how many steps one answer may have, because each is
// computed anew.
const balanceSteps = 3000

type balanceQuestion struct {
	Strict strict
	Node   string `query:"node" maxLength:"64" doc:"one entry for each step of this node; each node over the whole range if left out"`
	From   string `query:"from" maxLength:"40" doc:"the day before to if left out"`
	To     string `query:"to" maxLength:"40" doc:"exclusive; the end of today if left out"`
	Step   string `query:"step" default:"day" enum:"15m,30m,60m,day,month"`
}

// Resolve is called by huma.
func (in *balanceQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *balanceQuestion) read(j *judge) (node metering.NodeID, from, to time.Time) {
	node = metering.NodeID(in.Node)
	before := len(j.faults)
	from, to = j.recent(in.From, in.To, 1, longestCompleteness)
	if len(j.faults) == before && node != "" {
		if n := len(cut(from, to, in.Step, j.site.Location)); n > balanceSteps {
			j.fault("query.step", in.Step, "the range has %d steps, at most %d are answered at once: ask for a longer step or a shorter range", n, balanceSteps)
		}
	}
	return node, from, to
}

// getBalance shows where energy is lost on paper.
func (s *Server) getBalance(ctx context.Context, in *balanceQuestion) (*answer[BalanceList], error) {
	if s.cfg.Balances == nil {
		return nil, huma.Error503ServiceUnavailable("no balance is computed in this process: it needs the ledger")
	}
	node, from, to := in.read(s.judge())
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	list := BalanceList{TimeZone: s.cfg.Site.Location.String(), From: from, To: to, Balances: []NodeBalance{}}
	var found []NodeBalance
	var err error
	if node == "" {
		found, err = s.cfg.Balances.Totals(ctx, from, to)
	} else {
		list.Node, list.Step = in.Node, in.Step
		found, err = s.cfg.Balances.Balance(ctx, node, from, to, in.Step)
	}
	if errors.Is(err, metering.ErrNotFound) {
		return nil, huma.Error404NotFound(fmt.Sprintf("node %q has no balance: metering on both sides of it is needed; without node= every node that has one is listed", in.Node))
	}
	if err != nil {
		return nil, s.storeError("balance", err)
	}
	list.Balances = append(list.Balances, found...)
	return &answer[BalanceList]{list}, nil
}
