package balancing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/lease"
	"asue/metering"
)

// Answer is what became of an order.
type Answer struct {
	Order    string             `json:"order"`
	Kind     metering.OrderKind `json:"kind"`
	At       time.Time          `json:"t"`
	Accepted bool               `json:"accepted"`
	Text     string             `json:"text"`
	By       string             `json:"by"`
	Reason   string             `json:"reason"`
}

// orderAge is how old an order may be: a stored one is a bomb.
const orderAge = 5 * time.Minute

// answeredKept is how many answers are remembered.
const answeredKept = 100

// answer judges an order, carries it out and says what became of it. An order that
// was answered before gets the same answer.
func (c *Controller) answer(o metering.Order, st *State, now time.Time) {
	same := func(a Answer) bool { return a.Order == o.ID }
	if i := slices.IndexFunc(c.answered, same); i >= 0 {
		if !slices.ContainsFunc(c.answers, same) {
			c.answers = append(c.answers, c.answered[i])
		}
		return
	}
	o.At, o.Expires = o.At.Round(0).UTC(), o.Expires.Round(0).UTC()
	text, err := "", c.admissible(&o, now)
	if err == nil {
		text, err = c.obey(o, st, now)
	}
	a := Answer{Order: o.ID, Kind: o.Kind, At: now, Accepted: err == nil, Text: text, By: by(o), Reason: o.Reason}
	if err != nil {
		a.Text = err.Error()
	} else {
		c.stirred = true
	}
	c.answered = append(c.answered, a)
	c.answered = c.answered[max(0, len(c.answered)-answeredKept):]
	c.answers = append(c.answers, a)
	verdict := "accepted"
	if err != nil {
		verdict = "refused"
	}
	c.write(EntryOrder, o.ID, fmt.Sprintf("%s of %s: %s: %s", o.Kind, a.By, verdict, a.Text), map[string]any{"kind": string(o.Kind), "reason": o.Reason, "accepted": a.Accepted})
}

// orderers may order. Looking is for everybody.
var orderers = []metering.Role{metering.RoleDispatcher, metering.RoleEngineer, metering.RoleAdmin}

// admissible checks what holds for all orders, once more after the page has.
func (c *Controller) admissible(o *metering.Order, now time.Time) error {
	switch {
	case o.ID == "":
		return fmt.Errorf("the order has no id")
	case strings.TrimSpace(o.Reason) == "":
		return fmt.Errorf("a reason is missing")
	case now.Sub(o.At) > orderAge || o.At.After(now.Add(orderAge)):
		return fmt.Errorf("it was given at %s, more than %v from now: give it anew", o.At.Format(time.RFC3339), orderAge)
	}
	kind := metering.ActuatorKind("")
	if a := c.plant.byID[o.Actuator]; a != nil {
		kind = a.cfg.Kind
	} else if o.Actuator != "" {
		return fmt.Errorf("actuator %s is not known", o.Actuator)
	}
	if p := c.proposal(o.Proposal); p != nil {
		kind = p.act.actuator.cfg.Kind
	}
	if err := persons(o, o.Kind.Persons(kind)); err != nil {
		return err
	}
	switch o.Kind {
	case metering.OrderPin, metering.OrderExclude, metering.OrderLimit, metering.OrderInhibit:
		if !o.Expires.After(now) || o.Expires.After(now.Add(c.cfg.Acting.OverrideFor+time.Minute)) {
			return fmt.Errorf("it must expire within %v: an override never outlives a shift", c.cfg.Acting.OverrideFor)
		}
	}
	return nil
}

// persons checks that enough different persons stand behind an order, each of whom
// may order.
func persons(o *metering.Order, need int) error {
	var users []string
	for _, a := range o.By {
		if a.User == "" || !slices.Contains(orderers, a.Role) {
			return fmt.Errorf("%q as %s may not order", a.User, a.Role)
		}
		// As agents count them: one person is one in whatever letters.
		if name := strings.ToLower(strings.TrimSpace(a.User)); !slices.Contains(users, name) {
			users = append(users, name)
		}
	}
	if len(users) < max(1, need) {
		return fmt.Errorf("%s needs %d different persons, there are %d", o.Kind, max(1, need), len(users))
	}
	return nil
}

// obey carries an order out and says what was done.
func (c *Controller) obey(o metering.Order, st *State, now time.Time) (string, error) {
	switch o.Kind {
	case metering.OrderArm, metering.OrderDisarm, metering.OrderMode, metering.OrderKill, metering.OrderUnkill:
		return c.obeyMode(o)
	case metering.OrderConfirm, metering.OrderReject:
		return c.obeyProposal(o, st, now)
	case metering.OrderPin:
		return c.obeyPin(o, now)
	case metering.OrderExclude:
		if o.Actuator == "" {
			return "", fmt.Errorf("name the actuator that is to be left alone")
		}
	case metering.OrderLimit:
		return c.obeyLimit(o, now)
	case metering.OrderInhibit:
	case metering.OrderRelease:
		return c.obeyRelease(o)
	case metering.OrderRestore:
		return c.obeyRestore(o, st, now)
	case metering.OrderBand:
		return c.obeyBand(o, now)
	default:
		return "", fmt.Errorf("order %q is not known", o.Kind)
	}
	c.overrides = append(c.overrides, Override{o})
	return fmt.Sprintf("it stands until %s", o.Expires.In(c.cfg.Location).Format("15:04")), nil
}

