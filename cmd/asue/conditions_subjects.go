package main

import (
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// subjectAt is a resident with what it may draw at one node, and the points that say
// what it draws there.
type subjectAt struct {
	reclaim.Subject
	points []metering.PointID
	notes  []string // what a reader of the finding should know
}

// usersOf are the residents by node whose technical conditions are in force up to the
// end of a year, in the order of the site file.
//
// A point belongs to the nearest node towards the source at which its resident has a
// technical condition. Where points and conditions do not meet so, the resident is
// judged as a whole, at the node that feeds all of its conditions.
func usersOf(site *metering.Site, to time.Time) []subjectAt {
	var list []subjectAt
	for _, r := range site.Residents {
		list = append(list, usersOfResident(site, r, to)...)
	}
	return list
}

func usersOfResident(site *metering.Site, r metering.Resident, to time.Time) []subjectAt {
	var groups []subjectAt // by node, in the order of the conditions
	for _, c := range site.Conditions {
		c, known := upTo(c, to)
		if c.Resident != r.ID || !known {
			continue
		}
		i := slices.IndexFunc(groups, func(g subjectAt) bool { return g.Node == c.Node })
		if i < 0 {
			i = len(groups)
			groups = append(groups, subjectAt{Subject: reclaim.Subject{Resident: r.ID, Node: c.Node}})
		}
		groups[i].Conditions = append(groups[i].Conditions, c)
	}
	inForce := func(g subjectAt) bool { return g.AllowedAt(to.Add(-1)) > 0 }
	if !slices.ContainsFunc(groups, inForce) {
		return nil
	}
	points := pointsOf(site, r.ID)
	stray := share(site, points, groups)
	groups = slices.DeleteFunc(groups, func(g subjectAt) bool { return !inForce(g) && len(g.points) == 0 })
	dark := slices.IndexFunc(groups, func(g subjectAt) bool { return len(g.points) == 0 })
	switch {
	case len(points) > 0 && (stray != "" || dark >= 0 || !all(groups, inForce)):
		whole := together(site, groups, points)
		if stray != "" {
			whole.note("point %s lies at none of the nodes of its technical conditions; they are judged together", stray)
		} else if len(groups) > 1 {
			whole.note("not every node of its technical conditions is metered by itself; they are judged together")
		}
		groups = []subjectAt{whole}
	case len(groups) > 1:
		for i := range groups {
			groups[i].note("it has technical conditions at %d nodes: a feeder that stands by for another may look unused", len(groups))
		}
	}
	for i := range groups {
		groups[i].complete(site, r, to)
	}
	return groups
}

// upTo is a condition as it was at the end of a year; false if it was not there yet. What
// the register says of the time after has no part in a finding, so that it comes out the
// same once it is returned.
func upTo(c metering.Condition, to time.Time) (metering.Condition, bool) {
	if c.To.After(to) {
		c.To = time.Time{}
	}
	return c, c.From.Before(to)
}

// pointsOf are the points at which a resident's electricity is billed.
func pointsOf(site *metering.Site, id metering.ResidentID) []metering.PointID {
	var list []metering.PointID
	for _, p := range site.Points {
		if p.Resident == id && p.Role == metering.RoleResident && p.MediumOf() == metering.Electricity {
			list = append(list, p.ID)
		}
	}
	return list
}

// share gives each point to the group it belongs to, and returns one that belongs to
// none.
func share(site *metering.Site, points []metering.PointID, groups []subjectAt) (stray metering.PointID) {
	for _, id := range points {
		p, _ := site.Point(id)
		home := -1
		for _, n := range site.Topology.Path(p.Node) {
			if home = slices.IndexFunc(groups, func(g subjectAt) bool { return g.Node == n.ID }); home >= 0 {
				groups[home].points = append(groups[home].points, id)
				break
			}
		}
		if home < 0 {
			stray = id
		}
	}
	return stray
}

// together is a resident as a whole.
func together(site *metering.Site, groups []subjectAt, points []metering.PointID) subjectAt {
	whole := subjectAt{Subject: groups[0].Subject, points: points}
	path := site.Topology.Path(whole.Node)
	for _, g := range groups[1:] {
		whole.Conditions = append(whole.Conditions, g.Conditions...)
		below := site.Topology.Path(g.Node)
		path = slices.DeleteFunc(path, func(n metering.Node) bool {
			return !slices.ContainsFunc(below, func(o metering.Node) bool { return o.ID == n.ID })
		})
	}
	if len(path) > 0 { // the nodes of a forest may have nothing in common
		whole.Node = path[0].ID
	}
	return whole
}

// complete says of a subject what the register knows beside its conditions. Since when a
// resident draws it may not state; the first of its conditions stands for that.
func (s *subjectAt) complete(site *metering.Site, r metering.Resident, to time.Time) {
	s.Commissioned = s.Conditions[0].From
	for _, c := range s.Conditions {
		if c.From.Before(s.Commissioned) {
			s.Commissioned = c.From
		}
	}
	began := !r.Commissioned.IsZero() && r.Commissioned.Before(to)
	if began {
		s.Commissioned = r.Commissioned
	}
	switch {
	case r.GraceMonths != nil:
		months := *r.GraceMonths
		s.GraceMonths, s.GraceBy = &months, r.GraceBy
	case began:
	case !r.Commissioned.IsZero():
		s.spare(to, "register: commissioned after the end of the time")
		s.note("commissioned on %s, as the register says: its months of grace have not begun to pass", day(r.Commissioned, site.Location))
	case r.State == metering.InRealisation:
		s.spare(to, "site file: in realisation, not commissioned yet")
		s.note("in realisation, as the site file says: its months of grace have not begun to pass")
	}
	s.grow(to)
	for _, a := range site.Armours {
		if a.Resident == r.ID && a.At(to) {
			s.Armour = max(s.Armour, a.Technological, a.Emergency)
		}
	}
	if len(s.points) == 0 {
		s.note("no point meters it: what it draws is not known")
	}
}

// spare gives a subject so many months of grace that they last beyond the end of a time.
func (s *subjectAt) spare(to time.Time, by string) {
	months := rulesOfUse().GraceMonths
	for !s.Commissioned.AddDate(0, months, 0).After(to) {
		months += 12
	}
	s.GraceMonths, s.GraceBy = &months, by
}

// grow notes what the holder of the conditions in force has bound itself to draw more.
func (s *subjectAt) grow(to time.Time) {
	for _, c := range s.Conditions {
		if !c.At(to.Add(-1)) {
			continue
		}
		for _, g := range c.Stages {
			s.Growth = append(s.Growth, reclaim.Commitment(g))
		}
	}
}

func (s *subjectAt) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

func all[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}
