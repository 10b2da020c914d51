package site

import (
	"cmp"
	"slices"

	"asue/metering"
)

func (d conditionDraft) build(resident metering.ResidentID) metering.Condition {
	c := metering.Condition{ID: d.id.V, Resident: resident, Node: d.node.V, Power: d.power.V, NonFirm: d.nonFirm.V, VoltageKV: d.voltage.V,
		Category: metering.Category(d.category.V), Document: d.document.V, Basis: d.basis.V, From: d.from.V, To: d.to.V}
	for _, s := range d.stages.V {
		c.Stages = append(c.Stages, metering.GrowthStage{Power: s.V.power.V, Due: s.V.due.V, Milestones: s.V.milestones.V, Document: s.V.document.V})
	}
	return c
}

// buildPromises brings the promises of one scenario together, whatever the order in
// which the file tells them.
func (d *plantDraft) buildPromises(s *metering.Site) {
	for _, p := range d.promises.V {
		s.Promises = append(s.Promises, metering.Promise{Scenario: p.V.scenario.V, Node: p.V.node.V, Limit: p.V.limit.V, From: p.V.from.V, Document: p.V.document.V})
	}
	slices.SortStableFunc(s.Promises, func(a, b metering.Promise) int {
		return cmp.Or(cmp.Compare(a.Scenario, b.Scenario), a.From.Compare(b.From))
	})
}
