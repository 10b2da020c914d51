package main

import (
	"context"
	"fmt"
	"strings"
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
	scenarios  []hosting.Scenario
	promised   []string
	notes      []string
	unknown    []string // who is not known well enough
}

// zoneOf makes it of the site file and of a year of all residents.
//
// Where the input is metered the loads together are what came in through it, whatever is
// known of each: what nobody is known to draw is a load of its own at the input. Who is
// not known well enough counts at its node with all that it has a right to, and the load
// at the input is less by as much.
func zoneOf(ctx context.Context, u *uses, list []judged, powerFactor float64) (hostingZone, error) {
	z := hostingZone{promised: []string{}, notes: []string{}}
	z.lay(u.site, list, u.to, powerFactor)
	node, rest, err := z.input(ctx, u)
	if err != nil {
		return z, err
	}
	for _, j := range list {
		l, err := z.load(u, j, rest)
		if err != nil {
			return z, err
		}
		z.loads = append(z.loads, l)
		if v := j.finding.Volume; v != nil && v.Returnable > 0 {
			z.candidates = append(z.candidates, hosting.Candidate{Resident: j.Resident, Node: j.Node, Power: v.Returnable})
		}
	}
	if len(z.unknown) > 0 {
		z.note("not known well enough, so that all of the ТУ counts at the node, and at the input what came in: %s", strings.Join(z.unknown, ", "))
	}
	if rest != nil {
		z.loads = append(z.loads, hosting.Load{Name: "losses, own needs and who is not metered", Node: node, Weeks: rest})
	}
	return z, nil
}

func (z *hostingZone) note(format string, args ...any) {
	z.notes = append(z.notes, fmt.Sprintf(format, args...))
}

// input is what came in, by week, and where; nil if that is not known.
func (z *hostingZone) input(ctx context.Context, u *uses) (metering.NodeID, []hosting.Week, error) {
	source, ok := u.site.Feeding()
	if !ok {
		z.note("no supply line is available: losses and own needs are not counted")
		return "", nil, nil
	}
	points := inputsOf(u.site, u.to)
	if len(points) == 0 {
		z.note("the input of %s is not metered: losses and own needs are not counted", source.ID)
		return "", nil, nil
	}
	intervals, err := u.intervals(ctx, points, time.Time{})
	if err != nil {
		return "", nil, err
	}
	g, err := grid.New(u.from, u.to, intervals)
	if err != nil {
		return "", nil, err
	}
	record := reclaim.RecordOf(demand.Source{Grid: g}, "input", nil, points...)
	weeks, err := u.year.Weeks(reclaim.Subject{Resident: "input"}, record)
	if len(weeks) == 0 {
		z.note("nothing is known of the input of %s: losses and own needs are not counted", source.ID)
		return "", nil, err
	}
	first, _ := u.site.Point(points[0])
	return first.Node, weeksFrom(weeks), err
}

// inputsOf are the points through which the line in service feeds the zone; none if it is
// not metered or no line is available.
func inputsOf(site *metering.Site, at time.Time) []metering.PointID {
	source, ok := site.Feeding()
	if !ok {
		return nil
	}
	return balancing.SupplyOf(site, at, source).InService
}

func weeksFrom(weeks []reclaim.Week) []hosting.Week {
	list := make([]hosting.Week, len(weeks))
	for i, w := range weeks {
		list[i] = hosting.Week(w)
	}
	return list
}

// load is what one resident draws at a node. It is taken off what came in, as far as it
// was part of that.
func (z *hostingZone) load(u *uses, j judged, rest []hosting.Week) (hosting.Load, error) {
	l := hosting.Load{Name: string(j.Resident), Node: j.Node}
	all, err := u.year.Weeks(reclaim.Subject{Resident: j.Resident}, j.record)
	if err != nil {
		return l, err
	}
	since, err := u.year.Weeks(j.Subject, j.record)
	if err != nil {
		return l, err
	}
	use := j.finding.Use
	began := len(all) - len(since)
	switch {
	case len(since) == 0 || !use.Intervals.Covers(u.rules.Coverage):
		z.unknown = append(z.unknown, fmt.Sprintf("%s at %s (%v)", j.Resident, j.Node, use.Allowed))
		l.Weeks, began = u.full(use.Allowed, rest), 0
	default:
		l.Weeks = weeksFrom(all)
		z.commit(u, j)
		if began > 0 {
			z.note("%s at %s began within the year: before, it counts as it draws since", j.Resident, j.Node)
		}
	}
	for i := range l.Weeks {
		if i < began && rest != nil {
			l.Weeks[i].Filled = rest[i].Filled
		}
		if i >= began && rest != nil {
			takeOff(rest[i].Power, l.Weeks[i].Power)
		}
	}
	return l, nil
}

func takeOff(power, part []float32) {
	for b := range power {
		power[b] -= part[b]
	}
}

// full is the weeks of who draws a power all the time. They are known as well as what
// came in.
func (u *uses) full(p metering.Power, rest []hosting.Week) []hosting.Week {
	perWeek := int(7 * 24 * time.Hour / u.block)
	var list []hosting.Week
	for i, season := range u.year.Seasons() {
		w := hosting.Week{Season: season, Power: make([]float32, perWeek), Filled: perWeek}
		if rest != nil {
			w.Filled = rest[i].Filled
		}
		for b := range w.Power {
			w.Power[b] = float32(p.Kilowatts())
		}
		list = append(list, w)
	}
	return list
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
