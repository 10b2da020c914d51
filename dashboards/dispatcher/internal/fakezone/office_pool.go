package fakezone

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// ceilings of the invented nodes; the third feeder has promised more than it carries.
var ceilings = map[string]int64{"in": 53_000_000, "f1": 19_500_000, "f2": 20_000_000, "f3": 12_500_000}

// Register lists the conditions as they stand.
func (o *Office) Register(_ context.Context, at time.Time) (dispatcher.RegisterView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.RegisterView{}, err
	}
	defer o.mu.Unlock()
	v := dispatcher.RegisterView{At: at, Entries: []dispatcher.RegisterEntry{}, History: []dispatcher.RegisterEntry{}}
	began := time.Date(2024, 1, 1, 0, 0, 0, 0, o.site.Location)
	for i, u := range o.uses {
		e := dispatcher.RegisterEntry{
			Condition: "tu-" + u.row.Resident, Resident: u.row.Resident, Name: u.row.Name, Node: u.row.Node, Medium: string(metering.Electricity), FirmW: u.row.TUW,
			VoltageKV: 10, Category: 2 + i%2, From: began, Document: fmt.Sprintf("ТУ № %d от 12.12.2023", 100+i),
		}
		if i%6 == 0 {
			e.Stages = []dispatcher.RegisterStage{{PowerW: 400_000, Due: began.AddDate(4, 0, 0), Milestones: 3, Document: "доп. согл. № 2"}}
		}
		for _, f := range o.cases {
			if f.use != u || f.changed.IsZero() {
				continue
			}
			old := e
			old.FirmW, old.To = int64(f.state.Allowed), &f.changed
			v.History = append(v.History, old)
			e.FirmW, e.From, e.Document, e.Author, e.Approver = int64(f.state.Allowed-f.state.Volume), f.changed, "доп. согл. № 5", "engineer", "admin"
		}
		v.Entries, v.History = append(v.Entries, e), append(v.History, e)
	}
	v.Entries = append(v.Entries, dispatcher.RegisterEntry{
		Condition: "gas-r-01", Resident: "r-01", Name: "Керамика-1", Node: "ГРП-1", Medium: string(metering.Gas), FlowL: 1_200_000, FlowPer: "hour", From: began, Document: "ТУ на газ № 4",
	})
	return v, nil
}

// Pool is the books.
func (o *Office) Pool(_ context.Context, at time.Time) (dispatcher.PoolView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.PoolView{}, err
	}
	defer o.mu.Unlock()
	v := dispatcher.PoolView{At: at, Applications: slices.Clone(o.wishes), Postings: slices.Clone(o.posts)}
	byNode := map[string]*dispatcher.PoolNode{}
	for _, n := range o.nodes() {
		node := &dispatcher.PoolNode{Node: string(n.ID), Name: n.Name, PoolSums: dispatcher.PoolSums{FreeW: o.pooled[string(n.ID)]}}
		if n.Parent != "" {
			node.Depth = 1
		}
		if w, ok := ceilings[node.Node]; ok {
			node.CeilingW = &w
		}
		byNode[node.Node] = node
	}
	for _, u := range o.uses {
		byNode[u.row.Node].FirmW += u.row.TUW
	}
	for _, w := range o.wishes {
		if w.Status == "reserved" {
			byNode[w.Node].ReservedW += w.PowerW
		}
	}
	for _, f := range o.cases {
		for _, p := range f.state.Pauses {
			if p.Cause == reclaim.ByDispute && p.To.IsZero() {
				byNode[f.use.row.Node].HeldW += int64(f.state.Volume)
				byNode[f.use.row.Node].FirmW -= int64(f.state.Volume)
			}
		}
	}
	root := byNode["in"]
	root.SupplyW, root.LossW = 1_850_000, 400_000
	for _, n := range byNode {
		n.UsedW += n.FirmW + n.ReservedW + n.HeldW
		if n != root {
			root.UsedW += n.FirmW + n.ReservedW + n.HeldW
		}
	}
	for _, n := range o.nodes() {
		node := byNode[string(n.ID)]
		node.UsableW, node.BindsAt = o.usable(node, root)
		if node.CeilingW != nil {
			node.ExcessW = max(0, node.UsedW-*node.CeilingW)
		}
		v.Nodes = append(v.Nodes, *node)
		t := &v.Total
		t.SupplyW, t.FreeW, t.FirmW, t.ReservedW, t.HeldW, t.LossW = t.SupplyW+node.SupplyW, t.FreeW+node.FreeW, t.FirmW+node.FirmW, t.ReservedW+node.ReservedW, t.HeldW+node.HeldW, t.LossW+node.LossW
	}
	return v, nil
}

