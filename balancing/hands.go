package balancing

import (
	"math"
	"time"

	"asue/metering"
)

// Hands is what the half that acts knows and does: the part of a State about
// commands. It is empty where nothing can be limited or moved.
type Hands struct {
	Mode     string `json:"mode"`
	Armed    bool   `json:"armed"`
	Killed   bool   `json:"killed,omitempty"`
	Leading  bool   `json:"leading"`
	Term     uint64 `json:"term,omitempty"`
	Commands bool   `json:"commands"` // it may command now: it leads and its silence is over

	Emergency string `json:"emergency,omitempty"` // why; empty: none
	Inhibited string `json:"inhibited,omitempty"` // by whom; empty: by nobody
	Doubt     string `json:"doubt,omitempty"`     // why what is measured does not cause commands now
	LimitWhy  string `json:"limit_why,omitempty"` // what lowers the limit: the calendar, an order

	Demand    Value          `json:"demand_w"`         // what would be drawn if nothing had been shed
	Effective Value          `json:"effective_w"`      // what is drawn when all that is on its way has shown
	Goal      Value          `json:"goal_w"`           // what is steered to; unknown while nothing has to fall
	Shed      metering.Power `json:"shed_w"`           // what went with the steps that are off
	Shortfall metering.Power `json:"shortfall_w"`      // what is missing though everything is moved that may be
	Nodes     []NodeState    `json:"nodes,omitempty"`  // those with a limit
	Shares    []Share        `json:"shares,omitempty"` // while the load has to be held
	Static    []Share        `json:"static,omitempty"` // the static safe schedule
	// Rights are those in force, with 0 W where one has ended and its resident can still
	// draw, and RightsDeed the last deed of the ledger that they follow from.
	Rights     []Right    `json:"rights,omitempty"`
	RightsDeed uint64     `json:"rights_deed,omitempty"`
	Actuators  []Hand     `json:"actuators,omitempty"`
	Proposals  []Proposal `json:"proposals,omitempty"`
	Advice     []Advice   `json:"advice,omitempty"` // what is not done, the earliest in the plan first
	Overrides  []Override `json:"overrides,omitempty"`
	Answers    []Answer   `json:"answers,omitempty"` // of the last orders, the youngest last
	// Impossible is the earliest limit that cannot be held.
	Impossible *Impossible `json:"impossible,omitempty"`
	// Ready is what would follow the loss of the line in service; nil where nothing is
	// known of another one.
	Ready *Ready `json:"ready,omitempty"`
}

// NodeState is a node with a limit.
type NodeState struct {
	Node  metering.NodeID `json:"node"`
	Power Value           `json:"power_w"`
	Limit metering.Power  `json:"limit_w"`
	Why   string          `json:"why,omitempty"` // what lowers it
	Hot   bool            `json:"hot,omitempty"` // above it, or not yet calm
}

// Hand is one actuator.
type Hand struct {
	Actuator metering.ActuatorID   `json:"actuator"`
	Kind     metering.ActuatorKind `json:"kind"`
	Resident metering.ResidentID   `json:"resident"`
	Mode     string                `json:"mode"` // effective
	ModeWhy  string                `json:"mode_why"`
	Now      string                `json:"now"`                // as its agent reads it: "closed", "open", "at most 2 MW", "unknown"
	Held     bool                  `json:"held,omitempty"`     // something is kept from its load by a command
	Since    time.Time             `json:"since,omitzero"`     // of a step that is off
	Power    Value                 `json:"power_w"`            // behind it
	Obstacle string                `json:"obstacle,omitempty"` // why it cannot be commanded now
	Moving   string                `json:"moving,omitempty"`   // the state that is commanded and has not shown yet

	State HandState     `json:"state"`
	Limit Value         `json:"limit_w"` // set-point in force
	Want  Value         `json:"want_w"`  // set-point that is commanded
	Shed  Value         `json:"shed_w"`  // what went with a step that is off
	Left  time.Duration `json:"left,omitempty"`
	Text  string        `json:"text,omitempty"` // what its agent says is wrong
}

// HandState is an actuator's state in one word.
type HandState string

// States of an actuator. Of several that hold, the first one of this list is told.
const (
	HandUnknown  HandState = "unknown"  // its agent was never heard
	HandOffline  HandState = "offline"  // its agent is silent, or cannot read it
	HandLocal    HandState = "local"    // switched to local at the device
	HandFailed   HandState = "failed"   // a command did not come about, or did not show
	HandMoving   HandState = "moving"   // a command is on its way
	HandExcluded HandState = "excluded" // a person has ordered to leave it alone
	HandFailsafe HandState = "failsafe" // a set-point that its agent guards by itself
	HandShed     HandState = "shed"
	HandLimited  HandState = "limited" // below its greatest set-point
	HandServed   HandState = "served"
)

