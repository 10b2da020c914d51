package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// Pool implements dispatcher.Capacity.
func (c *capacity) Pool(ctx context.Context, at time.Time) (v dispatcher.PoolView, err error) {
	v = dispatcher.PoolView{At: at, Nodes: []dispatcher.PoolNode{}, Applications: []dispatcher.PoolApplication{}, Postings: []dispatcher.PoolPosting{}}
	err = c.inOffice(ctx, func(o *office.Office) error {
		books := o.Books()
		excess := books.Excess(at)
		var walk func(nodes []metering.Node, depth int) error
		walk = func(nodes []metering.Node, depth int) error {
			for _, n := range nodes {
				node := dispatcher.PoolNode{Node: string(n.ID), Name: c.nodeName(n.ID), Depth: depth, ExcessW: int64(excess[n.ID]), PoolSums: sumsAt(books, at, n.ID)}
				usable, room, err := books.Usable(n.ID, at, time.Time{})
				if err != nil {
					return err
				}
				node.UsableW, node.BindsAt = int64(usable), string(room.Node)
				node.UsedW = int64(books.Committed(n.ID, at))
				if limit, ok := books.CeilingAt(n.ID, at); ok {
					if p, limited := limit.Power(); limited {
						w := int64(p)
						node.CeilingW = &w
					}
				}
				v.Total = added(v.Total, node.PoolSums)
				v.Nodes = append(v.Nodes, node)
				if err := walk(c.site.Topology.Children(n.ID), depth+1); err != nil {
					return err
				}
			}
			return nil
		}
		if err := walk(c.site.Topology.Children(""), 0); err != nil {
			return err
		}
		for _, a := range o.Applications(at) {
			v.Applications = append(v.Applications, applicationView(a))
		}
		for _, p := range slices.Backward(books.Postings()) {
			if len(v.Postings) == mostPostings {
				break
			}
			v.Postings = append(v.Postings, c.postingView(p))
		}
		return nil
	})
	return v, err
}

// mostPostings is how many postings are shown.
const mostPostings = 200

func applicationView(a office.Application) dispatcher.PoolApplication {
	v := dispatcher.PoolApplication{ID: a.ID, Name: a.Name, Node: string(a.Node), PowerW: int64(a.Power), Status: string(a.Status), At: a.At, Until: until(a.Until), Score: a.Score.Points, ScoreWhy: []string{}}
	for _, part := range a.Score.Parts {
		v.ScoreWhy = append(v.ScoreWhy, fmt.Sprintf("%s %d: %s", part.Name, part.Points, part.Why))
	}
	return v
}

// sumsAt are the balances at a node, by what kilowatts are.
func sumsAt(books *pool.Ledger, at time.Time, node metering.NodeID) (s dispatcher.PoolSums) {
	for _, a := range books.Accounts() {
		if a.Node != node {
			continue
		}
		w := int64(books.Balance(a, at))
		switch a.Kind {
		case pool.KindSupply:
			s.SupplyW += w
		case pool.KindPool:
			s.FreeW += w
		case pool.KindFirm:
			s.FirmW += w
		case pool.KindNonFirm:
			s.NonFirmW += w
		case pool.KindReserved:
			s.ReservedW += w
		case pool.KindHeld:
			s.HeldW += w
		case pool.KindDemoted:
			s.DemotedW += w
		case pool.KindLoss:
			s.LossW += w
		}
	}
	return s
}

func added(a, b dispatcher.PoolSums) dispatcher.PoolSums {
	return dispatcher.PoolSums{
		SupplyW: a.SupplyW + b.SupplyW, FreeW: a.FreeW + b.FreeW, FirmW: a.FirmW + b.FirmW, NonFirmW: a.NonFirmW + b.NonFirmW,
		ReservedW: a.ReservedW + b.ReservedW, HeldW: a.HeldW + b.HeldW, DemotedW: a.DemotedW + b.DemotedW, LossW: a.LossW + b.LossW,
	}
}

func (c *capacity) postingView(p pool.Posting) dispatcher.PoolPosting {
	v := dispatcher.PoolPosting{Seq: p.Seq, Recorded: p.Recorded, Author: p.Author, Approver: p.Approver, Document: p.Document, Basis: p.Basis, Entries: []string{}}
	for _, e := range p.Entries {
		text := fmt.Sprintf("%s → %s: %v, %s", c.accountName(e.From), c.accountName(e.To), e.Power, day(e.Valid.From, c.site.Location))
		if !e.Valid.To.IsZero() {
			text += " … " + day(e.Valid.To, c.site.Location)
		}
		v.Entries = append(v.Entries, text)
	}
	return v
}

// accountName is an account as people read it: "FIRM Керамика-1, Ф-3".
func (c *capacity) accountName(a pool.Account) string {
	text := string(a.Kind)
	if a.Owner != "" {
		owner := a.Owner
		if _, ok := c.site.Resident(metering.ResidentID(owner)); ok {
			owner = c.residentName(metering.ResidentID(owner))
		}
		text += " " + owner
	}
	if a.Node != "" {
		text += ", " + c.nodeName(a.Node)
	}
	return text
}
