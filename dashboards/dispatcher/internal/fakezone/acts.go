package fakezone

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// lives is how long a proposal of the invented balancer stands.
const lives = time.Minute

// balancer is the acting half of the invented zone: enough of a balancer's
// manners to show every state and to answer every order. It decides nothing.
type balancer struct {
	mode                     metering.Mode
	armed, killed, inhibited bool
	actuators                []wire.ControlActuator
	moving                   map[metering.ActuatorID]moved
	proposals                []wire.ControlProposal
	advice                   []wire.ControlAdvice
	proposed                 int
	armoured                 map[metering.ResidentID]bool // whose breaker is never proposed
	overrides                []wire.ControlOverride
	answers                  []wire.ControlOrder
	deaf                     bool
}

// moved is an actuator under way.
type moved struct {
	to    string
	since time.Time
}

// AddActuators gives every second resident something to be limited by: a
// set-point, a contactor, or the breaker of its feeder. Some of them have
// something wrong, so that a page has something to show.
func (z *Zone) AddActuators(now time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.site.Topology.Nodes[0].Name = "ПС «Индустриальная»"
	for i, name := range []string{"Ф-11", "Ф-12", "Ф-21"} {
		z.site.Topology.Nodes = append(z.site.Topology.Nodes, metering.Node{
			ID: metering.NodeID(fmt.Sprintf("f%d", i+1)), Name: name, Kind: metering.NodeFeeder, Parent: "in",
		})
	}
	b := &balancer{mode: metering.ModeConfirm, moving: map[metering.ActuatorID]moved{}}
	for i, r := range z.site.Residents {
		if i%2 == 0 {
			a := z.actuatorOf(i, r, now)
			b.actuators = append(b.actuators, a)
			z.site.Actuators = append(z.site.Actuators, metering.Actuator{ID: a.ID, Name: a.Name, Kind: a.Kind, Resident: a.Resident, Node: a.Node})
		}
	}
	b.overrides = []wire.ControlOverride{
		{ID: "o-past-1", Kind: metering.OrderPin, Subject: "r-03", ValueW: watts(700), By: []string{"engineer"}, At: now.Add(-time.Hour), Until: now.Add(3 * time.Hour), Reason: "пуск печи после ремонта, распоряжение № 17"},
	}
	b.answers = []wire.ControlOrder{
		{ID: "o-past-2", Kind: metering.OrderPin, By: []string{"dispatcher-2"}, At: now.Add(-50 * time.Minute), Text: "Ф-11 needs 6.4 MW of 6 MW: 400 kW too much"},
		{ID: "o-past-1", Kind: metering.OrderPin, By: []string{"engineer"}, At: now.Add(-time.Hour), Accepted: true},
	}
	b.armoured = map[metering.ResidentID]bool{}
	for _, a := range z.site.Armours {
		b.armoured[a.Resident] = true
	}
	z.acts = b
}

func (z *Zone) actuatorOf(i int, r metering.Resident, now time.Time) wire.ControlActuator {
	a := wire.ControlActuator{
		ID: metering.ActuatorID(fmt.Sprintf("a-%02d", i+1)), Resident: r.ID, Node: metering.NodeID(fmt.Sprintf("f%d", i%3+1)),
		State: "served", Since: now.Add(-time.Duration(i+1) * 17 * time.Minute),
	}
	peak := trades[i%len(trades)].peak
	switch i % 3 {
	case 0:
		a.Kind, a.Name = metering.ActuatorRelay, "ступень 1"
		a.PowerW = ptr(peak * 3 / 10)
	case 1:
		a.Kind, a.Name = metering.ActuatorBreaker, "выключатель ячейки "+fmt.Sprint(i+10)
		a.PowerW = ptr(peak)
	default:
		a.Kind, a.Name = metering.ActuatorSetpoint, "уставка мощности"
		a.LimitW, a.WantW = ptr(peak), ptr(peak)
	}
	switch i {
	case 2:
		a.State, a.LimitW, a.WantW, a.ShedW, a.LeftS = "limited", ptr(peak*7/10), ptr(peak*6/10), ptr(peak*2/10), 640
	case 8:
		a.State, a.Text = "failed", "on hold for 15m0s: command 7 failed: no echo within 5s"
	case 12:
		a.State, a.ShedW, a.LeftS = "shed", a.PowerW, 410
	case 14:
		a.State, a.Text = "offline", "no beat of the balancer for 4m0s"
	case 18:
		a.State, a.Text = "local", "it is switched to local"
	}
	return a
}

func watts(kw int64) *metering.Power { return ptr(metering.Power(kw) * metering.Kilowatt) }

// Silence makes the balancer deaf and dumb, or lets it speak again.
func (z *Zone) Silence(silent bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.acts.deaf = silent
}

// Silent reports whether the balancer is silenced.
func (z *Zone) Silent() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.acts != nil && z.acts.deaf
}