// obeyProposal confirms or rejects one. What has changed since is looked at once
// more.
func (c *Controller) obeyProposal(o metering.Order, st *State, now time.Time) (string, error) {
	p := c.proposal(o.Proposal)
	if p == nil {
		return "", fmt.Errorf("proposal %q does not stand: it has expired, was answered, or is not needed any more", o.Proposal)
	}
	a := p.act.actuator
	if o.Kind == metering.OrderReject {
		a.rejected = now.Add(c.cfg.Acting.RejectFor)
		c.drop(func(q *asked) bool { return q == p }, "rejected by "+by(o))
		return fmt.Sprintf("it is not proposed again for %v", c.cfg.Acting.RejectFor), nil
	}
	if err := c.mayCommand(a, now); err != nil {
		return "", err
	}
	if p.Kind == EntryRestore || p.act.dropW < 0 {
		if why := c.misfit(a, -p.act.dropW, 0, st, now); why != "" {
			return "", fmt.Errorf("it does not fit any more: %s", why)
		}
	}
	if !c.command(p.act, metering.ModeConfirm, o.By, now) {
		return "", fmt.Errorf("the command could not be given, see the journal")
	}
	c.drop(func(q *asked) bool { return q == p }, "confirmed by "+by(o))
	return fmt.Sprintf("%s: %v is commanded", a.cfg.ID, p.act.want), nil
}

// mayCommand says whether persons may have an actuator commanded now.
func (c *Controller) mayCommand(a *actuator, now time.Time) error {
	if mode, why := c.effective(a, now); mode < metering.ModeConfirm {
		return fmt.Errorf("%s: the mode is %v (%s)", a.cfg.ID, mode, why)
	}
	if !c.commands(now) {
		return fmt.Errorf("this balancer does not command now: it has just started, or does not lead")
	}
	if why := c.usable(a, now); why != "" {
		return fmt.Errorf("%s: %s", a.cfg.ID, why)
	}
	return nil
}

// obeyRelease ends an override early.
func (c *Controller) obeyRelease(o metering.Order) (string, error) {
	i := slices.IndexFunc(c.overrides, func(v Override) bool { return v.Order.ID == o.Override })
	if i < 0 {
		return "", fmt.Errorf("override %q does not stand", o.Override)
	}
	kind := c.overrides[i].Order.Kind
	c.overrides = slices.Delete(c.overrides, i, i+1)
	return fmt.Sprintf("%s is released", kind), nil
}

// obeyRestore asks a load back that was shed.
func (c *Controller) obeyRestore(o metering.Order, st *State, now time.Time) (string, error) {
	a := c.plant.byID[o.Actuator]
	switch {
	case a == nil:
		return "", fmt.Errorf("name the actuator whose load is asked back")
	case !a.open():
		return "", fmt.Errorf("%s: nothing was shed there", a.cfg.ID)
	case now.Sub(a.outSince) < a.cfg.MinOff:
		return "", fmt.Errorf("%s has been off for %v of at least %v", a.cfg.ID, now.Sub(a.outSince).Round(time.Second), a.cfg.MinOff)
	}
	if err := c.mayCommand(a, now); err != nil {
		return "", err
	}
	if st.Quiet && st.End.Sub(now) <= c.cfg.Freeze {
		return "", fmt.Errorf("nothing comes back in the last %v of a block", c.cfg.Freeze)
	}
	if why := c.misfit(a, float64(a.cfg.Power), 0, st, now); why != "" {
		return "", fmt.Errorf("it does not fit: %s", why)
	}
	act := action{actuator: a, kind: EntryRestore, want: metering.Desired{Position: metering.PositionClosed}, dropW: -float64(a.cfg.Power), why: fmt.Sprintf("ordered by %s: %s", by(o), o.Reason)}
	if !c.command(act, metering.ModeConfirm, o.By, now) {
		return "", fmt.Errorf("the command could not be given, see the journal")
	}
	return fmt.Sprintf("%s is commanded to close", a.cfg.ID), nil
}

// obeyBand commissions another hard band.
func (c *Controller) obeyBand(o metering.Order, now time.Time) (string, error) {
	a := c.plant.byID[o.Actuator]
	switch {
	case a == nil || a.cfg.Kind != metering.ActuatorSetpoint || o.Band == nil:
		return "", fmt.Errorf("name a set-point and its new band")
	case !(0 <= o.Band.Least && o.Band.Least <= o.Band.FailSafe && o.Band.FailSafe <= o.Band.Most && o.Band.Most <= a.cfg.Power):
		return "", fmt.Errorf("%s: band %v to %v, fail-safe %v: want 0 ≤ least ≤ fail-safe ≤ most ≤ %v", a.cfg.ID, o.Band.Least, o.Band.Most, o.Band.FailSafe, a.cfg.Power)
	case o.Band.Most > a.claim.cfg.Allowed:
		return "", fmt.Errorf("%s: %v is above the technical conditions of %v", a.cfg.ID, o.Band.Most, a.claim.cfg.Allowed)
	case !slices.ContainsFunc(o.By, func(p metering.Approval) bool { return p.Role == metering.RoleEngineer }):
		return "", fmt.Errorf("one of the persons must be an engineer")
	case !c.commands(now):
		return "", fmt.Errorf("this balancer does not command now")
	}
	_, hash := c.basis.bytes()
	why := lease.Why{Mode: metering.ModeConfirm, Reason: o.Reason, Snapshot: hash, Approvals: o.By}
	if _, err := c.book.Commission(a.cfg.ID, *o.Band, why, now); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %v to %v, fail-safe %v is sent to its agent", a.cfg.ID, o.Band.Least, o.Band.Most, o.Band.FailSafe), nil
}
