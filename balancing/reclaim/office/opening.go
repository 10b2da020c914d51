package office

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/metering"
)

// NodesOf are the nodes of a site's books with their usual ceilings: at sources the
// contract, 0 for one that cannot be counted on; elsewhere the node's own limit of
// power. Limits by current and by apparent power, and limits for a time, are no
// ceilings: what they come to depends on how power is drawn, and they bind the
// balancer, not the paper.
func NodesOf(site *metering.Site) []pool.Node {
	var list []pool.Node
	for _, n := range site.Topology.Nodes {
		node := pool.Node{ID: n.ID, Parent: n.Parent}
		limit, document := n.Limit, "site file: limit of the node"
		for _, s := range site.Sources {
			switch {
			case s.Node != n.ID:
			case !s.Available:
				limit, document = metering.LimitOf(0), "site file: "+s.ID+" is not available"
			case s.Contract.IsStated():
				limit, document = lower(n.Limit, s.Contract), "site file: contract of "+s.ID
			}
		}
		if limit.IsStated() {
			node.Ceilings = []pool.Ceiling{{Limit: limit, Document: document}}
		}
		list = append(list, node)
	}
	return list
}

// lower is the lower of two limits that hold at once.
func lower(a, b metering.Limit) metering.Limit {
	p, limited := a.Power()
	q, bound := b.Power()
	if limited && (!bound || p < q) {
		return a
	}
	return b
}

// open posts what was issued before the books began: at each source as much capacity as
// its contract, or as the rights below it where these are more, and from there the firm
// power of every condition.
func (o *Office) open() error {
	posting := pool.Posting{Recorded: o.config.Opened, Author: "site file", Approver: "opening of the books", Basis: "site file",
		Document: "site file " + string(o.config.Site.ID), Opening: true}
	rights := map[metering.NodeID][]metering.Condition{} // by source
	var firm []pool.Entry
	for _, c := range o.register.Conditions() {
		valid := metering.Period{From: later(second(c.From), o.config.Opened), To: c.To}
		if !valid.To.IsZero() {
			if valid.To = second(valid.To); !valid.From.Before(valid.To) {
				continue
			}
		}
		path := o.config.Site.Topology.Path(c.Node)
		if len(path) == 0 {
			return fmt.Errorf("condition %s: node %q is not known", c.ID, c.Node)
		}
		root := path[len(path)-1].ID
		if c.Power > 0 {
			rights[root] = append(rights[root], c)
			firm = append(firm, pool.Entry{From: pool.Supply(root), To: pool.Firm(c.Resident, c.Node), Power: c.Power, Valid: valid})
		}
		if c.NonFirm > 0 {
			firm = append(firm, pool.Entry{From: pool.Grid(), To: pool.NonFirm(c.Resident, c.Node), Power: c.NonFirm, Valid: valid})
		}
	}
	for _, n := range o.config.Site.Topology.Nodes {
		if n.Parent != "" {
			continue
		}
		contract := o.contract(n.ID)
		most, since := o.most(rights[n.ID])
		if most > contract {
			o.notes = append(o.notes, fmt.Sprintf("firm rights below %s come to %v from %s on, %v above its contract of %v: nothing can be given out there before they are fewer, or its ceiling is raised by decision",
				o.where(n.ID), most, o.day(since), most-contract, contract))
		}
		if declared := roundUp(max(contract, most)); declared > 0 {
			posting.Entries = append(posting.Entries, pool.Entry{From: pool.Grid(), To: pool.Supply(n.ID), Power: declared, Valid: metering.Period{From: o.config.Opened}})
		}
	}
	if posting.Entries = append(posting.Entries, firm...); len(posting.Entries) == 0 {
		return nil
	}
	if len(o.notes) > 0 {
		posting.Document += ": " + strings.Join(o.notes, "; ")
	}
	_, err := o.books.Post(posting)
	return err
}

// contract is what the available sources at a root declare, 0 if they state nothing.
func (o *Office) contract(root metering.NodeID) (sum metering.Power) {
	for _, s := range o.config.Site.Sources {
		if p, ok := s.Contract.Power(); ok && s.Available && s.Node == root {
			sum += p
		}
	}
	return sum
}

// most is the greatest sum of firm rights at any time since the opening, and when it is
// reached first.
func (o *Office) most(conditions []metering.Condition) (most metering.Power, since time.Time) {
	instants := []time.Time{o.config.Opened}
	for _, c := range conditions {
		instants = append(instants, later(second(c.From), o.config.Opened))
	}
	slices.SortFunc(instants, time.Time.Compare)
	for _, t := range instants {
		var sum metering.Power
		for _, c := range conditions {
			if !second(c.From).After(t) && (c.To.IsZero() || second(c.To).After(t)) {
				sum += c.Power
			}
		}
		if sum > most {
			most, since = sum, t
		}
	}
	return most, since
}

func roundUp(p metering.Power) metering.Power {
	return (p + metering.Kilowatt - 1) / metering.Kilowatt * metering.Kilowatt
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
