package balancing

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"asue/metering"
)

// Proposal is a command that a person is asked to confirm. What is not confirmed
// before it expires is not done; it may be proposed anew.
type Proposal struct {
	ID       string              `json:"id"`
	At       time.Time           `json:"t"`
	Expires  time.Time           `json:"expires"`
	Kind     string              `json:"kind"` // "shed", "cap", "restore"
	Actuator metering.ActuatorID `json:"actuator"`
	Resident metering.ResidentID `json:"resident"`
	Want     string              `json:"want"`
	Drop     metering.Power      `json:"drop_w"` // by how much the load should fall; negative: may rise
	Persons  int                 `json:"persons"`
	Why      string              `json:"why"`
}

// asked is a proposal and what is done if it is confirmed.
type asked struct {
	Proposal
	act action
}

// propose asks for a confirmation, once for each actuator and state.
func (c *Controller) propose(act action, now time.Time) {
	a := act.actuator
	// To take a set-point over as it is waits for what is needed.
	if now.Before(a.rejected) || slices.ContainsFunc(c.proposals, func(p *asked) bool {
		return p.act.actuator == a && p.Kind == act.kind && (act.greets || !p.act.greets)
	}) {
		return
	}
	c.proposals = slices.DeleteFunc(c.proposals, func(p *asked) bool { return p.act.actuator == a })
	p := &asked{act: act, Proposal: Proposal{
		ID: fmt.Sprintf("%s-%s-%s", act.kind, a.cfg.ID, strconv.FormatInt(now.UnixMilli(), 36)), At: now, Expires: now.Add(c.cfg.Acting.ProposalFor),
		Kind: act.kind, Actuator: a.cfg.ID, Resident: a.cfg.Resident, Want: act.want.String(), Drop: known(act.dropW).Power,
		Persons: metering.OrderConfirm.Persons(a.cfg.Kind), Why: act.why,
	}}
	if c.proposals = append(c.proposals, p); act.greets {
		a.greeted = now
	}
	c.write(EntryProposal, p.ID, fmt.Sprintf("%s: %v: %s", a.cfg.ID, act.want, act.why), map[string]any{
		"actuator": string(a.cfg.ID), "want": p.Want, "drop_w": p.Drop, "persons": p.Persons,
	})
}

// expireProposals ends those whose time is over.
func (c *Controller) expireProposals(now time.Time) {
	c.drop(func(p *asked) bool {
		over := !now.Before(p.Expires)
		if over && p.act.dropW < 0 {
			p.act.actuator.rejected = now.Add(c.cfg.Acting.RejectFor) // giving back is not urgent
		}
		return over
	}, "nobody has confirmed it: it is not done")
}

// withdraw ends proposals of a kind that are not needed any more. What only takes a
// set-point over as it is waits on.
func (c *Controller) withdraw(kind string, now time.Time) {
	c.drop(func(p *asked) bool {
		return !p.act.greets && (p.Kind == kind || (kind == EntryShed && p.Kind == EntryCap))
	}, "it is not needed any more")
}

func (c *Controller) drop(over func(*asked) bool, why string) {
	c.proposals = slices.DeleteFunc(c.proposals, func(p *asked) bool {
		if over(p) {
			c.write(EntryProposal, p.ID, why, nil)
			return true
		}
		return false
	})
}

// proposal finds one that stands.
func (c *Controller) proposal(id string) *asked {
	if i := slices.IndexFunc(c.proposals, func(p *asked) bool { return p.ID == id }); i >= 0 {
		return c.proposals[i]
	}
	return nil
}
