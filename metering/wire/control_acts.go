package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// ControlActuator is what the balancer knows of one actuator and wants of it.
type ControlActuator struct {
	ID       metering.ActuatorID   `json:"id"`
	Name     string                `json:"name"`
	Kind     metering.ActuatorKind `json:"kind"`
	Resident metering.ResidentID   `json:"resident,omitempty"`
	Node     metering.NodeID       `json:"node,omitempty"`
	// Mode is what counts now: the weakest of system, feeder, arming and orders.
	Mode string `json:"mode"`
	// State: "served", "shed", "limited", "moving", "failed", "offline", "local",
	// "failsafe", "excluded" or "unknown".
	State string    `json:"state"`
	Since time.Time `json:"since,omitzero"`
	// LimitW is the set-point in force and WantW the one that is wanted.
	LimitW *metering.Power `json:"limit_w,omitempty"`
	WantW  *metering.Power `json:"want_w,omitempty"`
	PowerW *metering.Power `json:"power_w,omitempty"` // rated behind a relay or a breaker
	ShedW  *metering.Power `json:"shed_w,omitempty"`  // what it takes away now
	LeftS  float64         `json:"left_s,omitempty"`  // of the lease
	Text   string          `json:"text,omitempty"`    // what is wrong, or why it is as it is
}

// ControlShare is what a resident may draw now, and why.
type ControlShare struct {
	Resident  metering.ResidentID `json:"resident"`
	AllowedW  metering.Power      `json:"allowed_w"` // ТУ
	DemandW   metering.Power      `json:"demand_w"`  // what it would draw if nothing were shed
	ShareW    metering.Power      `json:"share_w"`
	ArmourW   metering.Power      `json:"armour_w"`
	ShedW     metering.Power      `json:"shed_w,omitempty"`
	Tier      string              `json:"tier,omitempty"`
	Binding   metering.NodeID     `json:"binding,omitempty"`
	Violating bool                `json:"violating,omitempty"`
	Why       string              `json:"why,omitempty"`
}

// ControlRight is what a resident may draw at one node by the technical conditions by
// which the balancer shares now. It is told at all times, also while there is nothing to
// share. A right that has ended stays with 0 W as long as its resident can draw there.
type ControlRight struct {
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node,omitempty"` // empty: at the supply
	AllowedW metering.Power      `json:"allowed_w"`      // firm
}

// ControlProposal is what the balancer would do and may not without a person.
type ControlProposal struct {
	ID       string              `json:"id"`
	At       time.Time           `json:"at"`
	Expires  time.Time           `json:"expires"`
	Actuator metering.ActuatorID `json:"actuator"`
	Resident metering.ResidentID `json:"resident,omitempty"`
	Want     string              `json:"want"` // "open", "closed", "at most 1.2 MW"
	EffectW  *metering.Power     `json:"effect_w,omitempty"`
	Persons  int                 `json:"persons"`
	Why      string              `json:"why"`
}

// ControlAdvice is what the balancer would do and does not, because its mode, an order or
// what is measured keeps it from doing it: for people, who may do it by telephone.
type ControlAdvice struct {
	At       time.Time           `json:"at"`   // since when it is advised
	Kind     string              `json:"kind"` // "shed", "cap", "restore"
	Actuator metering.ActuatorID `json:"actuator"`
	Resident metering.ResidentID `json:"resident,omitempty"`
	Want     string              `json:"want"`
	EffectW  *metering.Power     `json:"effect_w,omitempty"` // by how much the load should fall
	Why      string              `json:"why"`
	Mode     string              `json:"mode"` // the one that counts
	Not      string              `json:"not"`  // why it is not done
}

// ControlOverride is an order that holds for a while.
type ControlOverride struct {
	ID      string             `json:"id"` // of the order
	Kind    metering.OrderKind `json:"kind"`
	Subject string             `json:"subject,omitempty"` // resident, actuator or node
	ValueW  *metering.Power    `json:"value_w,omitempty"`
	By      []string           `json:"by"`
	At      time.Time          `json:"at"`
	Until   time.Time          `json:"until,omitzero"`
	Reason  string             `json:"reason"`
}

