package main

import (
	"strings"
	"sync/atomic"
	"time"

	"asue/balancing"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/wire"
)

// report turns the controller's state into what others hear of it.
func (b *balancer) report(s balancing.State, now time.Time) wire.Control {
	c := wire.Control{
		At: s.At, Balancer: b.lead.holder, State: string(s.Phase), Mode: b.Config.Balancer.Mode.String(),
		Power: known(s.Power), PowerSource: s.PowerSource,
		BlockStart: s.Start, BlockEnd: s.End, BlockMean: known(s.Mean), Projection: known(s.Projection),
		Allowable: known(s.Allowable), SlidingAllowable: known(s.Sliding), Headroom: known(s.Headroom), Limit: known(s.Limit),
		Band: string(s.Band), Feeding: s.Feeding, Degraded: s.Condition != balancing.Good,
		Reason: strings.Join(s.Reasons, "; "), Fresh: s.Fresh, Stale: s.Stale, Silent: s.Silent,
	}
	if s.Condition == balancing.Failsafe {
		c.State = string(s.Condition)
	}
	for id, n := range b.notices {
		if !n.Active && now.Sub(n.At) > noticeKept {
			delete(b.notices, id)
			continue
		}
		c.Notices = append(c.Notices, n)
	}
	if s.Hands != nil {
		c.Mode = s.Hands.Mode
		c.Acts = b.acts(s.Hands)
	}
	return c
}

func known(v balancing.Value) *metering.Power {
	if !v.Known {
		return nil
	}
	return &v.Power
}

// acts is the acting half of the report.
func (b *balancer) acts(h *balancing.Hands) *wire.ControlActs {
	a := &wire.ControlActs{
		Armed: h.Armed, Killed: h.Killed, Inhibited: h.Inhibited != "", Emergency: h.Emergency != "",
		Shadow: !h.Leading, Term: h.Term, ShedW: h.Shed, RequiredW: h.Shortfall,
		Ready: readyOf(h.Ready),
	}
	for _, hand := range h.Actuators {
		a.Actuators = append(a.Actuators, b.actuator(hand))
		if hand.Obstacle == "" && hand.Moving == "" && !hand.Held && hand.Power.Known && hand.Kind != metering.ActuatorBreaker {
			a.ReserveW += hand.Power.Power
		}
	}
	for _, s := range h.Shares {
		a.Shares = append(a.Shares, wire.ControlShare{
			Resident: s.Resident, AllowedW: s.Allowed, DemandW: s.Demand, ShareW: s.Share, ArmourW: s.Armour,
			ShedW: max(0, s.Demand-s.Power), Tier: s.Tier, Binding: s.Binding, Violating: s.Violates, Why: s.Why})
	}
	a.RightsDeed = h.RightsDeed
	for _, r := range h.Rights {
		a.Rights = append(a.Rights, wire.ControlRight{Resident: r.Resident, Node: r.Node, AllowedW: r.Allowed})
	}
	for _, p := range h.Proposals {
		a.Proposals = append(a.Proposals, wire.ControlProposal{
			ID: p.ID, At: p.At, Expires: p.Expires, Actuator: p.Actuator, Resident: p.Resident, Want: p.Want,
			EffectW: &p.Drop, Persons: p.Persons, Why: p.Why})
	}
	for _, v := range h.Advice {
		a.Advice = append(a.Advice, wire.ControlAdvice{
			At: v.At, Kind: v.Kind, Actuator: v.Actuator, Resident: v.Resident, Want: v.Want, EffectW: &v.Drop, Why: v.Why, Mode: v.Mode, Not: v.Not})
	}
	for _, o := range h.Overrides {
		a.Overrides = append(a.Overrides, override(o.Order))
	}
	for i := len(h.Answers) - 1; i >= 0; i-- {
		o := h.Answers[i]
		a.Orders = append(a.Orders, wire.ControlOrder{ID: o.Order, Kind: o.Kind, By: strings.Split(o.By, " and "), At: o.At, Accepted: o.Accepted, Text: o.Text})
	}
	return a
}

func (b *balancer) actuator(h balancing.Hand) wire.ControlActuator {
	device, _ := b.Site.Actuator(h.Actuator)
	return wire.ControlActuator{
		ID: h.Actuator, Name: device.Name, Kind: h.Kind, Resident: h.Resident, Node: device.Node,
		Mode: h.Mode, State: string(h.State), Since: h.Since, LimitW: known(h.Limit), WantW: known(h.Want),
		PowerW: &device.Power, ShedW: known(h.Shed), LeftS: h.Left.Seconds(), Text: h.Text,
	}
}

func override(o metering.Order) wire.ControlOverride {
	c := wire.ControlOverride{ID: o.ID, Kind: o.Kind, By: people(o.By), At: o.At, Until: o.Expires, Reason: o.Reason}
	for _, subject := range []string{string(o.Actuator), string(o.Resident), string(o.Node)} {
		if c.Subject == "" {
			c.Subject = subject
		}
	}
	if o.Kind == metering.OrderPin || o.Kind == metering.OrderLimit {
		c.ValueW = &o.Power
	}
	return c
}

func people(list []metering.Approval) (names []string) {
	for _, a := range list {
		names = append(names, a.User)
	}
	return names
}

// balancerCounts are for /metrics.
type balancerCounts struct {
	sent, unsent, withheld, refused atomic.Int64
	thoughts                        atomic.Uint64
}

func (b *balancer) metrics(e node.Emitter) {
	term, held := b.lead.holds()
	e.Gauge("asue_balancer_leads", "1 while this balancer holds the lease and may command.", node.Truth(held))
	e.Gauge("asue_balancer_term", "Term of the lease as this balancer knows it.", float64(term))
	e.Counter("asue_balancer_messages_sent_total", "Messages to agents that the broker has taken, signs of life included.", float64(b.counts.sent.Load()))
	e.Counter("asue_balancer_messages_unsent_total", "Messages to agents that could not be sent in time; they are said again if still true.", float64(b.counts.unsent.Load()))
	e.Counter("asue_balancer_messages_withheld_total", "Messages to agents that were not sent because the lease was lost.", float64(b.counts.withheld.Load()))
	e.Counter("asue_balancer_refused_total", "Beats, outcomes and orders that nobody could read or believe.", float64(b.counts.refused.Load()))
	e.Counter("asue_balancer_decisions_total", "Entries of the journal that are in the audit.", float64(b.journal.written.Load()))
	e.Counter("asue_balancer_decisions_lost_total", "Entries of the journal that are in the log only, because the ledger was too slow.", float64(b.journal.dropped.Load()))
	readyMetrics(e, b.ready.Load())
}
