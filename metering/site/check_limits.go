package site

import (
	"fmt"

	"asue/metering"
	"asue/metering/form"
)

// checkLimits looks at limits for a time or for hours of the week.
func (c *checker) checkLimits() {
	for i := range c.plant.limits.V {
		g := &c.plant.limits.V[i]
		c.checkLimitBand(g.At, &g.V)
	}
	for i := range c.plant.nodes.V {
		c.checkApparent(&c.plant.nodes.V[i].V)
	}
}

func (c *checker) checkLimitBand(at *form.Node, l *limitBandDraft) {
	if l.node.Stated() == l.source.Stated() {
		what := "a limit of nothing"
		if l.node.Stated() {
			what = "a limit of a node and of a source at once"
		}
		c.Refuse(at, form.Found("one-of", what, "a limit is that of one node, or of one source", "write one of: node, source"))
	}
	if l.from.OK && l.to.OK && l.period().reversed() {
		c.Refuse(l.to.At, form.Found("reversed-period", "a limit that ends before it begins",
			"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
	}
	if l.days.OK && len(l.days.V) == 0 {
		c.Refuse(l.days.At, form.Found("no-days", "a limit on no day", "an empty list is easily taken for all days", "delete \"days\" where all days are meant"))
	}
	seen := map[string]bool{}
	for _, d := range l.days.V {
		if d.OK && seen[d.V] {
			c.Warn(d.At, form.Found("named-twice", fmt.Sprintf("%s stands twice", d.V), "once is enough", "delete one of the two"))
		}
		seen[d.V] = true
	}
	var own given[metering.Limit]
	if n, ok := c.nodes.find(c.Report, l.node); ok {
		own = n.limit
	}
	if s, ok := c.sources.find(c.Report, l.source); ok {
		own = s.contract
	}
	power, stated := l.limit.V.Power()
	if most, bounded := own.V.Power(); own.OK && bounded && l.limit.OK && (!stated || power >= most) {
		c.Warn(l.limit.At, form.Found("never-binding", fmt.Sprintf("a limit of %v beside the own one of %v", l.limit.V, own.V),
			"the lowest of several limits counts, so this one never does", "write a lower one, or delete the entry"))
	}
}

// checkApparent holds a limit in MVA against the passport, with room for overloads
// that somebody has allowed.
func (c *checker) checkApparent(n *nodeDraft) {
	if rated := n.transformer.V.rated; n.limitMVA.OK && rated.OK && rated.V > 0 && n.limitMVA.V > 1.4*rated.V {
		c.Warn(n.limitMVA.At, form.Found("limit-over-rating", fmt.Sprintf("a limit of %.4g MVA at a transformer of %.4g MVA", n.limitMVA.V/1e6, rated.V/1e6),
			"a transformer does not carry 1.4 of its rated power for long", "check the number and its unit"))
	}
}