// Send hands an order to the balancer, which answers in its next report; a
// silenced one does not hear.
func (z *Zone) Send(_ context.Context, o metering.Order) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	b := z.acts
	if b.deaf {
		return nil
	}
	refusal := b.obey(o)
	answer := wire.ControlOrder{ID: o.ID, Kind: o.Kind, At: o.At, Accepted: refusal == "", Text: refusal}
	for _, a := range o.By {
		answer.By = append(answer.By, a.User)
	}
	b.answers = slices.Insert(b.answers, 0, answer)
	b.answers = b.answers[:min(len(b.answers), 20)]
	return nil
}

// obey returns why the order is refused, or nothing.
func (b *balancer) obey(o metering.Order) string {
	switch o.Kind {
	case metering.OrderKill:
		b.killed, b.armed = true, false
	case metering.OrderUnkill:
		b.killed, b.mode = false, metering.ModeAdvisory
	case metering.OrderArm:
		b.armed, b.mode = true, metering.ModeAuto
	case metering.OrderDisarm:
		b.armed, b.mode = false, metering.ModeConfirm
	case metering.OrderMode:
		if o.Actuator == "" {
			b.mode = o.Mode
		} else if a := b.actuator(o.Actuator); a != nil {
			a.Mode = o.Mode.String()
		}
	case metering.OrderConfirm, metering.OrderReject:
		return b.decide(o)
	case metering.OrderRestore:
		b.moving[o.Actuator] = moved{"served", o.At}
	case metering.OrderRelease:
		return b.release(o)
	case metering.OrderPin:
		if o.Power > 3*metering.Megawatt {
			return fmt.Sprintf("pin %s at %v: Ф-11 needs 6.4 MW and carries 6 MW", o.Resident, o.Power)
		}
		b.override(o, string(o.Resident))
	case metering.OrderExclude:
		if a := b.actuator(o.Actuator); a != nil {
			a.State, a.Since = "excluded", o.At
		}
		b.override(o, string(o.Actuator))
	case metering.OrderInhibit:
		b.inhibited = true
		b.override(o, "")
	case metering.OrderLimit:
		b.override(o, string(o.Node))
	}
	return ""
}

func (b *balancer) decide(o metering.Order) string {
	i := slices.IndexFunc(b.proposals, func(p wire.ControlProposal) bool { return p.ID == o.Proposal })
	if i < 0 {
		return fmt.Sprintf("proposal %s is not there any more: it expired or was decided", o.Proposal)
	}
	p := b.proposals[i]
	if o.Kind == metering.OrderConfirm {
		if b.killed {
			return "control is stopped: release the stop first"
		}
		b.moving[p.Actuator] = moved{map[string]string{"open": "shed", "closed": "served"}[p.Want], o.At}
	}
	b.proposals = slices.Delete(b.proposals, i, i+1)
	return ""
}

func (b *balancer) release(o metering.Order) string {
	i := slices.IndexFunc(b.overrides, func(v wire.ControlOverride) bool { return v.ID == o.Override })
	if i < 0 {
		return fmt.Sprintf("override %s is not in force", o.Override)
	}
	switch v := b.overrides[i]; v.Kind {
	case metering.OrderExclude:
		if a := b.actuator(metering.ActuatorID(v.Subject)); a != nil {
			a.State, a.Since = "served", o.At
		}
	case metering.OrderInhibit:
		b.inhibited = false
	}
	b.overrides = slices.Delete(b.overrides, i, i+1)
	return ""
}

func (b *balancer) override(o metering.Order, subject string) {
	v := wire.ControlOverride{ID: o.ID, Kind: o.Kind, Subject: subject, At: o.At, Until: o.Expires, Reason: o.Reason}
	if o.Power > 0 {
		v.ValueW = ptr(o.Power)
	}
	for _, a := range o.By {
		v.By = append(v.By, a.User)
	}
	b.overrides = append(b.overrides, v)
}

