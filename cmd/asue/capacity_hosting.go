package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// Hosting implements dispatcher.Capacity.
func (c *capacity) Hosting(ctx context.Context, q dispatcher.HostingQuestion, progress func(float64)) (dispatcher.HostingView, error) {
	tell := func(float64) {}
	if progress != nil {
		tell = progress
	}
	if err := knownProfile(q.Profile); err != nil { // before a year is judged for it
		return dispatcher.HostingView{}, err
	}
	y, err := c.asked(ctx, q.AsOf, func(part float64) { tell(0.4 * part) })
	if err != nil {
		return dispatcher.HostingView{}, err
	}
	profile, err := profileOf(q, y.uses)
	if err != nil {
		return dispatcher.HostingView{}, err
	}
	zone := y.zone
	now := c.now()
	var usable metering.Power
	err = c.inOffice(ctx, func(o *office.Office) error {
		zone = withBooks(y.zone, y.uses, o, now)
		var err error
		if usable, _, err = o.Books().Usable(metering.NodeID(q.Node), now, time.Time{}); err != nil {
			return refused("%v", err)
		}
		return nil
	})
	if err != nil {
		return dispatcher.HostingView{}, err
	}
	model, err := hosting.New(zone.nodes, zone.loads, y.uses.block)
	if err != nil {
		return dispatcher.HostingView{}, err
	}
	answer, err := model.Ask(hosting.Question{
		Power: metering.Power(q.PowerW), Profile: profile, Node: metering.NodeID(q.Node), Flexible: q.Flexible, At: y.uses.to,
		Committed: zone.committed, Scenarios: zone.scenarios, Candidates: zone.candidates,
		Progress: func(part float64) bool {
			tell(0.4 + 0.6*part)
			return ctx.Err() == nil
		},
	}, hosting.DefaultPolicy())
	switch {
	case errors.Is(err, hosting.ErrStopped) && ctx.Err() != nil:
		return dispatcher.HostingView{}, ctx.Err()
	case err != nil:
		return dispatcher.HostingView{}, refused("%v", err)
	}
	q.AsOf = y.uses.to
	return c.hostingView(q, answer, usable, zone), nil
}

// profileOf is how the newcomer would draw.
func profileOf(q dispatcher.HostingQuestion, u *uses) (hosting.Profile, error) {
	if err := knownProfile(q.Profile); err != nil {
		return hosting.Profile{}, err
	}
	p, err := hosting.Named(q.Profile, u.block, reclaim.YearTo(u.to, u.site.Location).In(u.site.Location).Weekday())
	if err == nil && q.AnnualWh > 0 {
		p, err = p.WithEnergy(metering.Power(q.PowerW), metering.Energy(q.AnnualWh))
	}
	if err != nil {
		return p, refused("profile %s: %v", q.Profile, err)
	}
	return p, nil
}

func knownProfile(name string) error {
	if names, _ := hosting.Templates(); !slices.Contains(names, name) {
		return refused("profile %q: use one of %s", name, strings.Join(names, ", "))
	}
	return nil
}

// withBooks is a zone with what the register does not have and the books do: what is
// reserved is demand to come and a firm right, and what a return under way has taken out
// of the register is a right until it is complete.
func withBooks(z hostingZone, u *uses, o *office.Office, at time.Time) hostingZone {
	z.nodes, z.committed, z.notes = slices.Clone(z.nodes), slices.Clone(z.committed), slices.Clone(z.notes)
	add := func(node metering.NodeID, p metering.Power) {
		for i := range z.nodes {
			if below(u.site, node, z.nodes[i].ID) {
				z.nodes[i].Firm += p
			}
		}
	}
	for _, a := range o.Applications(at) {
		if a.Status != office.Reserved {
			continue
		}
		add(a.Node, a.Reserved)
		profile, err := profileOf(dispatcher.HostingQuestion{Profile: a.Profile}, u)
		if err != nil {
			profile = hosting.Flat(u.block)
		}
		z.committed = append(z.committed, hosting.Committed{Node: a.Node, Power: a.Reserved, Profile: profile, From: u.to})
		z.note("%v reserved for %s at %s until %s count as drawn", a.Reserved, a.Name, a.Node, day(a.Until, u.site.Location))
	}
	for _, owed := range owedBy(o, at) {
		add(owed.node, owed.power)
		z.note("%v of %s at %s are being returned: they count until the return is complete", owed.power, owed.resident, owed.node)
	}
	return z
}

// owedAt is power of a resident at a node that is on its way back.
type owedAt struct {
	resident metering.ResidentID
	node     metering.NodeID
	power    metering.Power
}

