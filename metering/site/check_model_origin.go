package site

import (
	"fmt"

	"asue/metering/form"
)

// checkOrigins looks at what every element says of where its figures come from.
func (m *modelChecker) checkOrigins() {
	d := m.network
	for i := range d.feeds.V {
		g := &d.feeds.V[i]
		m.checkOrigin(g.At, fmt.Sprintf("the feed of %q", g.V.source.V), &g.V.origin)
	}
	for i := range d.lines.V {
		g := &d.lines.V[i]
		m.checkOrigin(g.At, fmt.Sprintf("the line %q", g.V.id.V), &g.V.origin)
	}
	for i := range d.transformers.V {
		g := &d.transformers.V[i]
		m.checkOrigin(g.At, fmt.Sprintf("the transformer %q", g.V.node.V), &g.V.origin)
	}
	for i := range d.switches.V {
		g := &d.switches.V[i]
		m.checkOrigin(g.At, fmt.Sprintf("the switch %q", g.V.id.V), &g.V.origin)
	}
	for i := range d.transfers.V {
		g := &d.transfers.V[i]
		m.checkOrigin(g.At, fmt.Sprintf("the transfer %q", g.V.id.V), &g.V.origin)
	}
	for i := range d.voltages.V {
		g := &d.voltages.V[i]
		m.checkOrigin(g.At, fmt.Sprintf("the voltage band of %v kV", g.V.nominal.V), &g.V.origin)
	}
	if d.plan.Stated() {
		m.checkOrigin(d.plan.At, "the load plan", &d.plan.V.origin)
	}
}

func (m *modelChecker) checkOrigin(at *form.Node, what string, o *originDraft) {
	if o.from.OK && o.to.OK && (period{o.from.V, o.to.V}).reversed() {
		m.Refuse(o.to.At, form.Found("reversed-period", what+" ends before it begins", "\"valid_from\" is the first instant, \"valid_to\" the first one after it", "exchange the two, or correct the year"))
	}
	if !o.provenance.Stated() || o.provenance.OK && len(o.provenance.V) == 0 {
		m.Warn(at, form.Found("no-provenance", "nobody says where the figures of "+what+" come from", "a result is worth what its figures are; they are shown beside it", "add \"provenance\" with basis and source; an assumption is one too"))
		return
	}
	spoken := map[string]bool{}
	for _, p := range o.provenance.V {
		if p.V.of.OK && len(p.V.of.V) == 0 {
			m.Refuse(p.V.of.At, form.Found("provenance-of-nothing", "a provenance of nothing", "an empty list is easily taken for all", "delete \"of\" where all others are meant"))
			continue
		}
		keys := values(p.V.of.V)
		if !p.V.of.Stated() {
			keys = []string{""}
		}
		for _, key := range keys {
			if spoken[key] {
				thing := fmt.Sprintf("%q", key)
				if key == "" {
					thing = "all the rest"
				}
				m.Warn(p.At, form.Found("named-twice", fmt.Sprintf("two provenances of %s of %s", thing, what), "the first of them counts", "delete one of the two"))
			}
			spoken[key] = true
		}
	}
}
