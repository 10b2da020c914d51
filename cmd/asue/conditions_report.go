package main

import (
	"math"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// conditionsReport is what `asue conditions --json` prints. Powers are in kW, times in
// UTC, shares of 1; what is not known is null.
type conditionsReport struct {
	Site    metering.SiteID  `json:"site"`
	From    time.Time        `json:"from"`
	To      time.Time        `json:"to"` // exclusive
	Minutes int              `json:"block_minutes"`
	Rules   reclaim.Settings `json:"rules"`
	// Residents are by node, in the order of the site file.
	Residents []conditionRow `json:"residents"`
	Total     conditionSum   `json:"total"`
	ByClass   []classSum     `json:"by_class"`
	ByNode    []nodeSum      `json:"by_node"`
	Notes     []string       `json:"notes"`
}

// conditionRow is what came out for a resident at a node.
type conditionRow struct {
	Resident    metering.ResidentID `json:"resident"`
	Name        string              `json:"name"`
	Node        metering.NodeID     `json:"node"`
	TU          float64             `json:"tu_kw"`
	Need        *float64            `json:"need_kw"`
	Utilisation *float64            `json:"utilisation"`
	Class       reclaim.Class       `json:"class"`
	Retain      *float64            `json:"retain_kw"`
	Reclaim     *float64            `json:"reclaim_kw"`
	Coverage    float64             `json:"coverage"`
	Reason      string              `json:"reason"`
	// Max is the greatest block that is known, whatever the coverage.
	Max       float64        `json:"max_kw"`
	Trend     float64        `json:"trend_kw_per_month"`
	Intervals reclaim.Counts `json:"intervals"`
	// Enough is set where the history is too short or has too many holes.
	Enough *reclaim.Enough `json:"enough,omitempty"`
	// Arithmetic stands here if it was asked for.
	Arithmetic []reclaim.Step `json:"arithmetic,omitempty"`
	Evidence   reclaim.Hash   `json:"evidence_sha256"`
	Notes      []string       `json:"notes,omitempty"`
}

// conditionSum adds conditions up: what stands on paper, what of it is needed, what
// could be returned, and the conditions about which nothing can be said.
type conditionSum struct {
	OnPaper    float64 `json:"tu_kw"`
	Needed     float64 `json:"need_kw"`
	Returnable float64 `json:"reclaim_kw"`
	Unknown    float64 `json:"not_judged_kw"`
	Rows       int     `json:"conditions"`
}

type classSum struct {
	Class reclaim.Class `json:"class"`
	conditionSum
}

type nodeSum struct {
	Node  metering.NodeID `json:"node"`
	Name  string          `json:"name"`
	Depth int             `json:"depth"` // below its source
	conditionSum
}

func conditionsOf(u *uses, list []judged, arithmetic bool) conditionsReport {
	r := conditionsReport{Site: u.site.ID, From: u.from, To: u.to, Rules: u.rules, Residents: []conditionRow{}, Notes: append([]string{}, u.notes...)}
	for _, j := range list {
		r.Minutes = j.finding.Use.Minutes
		r.Residents = append(r.Residents, j.row(u.site, arithmetic))
	}
	for _, row := range r.Residents {
		r.Total.add(row)
	}
	for _, class := range reclaim.Classes() {
		s := classSum{Class: class}
		for _, row := range r.Residents {
			if row.Class == class {
				s.add(row)
			}
		}
		if s.Rows > 0 {
			r.ByClass = append(r.ByClass, s)
		}
	}
	r.ByNode = byNode(u.site, r.Residents)
	return r
}

func (j judged) row(site *metering.Site, arithmetic bool) conditionRow {
	f, c := j.finding, j.finding.Use.Intervals
	resident, _ := site.Resident(j.Resident)
	row := conditionRow{
		Resident: j.Resident, Name: resident.Name, Node: j.Node, TU: f.Use.Allowed.Kilowatts(), Class: f.Class, Reason: f.Reason,
		Coverage: float64(c.Share(c.Valid)) / 10_000, Max: f.Use.Max.Kilowatts(), Trend: f.Use.Trend.Kilowatts(),
		Intervals: c, Evidence: j.evidence.SHA256, Notes: j.notes,
	}
	if f.Class == reclaim.Insufficient {
		if j.enough.From.After(f.Use.To) {
			row.Enough = &j.enough
		}
		return row
	}
	if need, ok := f.Use.Need(); ok {
		kw, share := need.Kilowatts(), math.Round(float64(need)/float64(f.Use.Allowed)*10_000)/10_000
		row.Need, row.Utilisation = &kw, &share
	}
	if v := f.Volume; v != nil {
		retain, back := v.Retained.Kilowatts(), v.Returnable.Kilowatts()
		row.Retain, row.Reclaim = &retain, &back
		if arithmetic {
			row.Arithmetic = v.Steps
		}
	}
	return row
}

func (s *conditionSum) add(r conditionRow) {
	s.Rows++
	s.OnPaper += r.TU
	if r.Need != nil {
		s.Needed += *r.Need
	} else {
		s.Unknown += r.TU
	}
	if r.Reclaim != nil {
		s.Returnable += *r.Reclaim
	}
}

// byNode adds up what is connected at each node and below, in the order of the forest:
// each node before those that it feeds.
func byNode(site *metering.Site, rows []conditionRow) []nodeSum {
	var list []nodeSum
	var walk func(nodes []metering.Node, depth int)
	walk = func(nodes []metering.Node, depth int) {
		for _, n := range nodes {
			s := nodeSum{Node: n.ID, Name: n.Name, Depth: depth}
			for _, r := range rows {
				if slices.ContainsFunc(site.Topology.Path(r.Node), func(a metering.Node) bool { return a.ID == n.ID }) {
					s.add(r)
				}
			}
			if s.Rows > 0 {
				list = append(list, s)
				walk(site.Topology.Children(n.ID), depth+1)
			}
		}
	}
	walk(site.Topology.Children(""), 0)
	return list
}
