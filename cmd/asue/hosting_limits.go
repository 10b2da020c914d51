package main

import (
	"math"
	"slices"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"
)

// lay lays the nodes out with their limits, rights and armours.
func (z *hostingZone) lay(site *metering.Site, list []judged, at time.Time, powerFactor float64) {
	for _, n := range site.Topology.Nodes {
		h := hosting.Node{ID: n.ID, Parent: n.Parent, Limits: limitsOf(site, n, at, powerFactor)}
		h.Firm = mostFirm(site, n.ID, at)
		armoured := map[metering.ResidentID]metering.Power{} // once, though it has two feeders
		for _, j := range list {
			if below(site, j.Node, n.ID) {
				armoured[j.Resident] = max(armoured[j.Resident], j.Armour)
			}
		}
		for _, p := range armoured {
			h.Armour += p
		}
		z.nodes = append(z.nodes, h)
	}
	z.promised = append(z.promised, promises(site, at)...)
	z.scenarios = scenariosOf(site, at, powerFactor)
	z.commitLater(site, at)
	z.note("backup supply: not stated; limits in MVA and A are turned into power with cos φ %v", powerFactor)
}

// mostFirm is the greatest sum of firm rights at a node and below from a time on: what is
// to come into force has been promised, what is to end counts until then. A change of a
// condition is two versions of it, which never hold together.
func mostFirm(site *metering.Site, node metering.NodeID, at time.Time) (most metering.Power) {
	moments := []time.Time{at}
	for _, c := range site.Conditions {
		if c.From.After(at) {
			moments = append(moments, c.From)
		}
	}
	for _, t := range moments {
		var sum metering.Power
		for _, c := range site.Conditions {
			if c.At(t) && below(site, c.Node, node) {
				sum += c.Power
			}
		}
		most = max(most, sum)
	}
	return most
}

// commitLater counts what residents get more at a node from a later day on as demand that
// is to come, all of it at all times: nobody knows yet how it will be drawn.
func (z *hostingZone) commitLater(site *metering.Site, at time.Time) {
	type place struct {
		resident metering.ResidentID
		node     metering.NodeID
	}
	sum := func(p place, t time.Time) (sum metering.Power) {
		for _, c := range site.Conditions {
			if c.Resident == p.resident && c.Node == p.node && c.At(t) {
				sum += c.Power
			}
		}
		return sum
	}
	var later metering.Power
	counted := map[place]metering.Power{} // above what holds at the time
	for _, c := range site.Conditions {
		p := place{c.Resident, c.Node}
		more := sum(p, c.From) - sum(p, at) - counted[p]
		if !c.From.After(at) || more <= 0 {
			continue
		}
		counted[p] += more
		later += more
		z.committed = append(z.committed, hosting.Committed{Node: c.Node, Power: more, Profile: hosting.Flat(hostingBlock), From: c.From})
	}
	if later > 0 {
		z.note("ТУ of %v that come into force later count as firm rights already, and as drawn from then on", later)
	}
}

func below(site *metering.Site, node, ancestor metering.NodeID) bool {
	return slices.ContainsFunc(site.Topology.Path(node), func(n metering.Node) bool { return n.ID == ancestor })
}

// limitsOf are the limits of a node from a time on; none if nothing is stated. Of bands
// that hold in some hours of some days the limit counts always. What is promised counts
// as if it came true.
func limitsOf(site *metering.Site, n metering.Node, at time.Time, powerFactor float64, promised ...metering.Promise) []hosting.Step {
	times := []time.Time{at}
	for _, p := range promised {
		times = append(times, p.From)
	}
	for _, b := range site.Limits {
		for _, t := range []time.Time{b.From, b.To} {
			if b.Node == n.ID && t.After(at) {
				times = append(times, t)
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	var steps []hosting.Step
	stated := false
	for _, t := range slices.CompactFunc(times, time.Time.Equal) {
		l := limitAt(site, n, t, powerFactor, promised)
		stated = stated || l.IsStated()
		if !l.IsStated() {
			l = metering.Unlimited()
		}
		steps = append(steps, hosting.Step{From: t, Limit: l})
	}
	if !stated {
		return nil
	}
	return steps
}

// limitAt is the lowest of the limits of a node at a time: its own by power, apparent
// power and current, its bands, and at a source the contract. A source that is not
// available gives nothing. The last promise that has come true by then stands in place of
// the node's own limit and of the contract.
func limitAt(site *metering.Site, n metering.Node, t time.Time, powerFactor float64, promised []metering.Promise) metering.Limit {
	lowest, came := n.Limit, false
	for _, p := range promised {
		if !p.From.After(t) {
			lowest, came = p.Limit, true
		}
	}
	take := func(l metering.Limit) {
		p, limited := l.Power()
		q, already := lowest.Power()
		if l.IsStated() && (!lowest.IsStated() || (limited && (!already || p < q))) {
			lowest = l
		}
	}
	watts := func(w float64) { take(metering.LimitOf(metering.Power(math.Floor(w)))) }
	if n.MostVA > 0 {
		watts(n.MostVA * powerFactor)
	}
	if n.MostA > 0 {
		watts(math.Sqrt(3) * n.VoltageKV * 1000 * n.MostA * powerFactor)
	}
	for _, b := range site.Limits {
		if b.Node == n.ID && (b.From.IsZero() || !t.Before(b.From)) && (b.To.IsZero() || t.Before(b.To)) {
			take(b.Limit)
		}
	}
	for _, s := range site.Sources {
		switch {
		case s.Node != n.ID || came:
		case s.Available:
			take(s.Contract)
		default:
			take(metering.LimitOf(0))
		}
	}
	return lowest
}