// usable is how much of the pool can be committed at a node, and what binds.
func (o *Office) usable(n, root *dispatcher.PoolNode) (w int64, binds string) {
	for _, free := range o.pooled {
		w += free
	}
	for _, at := range []*dispatcher.PoolNode{n, root} {
		if room := max(0, *at.CeilingW-at.UsedW); room < w {
			w, binds = room, at.Node
		}
	}
	return w, binds
}

// Hosting answers by a formula, and takes its time.
func (o *Office) Hosting(ctx context.Context, q dispatcher.HostingQuestion, progress func(part float64)) (dispatcher.HostingView, error) {
	if !slices.Contains([]string{"one-shift", "two-shifts", "continuous", "offices", "nights", "flat"}, q.Profile) {
		return dispatcher.HostingView{}, refusal("profile "+q.Profile+": there is no such template", "use one of one-shift, two-shifts, continuous, offices, nights, flat")
	}
	for i := range 8 {
		if progress != nil {
			progress(float64(i) / 8)
		}
		select {
		case <-ctx.Done():
			return dispatcher.HostingView{}, ctx.Err()
		case <-time.After(80 * time.Millisecond):
		}
	}
	if err := o.lock(); err != nil {
		return dispatcher.HostingView{}, err
	}
	defer o.mu.Unlock()
	now := o.now().UTC()
	v := dispatcher.HostingView{HostingQuestion: q, FirmNowW: 3_500_000, PoolW: o.pooled[q.Node], ValidUntil: now.AddDate(0, 0, 30), Sufficient: true,
		Digest: evidenceOf(fmt.Sprint(q)).String(), Risks: []dispatcher.HostingRisk{}, Unlock: []dispatcher.HostingUnlock{}, Notes: []string{}, Scheme: q.PowerW >= 5_000_000}
	bind := &dispatcher.HostingBinding{Node: q.Node, Name: o.name(q.Node), Rule: "ratio", Why: "firm rights of 13 MW may not come above 1.5 times the limit of 11 MW"}
	nonFirm := int64(5_500_000)
	v.NonFirmW = &nonFirm
	switch {
	case q.PowerW <= v.FirmNowW:
		v.Verdict = "firm"
	case float64(q.PowerW)*(1-q.Flexible) <= float64(v.FirmNowW):
		v.Verdict, v.Binding = "firm-flexible", bind
	case q.PowerW <= nonFirm:
		v.Verdict, v.Binding = "non-firm", bind
	case q.PowerW <= 12_000_000:
		v.Verdict, v.Binding = "later", bind
	default:
		v.Verdict, v.Binding = "no", bind
	}
	if v.Binding != nil {
		v.Curtailed = &dispatcher.HostingCurtailed{Hours: 38, EnergyWh: 41_000_000, EnergyP95Wh: 96_000_000, Share: 0.0046, WorstMonth: 1, Allowed: q.PowerW <= nonFirm}
		v.Unlock = []dispatcher.HostingUnlock{{HostingBinding: *bind, LimitW: 11_350_000, Enough: q.PowerW < 6_000_000, Candidates: o.candidates(q.Node)}}
	}
	v.From = o.promises(now, q.PowerW)
	for _, n := range []string{q.Node, "in"} {
		v.Risks = append(v.Risks, dispatcher.HostingRisk{Node: n, Name: o.name(n), LimitW: ceilings[n], FirmW: ceilings[n] * 9 / 8, Ratio: 1.125, YearBefore: 0.0002, YearWith: 0.031, HoursWith: 1.4, EnergyWithWh: 900_000})
	}
	return v, nil
}

func (o *Office) name(node string) string {
	for _, n := range o.site.Topology.Nodes {
		if string(n.ID) == node {
			return n.Name
		}
	}
	return node
}

func (o *Office) candidates(node string) (list []dispatcher.HostingCandidate) {
	for _, u := range o.uses {
		if r := u.row; (r.Node == node || node == "in") && r.ReclaimW != nil && *r.ReclaimW > 0 {
			list = append(list, dispatcher.HostingCandidate{Resident: r.Resident, Name: r.Name, Node: r.Node, PowerW: *r.ReclaimW})
		}
	}
	return list
}

// promises are the reserve line, sooner or later.
func (o *Office) promises(now time.Time, wanted int64) []dispatcher.HostingFrom {
	var list []dispatcher.HostingFrom
	for i, scenario := range []string{"", "optimistic", "base", "late"} {
		f := dispatcher.HostingFrom{Scenario: scenario}
		q := time.Date(now.Year(), (now.Month()-1)/3*3+1, 1, 0, 0, 0, 0, o.site.Location)
		for n := range 12 {
			firm := int64(3_500_000)
			if i > 0 && n >= 2*i {
				firm = 11_800_000
			}
			if firm >= wanted && f.From == nil {
				at := q
				f.From = &at
			}
			f.Quarters = append(f.Quarters, dispatcher.HostingQuarter{From: q, FirmW: firm})
			q = q.AddDate(0, 3, 0)
		}
		list = append(list, f)
	}
	return list
}