// answersShown is how many answers a state tells.
const answersShown = 20

// describe fills in the state's part about commands.
func (c *Controller) describe(st *State, now time.Time) {
	if len(c.plant.claims) == 0 && len(c.plant.nodes) == 0 {
		return
	}
	site := c.plant.site
	h := &Hands{
		Mode: c.modes.System.String(), Armed: c.modes.Armed, Killed: c.modes.Killed, Leading: c.lead.Held, Term: c.lead.Term, Commands: c.commands(now),
		Emergency: c.emergency, Inhibited: c.inhibited(now), Doubt: c.doubted, LimitWhy: c.limitWhy, Shortfall: c.shortfall,
		Shares: c.shares, Static: c.static, Impossible: c.impossible, Ready: c.ready.list,
	}
	h.RightsDeed = c.rights.word.Deed
	for _, cl := range c.plant.claims {
		h.Shed += watts(cl.shedW)
		h.Rights = append(h.Rights, Right{Resident: cl.cfg.Resident, Node: cl.cfg.Node, Allowed: cl.cfg.Allowed})
	}
	if site.known && c.condition != Failsafe {
		h.Effective = known(c.effectiveW(site))
		h.Demand = known(c.effectiveW(site) + float64(h.Shed))
	}
	if !math.IsInf(site.targetW, 1) {
		h.Goal = known(site.targetW)
	}
	for _, n := range c.plant.nodes {
		if p, ok := n.limit.Power(); ok {
			ns := NodeState{Node: n.cfg.ID, Limit: p, Why: n.why, Hot: n.hot}
			if n.known {
				ns.Power = known(n.powerW)
			}
			h.Nodes = append(h.Nodes, ns)
		}
	}
	for _, a := range c.plant.actuators {
		h.Actuators = append(h.Actuators, c.hand(a, now))
	}
	for _, p := range c.proposals {
		h.Proposals = append(h.Proposals, p.Proposal)
	}
	h.Advice = append(h.Advice, c.advice.list...)
	h.Overrides = append(h.Overrides, c.overrides...)
	h.Answers = append(h.Answers, c.answered[max(0, len(c.answered)-answersShown):]...)
	st.Hands = h
}

func (c *Controller) hand(a *actuator, now time.Time) Hand {
	mode, why := c.effective(a, now)
	h := Hand{Actuator: a.cfg.ID, Kind: a.cfg.Kind, Resident: a.cfg.Resident, Mode: mode.String(), ModeWhy: why, Now: "unknown", Held: a.held(), Since: a.outSince, Obstacle: c.usable(a, now)}
	if a.view.Known && a.view.Readable {
		h.Now = a.view.Now.String()
	}
	if w, ok := c.behind(a, now); ok {
		h.Power = known(w)
	}
	if a.moved != nil {
		h.Moving, h.Obstacle = a.moved.want.String(), ""
	}
	h.State, h.Left, h.Text = c.handState(a, now), a.view.Left, a.view.Text
	if a.cfg.Kind == metering.ActuatorSetpoint {
		if a.view.Known && a.view.Readable {
			h.Limit = Value{a.view.Now.Limit, true}
		}
		if a.moved != nil {
			h.Want = Value{a.moved.want.Limit, true}
		}
	}
	if a.open() {
		h.Shed = known(a.outW)
	}
	return h
}

func (c *Controller) handState(a *actuator, now time.Time) HandState {
	switch {
	case !a.view.Known:
		return HandUnknown
	case !a.view.Online || !a.view.Readable:
		return HandOffline
	case a.view.Guarding == metering.GuardLocal:
		return HandLocal
	case now.Before(a.failedUntil) || a.view.Guarding == metering.GuardHold:
		return HandFailed
	case a.moved != nil:
		return HandMoving
	case c.excluded(a, now) != "":
		return HandExcluded
	case a.view.Guarding == metering.GuardFailSafe && a.cfg.Kind == metering.ActuatorSetpoint:
		return HandFailsafe
	case a.open() || (a.cfg.Kind != metering.ActuatorSetpoint && a.view.Now.Position == metering.PositionOpen):
		return HandShed
	case a.cfg.Kind == metering.ActuatorSetpoint && a.view.Now.Limit < a.cfg.Most:
		return HandLimited
	}
	return HandServed
}