// ControlOrder is the balancer's answer to an order.
type ControlOrder struct {
	ID       string             `json:"id"`
	Kind     metering.OrderKind `json:"kind"`
	By       []string           `json:"by"`
	At       time.Time          `json:"at"`
	Accepted bool               `json:"accepted"`
	Text     string             `json:"text,omitempty"`
}

// Limits of one Control; what is more is left out and counted by nobody, so they
// are far above any zone.
const (
	maxNotices   = 100
	maxActuators = 1000
	maxShares    = 1000
	maxRights    = 1000
	maxProposals = 200
	maxAdvice    = 200
	maxOverrides = 200
	maxOrders    = 50
	maxBackups   = 100
)

// ControlActs is the acting half of a Control.
type ControlActs struct {
	// Armed: a person has armed auto since the start. Killed: no commands whatever
	// the mode. Shadow: another balancer leads, or none does; nothing is commanded.
	Armed     bool   `json:"armed"`
	Killed    bool   `json:"killed"`
	Inhibited bool   `json:"inhibited"`
	Emergency bool   `json:"emergency"`
	Shadow    bool   `json:"shadow"`
	Term      uint64 `json:"term,omitempty"`
	// ShedW is what is taken away now in all, ReserveW what could still be taken
	// by commands, RequiredW what has to be found at this moment.
	ShedW     metering.Power    `json:"shed_w"`
	ReserveW  metering.Power    `json:"reserve_w"`
	RequiredW metering.Power    `json:"required_w"`
	Actuators []ControlActuator `json:"actuators,omitempty"`
	Shares    []ControlShare    `json:"shares,omitempty"`
	// Rights are those in force, and RightsDeed the last deed of the ledger that they
	// follow from; 0: the site file alone.
	Rights     []ControlRight    `json:"rights,omitempty"`
	RightsDeed uint64            `json:"rights_deed,omitempty"`
	Proposals  []ControlProposal `json:"proposals,omitempty"`
	Advice     []ControlAdvice   `json:"advice,omitempty"`
	Overrides  []ControlOverride `json:"overrides,omitempty"`
	Orders     []ControlOrder    `json:"orders,omitempty"` // the youngest ones handled, newest first
	// Ready is what would follow the loss of the line in service; nil where nothing is
	// known of another one, and while a loss is being answered.
	Ready *ControlReady `json:"ready,omitempty"`
}

// cut returns the acts within the bounds of a message.
func (a ControlActs) cut() ControlActs {
	a.Actuators = a.Actuators[:min(len(a.Actuators), maxActuators)]
	a.Shares = a.Shares[:min(len(a.Shares), maxShares)]
	a.Rights = a.Rights[:min(len(a.Rights), maxRights)]
	a.Proposals = a.Proposals[:min(len(a.Proposals), maxProposals)]
	a.Advice = a.Advice[:min(len(a.Advice), maxAdvice)]
	a.Overrides = a.Overrides[:min(len(a.Overrides), maxOverrides)]
	a.Orders = a.Orders[:min(len(a.Orders), maxOrders)]
	if a.Ready != nil {
		a.Ready = a.Ready.cut()
	}
	return a
}

func (a ControlActs) check() error {
	for _, list := range []struct {
		what      string
		have, may int
	}{
		{"actuators", len(a.Actuators), maxActuators}, {"shares", len(a.Shares), maxShares}, {"rights", len(a.Rights), maxRights}, {"proposals", len(a.Proposals), maxProposals},
		{"advice", len(a.Advice), maxAdvice}, {"overrides", len(a.Overrides), maxOverrides}, {"orders", len(a.Orders), maxOrders},
	} {
		if list.have > list.may {
			return fmt.Errorf("decode control: %w: %d %s, at most %d", ErrMalformed, list.have, list.what, list.may)
		}
	}
	return a.Ready.check()
}
