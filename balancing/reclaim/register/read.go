package register

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
)

// MediumOf is the medium of the terms, electricity if none is stated.
func (t Terms) MediumOf() metering.Medium { return cmp.Or(t.Medium, metering.Electricity) }

// At lists the versions in force at a time, of every medium: by resident in the order of
// the site, then by node in its order, then by id.
func (r *Register) At(t time.Time) []Version {
	var list []Version
	for _, h := range r.histories {
		for _, v := range h.versions {
			if v.Holds(t) {
				list = append(list, v)
			}
		}
	}
	residents, nodes := map[metering.ResidentID]int{}, map[metering.NodeID]int{}
	for i, res := range r.site.Residents {
		residents[res.ID] = i + 1
	}
	for i, n := range r.site.Topology.Nodes {
		nodes[n.ID] = i + 1
	}
	slices.SortFunc(list, func(a, b Version) int {
		return cmp.Or(cmp.Compare(residents[a.Resident], residents[b.Resident]), cmp.Compare(nodes[a.Node], nodes[b.Node]), cmp.Compare(a.Condition, b.Condition))
	})
	return list
}

// Versions lists every version that was, is or will be in force: by condition in the
// order of their first acts, then by From.
func (r *Register) Versions() []Version {
	var list []Version
	for _, h := range r.histories {
		list = append(list, h.versions...)
	}
	return list
}

// Conditions are the versions of electricity as a site has them, in the order of
// Versions. Those of one id never overlap.
func (r *Register) Conditions() []metering.Condition {
	var list []metering.Condition
	for _, v := range r.Versions() {
		if v.MediumOf() != metering.Electricity {
			continue
		}
		c := metering.Condition{ID: v.Condition, Resident: v.Resident, Node: v.Node, Power: v.Firm, NonFirm: v.NonFirm, VoltageKV: v.Voltage,
			Category: v.Category, Document: v.Document, Basis: v.Basis, From: v.From, To: v.To}
		for _, s := range v.Stages {
			c.Stages = append(c.Stages, metering.GrowthStage(s))
		}
		list = append(list, c)
	}
	return list
}

// Armours are those of every resident in the order of the site, then by From. Those of
// one resident never overlap; one of nothing stands for an agreement that it has none
// any more, and is left out.
func (r *Register) Armours() []metering.Armour {
	var list []metering.Armour
	for _, res := range r.site.Residents {
		for _, a := range r.armours[res.ID] {
			if a.Emergency > 0 || a.Technological > 0 {
				list = append(list, a.of(res.ID))
			}
		}
	}
	return list
}

// Of is what the register knows of a resident beside its conditions; nothing of one it
// does not know.
func (r *Register) Of(resident metering.ResidentID) Standing { return r.standings[resident] }

// Allowed is the firm power of a resident at a time, of electricity, at all nodes
// together.
func (r *Register) Allowed(resident metering.ResidentID, t time.Time) metering.Power {
	return r.firm(resident, "", t)
}

// firm is a resident's firm power at a node, at all of them if it is empty.
func (r *Register) firm(resident metering.ResidentID, node metering.NodeID, t time.Time) metering.Power {
	var sum metering.Power
	for _, h := range r.histories {
		if h.resident != resident {
			continue
		}
		for _, v := range h.versions {
			if v.Holds(t) && (node == "" || v.Node == node) {
				sum += v.Firm
			}
		}
	}
	return sum
}

// armourAt is the power of a resident that is protected at a time.
func (r *Register) armourAt(resident metering.ResidentID, t time.Time) metering.Power {
	for _, a := range r.armours[resident] {
		if (metering.Period{From: a.from, To: a.to}).Holds(t) {
			return max(a.Technological, a.Emergency)
		}
	}
	return 0
}

// Site is a site with what stands in a register: its conditions, its armours, when its
// residents were commissioned and which grace they have. base stays as it was.
func Site(base *metering.Site, r *Register) *metering.Site {
	s := *base
	s.Conditions, s.Armours = r.Conditions(), r.Armours()
	s.Residents = slices.Clone(base.Residents)
	for i := range s.Residents {
		resident := &s.Residents[i]
		known := r.Of(resident.ID)
		resident.Commissioned, resident.GraceMonths, resident.GraceBy = known.Commissioned, known.GraceMonths, known.GraceBy
	}
	return &s
}