// owedBy is how much more the books have for residents than the register, in the order of
// the books.
func owedBy(o *office.Office, at time.Time) []owedAt {
	var list []owedAt
	for _, a := range o.Books().Accounts() {
		if a.Kind != pool.KindFirm && a.Kind != pool.KindHeld && a.Kind != pool.KindDemoted {
			continue
		}
		i := slices.IndexFunc(list, func(x owedAt) bool { return string(x.resident) == a.Owner && x.node == a.Node })
		if i < 0 {
			i = len(list)
			list = append(list, owedAt{metering.ResidentID(a.Owner), a.Node, 0})
		}
		list[i].power += o.Books().Balance(a, at)
	}
	for _, c := range o.Register().Conditions() {
		for i := range list {
			if x := &list[i]; c.At(at) && c.Resident == x.resident && c.Node == x.node {
				x.power -= c.Power
			}
		}
	}
	return slices.DeleteFunc(list, func(x owedAt) bool { return x.power <= 0 })
}

func (c *capacity) hostingView(q dispatcher.HostingQuestion, a hosting.Answer, usable metering.Power, z hostingZone) dispatcher.HostingView {
	v := dispatcher.HostingView{
		HostingQuestion: q, Verdict: string(a.Verdict), FirmNowW: int64(a.FirmNow), Unlimited: a.Unlimited, PoolW: int64(usable),
		Scheme: a.Scheme, ValidUntil: a.ValidUntil, Sufficient: a.Sufficient, Digest: a.Digest,
		From: []dispatcher.HostingFrom{}, Risks: []dispatcher.HostingRisk{}, Unlock: []dispatcher.HostingUnlock{}, Notes: append([]string{}, z.notes...),
	}
	for _, p := range z.promised {
		v.Notes = append(v.Notes, "promised: "+p)
	}
	if !a.Sufficient {
		v.Notes = append(v.Notes, fmt.Sprintf("%d usable weeks are too few to say anything about risk: firm rights may come up to %v times a limit", a.Weeks, a.Policy.RatioBlind))
	}
	if a.Binding != nil {
		b := c.binding(*a.Binding)
		v.Binding = &b
	}
	if k := a.Curtailment; k != nil {
		upTo := int64(k.UpTo)
		v.NonFirmW = &upTo
		v.Curtailed = &dispatcher.HostingCurtailed{Hours: k.Hours, EnergyWh: int64(k.Energy), EnergyP95Wh: int64(k.EnergyP95), Share: k.Share,
			WorstMonth: int(k.WorstMonth), Allowed: k.Allowed}
	}
	for _, f := range a.From {
		from := dispatcher.HostingFrom{Scenario: f.Scenario, From: f.From, Quarters: []dispatcher.HostingQuarter{}}
		for _, quarter := range f.Quarters {
			from.Quarters = append(from.Quarters, dispatcher.HostingQuarter{From: quarter.From, FirmW: int64(quarter.Firm), Unlimited: quarter.Unlimited})
		}
		v.From = append(v.From, from)
	}
	for i, room := range a.Path {
		risk := dispatcher.HostingRisk{Node: string(room.Node), Name: c.nodeName(room.Node), LimitW: int64(room.Limit), FirmW: int64(room.Firm), Ratio: room.Ratio}
		if i < len(a.Before) && i < len(a.With) {
			risk.YearBefore, risk.YearWith = a.Before[i].Worst(), a.With[i].Worst()
			risk.HoursWith, risk.EnergyWithWh = a.With[i].Hours, int64(a.With[i].Energy)
		}
		v.Risks = append(v.Risks, risk)
	}
	for _, u := range a.Unlock {
		unlock := dispatcher.HostingUnlock{HostingBinding: c.binding(u.Binding), LimitW: int64(u.Limit), Enough: u.Enough, Candidates: []dispatcher.HostingCandidate{}}
		for _, k := range u.Candidates {
			unlock.Candidates = append(unlock.Candidates, dispatcher.HostingCandidate{Resident: string(k.Resident), Name: c.residentName(k.Resident), Node: string(k.Node), PowerW: int64(k.Power)})
		}
		v.Unlock = append(v.Unlock, unlock)
	}
	return v
}

func (c *capacity) binding(b hosting.Binding) dispatcher.HostingBinding {
	return dispatcher.HostingBinding{Node: string(b.Node), Name: c.nodeName(b.Node), Rule: string(b.Rule), Why: b.Why}
}

func (c *capacity) nodeName(id metering.NodeID) string {
	if n, ok := c.site.Topology.Node(id); ok && n.Name != "" {
		return n.Name
	}
	return string(id)
}

func (c *capacity) residentName(id metering.ResidentID) string {
	if r, ok := c.site.Resident(id); ok && r.Name != "" {
		return r.Name
	}
	return string(id)
}