func (b *balancer) actuator(id metering.ActuatorID) *wire.ControlActuator {
	i := slices.IndexFunc(b.actuators, func(a wire.ControlActuator) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &b.actuators[i]
}

// report is the acting half of a report at t; z.mu is held.
func (z *Zone) report(t time.Time) *wire.ControlActs {
	b := z.acts
	if b == nil {
		return nil
	}
	b.pass(t)
	a := &wire.ControlActs{
		Armed: b.armed, Killed: b.killed, Inhibited: b.inhibited, Emergency: z.scenario == "karatagai-lost", Term: 7,
		Actuators: slices.Clone(b.actuators), Proposals: slices.Clone(b.proposals), Advice: slices.Clone(b.advice), Overrides: slices.Clone(b.overrides), Orders: slices.Clone(b.answers),
	}
	a.Ready = z.ready(t)
	shed := map[metering.ResidentID]metering.Power{}
	for i := range a.Actuators {
		x := &a.Actuators[i]
		if most, err := metering.ParseMode(x.Mode); err != nil || b.mode < most { // of a feeder without a mode of its own the system's counts
			x.Mode = b.mode.String()
		}
		if x.ShedW != nil {
			a.ShedW += *x.ShedW
			shed[x.Resident] += *x.ShedW
		} else if x.State == "served" && x.PowerW != nil {
			a.ReserveW += *x.PowerW
		}
	}
	for i, r := range z.site.Residents {
		if r.State == metering.Working {
			a.Shares = append(a.Shares, z.share(i, r, shed[r.ID], t))
		}
	}
	return a
}

func (z *Zone) share(i int, r metering.Resident, shed metering.Power, t time.Time) wire.ControlShare {
	h := wire.ControlShare{Resident: r.ID, AllowedW: z.site.Allowed(r.ID, t), ShedW: shed, Tier: "firm"}
	h.DemandW = metering.Power(z.Power(metering.PointID("p-"+string(r.ID)), t)*z.boost(t)) + shed
	if i%7 == 3 {
		h.AllowedW = h.DemandW * 8 / 10 // above its own technical conditions
	}
	for _, armour := range z.site.Armours {
		if armour.Resident == r.ID {
			h.ArmourW = armour.Technological
		}
	}
	h.ShareW = h.DemandW - shed
	switch {
	case h.DemandW > h.AllowedW:
		h.ShareW, h.Tier, h.Binding = h.AllowedW, "excess", "f1"
		h.Why = fmt.Sprintf("f1 is full: 6000 kW with what comes before power above ТУ; it keeps its firm %d kW", int64(h.AllowedW)/1000)
	case shed > 0:
		h.Binding, h.Why = "in", fmt.Sprintf("in is full: 29,700 kW; everyone of class 1 under it who asks for more gets 83.1 %% of its ТУ; 100 kW more at in would give %s 12 kW", r.ID)
	}
	return h
}

// pass lets time go on: what moves arrives after two seconds, proposals expire
// and come again.
func (b *balancer) pass(t time.Time) {
	for id, m := range b.moving {
		a := b.actuator(id)
		if a == nil {
			delete(b.moving, id)
			continue
		}
		if a.State = "moving"; t.Sub(m.since) >= 2*time.Second {
			a.State, a.Since, a.ShedW, a.LeftS = m.to, t, nil, 0
			if m.to == "shed" {
				a.ShedW, a.LeftS = a.PowerW, 900
			}
			delete(b.moving, id)
		}
	}
	b.proposals = slices.DeleteFunc(b.proposals, func(p wire.ControlProposal) bool { return !t.Before(p.Expires) })
	if b.killed || b.mode < metering.ModeConfirm {
		b.proposals = nil
		b.advise(t)
		return
	}
	b.advice = nil
	for _, kind := range []metering.ActuatorKind{metering.ActuatorRelay, metering.ActuatorBreaker} {
		b.propose(kind, t)
	}
}

// advise says what would be proposed if the mode allowed it.
func (b *balancer) advise(t time.Time) {
	if b.mode < metering.ModeAdvisory || len(b.advice) > 0 {
		return
	}
	b.propose(metering.ActuatorRelay, t)
	for _, p := range b.proposals {
		b.advice = append(b.advice, wire.ControlAdvice{At: t, Kind: "shed", Actuator: p.Actuator, Resident: p.Resident, Want: p.Want, EffectW: p.EffectW, Why: p.Why, Mode: "advisory", Not: "the system's mode"})
	}
	b.proposals = nil
}

// propose keeps one proposal of a kind standing as long as there is something to
// propose.
func (b *balancer) propose(kind metering.ActuatorKind, t time.Time) {
	for _, p := range b.proposals {
		if a := b.actuator(p.Actuator); a != nil && a.Kind == kind {
			return
		}
	}
	i := slices.IndexFunc(b.actuators, func(a wire.ControlActuator) bool {
		return a.Kind == kind && a.State == "served" && !(kind == metering.ActuatorBreaker && b.armoured[a.Resident])
	})
	if i < 0 {
		return
	}
	a := b.actuators[i]
	b.proposed++
	p := wire.ControlProposal{
		ID: fmt.Sprintf("p-%d", b.proposed), At: t, Expires: t.Add(lives), Actuator: a.ID, Resident: a.Resident,
		Want: "open", EffectW: a.PowerW, Persons: metering.OrderConfirm.Persons(kind),
		Why: fmt.Sprintf("the site draws 29.9 MW, 29.1 MW is steered to: shed %d kW with %s", int64(*a.PowerW)/1000, a.ID),
	}
	b.proposals = append(b.proposals, p)
}

// Moves is the kind of the actuator that a proposal is about.
func (z *Zone) Moves(proposal string) (metering.ActuatorKind, bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, p := range z.acts.proposals {
		if a := z.acts.actuator(p.Actuator); p.ID == proposal && a != nil {
			return a.Kind, true
		}
	}
	return "", false
}
