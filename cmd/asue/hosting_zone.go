package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/balancing"
	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"
)

// hostingZone is the zone as package hosting knows one, and what had to be assumed.
type hostingZone struct {
	nodes      []hosting.Node
	loads      []hosting.Load
	committed  []hosting.Committed
	candidates []hosting.Candidate
	promised   []string
	notes      []string
}

// zoneOf makes it of the site file and of a year of all residents.
func zoneOf(ctx context.Context, u *uses, list []judged, powerFactor float64) (hostingZone, error) {
	z := hostingZone{promised: []string{}, notes: []string{}}
	z.lay(u.site, list, u.to, powerFactor)
	var known []judged
	for _, j := range list {
		loaded, err := z.load(u, string(j.Resident), j.Node, j.record)
		if err != nil {
			return z, err
		}
		if loaded {
			known = append(known, j)
		} else {
			z.note("what %s draws at %s is not known: it counts where the input is metered, not at its node", j.Resident, j.Node)
		}
		z.commit(u, j)
		if v := j.finding.Volume; v != nil && v.Returnable > 0 {
			z.candidates = append(z.candidates, hosting.Candidate{Resident: j.Resident, Node: j.Node, Power: v.Returnable})
		}
	}
	return z, z.rest(ctx, u, known)
}

func (z *hostingZone) note(format string, args ...any) {
	z.notes = append(z.notes, fmt.Sprintf(format, args...))
}

// load adds what was drawn at a node; false if nothing of it is known.
func (z *hostingZone) load(u *uses, name string, node metering.NodeID, r reclaim.Record) (bool, error) {
	weeks, err := u.year.Weeks(reclaim.Subject{Resident: metering.ResidentID(name), Node: node}, r)
	if err != nil || len(weeks) == 0 {
		return false, err
	}
	l := hosting.Load{Name: name, Node: node}
	for _, w := range weeks {
		l.Weeks = append(l.Weeks, hosting.Week(w))
	}
	z.loads = append(z.loads, l)
	return true, nil
}

// commit counts the rights of who is not commissioned yet as demand that is to come.
func (z *hostingZone) commit(u *uses, j judged) {
	r, _ := u.site.Resident(j.Resident)
	left := j.finding.Use.Allowed - j.finding.Use.Max
	if r.State != metering.InRealisation || left <= 0 {
		return
	}
	z.committed = append(z.committed, hosting.Committed{Node: j.Node, Power: left, Profile: hosting.Flat(hostingBlock), From: u.to})
	z.note("%s at %s is in realisation: the %v that it has a right to and does not draw yet count as drawn all the time", j.Resident, j.Node, left)
}

// rest adds what came in and was drawn by no resident that is known: losses, own needs,
// residents without meters. It is drawn at the node of the input.
func (z *hostingZone) rest(ctx context.Context, u *uses, known []judged) error {
	source, ok := u.site.Feeding()
	if !ok {
		z.note("no supply line is available: losses are not known")
		return nil
	}
	points := balancing.SupplyOf(u.site, u.to, source).InService
	if len(points) == 0 {
		z.note("the input of %s is not metered: losses and own needs are not counted", source.ID)
		return nil
	}
	intervals, err := u.intervals(ctx, points, time.Time{})
	if err != nil {
		return err
	}
	g, err := grid.New(u.from, u.to, intervals)
	if err != nil {
		return err
	}
	came := demand.Source{Grid: g, Counts: reclaim.Undisputed}.Load("rest", metering.ChannelActiveImport, points...)
	for i := range came.Slots {
		for _, j := range known {
			came.Slots[i] = without(came.Slots[i], j.record.Load.Slots[i])
		}
		came.Slots[i].Energy = max(0, came.Slots[i].Energy)
	}
	first, _ := u.site.Point(points[0])
	loaded, err := z.load(u, "losses, own needs and who is not metered", first.Node, reclaim.Record{Load: came})
	if err == nil && !loaded {
		z.note("nothing is known of the input of %s: losses and own needs are not counted", source.ID)
	}
	return err
}

// without is an interval less another one, known as well as the less known of both.
func without(all, part demand.Slot) demand.Slot {
	switch {
	case part.State == demand.Absent:
		return all
	case !all.Known() || !part.Known():
		return demand.Slot{State: demand.Missing}
	}
	return demand.Slot{Energy: all.Energy - part.Energy, State: min(all.State, part.State), Grade: all.Grade}
}

// lay lays the nodes out with their limits, rights and armours.
func (z *hostingZone) lay(site *metering.Site, list []judged, at time.Time, powerFactor float64) {
	for _, n := range site.Topology.Nodes {
		h := hosting.Node{ID: n.ID, Parent: n.Parent, Limits: limitsOf(site, n, at, powerFactor)}
		armoured := map[metering.ResidentID]metering.Power{} // once, though it has two feeders
		for _, c := range site.Conditions {
			if below(site, c.Node, n.ID) && (c.To.IsZero() || c.To.After(at)) {
				h.Firm += c.Power // what is to come into force has been promised
			}
		}
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
	for _, s := range site.Sources {
		if !s.Available {
			promise := fmt.Sprintf("%s: not available", s.ID)
			if s.Contract.IsStated() {
				promise += fmt.Sprintf(", contract %v", s.Contract)
			} else {
				promise += ", contract not stated"
			}
			z.promised = append(z.promised, promise+", from when: not stated")
		}
	}
	z.note("backup supply: not stated; limits in MVA and A are turned into power with cos φ %v", powerFactor)
}

func below(site *metering.Site, node, ancestor metering.NodeID) bool {
	return slices.ContainsFunc(site.Topology.Path(node), func(n metering.Node) bool { return n.ID == ancestor })
}

// limitsOf are the limits of a node from a time on; none if nothing is stated. Of bands
// that hold in some hours of some days the limit counts always.
func limitsOf(site *metering.Site, n metering.Node, at time.Time, powerFactor float64) []hosting.Step {
	times := []time.Time{at}
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
		l := limitAt(site, n, t, powerFactor)
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
// available gives nothing.
func limitAt(site *metering.Site, n metering.Node, t time.Time, powerFactor float64) metering.Limit {
	lowest := n.Limit
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
		case s.Node != n.ID:
		case s.Available:
			take(s.Contract)
		default:
			take(metering.LimitOf(0))
		}
	}
	return lowest
}
